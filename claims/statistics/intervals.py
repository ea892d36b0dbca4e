"""Exact one-sided bounds for a median and for a share.

A bound for a median is an order statistic: with n independent seeds, the number of values below the median is
Binomial(n, 1/2), whatever the distribution (Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2). It needs no
normality, no symmetry and no equal variances, stays valid (conservative) under ties, and a diverged run enters by rank alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import scipy
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
ALPHA = 0.05  # error rate of a verdict each way (design section 4, "Families")


class StatisticsError(ValueError):
    """Numbers that no statistic can be computed from; the message names them and the remedy."""


@cache
def sign_tail(count: int, n: int) -> float:
    """Return P(Binomial(n, 1/2) <= count).

    This is the p value of an exact one-sided sign test with ``count`` exceptions among ``n`` seeds.
    """
    return float(scipy.stats.binom.cdf(count, n, 0.5))


@cache
def bound_rank(n: int, alpha: float = ALPHA) -> int:
    """Return the rank of the order statistic that bounds the median from below with confidence >= 1 - ``alpha``.

    The rank is the largest k for which the k-th smallest of ``n`` values is such a bound, and 0 where there is none. At alpha = 0.05, n = 5
    gives 1 (the minimum, confidence 1 - 1/32), n = 8 gives 2, n <= 4 gives 0.
    """
    return int(bound_ranks(np.array([n]), alpha)[0])


def bound_ranks(n: NDArray[np.int_], alpha: float = ALPHA) -> NDArray[np.int_]:
    """Return the ``bound_rank`` of each of ``n`` (m,), as an array (m,)."""
    ranks = np.maximum(0, np.asarray(scipy.stats.binom.ppf(alpha, n, 0.5), dtype=int) - 1)  # just below; the loop settles ties and rounding
    while np.any(below := scipy.stats.binom.cdf(ranks, n, 0.5) <= alpha):
        ranks += below
    return np.asarray(ranks)


def median_bounds(
    low: Sequence[float] | FloatArray, high: Sequence[float] | FloatArray, alpha: float = ALPHA
) -> tuple[float | None, float | None]:
    """Return one-sided (lower, upper) confidence bounds for the median, each with confidence >= 1 - ``alpha``.

    A bound is None where nothing bounds the median at this n. ``low`` and ``high``, both (n,), bracket each seed's value; they are equal
    where the value was measured. The lower bound is the ``bound_rank``-th smallest ``low``, the upper bound the ``bound_rank``-th largest
    ``high``, so what was not measured counts against either statement.
    """
    n = len(low)
    rank = bound_rank(n, alpha)
    if rank == 0:
        return None, None
    return float(np.sort(low)[rank - 1]), float(np.sort(high)[n - rank])


def extended_median(values: Sequence[float] | FloatArray) -> float | None:
    """Return the median of ``values`` (n,), infinities included.

    Returns None where the two middle values are -inf and +inf.
    """
    ordered = sorted(float(value) for value in values)
    n = len(ordered)
    first, second = ordered[(n - 1) // 2], ordered[n // 2]
    if first == second:
        return first
    middle = (first + second) / 2
    return None if math.isnan(middle) else middle


@cache
def clopper_pearson(count: int, n: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Return exact one-sided (lower, upper) bounds for a share, each with confidence >= 1 - ``alpha`` (Clopper and Pearson 1934)."""
    interval = scipy.stats.binomtest(count, n).proportion_ci(confidence_level=1 - 2 * alpha, method="exact")
    return float(interval.low), float(interval.high)
