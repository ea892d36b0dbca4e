"""The recurrences behind one function: ``unroll(cell, inputs)`` gives the outputs of ``cell(inputs)``, faster.

Pinned to ``cells.py`` by tests; what no fast path covers runs the reference forward.
"""

from __future__ import annotations

from torch import Tensor

from reproductions.cells import LSTM, PlainRNN, RecurrentCell
from reproductions.recurrence.library import lstm, plain_recurrence


def unroll(cell: RecurrentCell, inputs: Tensor) -> Tensor:
    """The outputs (T, B, H) of ``cell`` over inputs (T, B, D), from the void state."""
    if isinstance(cell, PlainRNN):
        return plain_recurrence(inputs, cell.W, cell.recurrent_matrix(), cell.b, cell.nonlinearity)
    if isinstance(cell, LSTM):
        return lstm(inputs, cell.W, cell.U, cell.b)
    return cell(inputs)
