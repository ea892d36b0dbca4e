"""Which kernels the environment asks for: ``RIN_CLAIMS_KERNELS`` and ``RIN_CLAIMS_UPDATE``. Imports no torch.

``native``, the default, is the best instruction set of this CPU; ``avx512``, ``avx2`` and ``plain`` (16-byte vectors, which every CPU of
the platform has) force one; ``torch`` runs torch's operations and compiles nothing, on a GPU either.

The recurrences follow RIN_CLAIMS_KERNELS. RIN_CLAIMS_UPDATE says how a training update calls them: ``compiled``, the default, where
``compiled_update`` applies, or ``readable``, always by autograd. Both have the same bits.
"""

from __future__ import annotations

import os

VARIABLE = "RIN_CLAIMS_KERNELS"
CHOICES = ("native", "avx512", "avx2", "plain", "torch")
UPDATE_VARIABLE = "RIN_CLAIMS_UPDATE"
UPDATE_CHOICES = ("compiled", "readable")
FALLBACK = "packs on the GPU train on torch's own kernels, several times slower"  # how the sentence of such an outcome begins


class KernelError(ValueError):
    """A choice of kernels that does not exist or that this machine cannot run."""


def requested() -> str:
    """Return the choice that RIN_CLAIMS_KERNELS makes.

    Raises KernelError if there is no such choice.
    """
    return _chosen(VARIABLE, CHOICES)


def requested_update() -> str:
    """Return the choice that RIN_CLAIMS_UPDATE makes.

    Raises KernelError if there is no such choice.
    """
    return _chosen(UPDATE_VARIABLE, UPDATE_CHOICES)


def _chosen(variable: str, choices: tuple[str, ...]) -> str:
    """Return what ``variable`` names, or the first of ``choices``."""
    choice = os.environ.get(variable, "") or choices[0]
    if choice not in choices:
        raise KernelError(f"{variable} is one of {', '.join(choices)}, not {choice!r}")
    return choice
