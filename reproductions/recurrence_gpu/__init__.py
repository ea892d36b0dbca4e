"""The recurrences of many trials at once on a GPU: fused Triton kernels over packs (trials, steps, batch, width).

This is a package of its own, apart from ``recurrence``, because outcomes computed on the CPU must not become stale when a GPU kernel is
tuned. Nothing here imports triton before a recurrence is run. Within ``torch_instead`` torch's own kernels do the same work.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
from collections.abc import Iterator
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import torch

from reproductions.kernel_choice import FALLBACK, KernelError

__all__ = ["available", "lstm", "missing", "plain_recurrence", "provenance", "torch_instead"]

_instead: ContextVar[str | None] = ContextVar("torch instead of the fused kernels, and why", default=None)


def missing() -> str:
    """Name what the kernels need and this machine lacks, or return "".

    They need triton, and a CUDA GPU or TRITON_INTERPRET=1 (on the CPU, for tests).
    """
    if importlib.util.find_spec("triton") is None:
        return "triton is not installed (pip install 'rin-claims[gpu]')"
    return "" if os.environ.get("TRITON_INTERPRET") == "1" or torch.cuda.is_available() else "there is no CUDA GPU"


def available() -> bool:
    """Say whether the kernels run here: nothing is missing, and torch does not stand in for them."""
    return _instead.get() is None and not missing()


@contextlib.contextmanager
def torch_instead(reason: str = "") -> Iterator[None]:
    """Run torch's own kernels in place of the fused ones; ``provenance`` gives the ``reason``, if there is one."""
    token = _instead.set(reason)
    try:
        yield
    finally:
        _instead.reset(token)


def provenance() -> dict[str, str]:
    """Describe which kernels run packs on a GPU now, as an outcome records it.

    "recurrence" is "triton" or "torch", and "fallback" a sentence that says why, where torch runs them for want of something better.
    """
    if available():
        return {"recurrence": "triton"}
    reason = missing() if (asked := _instead.get()) is None else asked
    return {"recurrence": "torch", **({"fallback": f"{FALLBACK}: {reason}"} if reason else {})}


def plain_recurrence(*operands: Any, **options: Any) -> torch.Tensor:
    """Run ``pack_plain.plain_recurrence``, or within ``torch_instead`` its stand-in.

    Raises KernelError if triton is not installed.
    """
    return _kernels("pack_plain").plain_recurrence(*operands, **options)


def lstm(*operands: Any, **options: Any) -> torch.Tensor:
    """Run ``pack_lstm.lstm``, or within ``torch_instead`` its stand-in.

    Raises KernelError if triton is not installed.
    """
    return _kernels("pack_lstm").lstm(*operands, **options)


def _kernels(module: str) -> ModuleType:
    if _instead.get() is not None:
        module = "pack_torch"
    elif importlib.util.find_spec("triton") is None:
        raise KernelError("the GPU recurrences need triton (pip install 'rin-claims[gpu]'); take the CPU's or torch's own")
    return importlib.import_module(f"reproductions.recurrence_gpu.{module}")
