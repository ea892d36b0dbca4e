"""The picture of one number beside its recorded draws.

A grey stroke is a recorded seed, a dot one of this run's. A template draws it, not matplotlib: a report has a hundred of them and each
must weigh little.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from claims.report.drawings.drawing import drawable
from claims.report.drift import Drift

WIDTH, EDGE = 160, 4  # drawing units; a dot at either end stays whole


@dataclass(frozen=True)
class Strip:
    """Horizontal places in drawing units, rising, each once."""

    recorded: tuple[int, ...]
    now: tuple[int, ...]


def strip(number: Drift) -> Strip:
    """Return where the runs lie, from the smallest number to the largest; a diverged run has no place."""
    recorded, now = ([value for value in values if value is not None] for values in (number.recorded, number.values))
    low, high = drawable((min((*recorded, *now), default=0.0), max((*recorded, *now), default=0.0))).tolist()

    def places(values: Iterable[float]) -> tuple[int, ...]:
        shares = [(value - low) / (high - low) if high > low else 0.5 for value in drawable([*values]).tolist()]
        return tuple(sorted({round(EDGE + share * (WIDTH - 2 * EDGE)) for share in shares}))

    return Strip(places(recorded), places(now))
