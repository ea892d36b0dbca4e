"""The recurrences of many trials at once on a GPU: fused Triton kernels over packs (trials, steps, batch, width).

This is a package of its own, apart from ``recurrence``, because outcomes computed on the CPU must not become stale when a GPU kernel is
tuned. Nothing here imports triton before a recurrence is run.
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
    """Say whether the kernels run here.

    They need triton, and a CUDA GPU or TRITON_INTERPRET=1 (on the CPU, for tests).
    """
    if importlib.util.find_spec("triton") is None:
        return False
    return os.environ.get("TRITON_INTERPRET") == "1" or torch.cuda.is_available()


def plain_recurrence(*operands: Any, **options: Any) -> torch.Tensor:
    """Run ``pack_plain.plain_recurrence``.

    Raises KernelError if triton is not installed.
    """
    return _kernels("pack_plain").plain_recurrence(*operands, **options)


def lstm(*operands: Any, **options: Any) -> torch.Tensor:
    """Run ``pack_lstm.lstm``.

    Raises KernelError if triton is not installed.
    """
    return _kernels("pack_lstm").lstm(*operands, **options)


def _kernels(module: str) -> ModuleType:
    if importlib.util.find_spec("triton") is None:
        raise KernelError("the GPU recurrences need triton (pip install 'rin-claims[gpu]'); take the CPU's or torch's own")
    return importlib.import_module(f"reproductions.recurrence_gpu.{module}")
