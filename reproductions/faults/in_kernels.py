"""Faults of the fast recurrences.

Faults of the compiled kernels are planted where the kernels are called, so that they break nothing else.
"""

from __future__ import annotations

from typing import Any

import torch

from reproductions.faults.fault import Fault
from reproductions.recurrence import lstm, plain

LAST_ROWS = 3  # sequences at the end of the batch, as a loop over blocks of rows may treat them on their own


def _forget_the_last_rows_bias(forward: Any) -> Any:
    def replacement(self: Any, inputs: torch.Tensor, W: torch.Tensor, R: torch.Tensor, b: torch.Tensor, *rest: Any) -> torch.Tensor:
        states = forward(self, inputs, W, R, b, *rest)
        states[:, -LAST_ROWS:] = forward(self, inputs[:, -LAST_ROWS:], W, R, torch.zeros_like(b), *rest)
        return states

    return replacement


def _drop_bias_gradient(backward: Any) -> Any:
    def replacement(self: Any, inputs: torch.Tensor, W: torch.Tensor, R: torch.Tensor, states: torch.Tensor, *rest: Any) -> Any:
        to_inputs, to_W, to_R, to_b = backward(self, inputs, W, R, states, *rest)
        return to_inputs, to_W, to_R, torch.zeros_like(to_b)

    return replacement


def _forget_gate(values: torch.Tensor) -> torch.Tensor:
    """Return the rows of the forget gate in W, U or b of an LSTM."""
    return values.chunk(4)[1]


def _without_forget_bias(forward: Any) -> Any:
    def replacement(self: Any, inputs: torch.Tensor, W: torch.Tensor, U: torch.Tensor, b: torch.Tensor, *rest: Any) -> Any:
        b = b.clone()
        _forget_gate(b).zero_()
        return forward(self, inputs, W, U, b, *rest)

    return replacement


def _drop_forget_gradient(backward: Any) -> Any:
    def replacement(*arguments: Any) -> Any:
        to_inputs, *to_weights = backward(*arguments)
        for gradient in to_weights:
            _forget_gate(gradient).zero_()
        return to_inputs, *to_weights

    return replacement


def _transpose_recurrent_gradient(recurrence: Any) -> Any:
    def replacement(inputs: torch.Tensor, W: torch.Tensor, R: torch.Tensor, *rest: Any) -> torch.Tensor:
        turned = R.detach() + (R.T - R.T.detach())  # the value of R to the last bit, with the gradient of its transpose
        return recurrence(inputs, W, turned, *rest)

    return replacement


KERNEL_FAULTS = (
    Fault(
        "recurrent-gradient-transposed",
        "the recurrent matrix of RIN and IRNN gets its gradient transposed, compiled or not",
        ((plain, "plain_recurrence", _transpose_recurrent_gradient),),
    ),
    Fault(
        "compiled-rows-without-bias",
        "the compiled kernel of RIN and IRNN forgets the bias in the last sequences of a batch",
        ((plain._Kernels, "forward", _forget_the_last_rows_bias),),
        compiled=True,
    ),
    Fault(
        "compiled-bias-gradient-dropped",
        "the compiled kernel of RIN and IRNN gives the bias no gradient",
        ((plain._Kernels, "backward", _drop_bias_gradient),),
        compiled=True,
    ),
    Fault(
        "compiled-lstm-without-forget-bias",
        "the compiled LSTM leaves out the bias of its forget gate",
        ((lstm._Kernels, "forward", _without_forget_bias),),
        compiled=True,
    ),
    Fault(
        "compiled-forget-gradient-dropped",
        "the compiled LSTM gives the weights of its forget gate no gradient",
        ((lstm._Kernels, "backward", _drop_forget_gradient),),
        compiled=True,
    ),
)
