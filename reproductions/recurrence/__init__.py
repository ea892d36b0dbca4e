"""The recurrences behind one function: ``unroll(cell, inputs)`` gives the outputs of ``cell(inputs)``, faster.

Pinned to ``cells.py`` by tests; what no fast path covers runs the reference forward.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reproductions import recurrence_gpu
from reproductions.cells import LSTM, RINDT, PlainRNN, RecurrentCell
from reproductions.recurrence import library, lstm, plain
from reproductions.recurrence_gpu.layout import LARGEST_HIDDEN


def unroll(cell: RecurrentCell, inputs: Tensor, last_only: bool = False) -> Tensor:
    """The outputs (T, B, H) of ``cell`` over inputs (T, B, D), from the void state; only the last, (B, H), with ``last_only``.

    Raises KernelError where RIN_CLAIMS_KERNELS asks for what is not there (see ``kernel_choice``).
    """
    if _fused(cell, inputs):
        return _unroll_fused([cell], inputs.unsqueeze(0), last_only)[0]
    if isinstance(cell, PlainRNN):
        recurrence = library if inputs.is_cuda else plain  # on a GPU a step of two kernels costs more than cuDNN's whole sequence
        return recurrence.plain_recurrence(inputs, cell.W, cell.recurrent_matrix(), cell.b, cell.nonlinearity, last_only)
    if isinstance(cell, LSTM):
        return lstm.lstm(inputs, cell.W, cell.U, cell.b, last_only)
    if isinstance(cell, RINDT) and plain.compiled_for(inputs, cell.W):
        return plain.deep_recurrence(inputs, cell.W, *_transitions(cell), last_only)
    return cell(inputs)[-1] if last_only else cell(inputs)


def unroll_pack(cells: Sequence[RecurrentCell], inputs: Tensor, last_only: bool = False) -> Tensor:
    """The outputs (K, T, B, H) of K cells of one shape, each over its own inputs (K, T, B, D); with ``last_only`` the last, (K, B, H).

    A RIN and an IRNN have one shape. On a GPU with Triton the pack is one kernel, anywhere else the cells run one after another.
    """
    if _fused(cells[0], inputs):
        return _unroll_fused(cells, inputs, last_only)
    return torch.stack([unroll(cell, own, last_only) for cell, own in zip(cells, inputs, strict=True)])


def _fused(cell: RecurrentCell, inputs: Tensor) -> bool:
    """Whether the kernels of ``recurrence_gpu`` run this cell on these inputs."""
    fits = isinstance(cell, PlainRNN | LSTM | RINDT) and cell.hidden <= LARGEST_HIDDEN
    return fits and inputs.is_cuda and inputs.dtype == torch.float32 and recurrence_gpu.available()


def _unroll_fused(cells: Sequence[RecurrentCell], inputs: Tensor, last_only: bool) -> Tensor:
    first, W = cells[0], torch.stack([cell.W for cell in cells])  # type: ignore[arg-type]
    if isinstance(first, LSTM):
        U, b = torch.stack([cell.U for cell in cells]), torch.stack([cell.b for cell in cells])  # type: ignore[arg-type]
        return recurrence_gpu.lstm(inputs, W, U, b, last_only)
    R, b = (torch.stack(parts) for parts in zip(*map(_transitions, cells), strict=True))
    return recurrence_gpu.plain_recurrence(inputs, W, R, b, getattr(first, "nonlinearity", "relu"), last_only)


def _transitions(cell: RecurrentCell) -> tuple[Tensor, Tensor]:
    """The recurrent matrices (S, H, H) and biases (S, H) of the S transitions of a step: two of a RIN-DT, one of a plain network."""
    if isinstance(cell, RINDT):
        identity = torch.eye(cell.hidden, device=cell.U1.device)
        return torch.stack([cell.U1 + identity, cell.U2 + identity]), torch.stack([cell.b1, cell.b2])
    assert isinstance(cell, PlainRNN)
    return cell.recurrent_matrix().unsqueeze(0), cell.b.unsqueeze(0)
