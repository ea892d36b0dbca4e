"""The derivative d h_T / d h_1 of one recurrent layer at initialisation, as an (H, H) matrix in float64."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from reproductions import cells
from reproductions.recipes import RecipeError
from reproductions.seeding import torch_generator

RECURRENT_WEIGHTS = ("as built", "glorot")  # "as built": the scheme of cells.build
FORGETTING = (0.01, 0.5, 0.9)  # 0.01 is the IRNN paper's own alpha for TIMIT (review, section 2.4)


def step_jacobians(layer: cells.RecurrentCell, inputs: Tensor, start: Tensor) -> Iterator[Tensor]:
    """Compute d h_t / d h_{t-1} (H, H) for t = 1 .. T by autograd.

    inputs are (T, D), and h_0 = ``start`` (H,). The state is repeated H times as a batch, so that one backward pass with the rows of I
    gives all rows of the Jacobian.
    """
    state, identity = start, torch.eye(len(start), dtype=start.dtype)
    for x in inputs:
        rows = state.repeat(len(start), 1).requires_grad_()
        after = layer.step(x.expand(len(start), -1), (rows,))[0]
        (jacobian,) = torch.autograd.grad(after, rows, identity)
        state = after[0].detach()
        yield jacobian


def gradient_decay(seed: int, cell: str, steps: int, hidden: int, recurrent: str = "as built") -> dict[str, float]:
    """Compute log10 of ||d h_T / d h_1||_F / sqrt(H) at initialisation.

    T is ``steps``. The input is one sequence, iid uniform on [0, 1]. An identity has the value 0, and -6 means that a millionth of the
    gradient is left. Let gradients of length sqrt(H) arrive at h_T in a random direction: the quantity is their root mean square length at
    h_1, over sqrt(H). ``recurrent`` "glorot" draws U Glorot uniform instead of as the cell does.

    Returns ``log10_ratio`` and ``abs_log10_ratio``. The ratio is -inf if a gradient is exactly 0.
    """
    if recurrent not in RECURRENT_WEIGHTS:
        raise RecipeError(f"unknown recurrent weights {recurrent!r}; known: {', '.join(RECURRENT_WEIGHTS)}")
    generator = torch_generator("probe", "gradient decay", cell, recurrent, seed)
    layer = cells.build(cell, 1, hidden, generator).double()
    if layer.state_parts != 1:
        raise RecipeError(f"the gradient-decay probe follows one state, and the cell {cell!r} has {layer.state_parts}")
    if recurrent == "glorot":
        if not hasattr(layer, "U"):
            raise RecipeError(f"recurrent weights 'glorot' need a cell with one matrix U, which {cell!r} is not")
        layer.U.data = cells.glorot_uniform(hidden, hidden, generator).double()
    inputs = torch.rand(steps, 1, generator=generator, dtype=torch.float64)
    log10, product = -math.log10(hidden) / 2, torch.eye(hidden, dtype=torch.float64)
    for t, jacobian in enumerate(step_jacobians(layer, inputs, torch.zeros(hidden, dtype=torch.float64)), start=1):
        if t == 1:  # d h_1 / d h_0 is no part of d h_T / d h_1
            continue
        product = jacobian @ product
        norm = float(torch.linalg.norm(product))
        if norm == 0:
            return {"log10_ratio": -math.inf, "abs_log10_ratio": math.inf}
        log10 += math.log10(norm)  # renormalised at every step, so that nothing underflows
        product = product / norm
    log10 += math.log10(hidden) / 2 if steps == 1 else 0  # no transition: the identity itself, never normalised
    return {"log10_ratio": log10, "abs_log10_ratio": abs(log10)}


def identity_keeps_gradient(seed: int, steps: int, hidden: int) -> dict[str, float]:
    """Measure the largest entry of |d h_T / d h_t - I| of an IRNN at its initial values.

    The input is zero and the state is positive (IRNN review, section 1.1).
    """
    generator = torch_generator("probe", "identity gradient", seed)
    layer = cells.build("irnn", 1, hidden, generator).double()
    return {"max_abs_error": float((_whole_jacobian(layer, steps, generator) - torch.eye(hidden)).abs().max())}


def scaled_identity_forgets(seed: int, hidden: int) -> dict[str, float]:
    """Check that d h_{t+k} / d h_t is alpha^k I in a ReLU RNN with recurrent matrix alpha I.

    The input is zero and the state is positive (IRNN review, section 1.2). ``max_abs_error`` is the largest entry of |d h_{t+k} / d h_t /
    alpha^k - I| over alpha and k.
    """
    generator = torch_generator("probe", "scaled identity", seed)
    errors = []
    for alpha in FORGETTING:
        for steps in (1, 2, 10, 50):
            layer = cells.build("irnn", 1, hidden, generator).double()
            layer.U.data *= alpha  # an IRNN's U starts as I
            jacobian = _whole_jacobian(layer, steps, generator)
            errors.append(float((jacobian / alpha**steps - torch.eye(hidden)).abs().max()))
    return {"max_abs_error": max(errors)}


def _whole_jacobian(layer: cells.RecurrentCell, steps: int, generator: torch.Generator) -> Tensor:
    """Compute d h_T / d h_0 (H, H) over ``steps`` steps of zero input from a strictly positive state."""
    start = torch.rand(layer.hidden, generator=generator, dtype=torch.float64) + 0.1
    product = torch.eye(layer.hidden, dtype=torch.float64)
    for jacobian in step_jacobians(layer, torch.zeros(steps, layer.inputs, dtype=torch.float64), start):
        product = jacobian @ product
    return product
