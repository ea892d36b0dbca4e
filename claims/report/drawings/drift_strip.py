"""The picture of one number beside its recorded draws.

A grey stroke is a recorded seed, a dot one of this run's. A template draws it, not matplotlib: a report has a hundred of them and each
must weigh little.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from claims.report.drawings.drawing import drawable
from claims.report.drift import Drift

WIDTH, EDGE, MIDDLE = 99, 3, 6  # drawing units; a dot at either end stays whole


@dataclass(frozen=True)
class Strip:
    """The places of the runs in drawing units, rising, each once, and the data of two SVG paths through them."""

    recorded: tuple[int, ...]
    now: tuple[int, ...]

    @property
    def strokes(self) -> str:
        """A dash one unit long at each recorded place: drawn thick, it is an upright stroke."""
        return _path(self.recorded, 1)

    @property
    def dots(self) -> str:
        """A line of no length at each place of the run, whose round ends are a dot."""
        return _path(self.now, 0)


def strip(number: Drift) -> Strip | None:
    """Return where the runs lie, from the smallest number to the largest; a diverged run has no place.

    Returns None for a number whose clouds were not compared.
    """
    if number.p is None:
        return None
    recorded, now = ([value for value in values if value is not None] for values in (number.recorded, number.values))
    low, high = drawable((min((*recorded, *now), default=0.0), max((*recorded, *now), default=0.0))).tolist()

    def places(values: Iterable[float]) -> tuple[int, ...]:
        shares = [(value - low) / (high - low) if high > low else 0.5 for value in drawable([*values]).tolist()]
        return tuple(sorted({round(EDGE + share * (WIDTH - 2 * EDGE)) for share in shares}))

    return Strip(places(recorded), places(now))


def _path(places: Sequence[int], length: int) -> str:
    """Draw a horizontal line at each place, from the place before with the shortest step."""
    steps = (f"m{place - before - length} 0h{length}" for before, place in itertools.pairwise(places))
    return f"M{places[0]} {MIDDLE}h{length}{''.join(steps)}" if places else ""
