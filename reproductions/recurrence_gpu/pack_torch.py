"""The recurrences over a pack on torch's own kernels, where a GPU does not run the fused ones.

The step's product is one batched product over the pack. A library picks its algorithm by the number of matrices, so there are always
TOGETHER of them, with zeros where trials are missing: a trial's bits do not depend on who shares its pack. Products over all steps are made
trial by trial, for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

TOGETHER = 64


def plain_recurrence(
    inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, nonlinearity: str, last_only: bool = False, precision: str = "ieee"
) -> Tensor:
    """Compute what ``pack_plain.plain_recurrence`` computes, in any dtype and of any hidden size.

    Products are torch's, whatever the ``precision``.
    """
    states = torch.cat([_Plain.apply(*parts, nonlinearity == "tanh") for parts in _cut(inputs, W, R, b)])
    return states[:, -1] if last_only else states


def lstm(inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, last_only: bool = False, precision: str = "ieee") -> Tensor:
    """Compute what ``pack_lstm.lstm`` computes, in any dtype and of any hidden size.

    Products are torch's, whatever the ``precision``.
    """
    outputs = torch.cat([_LSTM.apply(*parts) for parts in _cut(inputs, W, U, b)])
    return outputs[:, -1] if last_only else outputs


def _cut(*operands: Tensor) -> list[tuple[Tensor, ...]]:
    """Cut operands into packs of at most TOGETHER trials."""
    return list(zip(*(operand.split(TOGETHER) for operand in operands), strict=True))


def _product_of(matrices: Tensor, batch: int) -> Callable[[Tensor], Tensor]:
    """Return how rows (K, batch, M) are multiplied by ``matrices`` (K, M, N): as a product of TOGETHER matrices."""
    trials, height, width = matrices.shape
    all_matrices = matrices.new_zeros(TOGETHER, height, width)
    all_matrices[:trials] = matrices
    all_rows = matrices.new_zeros(TOGETHER, batch, height)

    def product(rows: Tensor) -> Tensor:
        all_rows[:trials] = rows
        return torch.bmm(all_rows, all_matrices)[:trials]

    return product


def _each(function: Callable[..., Tensor], *operands: Tensor) -> Tensor:
    """Stack what ``function`` makes of every trial's operands."""
    return torch.stack([function(*own) for own in zip(*operands, strict=True)])


def _input_rows(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Compute W x_t + b of one trial, (T, B, N)."""
    return torch.addmm(b, x.flatten(0, 1), W.mT).view(*x.shape[:2], -1)


def _weight_gradient(deltas: Tensor, rows: Tensor) -> Tensor:
    """Sum up deltas (T, B, N) times rows (T, B, M) of one trial, as (N, M)."""
    return deltas.flatten(0, 1).mT @ rows.flatten(0, 1)


def _bias_gradient(deltas: Tensor) -> Tensor:
    return deltas.flatten(0, 1).sum(0)


class _Plain(torch.autograd.Function):
    """The plain recurrence of S transitions a step; operands as in ``pack_plain.plain_recurrence``."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, tanh: bool) -> Tensor:
        (trials, steps, batch, _), (_, stages, hidden, _) = inputs.shape, R.shape
        x = _each(_input_rows, inputs, W, b[:, 0])
        products = [_product_of(R[:, stage].mT, batch) for stage in range(stages)]
        states = inputs.new_empty(trials, stages, steps, batch, hidden)
        for t in range(steps):
            for stage in range(stages):
                z = x[:, t] if stage == 0 else b[:, stage, None]
                if t > 0 or stage > 0:  # h_0 = 0
                    z = z + products[stage](states[:, stage - 1, t if stage else t - 1])
                states[:, stage, t] = z.tanh() if tanh else z.relu()
        ctx.save_for_backward(inputs, W, R, states)
        ctx.tanh = tanh
        return states[:, -1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        inputs, W, R, states = ctx.saved_tensors
        steps, batch, stages = inputs.shape[1], inputs.shape[2], R.shape[1]
        products = [_product_of(R[:, stage], batch) for stage in range(stages)]
        deltas = torch.empty_like(states)
        back = torch.zeros_like(states[:, 0, 0])
        for t in reversed(range(steps)):
            back = back + gradient[:, t]
            for stage in reversed(range(stages)):
                state = states[:, stage, t]
                deltas[:, stage, t] = back * (1 - state.square()) if ctx.tanh else back * (state > 0)
                if t > 0 or stage > 0:
                    back = products[stage](deltas[:, stage, t])
        # a step's first transition follows the last one of the step before
        pairs = [(deltas[:, 0, 1:], states[:, -1, :-1]), (deltas[:, -1], states[:, 0])][:stages]
        return (
            _each(torch.matmul, deltas[:, 0], W) if ctx.needs_input_grad[0] else None,
            _each(_weight_gradient, deltas[:, 0], inputs),
            torch.stack([_each(_weight_gradient, *pair) for pair in pairs], dim=1),
            torch.stack([_each(_bias_gradient, deltas[:, stage]) for stage in range(stages)], dim=1),
            None,
        )


class _LSTM(torch.autograd.Function):
    """The LSTM; operands as in ``pack_lstm.lstm``."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
        (trials, steps, batch, _), hidden = inputs.shape, U.shape[2]
        x, product = _each(_input_rows, inputs, W, b), _product_of(U.mT, batch)
        gates = torch.empty_like(x)
        cells, outputs = (inputs.new_empty(trials, steps, batch, hidden) for _ in range(2))
        for t in range(steps):
            z = x[:, t] if t == 0 else x[:, t] + product(outputs[:, t - 1])
            i, f, g, o = z.chunk(4, dim=-1)
            i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
            gates[:, t] = torch.cat([i, f, g, o], dim=-1)
            cells[:, t] = i * g if t == 0 else f * cells[:, t - 1] + i * g
            outputs[:, t] = o * cells[:, t].tanh()
        ctx.save_for_backward(inputs, W, U, gates, cells, outputs)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        inputs, W, U, gates, cells, outputs = ctx.saved_tensors
        product = _product_of(U, inputs.shape[2])
        deltas = torch.empty_like(gates)
        back, cell_back = torch.zeros_like(cells[:, 0]), torch.zeros_like(cells[:, 0])
        for t in reversed(range(inputs.shape[1])):
            i, f, g, o = gates[:, t].chunk(4, dim=-1)
            back, turned = back + gradient[:, t], cells[:, t].tanh()
            cell_back = cell_back + back * o * (1 - turned.square())
            before = cells[:, t - 1] if t > 0 else torch.zeros_like(turned)
            to_gates = (cell_back * g * i * (1 - i), cell_back * before * f * (1 - f), cell_back * i * (1 - g.square()))
            deltas[:, t] = torch.cat([*to_gates, back * turned * o * (1 - o)], dim=-1)
            back, cell_back = product(deltas[:, t]), cell_back * f
        return (
            _each(torch.matmul, deltas, W) if ctx.needs_input_grad[0] else None,
            _each(_weight_gradient, deltas, inputs),
            _each(_weight_gradient, deltas[:, 1:], outputs[:, :-1]),
            _each(_bias_gradient, deltas),
        )
