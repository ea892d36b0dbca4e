"""The recurrences behind one function: ``unroll(cell, inputs)`` gives the outputs of ``cell(inputs)``, faster.

Pinned to ``cells.py`` by tests; what no fast path covers runs the reference forward.
"""

from __future__ import annotations

import torch
from torch import Tensor

from reproductions.cells import LSTM, RINDT, PlainRNN, RecurrentCell
from reproductions.recurrence import library, lstm, plain


def unroll(cell: RecurrentCell, inputs: Tensor, last_only: bool = False) -> Tensor:
    """The outputs (T, B, H) of ``cell`` over inputs (T, B, D), from the void state; only the last, (B, H), with ``last_only``.

    Raises KernelError where RIN_CLAIMS_KERNELS asks for what is not there (see ``kernel_choice``).
    """
    if isinstance(cell, PlainRNN):
        recurrence = library if inputs.is_cuda else plain  # on a GPU a step of two kernels costs more than cuDNN's whole sequence
        return recurrence.plain_recurrence(inputs, cell.W, cell.recurrent_matrix(), cell.b, cell.nonlinearity, last_only)
    if isinstance(cell, LSTM):
        return lstm.lstm(inputs, cell.W, cell.U, cell.b, last_only)
    if isinstance(cell, RINDT) and plain.compiled_for(inputs, cell.W):
        identity = torch.eye(cell.hidden)
        R, b = torch.stack([cell.U1 + identity, cell.U2 + identity]), torch.stack([cell.b1, cell.b2])
        return plain.deep_recurrence(inputs, cell.W, R, b, last_only)
    return cell(inputs)[-1] if last_only else cell(inputs)
