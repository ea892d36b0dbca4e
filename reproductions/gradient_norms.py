"""The norm of the test loss's gradient on its way back through the steps of a trained layer.

The RIN paper says that "the error signal could survive 784 x 2 = 1568 computation steps" (section 3.2). The fast recurrences give no
gradient of inner states, so the gradient follows the readable reference forward of ``cells``, in float64.
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
    """Measure the curve ``gradient_decades/layer1`` and its metrics for a network of one layer.

    inputs are (T, B, D), targets belong to B samples. ``first_gradient_decades/layer1`` is the curve's value at h_1.
    ``gradient_vanishes/layer1`` is 1 if the gradient is exactly zero at some step, and 0 otherwise. A zero has no finite logarithm, so the
    curve is None at that step and at every earlier one.
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
    """Compute log10(||d loss / d h_t|| / ||d loss / d h_T||) for t = 1 .. T.

    The norms are over batch and units. An element is None if d loss / d h_t is exactly 0. inputs are (T, B, D), each part of ``states`` is
    (T, B, H), and ``at_last`` is d loss / d h_T (B, H). h_t is the state after the whole step, which is after both transitions of a RIN-DT.
    The state of an LSTM is its output and its memory cell together.

    The gradient is scaled to norm 1 at every step and the logarithms are added. So nothing under- or overflows, however many steps there
    are.
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
