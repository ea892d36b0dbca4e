"""Guards of the fast recurrences, in double and in single precision.

They compare outputs and gradients with the reference forward of ``cells.py``. Single precision is what trains, and on the CPU it runs the
compiled kernels where there are any; double precision never does.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from reproductions import cells, networks
from reproductions.recipes import CELLS
from reproductions.seeding import torch_generator

Forward = Callable[[cells.RecurrentCell, Tensor, bool], Tensor]  # of a cell over inputs (T, B, D); with True only the last output

DTYPES = (torch.float64, torch.float32)
STEPS, BATCH, INPUTS, HIDDEN = 12, 37, 3, 21  # more than a block of 32 sequences, than a vector of 16 units, and no multiple of either
SPREAD = 0.1  # of what is added to every weight: the outputs of all cells stay below about 10
CARRIED = 50  # steps a memory cell keeps what it saw


@dataclass(frozen=True)
class Case:
    """A cell away from its initial values, with its outputs and gradients for inputs (T, B, D).

    Outputs and gradients come from the reference forward in float64. ``weights`` (T, B, H) makes a loss of the outputs. It is 0 for a
    sequence in which rounding could carry a ReLU over its kink.
    """

    name: str
    layer: cells.RecurrentCell  # float32: what every precision starts from is the same
    inputs: Tensor
    outputs: Tensor
    weights: Tensor
    gradients: tuple[tuple[Tensor, ...], tuple[Tensor, ...]]  # of the loss of all outputs, and of that of the last alone


def memory_cell_carries(seed: int) -> str:
    """Check that an LSTM with open forget gates keeps what it saw first for 50 steps.

    It must do so in the reference and in the fast forward.
    """
    hidden, inputs = 4, torch.zeros(CARRIED, 1, 1, dtype=torch.float64)
    inputs[0] = 1
    layer = cells.build("lstm", 1, hidden, torch_generator("guard", seed)).double()
    with torch.no_grad():
        layer.U.zero_()
        # input gate: open at step 1, shut afterwards; forget and output gates open; candidate tanh(1) throughout
        layer.W.copy_(torch.tensor([80.0, 0.0, 0.0, 0.0], dtype=torch.float64).repeat_interleave(hidden)[:, None])
        layer.b.copy_(torch.tensor([-40.0, 40.0, 1.0, 40.0], dtype=torch.float64).repeat_interleave(hidden))
        expected = torch.tanh(torch.tanh(torch.tensor(1.0, dtype=torch.float64)))
        for dtype in DTYPES:
            layer, inputs = layer.to(dtype), inputs.to(dtype)
            for name, outputs in (("reference", layer(inputs)), ("fast", networks.unroll(layer, inputs))):
                worst = float((outputs[-1].double() - expected).abs().max())
                if not worst <= rounding(CARRIED, 4, dtype):  # f c + i g, and what sigmoid and tanh are rounded to
                    lost = f"has lost {worst:.2g} of {float(expected):.2f} after {CARRIED} steps with open forget gates"
                    return f"the {name} LSTM in {_word(dtype)} {lost}"
    return ""


def fast_forward_is_reference(seed: int) -> str:
    """Check that every cell's fast forward gives its reference forward's outputs, all of them and the last alone."""
    for case in _cases(seed):
        for dtype in DTYPES:
            layer, inputs = copy.deepcopy(case.layer).to(dtype), case.inputs.to(dtype)
            with torch.no_grad():
                every, last = networks.unroll(layer, inputs), networks.unroll(layer, inputs, last_only=True)
            worst = _worst((every, last), (case.outputs, case.outputs[-1]))
            if not worst <= _forward_rounding(dtype):
                return f"the fast {case.name} forward in {_word(dtype)} is up to {worst:.2g} of its largest output away from the reference"
    return ""


def fast_backward_is_reference(seed: int) -> str:
    """Check that every cell's fast forward has the gradients of its reference forward.

    The loss is one of all outputs, and one of the last alone.
    """
    for case in _cases(seed):
        for dtype in DTYPES:
            layer, inputs, weights = copy.deepcopy(case.layer).to(dtype), case.inputs.to(dtype), case.weights.to(dtype)
            for last_only, expected in zip((False, True), case.gradients, strict=True):
                worst = _worst(_gradients(networks.unroll, layer, inputs, weights, last_only), expected)
                if not worst <= _backward_rounding(dtype):
                    off = f"up to {worst:.2g} of their largest away from the reference"
                    return f"the gradients of the fast {case.name} in {_word(dtype)} are {off}"
    return ""


def rounding(steps: int, terms: int, dtype: torch.dtype) -> float:
    """Bound the relative error that ``steps`` roundings of sums of ``terms`` can add up to.

    The bound is the worst case to first order: the number of roundings times eps / 2 (Higham 2002, Accuracy and Stability of Numerical
    Algorithms, section 3.1). An error is carried on as the value it belongs to, so that it is measured against the largest value.
    Independent roundings stay further below the more there are.
    """
    return steps * terms * torch.finfo(dtype).eps / 2


def _forward_rounding(dtype: torch.dtype) -> float:
    """Bound the rounding of outputs.

    Every step sums a product with x, one with h, a bias and a rounded function, twice in a RIN-DT.
    """
    return rounding(STEPS, 2 * (INPUTS + HIDDEN + 2), dtype)


def _backward_rounding(dtype: torch.dtype) -> float:
    """Bound the rounding of gradients.

    It is the rounding of the outputs they rest on, as much again on the way back, and a sum over all steps and sequences.
    """
    return 2 * _forward_rounding(dtype) + rounding(STEPS, BATCH, dtype)


def _cases(seed: int) -> Iterator[Case]:
    """Return one case for each cell, with weights and biases away from their initial values and from 0."""
    generator = torch_generator("guard", seed)
    for name in CELLS:
        inputs = torch.randn(STEPS, BATCH, INPUTS, generator=generator)
        layer = cells.build(name, INPUTS, HIDDEN, generator)
        with torch.no_grad():
            for parameter in layer.parameters():
                fan_in = parameter.shape[1] if parameter.dim() > 1 else 1
                parameter += SPREAD / fan_in**0.5 * torch.randn(parameter.shape, generator=generator)
        reference, exact = copy.deepcopy(layer).double(), inputs.double()
        with torch.no_grad(), _ReLUArguments() as relu:
            outputs = reference(exact)
        margin = _forward_rounding(torch.float32) * float(outputs.abs().max())
        weights = torch.rand(STEPS, BATCH, HIDDEN, generator=generator).double() * (relu.nearest(BATCH) > margin)[:, None]
        everything, last = (_gradients(_reference, reference, exact, weights, last_only) for last_only in (False, True))
        yield Case(name, layer, inputs, outputs, weights, (everything, last))


def _reference(layer: cells.RecurrentCell, inputs: Tensor, last_only: bool) -> Tensor:
    return layer(inputs)[-1] if last_only else layer(inputs)


def _gradients(forward: Forward, layer: cells.RecurrentCell, inputs: Tensor, weights: Tensor, last_only: bool) -> tuple[Tensor, ...]:
    """Return the gradients of the sum of ``weights`` times outputs, for the inputs and every parameter.

    A gradient is 0 for what is not used.
    """
    inputs = inputs.detach().requires_grad_()
    loss = (forward(layer, inputs, last_only) * (weights[-1] if last_only else weights)).sum()
    return torch.autograd.grad(loss, (inputs, *layer.parameters()), materialize_grads=True)


class _ReLUArguments(TorchFunctionMode):
    """A record of what the reference forward hands to ReLU: (B, H) at every transition."""

    def __init__(self) -> None:
        super().__init__()
        self._nearest: list[Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.relu:
            self._nearest.append(args[0].abs().amin(dim=1))
        return func(*args, **(kwargs or {}))

    def nearest(self, batch: int) -> Tensor:
        """Return how near to 0 an argument comes, (B,): infinity for a cell without ReLU."""
        return torch.stack(self._nearest).amin(dim=0) if self._nearest else torch.full((batch,), torch.inf)


def _worst(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    """Return the largest difference in any pair of tensors, as a share of the largest expected value.

    NaN stays NaN.
    """
    smallest = torch.finfo(torch.float64).tiny  # where 0 is expected
    shares = [
        (one.double() - other).abs().max() / other.abs().max().clamp(min=smallest) for one, other in zip(found, expected, strict=True)
    ]
    return float(torch.stack(shares).max())


def _word(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
