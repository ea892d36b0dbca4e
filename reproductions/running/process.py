"""The set-up of a process that trains, and the cores it has.

A process is set up once; the global state of torch and numpy that decides numbers is set for every trial.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

# mallopt parameters of glibc's malloc.h
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
KEEP_BYTES = 2**31 - 1  # never give freed memory back to the system
GROW_BYTES = 64 * 2**20  # ask the system for this much at a time


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def prepare() -> None:
    """Set this process up for training; once is enough.

    A recurrent backward allocates and frees the same tens of megabytes at every update. By default glibc returns them to the system
    each time and pays for every page again: an LSTM update at (B, T, H) = (128, 196, 100) took 176 ms with and 95 ms without
    that. Other C libraries are left as they are.
    """
    import torch  # here, because the executor itself works without torch

    torch.set_num_threads(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            for parameter, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, KEEP_BYTES), (M_TOP_PAD, GROW_BYTES)):
                mallopt(parameter, value)


@contextlib.contextmanager
def settled() -> Iterator[None]:
    """Hold the global state of torch and numpy that decides numbers at this project's values, and give it back.

    A plugin, a conftest.py or a test may have left anything behind: a trial measures the same whatever that is.
    """
    prepare()
    import numpy as np
    import torch

    with contextlib.ExitStack() as kept:
        for read, write, value in _settings(torch):
            before = read()
            if before != value:
                write(value)
                kept.callback(write, before)
        kept.enter_context(torch.inference_mode(False))
        kept.enter_context(torch.enable_grad())
        kept.enter_context(torch.autocast("cpu", enabled=False))
        kept.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        yield


def _settings(torch: Any) -> Iterator[tuple[Callable[[], Any], Callable[[Any], None], Any]]:
    """Yield how each setting is read and written, and the value that every number of this project was made with."""
    yield torch.get_default_dtype, torch.set_default_dtype, torch.float32
    yield torch.get_default_device, torch.set_default_device, torch.device("cpu")
    # one thread, because the processes of a run share the cores, and sums over threads would depend on their number
    yield torch.get_num_threads, torch.set_num_threads, 1
    yield torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"
    yield torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms, False
    yield lambda: float(torch.tensor([1e-40]) * 0.5) == 0.0, torch.set_flush_denormal, False
