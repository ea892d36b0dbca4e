"""The random streams of a trial, each derived from what it is for: (context, seed, stream name, ...).

No stream depends on how many numbers another one drew, so adding a stream changes no existing result. Tests pin the derivation. It must
never change, because stored outcomes and recorded reference draws rest on it.
"""

from __future__ import annotations

import hashlib
import operator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def key_digest(*key: str | int) -> bytes:
    """Compute the SHA-256 (32 bytes) of a stream's key.

    Every part is written with its type and its length in bytes in front, so that ("a", "bc"), ("ab", "c"), ("1",) and (1,) are four
    different keys. Raises TypeError for an empty key or a part that is neither text nor an integer.
    """
    if not key:
        raise TypeError("a random stream needs a key, for example ('training', 3, 'weights')")
    parts = []
    for part in key:
        if isinstance(part, str):
            kind, text = b"s", part.encode()
        elif isinstance(part, bool):
            raise TypeError(f"a part of a random stream's key is text or an integer, not {part!r}")
        else:
            kind, text = b"i", str(operator.index(part)).encode()  # numpy integers are welcome; floats raise TypeError
        parts.append(b"%s%d:%s" % (kind, len(text), text))
    return hashlib.sha256(b"".join(parts)).digest()


def numpy_generator(*key: str | int) -> np.random.Generator:
    """Return a PCG64 generator whose 256-bit SeedSequence entropy is the key's SHA-256, read big-endian."""
    entropy = int.from_bytes(key_digest(*key), "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def torch_generator(*key: str | int) -> torch.Generator:
    """Return a CPU torch generator seeded with the first 64 bits of the key's SHA-256, read big-endian.

    torch's CPU generator (MT19937) uses the low 32 bits of its seed. So two of n unrelated keys share a stream with a probability of about
    n^2 / 2^33.
    """
    import torch  # here, because the claims and the data side of the project seed numpy streams without torch

    return torch.Generator(device="cpu").manual_seed(int.from_bytes(key_digest(*key)[:8], "big"))
