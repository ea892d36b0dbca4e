"""The plain recurrence h_t = f(W x_t + R h_{t-1} + b), ReLU or tanh, with its own backward.

float32 runs the compiled kernels of ``kernels/plain.cpp``. float64 runs torch's operations, and so does everything on a machine without a
compiler. They are two operations a step on buffers that exist already, forward and backward, and one product over all T x B rows for each
weight gradient.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from reproductions.recurrence import build


def plain_recurrence(inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, nonlinearity: str, last_only: bool = False) -> Tensor:
    """Compute every h_t, as (T, B, H), of the recurrence from h_0 = 0 with f = "tanh" or "relu".

    inputs are (T, B, D) with T > 0, W (H, D), R (H, H), b (H,), all on the CPU and of one dtype. With ``last_only`` the result is h_T
    alone, (B, H): a loss that reads nothing else then passes no (T, B, H) gradient. A sequence's states do not depend on the others in the
    batch. Differentiable once. Raises ValueError for other shapes.
    """
    (steps, _, width), hidden = inputs.shape, b.shape[0]
    if steps == 0 or W.shape != (hidden, width) or R.shape != (hidden, hidden):
        shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in (("inputs", inputs), ("W", W), ("R", R), ("b", b)))
        raise ValueError(f"a recurrence takes inputs (T, B, D) with T > 0, W (H, D), R (H, H) and b (H,), not {shapes}")
    library = compiled_for(inputs, W, R, b)
    if library is not None:
        return _compiled(library, inputs, W, R, b, nonlinearity == "tanh", last_only)
    states = _TorchRecurrence.apply(inputs, W, R, b, nonlinearity)
    return states[-1] if last_only else states


def deep_recurrence(inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, last_only: bool = False) -> Tensor:
    """Compute every h_t as (T, B, H), or h_T, of two ReLU transitions a step, from h_0 = 0.

        h' = f(W x_t + R_1 h_{t-1} + b_1)
        h_t = f(R_2 h' + b_2)

    The operands are the operands of ``plain_recurrence``, with R (2, H, H) and b (2, H). It runs on the compiled kernels alone: see
    ``compiled_for``.
    """
    library = compiled_for(inputs, W, R, b)
    assert library is not None
    return _compiled(library, inputs, W, R, b, False, last_only)


def compiled_for(*operands: Tensor) -> ctypes.CDLL | None:
    """Return the compiled kernels if they run these operands, which are float32 on the CPU.

    Returns None if they do not, or if they are not there.
    """
    return build.library() if all(value.dtype == torch.float32 and value.device.type == "cpu" for value in operands) else None


def _compiled(library: ctypes.CDLL, inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, tanh: bool, last_only: bool) -> Tensor:
    if inputs.stride(2) != 1:
        inputs = inputs.contiguous()
    keep = torch.is_grad_enabled() and any(value.requires_grad for value in (inputs, W, R, b))
    weights = W.contiguous(), R.contiguous(), b.contiguous()
    return _CompiledRecurrence.apply(_kernels(library), inputs, *weights, tanh, last_only, keep)


class _Kernels:
    """The functions of ``kernels/plain.cpp``: tensors go in as addresses.

    R is (H, H), or (2, H, H) for two transitions a step.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        address, number = ctypes.c_void_p, ctypes.c_int64
        library.plain_row.argtypes, library.plain_row.restype = [number], number
        library.plain_scratch.argtypes, library.plain_scratch.restype = [number] * 4, number
        library.plain_forward.argtypes = [address, number, number, *[address] * 4, number, address, *[number] * 6]
        library.plain_forward.restype = None
        library.plain_backward.argtypes = [address, number, number, *[address] * 4, number, number, *[address] * 6, *[number] * 6]
        library.plain_backward.restype = None
        # The floats from one row of so many to the next in a padded buffer; the floats of scratch. Every update asks for the same.
        self._row, self._scratch = functools.cache(library.plain_row), functools.cache(library.plain_scratch)

    def forward(self, inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, tanh: bool, slots: int) -> Tensor:
        """Compute the states after every transition, (slots, B, row); the n-th is at n % slots."""
        states = self.states(inputs, R, slots)
        self.forward_into(inputs, W, R, b, tanh, states, self.scratch(inputs, R, False))
        return states

    def states(self, inputs: Tensor, R: Tensor, slots: int) -> Tensor:
        """Return room for states, (slots, B, row)."""
        return inputs.new_empty(slots, inputs.shape[1], self._row(R.shape[-1]))

    def scratch(self, inputs: Tensor, R: Tensor, backward: bool) -> Tensor:
        """Return the room that ``forward_into`` or ``backward_into`` works in."""
        return inputs.new_empty(self._scratch(R.dim() - 1, inputs.shape[2], R.shape[-1], backward))

    def forward_into(self, inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, tanh: bool, states: Tensor, scratch: Tensor) -> None:
        """Compute the states as ``forward`` does, into ``states``."""
        (steps, batch, width), (*_, hidden), stages = inputs.shape, R.shape, R.dim() - 1
        self._library.plain_forward(
            *_sequence(inputs), *_addresses(W, R, b, states), len(states), scratch.data_ptr(), steps, stages, batch, width, hidden, tanh
        )

    def backward(
        self,
        inputs: Tensor,
        W: Tensor,
        R: Tensor,
        states: Tensor,
        tanh: bool,
        to_states: Tensor | None,
        to_last: Tensor | None,
        needed: bool,
    ) -> tuple[Tensor | None, Tensor, Tensor, Tensor]:
        """Compute the gradients of inputs (None if not ``needed``), W, R and b."""
        to_W, to_R, to_b = torch.empty_like(W), torch.empty_like(R), inputs.new_empty(R.shape[:-1])
        to_inputs = self.room_for_inputs(inputs) if needed else None
        scratch = self.scratch(inputs, R, True)
        self.backward_into(inputs, W, R, states, tanh, to_states, to_last, to_inputs, to_W, to_R, to_b, scratch)
        return to_inputs, to_W, to_R, to_b

    def room_for_inputs(self, inputs: Tensor) -> Tensor:
        """Return room for the gradient of ``inputs``, of their shape, in rows as the kernel writes them."""
        steps, batch, width = inputs.shape
        return inputs.new_empty(steps, batch, self._row(width))[..., :width]

    def backward_into(
        self, inputs: Tensor, W: Tensor, R: Tensor, states: Tensor, tanh: bool, to_states: Tensor | None, to_last: Tensor | None,
        to_inputs: Tensor | None, to_W: Tensor, to_R: Tensor, to_b: Tensor, scratch: Tensor,
    ) -> None:  # fmt: skip
        """Compute the gradients as ``backward`` does, into ``to_inputs`` (None: not needed), ``to_W``, ``to_R`` and ``to_b``."""
        (steps, batch, width), (*_, hidden), stages = inputs.shape, R.shape, R.dim() - 1
        outside = (None, 0, 0) if to_states is None else _sequence(to_states)
        self._library.plain_backward(
            *_sequence(inputs), *_addresses(W, R, states), *outside, *_addresses(to_last, to_inputs, to_W, to_R, to_b, scratch),
            steps, stages, batch, width, hidden, tanh,
        )  # fmt: skip


@functools.cache
def _kernels(library: ctypes.CDLL) -> _Kernels:
    return _Kernels(library)


def _sequence(values: Tensor) -> tuple[int, int, int]:
    """Return the address and the strides of (T, B, n), whose n elements of a row are adjacent.

    The strides are the floats from a step to the next, and the floats from a batch row to the next.
    """
    return values.data_ptr(), values.stride(0), values.stride(1)


def _addresses(*values: Tensor | None) -> list[int | None]:
    return [None if value is None else value.data_ptr() for value in values]


class _CompiledRecurrence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, kernels: _Kernels, inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, tanh: bool, last_only: bool, keep: bool
    ) -> Tensor:
        stages, hidden = R.dim() - 1, R.shape[-1]
        transitions = inputs.shape[0] * stages
        slots = transitions if keep or not last_only else min(transitions, 2)
        states = kernels.forward(inputs, W, R, b, tanh, slots)
        outputs = states[(transitions - 1) % slots, :, :hidden].contiguous() if last_only else states[stages - 1 :: stages, :, :hidden]
        if keep:
            ctx.save_for_backward(inputs, W, R, states)
            ctx.kernels, ctx.tanh, ctx.last_only = kernels, tanh, last_only
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        inputs, W, R, states = ctx.saved_tensors
        if gradient.stride(-1) != 1 or ctx.last_only:
            gradient = gradient.contiguous()
        to_states, to_last = (None, gradient) if ctx.last_only else (gradient, None)
        gradients = ctx.kernels.backward(inputs, W, R, states, ctx.tanh, to_states, to_last, ctx.needs_input_grad[1])
        return None, *gradients, None, None, None


class _TorchRecurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, nonlinearity: str) -> Tensor:
        activate = torch.Tensor.tanh_ if nonlinearity == "tanh" else torch.Tensor.relu_
        steps, batch, width = inputs.shape
        states = torch.addmm(b, inputs.reshape(steps * batch, width), W.T).view(steps, batch, -1)
        previous, *later = states.unbind()
        activate(previous)
        transposed = R.T
        for state in later:
            activate(state.addmm_(previous, transposed))
            previous = state
        ctx.save_for_backward(inputs, W, R, states)
        ctx.nonlinearity = nonlinearity
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        inputs, W, R, states = ctx.saved_tensors
        steps, batch, width = inputs.shape
        tanh = ctx.nonlinearity == "tanh"
        slope = 1 - states.square() if tanh else (states > 0).to(states.dtype)
        delta = gradient.clone(memory_format=torch.contiguous_format)  # becomes d loss / d (W x_t + R h_{t-1} + b)
        deltas, slopes = delta.unbind(), slope.unbind()
        for t in range(steps - 1, 0, -1):
            deltas[t - 1].addmm_(deltas[t].mul_(slopes[t]), R)
        deltas[0].mul_(slopes[0])
        rows = delta.view(steps * batch, -1)
        to_inputs = (rows @ W).view_as(inputs) if ctx.needs_input_grad[0] else None
        to_W = rows.T @ inputs.reshape(steps * batch, width)
        to_R = rows[batch:].T @ states.view(steps * batch, -1)[:-batch]
        return to_inputs, to_W, to_R, rows.sum(dim=0), None
