"""The recurrences behind one function: ``unroll(cell, inputs)`` gives the outputs of ``cell(inputs)``, faster.

Tests pin every fast path to ``cells.py``. A cell without a fast path runs the reference forward.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from reproductions import recurrence_gpu
from reproductions.cells import LSTM, RINDT, PlainRNN, RecurrentCell
from reproductions.dispatch import Table
from reproductions.recurrence import library, lstm, plain
from reproductions.recurrence_gpu.layout import LARGEST_HIDDEN


def unroll(cell: RecurrentCell, inputs: Tensor, last_only: bool = False) -> Tensor:
    """Return the outputs (T, B, H) of ``cell`` over inputs (T, B, D), from the void state.

    With ``last_only`` it returns the last output alone, (B, H). Raises KernelError if RIN_CLAIMS_KERNELS asks for kernels that are not
    there (see ``kernel_choice``).
    """
    if _fused(cell, inputs):
        return _unroll_fused([cell], inputs.unsqueeze(0), last_only)[0]
    return _of_its_kind(KERNELS, cell, _step_by_step)(cell, inputs, last_only)


def unroll_pack(cells: Sequence[RecurrentCell], inputs: Tensor, last_only: bool = False) -> Tensor:
    """Return the outputs (K, T, B, H) of K cells of one shape, each over its own inputs.

    inputs are (K, T, B, D). With ``last_only`` it returns the last outputs alone, (K, B, H). A RIN and an IRNN have one shape. On a GPU
    with Triton the pack is one kernel; on another GPU a step of the pack is one product. On the CPU the cells run one after another.
    """
    if _fused(cells[0], inputs):
        return _unroll_fused(cells, inputs, last_only)
    if inputs.is_cuda and _of_its_kind(FUSED, cells[0], None) is not None:
        with recurrence_gpu.torch_instead():
            return _unroll_fused(cells, inputs, last_only)
    return torch.stack([unroll(cell, own, last_only) for cell, own in zip(cells, inputs, strict=True)])


def _fused(cell: RecurrentCell, inputs: Tensor) -> bool:
    """Say whether the kernels of ``recurrence_gpu`` run this cell on these inputs."""
    fits = _of_its_kind(FUSED, cell, None) is not None and cell.hidden <= LARGEST_HIDDEN
    return fits and inputs.is_cuda and inputs.dtype == torch.float32 and recurrence_gpu.available()


def _unroll_fused(cells: Sequence[RecurrentCell], inputs: Tensor, last_only: bool) -> Tensor:
    return _of_its_kind(FUSED, cells[0], None)(cells, inputs, last_only)


def _of_its_kind(kernels: Table[type, Any], cell: RecurrentCell, otherwise: Any) -> Any:
    """Look up the entry of ``kernels`` for the class of ``cell`` or a base of it.

    Returns ``otherwise`` if there is none.
    """
    return next((kernel for kind, kernel in kernels.items() if isinstance(cell, kind)), otherwise)


# --- One cell ---


def _step_by_step(cell: RecurrentCell, inputs: Tensor, last_only: bool) -> Tensor:
    return cell(inputs)[-1] if last_only else cell(inputs)


def _plain(cell: PlainRNN, inputs: Tensor, last_only: bool) -> Tensor:
    operands = inputs, cell.W, cell.recurrent_matrix(), cell.b, cell.nonlinearity
    if inputs.is_cuda:  # on a GPU a step of two kernels costs more than cuDNN's whole sequence
        return library.plain_recurrence(*operands, last_only)
    return plain.plain_recurrence(*operands, last_only)


def _deep(cell: RINDT, inputs: Tensor, last_only: bool) -> Tensor:
    if plain.compiled_for(inputs, cell.W):
        return plain.deep_recurrence(inputs, cell.W, *_deep_transitions(cell), last_only)
    return _step_by_step(cell, inputs, last_only)


def _lstm(cell: LSTM, inputs: Tensor, last_only: bool) -> Tensor:
    return lstm.lstm(inputs, cell.W, cell.U, cell.b, last_only)


KERNELS: Table[type, Callable[[Any, Tensor, bool], Tensor]] = {PlainRNN: _plain, RINDT: _deep, LSTM: _lstm}


# --- A pack of cells in one kernel ---


def _plain_transitions(cell: PlainRNN) -> tuple[Tensor, Tensor]:
    """Return the recurrent matrices (S, H, H) and biases (S, H) of a step's transitions; S is 1."""
    return cell.recurrent_matrix().unsqueeze(0), cell.b.unsqueeze(0)


def _deep_transitions(cell: RINDT) -> tuple[Tensor, Tensor]:
    """Return the recurrent matrices (2, H, H) and biases (2, H) of the two transitions of a RIN-DT."""
    identity = torch.eye(cell.hidden, device=cell.U1.device)
    return torch.stack([cell.U1 + identity, cell.U2 + identity]), torch.stack([cell.b1, cell.b2])


def _fused_transitions(
    cells: Sequence[Any], transitions: Sequence[tuple[Tensor, Tensor]], nonlinearity: str, inputs: Tensor, last_only: bool
) -> Tensor:
    W = torch.stack([cell.W for cell in cells])
    R, b = (torch.stack(parts) for parts in zip(*transitions, strict=True))
    return recurrence_gpu.plain_recurrence(inputs, W, R, b, nonlinearity, last_only)


def _fused_plain(cells: Sequence[PlainRNN], inputs: Tensor, last_only: bool) -> Tensor:
    return _fused_transitions(cells, [_plain_transitions(cell) for cell in cells], cells[0].nonlinearity, inputs, last_only)


def _fused_deep(cells: Sequence[RINDT], inputs: Tensor, last_only: bool) -> Tensor:
    return _fused_transitions(cells, [_deep_transitions(cell) for cell in cells], "relu", inputs, last_only)


def _fused_lstm(cells: Sequence[LSTM], inputs: Tensor, last_only: bool) -> Tensor:
    W, U, b = (torch.stack(parts) for parts in zip(*((cell.W, cell.U, cell.b) for cell in cells), strict=True))
    return recurrence_gpu.lstm(inputs, W, U, b, last_only)


FUSED: Table[type, Callable[[Any, Tensor, bool], Tensor]] = {PlainRNN: _fused_plain, RINDT: _fused_deep, LSTM: _fused_lstm}
