"""The LSTM with a backward of its own: float32 on the CPU runs the compiled kernels of ``kernels/lstm.cpp``.

Everything else runs torch's kernel, and so does everything on a machine without a compiler.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from reproductions.recurrence import build
from reproductions.recurrence.library import lstm as torch_lstm


def lstm(inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, last_only: bool = False) -> Tensor:
    """Compute the outputs h_t (T, B, H) of an LSTM with h_0 = c_0 = 0.

    Gates are stacked as i, f, g, o. inputs are (T, B, D), W (4H, D), U (4H, H), b (4H,), all of one dtype on one device. With ``last_only``
    the result is h_T alone, (B, H): a loss that reads nothing else then passes no (T, B, H) gradient. The result for a sequence does not
    depend on the others in the batch. Differentiable once. Raises ValueError if the shapes do not fit each other.
    """
    hidden = U.shape[1]
    if (W.shape, U.shape, b.shape) != ((4 * hidden, inputs.shape[2]), (4 * hidden, hidden), (4 * hidden,)):
        shapes = ", ".join(str(tuple(value.shape)) for value in (inputs, W, U, b))
        raise ValueError(f"inputs, W, U and b of an LSTM are (T, B, D), (4H, D), (4H, H) and (4H,), not {shapes}")
    compiled = inputs.numel() > 0 and all(value.dtype == torch.float32 and value.device.type == "cpu" for value in (inputs, W, U, b))
    library = build.library() if compiled else None
    if library is None:
        outputs = torch_lstm(inputs, W, U, b)
        return outputs[-1] if last_only else outputs
    keep = torch.is_grad_enabled() and any(value.requires_grad for value in (inputs, W, U, b))
    contiguous = (value.contiguous() for value in (inputs, W, U, b))
    return _CompiledLSTM.apply(_kernels(library), *contiguous, last_only, keep)


class _Kernels:
    """The functions of ``kernels/lstm.cpp``: contiguous tensors go in as addresses."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        address, number = ctypes.c_void_p, ctypes.c_int64
        library.lstm_kept.argtypes, library.lstm_kept.restype = [number] * 4, number
        library.lstm_forward.argtypes, library.lstm_forward.restype = [address] * 7 + [number] * 4, None
        library.lstm_backward.argtypes, library.lstm_backward.restype = [address] * 10 + [number] * 4, None

    def forward(self, inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, last_only: bool, keep: bool) -> tuple[Tensor, Tensor | None]:
        """Compute every h_t (T, B, H), or h_T (B, H), and what the backward pass needs if ``keep``."""
        kept = self.room_to_keep(inputs, U) if keep else None
        made = room_for_outputs(inputs, U, last_only)
        self.forward_into(inputs, W, U, b, made, kept)
        return made, kept

    def room_to_keep(self, inputs: Tensor, U: Tensor) -> Tensor:
        """Return room for what the backward pass needs of the forward pass."""
        return inputs.new_empty(self._library.lstm_kept(*inputs.shape, U.shape[1]))

    def forward_into(self, inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, made: Tensor, kept: Tensor | None) -> None:
        """Compute as ``forward`` does into ``made``, which is (T, B, H) or (B, H), and ``kept``."""
        outputs, last = (made, None) if made.dim() == 3 else (None, made)
        self._library.lstm_forward(*_addresses(inputs, W, U, b, outputs, last, kept), *inputs.shape, U.shape[1])

    def backward(
        self, inputs: Tensor, W: Tensor, U: Tensor, kept: Tensor, gradient: Tensor, last_only: bool, needed: bool
    ) -> tuple[Tensor | None, Tensor, Tensor, Tensor]:
        """Compute the gradients of inputs (None if not ``needed``), W, U and b.

        ``gradient`` is the gradient of what ``forward`` returned.
        """
        to_inputs = torch.empty_like(inputs) if needed else None
        to_W, to_U, to_b = torch.empty_like(W), torch.empty_like(U), U.new_empty(U.shape[0])
        self.backward_into(inputs, W, U, kept, gradient, to_inputs, to_W, to_U, to_b)
        return to_inputs, to_W, to_U, to_b

    def backward_into(
        self, inputs: Tensor, W: Tensor, U: Tensor, kept: Tensor, gradient: Tensor,
        to_inputs: Tensor | None, to_W: Tensor, to_U: Tensor, to_b: Tensor,
    ) -> None:  # fmt: skip
        """Compute the gradients as ``backward`` does, into ``to_inputs`` (None: not needed), ``to_W``, ``to_U`` and ``to_b``."""
        to_outputs, to_last = (gradient, None) if gradient.dim() == 3 else (None, gradient)
        sizes = (*inputs.shape, U.shape[1])
        self._library.lstm_backward(*_addresses(inputs, W, U, kept, to_outputs, to_last, to_inputs, to_W, to_U, to_b), *sizes)


def room_for_outputs(inputs: Tensor, U: Tensor, last_only: bool) -> Tensor:
    """Return room for the outputs (T, B, H), or with ``last_only`` (B, H)."""
    return inputs.new_empty(*inputs.shape[last_only:2], U.shape[1])


@functools.cache
def _kernels(library: ctypes.CDLL) -> _Kernels:
    return _Kernels(library)


def _addresses(*values: Tensor | None) -> list[int | None]:
    return [None if value is None else value.data_ptr() for value in values]


class _CompiledLSTM(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, kernels: _Kernels, inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, last_only: bool, keep: bool) -> Tensor:
        outputs, kept = kernels.forward(inputs, W, U, b, last_only, keep)
        if kept is not None:
            ctx.save_for_backward(inputs, W, U, kept)
            ctx.kernels, ctx.last_only = kernels, last_only
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        inputs, W, U, kept = ctx.saved_tensors
        gradients = ctx.kernels.backward(inputs, W, U, kept, gradient.contiguous(), ctx.last_only, ctx.needs_input_grad[1])
        return None, *gradients, None, None
