"""Where an interval must lie for either verdict: of one prediction, and of a whole kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Span = tuple[float, float]


@dataclass(frozen=True)
class Region:
    """Where the interval must lie for either verdict.

    ``inside`` and ``outside`` are the spans of the effect's axis that reproduce and contradict the claim. Both are empty where the verdict
    does not come from an interval on one axis. ``mark`` is a printed number to draw, if the claim is about one.
    """

    reproduced: str
    contradicted: str
    inside: tuple[Span, ...] = ()
    outside: tuple[Span, ...] = ()
    mark: float | None = None
    sides: tuple[str, str] = ("less", "more")  # what a smaller and a larger effect mean


class Rule(NamedTuple):
    """The row of a kind in the table of kinds.

    It has the kind's effect, and where the effect must lie for either verdict.
    """

    effect: str
    reproduced: str
    contradicted: str
