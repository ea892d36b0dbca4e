"""An utterance: who speaks, the waveform, and the phone at every sample."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reproductions.speech.log_mel import features, frame_centres


@dataclass(frozen=True, eq=False)
class Utterance:
    """What one speaker says.

    ``samples`` are int16 at ``rate`` a second. ``starts`` has the first sample of each of ``phones``, in order. The last phone ends with
    the waveform. A phone None is not scored.
    """

    speaker: str
    samples: NDArray[np.int16]
    rate: int
    starts: tuple[int, ...]
    phones: tuple[str | None, ...]

    @cached_property
    def frames(self) -> NDArray[np.float32]:
        """The features of every frame, (frames, FEATURES)."""
        return features(self.samples / 32_768, self.rate).astype(np.float32)

    def frame_phones(self) -> list[str | None]:
        """Return the phone at the centre of every frame."""
        places = np.searchsorted(self.starts, frame_centres(len(self.samples), self.rate), side="right") - 1
        return [self.phones[max(place, 0)] for place in places]


def checksum(utterances: Sequence[Utterance]) -> str:
    """Compute the SHA-256 of waveforms and phones."""
    digest = hashlib.sha256()
    for one in utterances:
        digest.update(repr((one.speaker, one.rate, one.starts, one.phones, len(one.samples))).encode())
        digest.update(one.samples.astype("<i2").tobytes())
    return digest.hexdigest()
