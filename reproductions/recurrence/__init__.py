"""The recurrences behind one function: ``unroll(cell, inputs)`` gives the outputs of ``cell(inputs)``, faster.

Pinned to ``cells.py`` by tests; what no fast path covers runs the reference forward.
"""

from __future__ import annotations

from torch import Tensor

from reproductions.cells import LSTM, PlainRNN, RecurrentCell
from reproductions.recurrence import library, plain


def unroll(cell: RecurrentCell, inputs: Tensor) -> Tensor:
    """The outputs (T, B, H) of ``cell`` over inputs (T, B, D), from the void state."""
    if isinstance(cell, PlainRNN):
        recurrence = library if inputs.is_cuda else plain  # on a GPU a step of two kernels costs more than cuDNN's whole sequence
        return recurrence.plain_recurrence(inputs, cell.W, cell.recurrent_matrix(), cell.b, cell.nonlinearity)
    if isinstance(cell, LSTM):
        return library.lstm(inputs, cell.W, cell.U, cell.b)
    return cell(inputs)
