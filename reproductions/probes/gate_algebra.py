"""Equations 4 to 11 of the RIN paper and its appendix A, evaluated in float64 on random gate sequences.

Gates and transformations are (T, B, H): index t - 1 holds H_t, T_t, C_t. States are (T + 1, B, H): index t holds h_t. Every probe returns
two numbers. ``max_abs_error`` is the largest absolute difference of the two sides over all cases, sequences and units. ``largest_state``
says how large the compared numbers were.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reproductions.seeding import torch_generator

STEPS, BATCH, HIDDEN = 100, 8, 10


@dataclass(frozen=True)
class Gates:
    """One random instance of Eq. 4: ``H``, ``T`` and ``C`` (T, B, H) and the initial state ``h0`` (B, H)."""

    name: str
    H: Tensor
    T: Tensor
    C: Tensor
    h0: Tensor


def gate_cases(seed: int) -> tuple[Gates, ...]:
    """Draw gate sequences that together exercise every term: some keep early steps, others forget them."""
    generator = torch_generator("probe", "gates", seed)

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(STEPS, BATCH, HIDDEN, generator=generator, dtype=torch.float64) * (high - low) + low

    def binary() -> Tensor:
        return (uniform(0, 1) < 0.5).double()

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    coupled = uniform(0, 1)
    ones, zeros = torch.ones(STEPS, BATCH, HIDDEN).double(), torch.zeros(STEPS, BATCH, HIDDEN).double()
    choices = {
        "independent gates": (uniform(0, 1), uniform(0, 1)),
        "carry gates nearly open": (uniform(0, 1), uniform(0.95, 1)),
        "coupled gates, C = 1 - T": (coupled, 1 - coupled),
        "gates exactly 0 or 1": (binary(), binary()),
        "all gates open": (ones, ones),
        "carry gates closed": (uniform(0, 1), zeros),
        "transform gates closed": (zeros, uniform(0.9, 1)),
    }
    return tuple(Gates(name, normal(STEPS, BATCH, HIDDEN), T, C, normal(BATCH, HIDDEN)) for name, (T, C) in choices.items())


def recursion(gates: Gates) -> Tensor:
    """Compute the states h_0 .. h_T (T + 1, B, H) step by step.

    Eq. 4 is h_t = H_t * T_t + h_{t-1} * C_t.
    """
    states = [gates.h0]
    for H, T, C in zip(gates.H, gates.T, gates.C, strict=True):
        states.append(H * T + states[-1] * C)
    return torch.stack(states)


def carried(C: Tensor) -> Tensor:
    """Multiply the carry gates from each step to the end, with C_{T+1} = 1 (section 2.2).

    Index t - 1 of the result (T + 1, B, H) holds the product of C_j for j = t .. T + 1.
    """
    with_end = torch.cat([C, torch.ones_like(C[:1])])
    return with_end.flip(0).cumprod(0).flip(0)


def closed_form(gates: Gates) -> Tensor:
    """Compute h_T (B, H) by Eq. 5: h_0 prod C_t + sum_t H_t T_t prod_{i=t+1}^{T+1} C_i."""
    carry = carried(gates.C)
    return gates.h0 * carry[0] + (gates.H * gates.T * carry[1:]).sum(0)


def residuals(states: Tensor) -> Tensor:
    """Compute the residuals (T + 1, B, H); index t holds e_t = h_t - h_{t-1} (Eq. 6).

    e_0 = 0 (Eq. 7).
    """
    return torch.cat([torch.zeros_like(states[:1]), states.diff(dim=0)])


def lambda_eq23(residual: Tensor, C: Tensor) -> Tensor:
    """Compute lambda (B, H) by Eqs. 8 and 23.

    lambda = sum_t ((1 - C_t) sum_{i=1}^{t-1} e_i + e_t) prod_{j=t+1}^{T+1} C_j
    """
    before = residual[:-1].cumsum(0)  # index t - 1: e_0 + .. + e_{t-1}, and e_0 = 0
    return (((1 - C) * before + residual[1:]) * carried(C)[1:]).sum(0)


def lambda_eq25(residual: Tensor, C: Tensor) -> Tensor:
    """Compute lambda (B, H) by Eqs. 9 and 25.

    lambda = sum_t (sum_{i=1}^t e_i prod_{j=t+1}^{T+1} C_j - sum_{i=0}^{t-1} e_i prod_{j=t}^T C_j)
    """
    formed = residual.cumsum(0)  # index t: e_0 + .. + e_t
    carry = carried(C)
    return (formed[1:] * carry[1:] - formed[:-1] * carry[:-1]).sum(0)


def eq5_closed_form(seed: int) -> dict[str, float]:
    """Compare Eq. 4 unrolled with Eq. 5, and check the auxiliary state.

    With T_0 = 1 and C_0 = 0, h_0 = H_0. With C_{T+1} = 1 and T_{T+1} = 0, h_{T+1} = h_T. So Eq. 4 run over steps 0 .. T + 1 from any h_{-1}
    must end at the same h_T.
    """
    pairs = []
    for gates in gate_cases(seed):
        zero, one = torch.zeros_like(gates.H[:1]), torch.ones_like(gates.H[:1])
        extended = Gates(
            gates.name,
            H=torch.cat([gates.h0[None], gates.H, one]),
            T=torch.cat([one, gates.T, zero]),
            C=torch.cat([zero, gates.C, one]),
            h0=gates.H[0],  # h_{-1}: any value, forgotten because C_0 = 0
        )
        last = recursion(gates)[-1]
        pairs += [(last, closed_form(gates)), (recursion(extended)[-1], last)]
    return _compared(pairs)


def eq8_identity(seed: int) -> dict[str, float]:
    """Compare h_T by Eq. 4 with h_0 + lambda, lambda by Eq. 23 from the residuals of the same states."""
    pairs = []
    for gates in gate_cases(seed):
        states = recursion(gates)
        pairs.append((states[-1], states[0] + lambda_eq23(residuals(states), gates.C)))
    return _compared(pairs)


def eq9_regrouping(seed: int) -> dict[str, float]:
    """Compare lambda by Eq. 23 with lambda by Eq. 25.

    The residuals are the residuals of Eq. 4, and then random residuals that belong to no gates.
    """
    pairs = []
    generator = torch_generator("probe", "residuals", seed)
    for gates in gate_cases(seed):
        free = torch.randn(STEPS + 1, BATCH, HIDDEN, generator=generator, dtype=torch.float64)
        free[0] = 0  # Eq. 7
        for residual in (residuals(recursion(gates)), free):
            pairs.append((lambda_eq23(residual, gates.C), lambda_eq25(residual, gates.C)))
    return _compared(pairs)


def eq10_closed_gate(seed: int) -> dict[str, float]:
    """Check Eq. 10: with C_t = 0, Eq. 9 leaves h_T = h_0 + sum_{t=1}^T e_t.

    lambda of Eq. 25 is compared with the sum, and h_T of Eq. 4 with h_0 plus the sum.
    """
    pairs = []
    for gates in gate_cases(seed):
        closed = Gates(gates.name, gates.H, gates.T, torch.zeros_like(gates.C), gates.h0)
        states = recursion(closed)
        residual = residuals(states)
        total = residual[1:].sum(0)
        pairs += [(lambda_eq25(residual, closed.C), total), (states[-1], states[0] + total)]
    return _compared(pairs)


def eq11_void_start(seed: int) -> dict[str, float]:
    """Check Eq. 11: with C_t = 0 and h_0 = 0, e_1 = h_1 starts the sum.

    h_T = e_1 + sum_{t=2}^T e_t = h_1 + sum_{t=2}^T e_t
    """
    pairs = []
    for gates in gate_cases(seed):
        states = recursion(Gates(gates.name, gates.H, gates.T, torch.zeros_like(gates.C), torch.zeros_like(gates.h0)))
        residual = residuals(states)
        rest = residual[2:].sum(0)
        pairs += [(residual[1], states[1]), (states[-1], residual[1] + rest), (states[-1], states[1] + rest)]
    return _compared(pairs)


def _compared(pairs: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
    return {
        "max_abs_error": max(float((left - right).abs().max()) for left, right in pairs),
        "largest_state": max(float(left.abs().max()) for left, _ in pairs),
    }
