"""Seeds bought look by look, with the error of all looks together bounded.

A claim starts with few seeds and buys more only while undecided. Every look is a fixed-sample verdict at a nominal level of its
own, chosen so that the chance of a false verdict at any look stays within alpha, for either verdict. The chance is exact: at a
look with n seeds the sign test counts the seeds on the wrong side of the null, Binomial(n, 1/2), and the joint law over looks is
enumerated. How much each look may spend follows Lan and DeMets (1983). Nothing is random: the outcomes decide.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy import stats

from claims.model import Verdict
from claims.statistics.intervals import ALPHA, FloatArray, sign_tail

Spending = Literal["pocock", "obrien-fleming", "linear"]


class DesignError(ValueError):
    """A look schedule that cannot be followed; the message names it and the remedy."""


def spent(information: float, alpha: float, spending: Spending) -> float:
    """The error that may be used up by the time a fraction ``information`` of the cap's seeds is in (Lan and DeMets 1983).

    "pocock" alpha ln(1 + (e-1) t), "obrien-fleming" 2 (1 - Phi(z_{1-alpha/2} / sqrt t)), "linear" alpha t; all reach alpha at t = 1.
    """
    if spending == "pocock":
        return alpha * math.log1p((math.e - 1) * information)
    if spending == "obrien-fleming":
        return 2 * float(stats.norm.sf(stats.norm.isf(alpha / 2) / math.sqrt(information)))
    return alpha * information


def _binomial(n: int, p: float) -> FloatArray:
    """(n + 1,) Binomial probabilities; at p = 1/2 they are exact in floats, so a design may spend its error to the last bit."""
    return np.array([math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])


@dataclass(frozen=True)
class SequentialDesign:
    """Looks after ``looks`` seeds (increasing; the last is the cap) with overall error at most ``alpha`` for each verdict.

    It is exact for the kinds that one sign test decides each way: Below, Above, Greater, MoreStable, LessSensitive, LearnsFaster,
    NearZero, and FailsToConverge at a share of 1/2. Similar, Ranking, LearnsFaster with several faster arms and Greater
    with ``in_all`` test several hypotheses against contradiction, and MatchesPublished rests on a t interval: for them use one look,
    which is the fixed design.
    """

    looks: tuple[int, ...]
    alpha: float = ALPHA
    spending: Spending = "pocock"

    def __post_init__(self) -> None:
        if not self.looks or self.looks[0] < 1 or any(after <= before for before, after in pairwise(self.looks)):
            raise DesignError(f"looks must be increasing numbers of seeds, for example (5, 9, 14), not {self.looks!r}")
        if not 0 < self.alpha < 0.5:
            raise DesignError(f"alpha must lie between 0 and 0.5, not {self.alpha!r}")

    @cached_property
    def limits(self) -> tuple[int, ...]:
        """For each look, the most seeds that may lie on the wrong side for a verdict; -1: the look cannot decide."""
        limits: list[int] = []
        used, cap = 0.0, self.looks[-1]
        alive = np.ones(1)
        for look, new in zip(self.looks, self._new_seeds(), strict=True):
            alive = np.convolve(alive, _binomial(new, 0.5))
            budget = spent(look / cap, self.alpha, self.spending) - used
            limit = int(np.searchsorted(np.cumsum(alive), budget, side="right")) - 1
            used += float(alive[: limit + 1].sum())
            alive[: limit + 1] = 0.0
            limits.append(limit)
        return tuple(limits)

    @property
    def levels(self) -> tuple[float, ...]:
        """The nominal one-sided level of each look: at this alpha a fixed-sample verdict has the look's limit; 0: it cannot decide.

        A billionth is added to the attained level, so that a bound that lies exactly on it is not left to rounding.
        """
        return tuple(sign_tail(limit, n) * (1 + 1e-9) if limit >= 0 else 0.0 for n, limit in zip(self.looks, self.limits, strict=True))

    def schedule(self) -> Iterator[tuple[int, float]]:
        """(seeds, nominal level) of each look in order."""
        return zip(self.looks, self.levels, strict=True)

    def _new_seeds(self) -> tuple[int, ...]:
        return tuple(after - before for before, after in pairwise((0, *self.looks)))

    def stopping(self, wrong_side: float) -> FloatArray:
        """(looks, 2) exact chance to stop at each look with the verdict reproduced [0] or contradicted [1].

        Each seed lies on the wrong side of one common null with chance ``wrong_side``. What the chances leave out of 1 stays
        undecided at the cap.
        """
        chances = np.zeros((len(self.looks), 2))
        alive = np.ones(1)
        for index, (look, new, limit) in enumerate(zip(self.looks, self._new_seeds(), self.limits, strict=True)):
            alive = np.convolve(alive, _binomial(new, wrong_side))
            for side, stopped in enumerate((slice(0, limit + 1), slice(look - limit, look + 1))):
                chances[index, side] = alive[stopped].sum()
                alive[stopped] = 0.0
        return chances

    def error(self) -> float:
        """The exact chance of a given false verdict over all looks at the null; stops for the other verdict, ignored, only lower it."""
        total, alive = 0.0, np.ones(1)
        for new, limit in zip(self._new_seeds(), self.limits, strict=True):
            alive = np.convolve(alive, _binomial(new, 0.5))
            total += float(alive[: limit + 1].sum())
            alive[: limit + 1] = 0.0
        return total

    def expected_seeds(self, wrong_side: float) -> float:
        """The mean number of seeds to a verdict or to the cap, where each seed lies on the wrong side with chance ``wrong_side``."""
        stops = self.stopping(wrong_side).sum(axis=1)
        return float(stops @ np.array(self.looks) + (1 - stops.sum()) * self.looks[-1])


def decide_sequentially(design: SequentialDesign, assess_at: Callable[[int, float], Verdict]) -> Verdict:
    """Look after look, ``assess_at(seeds, level)``, until a verdict is reached or the cap is; the last verdict, with its trace.

    ``assess_at`` judges the first ``seeds`` seeds with error ``level`` each way and measures only what it has to. A look that cannot decide
    (level 0) is passed over unless it is the last. The trace, one line a look, ends the evidence's details; ``looks`` counts them.
    """
    trace: list[str] = []
    verdict = Verdict("inconclusive", "no look was taken")
    for number, (seeds, level) in enumerate(design.schedule(), start=1):
        if level == 0 and number < len(design.looks):
            trace.append(f"look {number}: {seeds} seeds cannot decide under this schedule")
            continue
        verdict = assess_at(seeds, level)
        found = verdict.evidence
        interval = "" if found is None else f", interval {_end(found.lower)} to {_end(found.upper)}"
        trace.append(f"look {number}: {seeds} seeds, level {level:.4f} each way{interval}: {verdict.verdict}")
        if verdict.verdict != "inconclusive":
            break
    if verdict.evidence is None:
        return verdict
    evidence = dataclasses.replace(verdict.evidence, looks=len(trace), details=(*verdict.evidence.details, *trace))
    return dataclasses.replace(verdict, evidence=evidence)


def _end(bound: float | None) -> str:
    return "unbounded" if bound is None else f"{bound:.4g}"
