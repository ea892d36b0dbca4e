"""The LSTM over a pack of trials: float32 on the Triton kernels of ``kernels_lstm``.

A trial's result does not depend, to the bit, on which others share its pack.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from reproductions.recurrence_gpu import kernels_lstm
from reproductions.recurrence_gpu.blocks import NARROW
from reproductions.recurrence_gpu.launch import checked, launched, wide
from reproductions.recurrence_gpu.products import product, total

GATES = 4


def lstm(inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, last_only: bool = False, precision: str = "ieee") -> Tensor:
    """Compute every output h_t as (K, T, B, H) of LSTMs with h_0 = c_0 = 0.

    Gates are stacked as i, f, g, o. inputs are (K, T, B, D) with K, T, B > 0, W (K, 4H, D), U (K, 4H, H), b (K, 4H), float32 on one GPU.
    With ``last_only`` the result is h_T alone, (K, B, H). Differentiable once. ``precision`` is as in ``pack_plain.plain_recurrence``, and
    the same errors are raised.
    """
    trials, hidden, width = U.shape[0], U.shape[-1], inputs.shape[-1]
    rows = GATES * hidden
    shapes = {"inputs": (trials, *inputs.shape[1:3], width), "W": (trials, rows, width), "U": (trials, rows, hidden), "b": (trials, rows)}
    checked({"inputs": inputs, "W": W, "U": U, "b": b}, shapes, hidden, precision)
    keep = torch.is_grad_enabled() and any(value.requires_grad for value in (inputs, W, U, b))
    return _LSTM.apply(inputs, W.contiguous(), U.contiguous(), b.contiguous(), last_only, precision, keep)


class _LSTM(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, last_only: bool, precision: str, keep: bool) -> Tensor:
        (trials, steps, batch, width), hidden = inputs.shape, U.shape[2]
        every = keep or not last_only
        outputs = inputs.new_empty((trials, steps, batch, hidden) if every else 0)
        kept = inputs.new_empty((trials, GATES + 1, steps, batch, hidden) if keep else 0)
        last = inputs.new_empty(0 if every else (trials, batch, hidden))
        x = wide(inputs, W, b, precision) if width > NARROW else inputs
        launched(
            kernels_lstm.forward, inputs, (1, GATES, hidden), precision,
            x, *x.stride(), W, U.mT.contiguous(), b, outputs, kept, last, steps, batch, steps * batch * hidden,
            HIDDEN=hidden, WIDTH=width if x is inputs else 0, KEEP=keep, LAST_ONLY=last_only,
        )  # fmt: skip
        if keep:
            ctx.save_for_backward(inputs, W, U, outputs, kept)
            ctx.last_only, ctx.precision = last_only, precision
        if not last_only:
            return outputs
        return outputs[:, -1].contiguous() if keep else last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        inputs, W, U, outputs, kept = ctx.saved_tensors
        (trials, steps, batch, width), hidden = inputs.shape, U.shape[2]
        deltas = inputs.new_empty(trials, GATES, steps, batch, hidden)
        strides = (gradient.stride(0), 0, *gradient.stride()[1:]) if ctx.last_only else gradient.stride()
        launched(
            kernels_lstm.backward, inputs, (1, GATES, hidden), ctx.precision,
            gradient, *strides, kept, U, deltas, steps, batch, steps * batch * hidden, HIDDEN=hidden, LAST_ONLY=ctx.last_only,
        )  # fmt: skip
        needs_inputs, needs_W, needs_U, needs_b = ctx.needs_input_grad[:4]
        gates = deltas.flatten(2, 3).unbind(1)  # i, f, g, o: (K, T x B, H)
        x, before = inputs.reshape(trials, steps * batch, width), outputs.flatten(1, 2)[:, : (steps - 1) * batch]
        to_inputs = to_W = to_U = to_b = None
        if needs_inputs:
            parts = [product(gate, rows, ctx.precision) for gate, rows in zip(gates, W.chunk(GATES, dim=1), strict=True)]
            to_inputs = (parts[0] + parts[1] + parts[2] + parts[3]).view(inputs.shape)
        if needs_W:
            to_W = torch.cat([product(gate.mT, x, ctx.precision) for gate in gates], dim=1)
        if needs_U:  # h_0 = 0: the first step has no part in it
            to_U = torch.cat([product(gate[:, batch:].mT, before, ctx.precision) for gate in gates], dim=1)
        if needs_b:
            to_b = torch.cat([total(gate) for gate in gates], dim=1)
        return to_inputs, to_W, to_U, to_b, None, None, None
