"""Which kernels the environment asks the recurrences to run on: ``RIN_CLAIMS_KERNELS``. Imports no torch.

``native``, the default, is the best instruction set of this CPU; ``avx512``, ``avx2`` and ``plain`` (16-byte vectors, which every CPU of
the platform has) force one; ``torch`` runs torch's operations and compiles nothing.
"""

from __future__ import annotations

import os

VARIABLE = "RIN_CLAIMS_KERNELS"
CHOICES = ("native", "avx512", "avx2", "plain", "torch")


class KernelError(ValueError):
    """A choice of kernels that does not exist or that this machine cannot run."""


def requested() -> str:
    """Return the choice that RIN_CLAIMS_KERNELS makes.

    Raises KernelError if there is no such choice.
    """
    choice = os.environ.get(VARIABLE, "") or "native"
    if choice not in CHOICES:
        raise KernelError(f"{VARIABLE} is one of {', '.join(CHOICES)}, not {choice!r}")
    return choice
