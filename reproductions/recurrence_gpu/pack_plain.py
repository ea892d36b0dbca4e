"""The plain recurrence over a pack of trials: float32 on the Triton kernels of ``kernels_plain``.

It is h_t = f(W x_t + R h_{t-1} + b), f = ReLU or tanh, or two such transitions a step (RIN-DT). A trial's result does not depend, to the
bit, on which others share its pack.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from reproductions.recurrence_gpu import kernels_plain
from reproductions.recurrence_gpu.blocks import NARROW
from reproductions.recurrence_gpu.launch import checked, launched, wide
from reproductions.recurrence_gpu.products import product, total


def plain_recurrence(
    inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, nonlinearity: str, last_only: bool = False, precision: str = "ieee"
) -> Tensor:
    """Compute every h_t as (K, T, B, H) from h_0 = 0, or with ``last_only`` h_T as (K, B, H).

    f is "tanh" or "relu". The number S of transitions is 1 or 2:

        S = 1   h_t = f(W x_t + R h_{t-1} + b)
        S = 2   h' = f(W x_t + R_1 h_{t-1} + b_1), h_t = f(R_2 h' + b_2)

    inputs are (K, T, B, D) with K, T, B > 0, W (K, H, D), R (K, S, H, H), b (K, S, H), float32 on one GPU. Differentiable once.
    ``precision`` of the products is "ieee" or "tf32x3" (tensor cores, three tf32 products for each; its error is below 1e-5 too). Raises
    KernelError if the kernels do not run (``available()`` is False, another dtype, H above 256), and ValueError for other shapes.
    """
    trials, stages, hidden, width = R.shape[0], R.shape[1], R.shape[-1], inputs.shape[-1]
    shapes = {"inputs": (trials, *inputs.shape[1:3], width), "W": (trials, hidden, width), "b": (trials, stages, hidden)}
    if stages not in (1, 2) or nonlinearity not in ("relu", "tanh"):
        raise ValueError(f"a plain recurrence makes 1 or 2 transitions a step by relu or tanh, not {stages} by {nonlinearity}")
    checked({"inputs": inputs, "W": W, "R": R, "b": b}, shapes | {"R": (trials, stages, hidden, hidden)}, hidden, precision)
    keep = torch.is_grad_enabled() and any(value.requires_grad for value in (inputs, W, R, b))
    return _PlainRecurrence.apply(
        inputs, W.contiguous(), R.contiguous(), b.contiguous(), nonlinearity == "tanh", last_only, precision, keep
    )


class _PlainRecurrence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, tanh: bool, last_only: bool, precision: str, keep: bool
    ) -> Tensor:
        (trials, steps, batch, width), (_, stages, hidden, _) = inputs.shape, R.shape
        keep_states = keep or not last_only
        states = inputs.new_empty((trials, stages, steps, batch, hidden) if keep_states else 0)
        last = inputs.new_empty(0 if keep_states else (trials, batch, hidden))
        x = wide(inputs, W, b[:, 0], precision) if width > NARROW else inputs
        launched(
            kernels_plain.forward, inputs, (stages, 1, hidden), precision,
            x, *x.stride(), W, R.mT.contiguous(), b, states, last, steps, batch, steps * batch * hidden,
            HIDDEN=hidden, STAGES=stages, WIDTH=width if x is inputs else 0, TANH=tanh, KEEP=keep_states,
        )  # fmt: skip
        if keep:
            ctx.save_for_backward(inputs, W, R, states)
            ctx.tanh, ctx.last_only, ctx.precision = tanh, last_only, precision
        if not last_only:
            return states[:, -1]
        return states[:, -1, -1].contiguous() if keep else last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        inputs, W, R, states = ctx.saved_tensors
        (trials, steps, batch, width), (_, stages, hidden, _) = inputs.shape, R.shape
        deltas = torch.empty_like(states)
        strides = (gradient.stride(0), 0, *gradient.stride()[1:]) if ctx.last_only else gradient.stride()
        launched(
            kernels_plain.backward, inputs, (stages, 1, hidden), ctx.precision,
            gradient, *strides, states, R, deltas, steps, batch, steps * batch * hidden,
            HIDDEN=hidden, STAGES=stages, TANH=ctx.tanh, LAST_ONLY=ctx.last_only,
        )  # fmt: skip
        needs_inputs, needs_W, needs_R, needs_b = ctx.needs_input_grad[:4]
        rows, before = deltas.flatten(2, 3), states.flatten(2, 3)  # (K, S, T x B, H)
        first = rows[:, 0]
        to_inputs = product(first, W, ctx.precision).view(inputs.shape) if needs_inputs else None
        to_W = product(first.mT, inputs.reshape(trials, steps * batch, width), ctx.precision) if needs_W else None
        to_R = to_b = None
        if needs_R:  # a step's first transition follows the last one of the step before, h_0 = 0
            pairs = [(rows[:, 0, batch:], before[:, -1, :-batch]), (rows[:, -1], before[:, 0])][:stages]
            to_R = torch.stack([product(delta.mT, state, ctx.precision) for delta, state in pairs], dim=1)
        if needs_b:
            to_b = torch.stack([total(rows[:, stage]) for stage in range(stages)], dim=1)
        return to_inputs, to_W, to_R, to_b, None, None, None, None
