"""The common part of every launch of a recurrence.

It checks the operands, chooses grid and layout, and multiplies wide inputs.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor

from reproductions.kernel_choice import KernelError
from reproductions.recurrence_gpu import available
from reproductions.recurrence_gpu.layout import LARGEST_HIDDEN, layout, shared_memory
from reproductions.recurrence_gpu.products import product

PRECISIONS = ("ieee", "tf32x3")


def checked(operands: dict[str, Tensor], shapes: dict[str, tuple[int, ...]], hidden: int, precision: str) -> None:
    """Check the operands of a recurrence.

    Raises ValueError if an operand has another shape than it should have. Raises KernelError if the kernels do not run on the operands.
    """
    if any(tuple(value.shape) != shapes[name] or 0 in value.shape for name, value in operands.items()):
        found = ", ".join(f"{name} {tuple(value.shape)}" for name, value in operands.items())
        raise ValueError(f"the operands of a pack of recurrences do not fit each other, or are empty: {found}")
    if precision not in PRECISIONS:
        raise ValueError(f"the precision of products is one of {', '.join(PRECISIONS)}, not {precision!r}")
    if not available():
        raise KernelError("the GPU recurrences need triton and a CUDA GPU (pip install 'rin-claims[gpu]'); take the CPU's or torch's own")
    device = operands["inputs"].device
    if any(value.dtype != torch.float32 or value.device != device for value in operands.values()) or hidden > LARGEST_HIDDEN:
        raise KernelError(f"the GPU recurrences run float32 of hidden size at most {LARGEST_HIDDEN} on one device; take torch's own")
    if device.type != "cuda" and os.environ.get("TRITON_INTERPRET") != "1":
        raise KernelError(f"the GPU recurrences run on CUDA, not on {device.type}; take the CPU's")


def launched(kernel: Any, inputs: Tensor, matrices: tuple[int, int, int], precision: str, *operands: Any, **constants: Any) -> None:
    """Run a kernel of a recurrence over inputs (K, T, B, D), one program for each tile of each trial.

    A tile is a number of batch rows. ``matrices`` is how many recurrent matrices there are, how many gates each has, and H. How the kernel
    is compiled depends on the shape of a trial and on the GPU, never on the number of trials.
    """
    trials, _, batch, _ = inputs.shape
    plan = layout(*matrices, batch, precision, shared_memory(inputs.device))
    with torch.cuda.device_of(inputs):
        kernel[(trials * -(-batch // plan.tile),)](
            *operands, **constants, TILE=plan.tile, BLOCKS=plan.blocks, RESIDENT=plan.resident, PRECISION=precision,
            # one pipeline stage: what the loop reads at a step is little, and copies of it would take the room of the matrix
            num_warps=plan.warps, num_stages=1, enable_fp_fusion=True,
        )  # fmt: skip


def wide(inputs: Tensor, W: Tensor, b: Tensor, precision: str) -> Tensor:
    """Compute W x_t + b for every step at once, as (K, T, B, H).

    inputs are (K, T, B, D), W is (K, H, D), b is (K, H).
    """
    trials, steps, batch, width = inputs.shape
    rows = product(inputs.reshape(trials, steps * batch, width), W.mT, precision)
    return rows.add_(b[:, None]).view(trials, steps, batch, -1)
