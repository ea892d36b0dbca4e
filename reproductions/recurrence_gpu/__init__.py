"""The recurrences of many trials at once on a GPU: fused Triton kernels over packs (trials, steps, batch, width).

Its own package, apart from ``recurrence``: what outcomes computed on the CPU depend on must not change when a GPU kernel is tuned.
Nothing here imports triton before a recurrence is run.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from types import ModuleType
from typing import Any

import torch

from reproductions.kernel_choice import KernelError

__all__ = ["available", "lstm", "plain_recurrence"]


def available() -> bool:
    """Whether the kernels run here: triton is installed, and there is a CUDA GPU or TRITON_INTERPRET=1 (on the CPU, for tests)."""
    if importlib.util.find_spec("triton") is None:
        return False
    return os.environ.get("TRITON_INTERPRET") == "1" or torch.cuda.is_available()


def plain_recurrence(*operands: Any, **options: Any) -> torch.Tensor:
    """See ``pack_plain.plain_recurrence``. Raises KernelError without triton."""
    return _kernels("pack_plain").plain_recurrence(*operands, **options)


def lstm(*operands: Any, **options: Any) -> torch.Tensor:
    """See ``pack_lstm.lstm``. Raises KernelError without triton."""
    return _kernels("pack_lstm").lstm(*operands, **options)


def _kernels(module: str) -> ModuleType:
    if importlib.util.find_spec("triton") is None:
        raise KernelError("the GPU recurrences need triton (pip install 'rin-claims[gpu]'); take the CPU's or torch's own")
    return importlib.import_module(f"reproductions.recurrence_gpu.{module}")
