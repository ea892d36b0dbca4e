"""The plain recurrence h_t = f(W x_t + R h_{t-1} + b) with a backward of its own, f = ReLU or tanh.

torch's RNN kernel builds an autograd graph of several operations a step. Here a step is two operations on buffers that exist
already, forward and backward, and each weight gradient is one product over all T x B rows.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable


def plain_recurrence(inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, nonlinearity: str) -> Tensor:
    """Every h_t as (T, B, H) of the recurrence from h_0 = 0, f = "tanh" or "relu". Differentiable once.

    inputs (T, B, D), W (H, D), R (H, H), b (H,).
    """
    return _PlainRecurrence.apply(inputs, W, R, b, nonlinearity)


class _PlainRecurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, nonlinearity: str) -> Tensor:
        activate = torch.Tensor.tanh_ if nonlinearity == "tanh" else torch.Tensor.relu_
        steps, batch, width = inputs.shape
        states = torch.addmm(b, inputs.reshape(steps * batch, width), W.T).view(steps, batch, -1)
        previous, *later = states.unbind()
        activate(previous)
        transposed = R.T
        for state in later:
            activate(state.addmm_(previous, transposed))
            previous = state
        ctx.save_for_backward(inputs, W, R, states)
        ctx.nonlinearity = nonlinearity
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        inputs, W, R, states = ctx.saved_tensors  # type: ignore[attr-defined]
        steps, batch, width = inputs.shape
        tanh = ctx.nonlinearity == "tanh"  # type: ignore[attr-defined]
        slope = 1 - states.square() if tanh else (states > 0).to(states.dtype)
        delta = gradient.clone(memory_format=torch.contiguous_format)  # becomes d loss / d (W x_t + R h_{t-1} + b)
        deltas, slopes = delta.unbind(), slope.unbind()
        for t in range(steps - 1, 0, -1):
            deltas[t - 1].addmm_(deltas[t].mul_(slopes[t]), R)
        deltas[0].mul_(slopes[0])
        rows = delta.view(steps * batch, -1)
        to_inputs = (rows @ W).view_as(inputs) if ctx.needs_input_grad[0] else None  # type: ignore[attr-defined]
        to_W = rows.T @ inputs.reshape(steps * batch, width)
        to_R = rows[batch:].T @ states.view(steps * batch, -1)[:-batch]
        return to_inputs, to_W, to_R, rows.sum(dim=0), None
