"""The set-up of a process that trains, and the cores it has.

A process is set up once: one torch thread, no TF32, and an allocator that keeps its memory.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys

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
    that. Other C libraries are left as they are. One thread because the processes of a run share the cores, and because sums over
    threads would depend on their number.
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
