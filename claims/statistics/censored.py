"""The statistics of updates to a stated level, where a run that never gets there is censored at its budget."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from claims.results import Evidence
from claims.statistics.effects import DIGITS, Effects, median_evidence
from claims.statistics.intervals import ALPHA, FloatArray, StatisticsError
from claims.statistics.rankings import all_ahead

TIE = 1e-9  # log2: far below any ratio of two different counts up to a million (1.4e-6), far above the rounding of allowance x count


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

    def times(self, factor: float) -> UpdatesToLevel:
        """Multiply what is known of the updates by ``factor``; a run that was censored or diverged stays so."""
        return UpdatesToLevel(self.least * factor, self.most * factor, self.diverged)

    @property
    def is_reached(self) -> bool:
        return math.isfinite(self.most)


def _log2_ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return log2(numerator / denominator), (n,), and 0 where both are infinite.

    A ratio that is 1 but for rounding gives exactly 0.
    """
    undefined = np.isinf(numerator) & np.isinf(denominator)
    with np.errstate(divide="ignore"):  # log2(0) = -inf is what a side that never gets there earns
        ratio = np.log2(np.where(undefined, 1.0, numerator) / np.where(undefined, 1.0, denominator))
    ratio = np.round(ratio, DIGITS)  # so that a ratio of 1.1 is one in every program that computes log2(1.1)
    return np.where(np.abs(ratio) < TIE, 0.0, ratio)


def _effects(faster: Sequence[UpdatesToLevel], slower: Sequence[UpdatesToLevel], allowance: float) -> Effects:
    """Bracket log2(``allowance`` x updates of ``slower`` / updates of ``faster``) in each seed, as far as it is known."""
    if len(faster) != len(slower):
        raise StatisticsError(
            f"arms are compared seed by seed, but they have {len(faster)} and {len(slower)} values; run the same seeds in both"
        )
    fast_least, fast_most = np.array([f.least for f in faster]), np.array([f.most for f in faster])
    allowed = [run.times(allowance) for run in slower]
    slow_least, slow_most = np.array([s.least for s in allowed]), np.array([s.most for s in allowed])
    neither = np.isinf(fast_most) & np.isinf(slow_most)  # gets there, so neither is ahead
    low, high = _log2_ratio(slow_least, fast_most), _log2_ratio(slow_most, fast_least)
    return Effects(np.where(neither, 0.0, low), np.where(neither, 0.0, high))


def _unit(allowance: float) -> str:
    return "log2 ratio of updates" if allowance == 1 else f"log2 ratio of updates, {allowance:g} times as many allowed"


def learns_faster(
    faster: Sequence[UpdatesToLevel],
    slower: Sequence[UpdatesToLevel],
    *,
    allowance: float = 1.0,
    smallest_effect: float = 0.0,
    alpha: float = ALPHA,
) -> Evidence:
    """Test whether ``faster`` needs fewer than ``allowance`` times the updates of ``slower``, both (n,) over the same seeds.

    The estimate is the median over seeds of log2(``allowance`` x updates of ``slower`` / updates of ``faster``): with an allowance of 1,
    1 means twice as fast. The exact sign test on the pairs honours censoring: where one of a pair is censored the other wins, by at least
    the ratio to the censored run's budget; where neither run gets there neither is ahead, and the effect is 0. ``p_contradicted`` tests
    against ``smallest_effect``, in log2. Bounds may be infinite.

    An allowance above 1 makes it a test of non-inferiority ("as good as"). It multiplies what is known of the slower arm's updates, so
    that a run censored at b updates needs more than allowance x b, no more is known, and it stays censored.
    """
    effects = _effects(faster, slower, allowance)
    reached = [sum(run.is_reached for run in arm) for arm in (faster, slower)]
    neither = sum(not f.is_reached and not s.is_reached for f, s in zip(faster, slower, strict=True))
    return median_evidence(
        effects,
        method="exact sign test on updates to the level paired by seed, censored at the budget",
        unit=_unit(allowance),
        n_diverged=sum(f.diverged or s.diverged for f, s in zip(faster, slower, strict=True)),
        p_reproduced=effects.p_above(0.0),
        p_contradicted=effects.p_below(smallest_effect),
        alpha=alpha,
        details=(f"reached the level: {reached[0]} and {reached[1]} of {effects.n} runs; neither run in {neither} seeds",),
    )


def all_learn_faster(
    faster: Mapping[str, Sequence[UpdatesToLevel]],
    slower: Sequence[UpdatesToLevel],
    *,
    allowance: float = 1.0,
    smallest_effect: float = 0.0,
    alpha: float = ALPHA,
) -> Evidence:
    """Test whether every arm of ``faster``, each (n,), needs fewer than ``allowance`` times the updates of ``slower`` (n,).

    Several arms are decided by ``all_ahead``. Each comparison treats censored runs as ``learns_faster`` does.
    """
    if not faster:
        raise StatisticsError("no arm is said to learn faster; name at least one")
    if len(faster) == 1:
        return learns_faster(next(iter(faster.values())), slower, allowance=allowance, smallest_effect=smallest_effect, alpha=alpha)

    def reached(runs: Sequence[UpdatesToLevel]) -> str:
        return f"{sum(run.is_reached for run in runs)} of {len(runs)} runs"

    return all_ahead(
        {name: _effects(arm, slower, allowance) for name, arm in faster.items()},
        method="exact sign tests on updates to the level paired by seed, censored at the budget",
        unit=_unit(allowance),
        n_diverged=sum(any(run.diverged for run in runs) for runs in zip(*faster.values(), slower, strict=True)),
        what="comparisons",
        smallest_effect=smallest_effect,
        alpha=alpha,
        details=(f"the slower arm reached the level in {reached(slower)}",),
        seen={name: f"reached it in {reached(arm)}, " for name, arm in faster.items()},
    )
