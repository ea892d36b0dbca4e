"""Designs that buy seeds look by look, with the error of all looks together bounded.

A claim starts with few seeds and buys more only while undecided. Every look is a fixed-sample verdict at a nominal level of its
own, chosen so that the chance of a false verdict at any look stays within alpha, for either verdict. The chance is exact: at a
look with n seeds the sign test counts the seeds on the wrong side of the null, Binomial(n, 1/2), and the joint law over looks is
enumerated. How much each look may spend follows Lan and DeMets (1983). Nothing is random: the outcomes decide.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
import scipy

from claims.statistics.intervals import ALPHA, FloatArray, sign_tail
from claims.statistics.power import sign_test_power

Spending = Literal["pocock", "obrien-fleming", "linear", "square-root"]


class DesignError(ValueError):
    """A look schedule that cannot be followed; the message names it and the remedy."""


def spent(information: float, alpha: float, spending: Spending) -> float:
    """Return the error that may be used up when a fraction ``information`` of the cap's seeds is in.

    With t for ``information`` (Lan and DeMets 1983): "pocock" alpha ln(1 + (e-1) t), "obrien-fleming" 2 (1 - Phi(z_{1-alpha/2} / sqrt t)),
    "linear" alpha t and "square-root" alpha sqrt(t), the last two of the family alpha t^rho of Kim and DeMets (1987). All reach alpha at t
    = 1.
    """
    if spending == "pocock":
        return alpha * math.log1p((math.e - 1) * information)
    if spending == "obrien-fleming":
        return 2 * float(scipy.stats.norm.sf(scipy.stats.norm.isf(alpha / 2) / math.sqrt(information)))
    return alpha * (math.sqrt(information) if spending == "square-root" else information)


def _binomial(n: int, p: float) -> FloatArray:
    """Return the (n + 1,) Binomial probabilities.

    At p = 1/2 they are exact in floats, so that a design may spend its error to the last bit.
    """
    return np.array([math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])


@dataclass(frozen=True)
class SequentialDesign:
    """Looks after ``looks`` seeds with overall error at most ``alpha`` for each verdict.

    ``looks`` is increasing; the last is the cap. The error is exact for what one sign test decides each way. Where several hypotheses are
    tested against contradiction, or a t interval decides, use one look, which is the fixed design.
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
        """For each look, the most seeds that may lie on the wrong side for a verdict.

        -1: the look cannot decide.
        """
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
        """The nominal one-sided level of each look, at which a fixed-sample verdict has the look's limit.

        0: the look cannot decide. A billionth is added to the attained level, so that a bound that lies exactly on it is not left to
        rounding.
        """
        return tuple(sign_tail(limit, n) * (1 + 1e-9) if limit >= 0 else 0.0 for n, limit in zip(self.looks, self.limits, strict=True))

    def schedule(self) -> Iterator[tuple[int, float]]:
        """Return (seeds, nominal level) of each look in order."""
        return zip(self.looks, self.levels, strict=True)

    def _new_seeds(self) -> tuple[int, ...]:
        return tuple(after - before for before, after in pairwise((0, *self.looks)))

    def stopping(self, wrong_side: float) -> FloatArray:
        """Return the exact chance (looks, 2) to stop at each look, reproduced [0] or contradicted [1].

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

    def p_value(self, look: int, nominal: float) -> float:
        """Return the p value of a claim that stopped at ``look`` (0 the first).

        ``nominal`` is one sign test's own p value there. It is the chance at the null to have stopped for the same verdict before, or now
        with no more seeds on the wrong side. A sign test alone would forget the looks before. At most ``alpha`` exactly where the verdict
        is given; at the first look it is ``nominal``.
        """
        if look not in range(len(self.looks)):
            raise DesignError(f"the design has {len(self.looks)} looks, so none with the index {look}")
        seeds, reached = self.looks[look], self._going_at_the_null()
        at_most = sum(sign_tail(count, seeds) <= nominal * (1 + 1e-9) for count in range(seeds + 1))
        before = sum(float(alive[: limit + 1].sum()) for alive, limit in zip(reached[:look], self.limits, strict=False))
        return min(1.0, before + float(reached[look][:at_most].sum()))

    def error(self) -> float:
        """Return the exact chance of a given false verdict over all looks at the null.

        Stops for the other verdict are ignored; they only lower it.
        """
        return sum(float(alive[: limit + 1].sum()) for alive, limit in zip(self._going_at_the_null(), self.limits, strict=True))

    def _going_at_the_null(self) -> list[FloatArray]:
        """Return, for each look, the chances of 0, 1, ... seeds on the wrong side with no stop before.

        A stop is one for this verdict; the other verdict is ignored.
        """
        found: list[FloatArray] = []
        alive = np.ones(1)
        for new, limit in zip(self._new_seeds(), self.limits, strict=True):
            found.append(np.convolve(alive, _binomial(new, 0.5)))
            alive = found[-1].copy()
            alive[: limit + 1] = 0.0
        return found

    def expected_seeds(self, wrong_side: float) -> float:
        """Return the mean number of seeds to a verdict or to the cap.

        Each seed lies on the wrong side with chance ``wrong_side``.
        """
        stops = self.stopping(wrong_side).sum(axis=1)
        return float(stops @ np.array(self.looks) + (1 - stops.sum()) * self.looks[-1])


# --- What it saves ---

EFFECTS = tuple(step / 4 for step in range(13))  # 0 to 3 sd: from no effect to the one that five seeds must show


@dataclass(frozen=True)
class Savings:
    """The seeds a design needs, against the fixed design with the same error rates.

    Effects are in sd of the per-seed effect. ``fixed`` is the fewest seeds whose single look, at the same alpha, has at least the design's
    power at every effect above 0. ``mean_seeds[i]`` is the design's exact mean number of seeds at ``effects[i]``, and ``power[i]`` its
    chance to reproduce.
    """

    looks: tuple[int, ...]
    spending: Spending
    error: float
    effects: tuple[float, ...]
    power: tuple[float, ...]
    mean_seeds: tuple[float, ...]
    fixed: int

    @property
    def mean(self) -> float:
        """The mean number of seeds, averaged over the grid of effects."""
        return math.fsum(self.mean_seeds) / len(self.mean_seeds)

    @property
    def ratio(self) -> float:
        """``mean`` as a share of the fixed design's seeds."""
        return self.mean / self.fixed


def savings(design: SequentialDesign, effects: Sequence[float] = EFFECTS) -> Savings:
    """Compute what ``design`` saves where per-seed effects are normal, each ``effects`` sd above the null.

    The computation is exact; nothing is simulated.
    """
    wrong = [float(scipy.stats.norm.sf(effect)) for effect in effects]
    power = tuple(float(design.stopping(share)[:, 0].sum()) for share in wrong)
    wanted = [(effect, reached) for effect, reached in zip(effects, power, strict=True) if effect > 0]
    fixed = next(
        n for n in itertools.count(1) if all(sign_test_power(n, effect, design.alpha) >= reached - 1e-12 for effect, reached in wanted)
    )
    return Savings(
        looks=design.looks,
        spending=design.spending,
        error=design.error(),
        effects=tuple(effects),
        power=power,
        mean_seeds=tuple(design.expected_seeds(share) for share in wrong),
        fixed=fixed,
    )
