"""Updates to a stated level, where a run that never gets there is censored at its budget."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from claims.model import Evidence
from claims.statistics.effects import Effects, median_evidence
from claims.statistics.intervals import ALPHA, FloatArray, StatisticsError


@dataclass(frozen=True)
class UpdatesToLevel:
    """The updates one seed needed, known to lie in [``least``, ``most``].

    Reached after a updates: (a, a). Not reached within a budget of b updates: (b + 1, inf). Diverged: (inf, inf), it never will.
    """

    least: float
    most: float
    diverged: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.least <= self.most:
            raise StatisticsError(
                f"updates to a level are positive, not {self.least!r}; count the update that reaches the level as 1 or later"
            )

    @classmethod
    def reached(cls, updates: float) -> UpdatesToLevel:
        return cls(updates, updates)

    @classmethod
    def censored(cls, budget: float) -> UpdatesToLevel:
        return cls(budget + 1, math.inf)

    @classmethod
    def never(cls) -> UpdatesToLevel:
        return cls(math.inf, math.inf, diverged=True)

    @property
    def is_reached(self) -> bool:
        return math.isfinite(self.most)


def _log2_ratio(numerator: FloatArray, denominator: FloatArray, where_undefined: float) -> FloatArray:
    """log2(numerator / denominator), (n,), with ``where_undefined`` where both are infinite."""
    undefined = np.isinf(numerator) & np.isinf(denominator)
    with np.errstate(divide="ignore"):  # log2(0) = -inf is what a side that never gets there earns
        ratio = np.log2(np.where(undefined, 1.0, numerator) / np.where(undefined, 1.0, denominator))
    return np.where(undefined, where_undefined, ratio)


def learns_faster(faster: Sequence[UpdatesToLevel], slower: Sequence[UpdatesToLevel], *, alpha: float = ALPHA) -> Evidence:
    """Evidence that ``faster`` needs fewer updates than ``slower``, both (n,) over the same seeds.

    The estimate is the median over seeds of log2(updates of ``slower`` / updates of ``faster``): 1 means twice as fast. The exact
    sign test on the pairs honours censoring: where one of a pair is censored the other wins, by at least the ratio to the
    censored run's budget; where both are censored the seed counts against either verdict. Bounds may be infinite.
    """
    if len(faster) != len(slower):
        raise StatisticsError(
            f"arms are compared seed by seed, but they have {len(faster)} and {len(slower)} values; run the same seeds in both"
        )
    fast_least, fast_most = np.array([f.least for f in faster]), np.array([f.most for f in faster])
    slow_least, slow_most = np.array([s.least for s in slower]), np.array([s.most for s in slower])
    effects = Effects(
        low=_log2_ratio(slow_least, fast_most, where_undefined=-math.inf),
        high=_log2_ratio(slow_most, fast_least, where_undefined=math.inf),
    )
    reached = [sum(run.is_reached for run in arm) for arm in (faster, slower)]
    neither = sum(not f.is_reached and not s.is_reached for f, s in zip(faster, slower, strict=True))
    return median_evidence(
        effects,
        method="exact sign test on updates to the level paired by seed, censored at the budget",
        unit="log2 ratio of updates",
        n_diverged=sum(f.diverged or s.diverged for f, s in zip(faster, slower, strict=True)),
        p_reproduced=effects.p_above(0.0),
        p_contradicted=effects.p_below(0.0),
        alpha=alpha,
        details=(f"reached the level: {reached[0]} and {reached[1]} of {effects.n} runs; neither run in {neither} seeds",),
    )
