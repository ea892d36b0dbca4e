"""The statistics of updates to a stated level, where a run that never gets there is censored at its budget."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from claims.results import Evidence
from claims.statistics.effects import Effects, median_evidence
from claims.statistics.intervals import ALPHA, FloatArray, StatisticsError
from claims.statistics.rankings import holm, least_sure, some_reversed, too_few

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


def _log2_ratio(numerator: FloatArray, denominator: FloatArray, where_undefined: float) -> FloatArray:
    """Return log2(numerator / denominator), (n,), with ``where_undefined`` where both are infinite.

    A ratio that is 1 but for rounding gives exactly 0.
    """
    undefined = np.isinf(numerator) & np.isinf(denominator)
    with np.errstate(divide="ignore"):  # log2(0) = -inf is what a side that never gets there earns
        ratio = np.log2(np.where(undefined, 1.0, numerator) / np.where(undefined, 1.0, denominator))
    ratio = np.where(np.abs(ratio) < TIE, 0.0, ratio)
    return np.where(undefined, where_undefined, ratio)


def _effects(faster: Sequence[UpdatesToLevel], slower: Sequence[UpdatesToLevel], allowance: float) -> Effects:
    """Bracket log2(``allowance`` x updates of ``slower`` / updates of ``faster``) in each seed, as far as it is known."""
    if len(faster) != len(slower):
        raise StatisticsError(
            f"arms are compared seed by seed, but they have {len(faster)} and {len(slower)} values; run the same seeds in both"
        )
    fast_least, fast_most = np.array([f.least for f in faster]), np.array([f.most for f in faster])
    allowed = [run.times(allowance) for run in slower]
    slow_least, slow_most = np.array([s.least for s in allowed]), np.array([s.most for s in allowed])
    return Effects(
        low=_log2_ratio(slow_least, fast_most, where_undefined=-math.inf),
        high=_log2_ratio(slow_most, fast_least, where_undefined=math.inf),
    )


def _unit(allowance: float) -> str:
    return "log2 ratio of updates" if allowance == 1 else f"log2 ratio of updates, {allowance:g} times as many allowed"


def learns_faster(
    faster: Sequence[UpdatesToLevel], slower: Sequence[UpdatesToLevel], *, allowance: float = 1.0, alpha: float = ALPHA
) -> Evidence:
    """Test whether ``faster`` needs fewer than ``allowance`` times the updates of ``slower``, both (n,) over the same seeds.

    The estimate is the median over seeds of log2(``allowance`` x updates of ``slower`` / updates of ``faster``): with an allowance of 1,
    1 means twice as fast. The exact sign test on the pairs honours censoring: where one of a pair is censored the other wins, by at least
    the ratio to the censored run's budget; where both are censored the seed counts against either verdict. Bounds may be infinite.

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
        p_contradicted=effects.p_below(0.0),
        alpha=alpha,
        details=(f"reached the level: {reached[0]} and {reached[1]} of {effects.n} runs; neither run in {neither} seeds",),
    )


def all_learn_faster(
    faster: Mapping[str, Sequence[UpdatesToLevel]], slower: Sequence[UpdatesToLevel], *, allowance: float = 1.0, alpha: float = ALPHA
) -> Evidence:
    """Test whether every arm of ``faster``, each (n,), needs fewer than ``allowance`` times the updates of ``slower`` (n,).

    As in a ranking, the effect is the smallest of the arms' median effects. Reproduced is an intersection-union test: every arm must be
    faster at ``alpha``, with no correction (Berger 1982). Contradicted is a union: some arm is slower, Holm over the arms. Each comparison
    treats censored runs as ``learns_faster`` does; ``values`` are the effects of the least sure comparison.
    """
    if not faster:
        raise StatisticsError("no arm is said to learn faster; name at least one")
    if len(faster) == 1:
        return learns_faster(next(iter(faster.values())), slower, allowance=allowance, alpha=alpha)
    steps = [_effects(arm, slower, allowance) for arm in faster.values()]
    n = steps[0].n
    lowers = [step.bounds(alpha)[0] for step in steps]
    upper, p_contradicted = some_reversed(steps, 0.0, alpha)
    known = [step.median for step in steps if step.median is not None]
    reversals = holm(tuple(step.p_below(0.0) for step in steps))
    return Evidence(
        estimate=min(known) if known else None,
        lower=None if None in lowers else min(bound for bound in lowers if bound is not None),
        upper=upper,
        n=n,
        n_diverged=sum(any(run.diverged for run in runs) for runs in zip(*faster.values(), slower, strict=True)),
        method="intersection-union of exact sign tests on updates to the level paired by seed, censored at the budget; reversals by Holm",
        unit=_unit(allowance),
        confidence=1 - alpha,
        values=steps[least_sure(steps)].values,
        p_reproduced=max(step.p_above(0.0) for step in steps),
        p_contradicted=p_contradicted,
        details=(
            f"the slower arm reached the level in {sum(run.is_reached for run in slower)} of {n} runs",
            *(
                f"{name}: reached it in {sum(run.is_reached for run in runs)} of {n} runs, "
                f"faster in {sum(effect > 0 for effect in step.values)} seeds, "
                f"p {step.p_above(0.0):.3g}, Holm-adjusted p of the reverse {reversal:.3g}"
                for (name, runs), step, reversal in zip(faster.items(), steps, reversals, strict=True)
            ),
            *too_few(n, len(steps), alpha, "comparisons"),
        ),
    )
