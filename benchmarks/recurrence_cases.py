"""What the benchmarks of the recurrences have in common: the cells, torch's modules with their weights, float64 gradients."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reproductions import cells
from reproductions.recurrence import plain

CELLS = ("irnn", "tanh", "lstm")  # the ReLU recurrence (a RIN's too), the tanh recurrence, the LSTM
FORGET_BIAS = 2.0


def input_width(steps: int) -> int:
    """Adding reads two numbers a step, pixel MNIST one."""
    return 2 if steps in (40, 50, 200, 400) else 1


def start(name: str, width: int, hidden: int, generator: torch.Generator) -> cells.RecurrentCell:
    """The cell with its initial weights, and biases with which all of it works."""
    cell = cells.build(name, width, hidden, generator)
    with torch.no_grad():
        cell.b.fill_(0.01)  # a bias of zero would leave half of a RIN's units off for ever
        if isinstance(cell, cells.LSTM):
            # Forget gates of 1/2 lose the gradient after some 120 steps, and what follows would multiply subnormal numbers and zeros.
            # With 0.88 it reaches the first of 784 steps as a normal number, and it does not grow until float32 itself is off.
            cell.b[hidden : 2 * hidden] = FORGET_BIAS
    return cell


def torch_module(cell: cells.RecurrentCell) -> nn.Module:
    """torch's own module with the weights of ``cell``, its second bias at zero."""
    lstm = isinstance(cell, cells.LSTM)
    module = nn.LSTM(cell.inputs, cell.hidden) if lstm else nn.RNN(cell.inputs, cell.hidden, nonlinearity=cell.nonlinearity)
    with torch.no_grad():
        module.weight_ih_l0.copy_(cell.W)
        module.weight_hh_l0.copy_(cell.U if lstm else cell.recurrent_matrix())
        module.bias_ih_l0.copy_(cell.b)
        module.bias_hh_l0.zero_()
    return module


def multiply_adds(name: str, batch: int, steps: int, hidden: int, width: int) -> int:
    """Of the products with R and W: forward, back to the state, and to the weights."""
    return steps * batch * hidden * (hidden + width) * 3 * (4 if name == "lstm" else 1)


def reference_gradients(cell: cells.RecurrentCell, inputs: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
    """The gradients of sum(weights x h_T) to the parameters in float64, by torch's operations."""
    parameters = {name: value.detach().double().requires_grad_() for name, value in cell.named_parameters()}
    double = inputs.double()
    if isinstance(cell, cells.LSTM):
        void = double.new_zeros(1, inputs.shape[1], cell.hidden)
        values = [*(parameters[name] for name in ("W", "U", "b")), torch.zeros_like(parameters["b"])]
        last = torch.lstm(double, (void, void), values, True, 1, 0.0, True, False, False)[0][-1]
    else:
        # U + I is formed in float32, as the cell forms it: what is compared is the recurrence
        recurrent = cell.recurrent_matrix().detach().double() - cell.U.detach().double() + parameters["U"]
        last = plain.plain_recurrence(double, parameters["W"], recurrent, parameters["b"], cell.nonlinearity, last_only=True)
    return torch.autograd.grad((last * weights).sum(), list(parameters.values()))


def relative_error(found: Tensor, exact: Tensor) -> float:
    return float((found.double() - exact).norm() / exact.norm())
