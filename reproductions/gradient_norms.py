"""How the gradient of the test loss changes on its way back through the steps of a trained layer (section 3.2: "the error signal could
survive 784 x 2 = 1568 computation steps").

The fast recurrences give no gradient of inner states, so the readable reference forward of ``cells`` is followed, in float64.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor

from reproductions.cells import RecurrentCell
from reproductions.networks import SequenceNetwork

Curve = tuple[float | None, ...]
Loss = Callable[[Tensor, Tensor], Tensor]


def measure(model: SequenceNetwork, loss: Loss, inputs: Tensor, targets: Tensor) -> tuple[dict[str, Curve], dict[str, float | None]]:
    """The curve ``gradient_decades/layer1`` and its metrics for a network of one layer; inputs (T, B, D), targets of B samples.

    ``first_gradient_decades/layer1`` is the curve's value at h_1. Where the gradient is exactly zero no logarithm is finite: the value
    there and at every earlier step is None, and ``gradient_vanishes/layer1`` is 1 instead of 0.
    """
    model = copy.deepcopy(model).double()
    (layer,) = model.stack.layers
    inputs = inputs.double()
    with torch.no_grad():
        states = layer.states(inputs)
    output = states[0][-1].clone().requires_grad_()
    value = loss(model.readout(output), targets.double() if targets.is_floating_point() else targets)
    (at_last,) = torch.autograd.grad(value, output)
    curve = gradient_decades(layer, inputs, states, at_last)
    metrics = {"first_gradient_decades/layer1": curve[0], "gradient_vanishes/layer1": float(curve[0] is None)}
    return {"gradient_decades/layer1": curve}, metrics


def gradient_decades(layer: RecurrentCell, inputs: Tensor, states: tuple[Tensor, ...], at_last: Tensor) -> Curve:
    """log10(||d loss / d h_t|| / ||d loss / d h_T||) for t = 1 .. T, norms over batch and units; None where d loss / d h_t is exactly 0.

    inputs (T, B, D), each part of ``states`` (T, B, H), ``at_last`` = d loss / d h_T (B, H). h_t is the state after the whole step, so
    after both transitions of a RIN-DT; an LSTM's is its output and its memory cell together. The gradient is scaled to norm 1 at every
    step and the logarithms are added, so that nothing under- or overflows however many steps there are.
    """
    gradient = (at_last, *(torch.zeros_like(at_last) for _ in states[1:]))
    decades: list[float | None] = [None] * len(inputs)
    total = 0.0
    for t in range(len(inputs) - 1, -1, -1):
        norm = math.sqrt(sum(float(part.square().sum()) for part in gradient))
        if norm == 0:
            break
        total += math.log10(norm) if t < len(inputs) - 1 else 0.0  # h_T's own norm is the unit
        decades[t] = total
        if t > 0:
            before = tuple(part[t - 1].clone().requires_grad_() for part in states)
            gradient = torch.autograd.grad(layer.step(inputs[t], before), before, tuple(part / norm for part in gradient))
    return tuple(decades)
