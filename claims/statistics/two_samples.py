"""Two samples of several recipes: are they told apart, and how far may they lie apart?

Everything rests on ranks inside each recipe, so no distribution is assumed, ties are exact, and a run without a number ranks above all.
Where both samples come from one distribution, every choice of ranks for the second is equally likely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from claims.statistics.effects import Values
from claims.statistics.intervals import ALPHA, FloatArray

Choice = tuple[tuple[int, ...], int]
Distribution = tuple[FloatArray, FloatArray]  # the values a statistic can take, rising, and the probability of each
SLOPE = 2 * math.sqrt(math.pi)  # of sqrt(2) * quantile(A) at A = 1/2
DIGITS = 9  # to which two values of a statistic count as one


@dataclass(frozen=True)
class TwoSamples:
    """One metric of one recipe in two samples; None stands above every number."""

    first: Values
    second: Values

    @property
    def superiority(self) -> float:
        """The share of pairs whose second value is the larger one; a tie counts half (Vargha and Delaney's A)."""
        n, k = len(self.first), len(self.second)
        return (self._rank_sum / 2 - k * (k + 1) / 2) / (n * k)

    @property
    def superiority_variance(self) -> float:
        """The variance of ``superiority`` where both samples come from one distribution."""
        _, variance, _ = self._null
        return variance / (2 * len(self.first) * len(self.second)) ** 2

    @property
    def distance(self) -> float:
        """The squared distance of the second sample's rank sum from its expectation, over its variance; 0 where all is tied."""
        mean, variance, _ = self._null
        return round((self._rank_sum - mean) ** 2 / variance, DIGITS) if variance else 0.0

    @property
    def choice(self) -> Choice:
        """What decides the distribution of the rank sum: the ranks, rising, and how many of them the second sample takes."""
        return tuple(sorted(self._ranks)), len(self.second)

    @cached_property
    def _ranks(self) -> tuple[int, ...]:
        """Twice the mid-ranks: whole numbers."""
        values = np.array([math.inf if value is None else value for value in (*self.first, *self.second)])
        _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        return tuple((2 * np.cumsum(counts) - counts + 1)[place].tolist())

    @property
    def _rank_sum(self) -> int:
        return sum(self._ranks[len(self.first) :])

    @property
    def _null(self) -> tuple[float, float, Distribution]:
        return _null(self.choice)


def p_told_apart(recipes: Sequence[TwoSamples]) -> float:
    """Return the exact p value of "one distribution in every recipe", for one metric of several recipes.

    The statistic is the sum of the recipes' ``distance``: it grows with a shift of any recipe, whichever way.
    """
    values, probabilities = _sums(tuple(sorted(one.choice for one in recipes)))
    return min(1.0, float(probabilities[values >= sum(one.distance for one in recipes) - 10.0**-6].sum()))


def largest_shift(recipes: Sequence[TwoSamples], alpha: float = ALPHA) -> float:
    """Return the upper bound, at 1 - ``alpha``, of the mean shift over ``recipes``, whichever way.

    It is in standard deviations: of two normal samples that lie d of them apart, the second value is the larger one with probability A =
    Phi(d / sqrt(2)). The bound is the d of the mean A plus the quantile of its standard error under one distribution. It is infinite where
    the samples do not overlap.
    """
    mean = sum(one.superiority for one in recipes) / len(recipes)
    if not 0 < mean < 1:
        return math.inf
    error = math.sqrt(sum(one.superiority_variance for one in recipes)) / len(recipes)
    return math.sqrt(2) * abs(NormalDist().inv_cdf(mean)) + NormalDist().inv_cdf(1 - alpha) * SLOPE * error


@cache  # samples without ties of the same sizes share it
def _null(choice: Choice) -> tuple[float, float, Distribution]:
    """Return mean and variance of a sum of ranks, each choice of them equally likely, and the distribution of ``distance``."""
    ranks, size = choice
    ways = np.zeros((size + 1, sum(ranks) + 1))
    ways[0, 0] = 1.0
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, :-rank].copy()
    sums = np.flatnonzero(ways[size])
    probabilities = ways[size][sums] / math.comb(len(ranks), size)
    mean = float(probabilities @ sums)
    variance = float(probabilities @ (sums - mean) ** 2)
    return mean, variance, _merged(np.square(sums - mean) / (variance or 1.0), probabilities)


@cache
def _sums(choices: tuple[Choice, ...]) -> Distribution:
    """Return the distribution of the sum of the ``distance`` of independent recipes."""
    values, probabilities = np.zeros(1), np.ones(1)
    for more, likely in (_null(choice)[2] for choice in choices):
        values, probabilities = _merged(np.add.outer(values, more).ravel(), np.multiply.outer(probabilities, likely).ravel())
    return values, probabilities


def _merged(values: NDArray[np.floating], probabilities: NDArray[np.floating]) -> Distribution:
    known, place = np.unique(np.round(values, DIGITS), return_inverse=True)
    return known.astype(np.float64), np.bincount(place, probabilities).astype(np.float64)
