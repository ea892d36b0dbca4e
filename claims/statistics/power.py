"""What n seeds can decide: power, minimum detectable effect, seeds needed.

Effects are in standard deviations (sd) of the per-seed effect. The sign test needs no distribution, but its power does: these functions
plan under normal per-seed effects, exactly, by the binomial (or multinomial) distribution of the seeds' signs. They plan; no verdict
depends on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import scipy

from claims.statistics.intervals import ALPHA, bound_rank, bound_ranks

POWER = 0.8  # the usual planning value (Cohen 1988, section 2.4)
MOST_SEEDS = 1000  # beyond this "more seeds" is no answer
BLOCK = 100  # numbers of seeds that are tried in one call of scipy, whose calls take longer than what they compute


def sign_test_power(n: int, effect: float, alpha: float = ALPHA) -> float:
    """Return the probability that the lower bound of the median lies above the null.

    The effects of the ``n`` seeds are normal, with their median ``effect`` sd above the null. At most ``bound_rank(n)`` - 1 seeds may fall
    on the wrong side, each with probability Phi(-effect).
    """
    return float(scipy.stats.binom.cdf(bound_rank(n, alpha) - 1, n, scipy.stats.norm.sf(effect)))


def equivalence_power(n: int, margin: float, effect: float = 0.0, alpha: float = ALPHA) -> float:
    """Return the probability that both bounds of the median lie within +-``margin``.

    The effects of the ``n`` seeds are normal with true median ``effect``; all are in sd.
    """
    allowed = bound_rank(n, alpha) - 1
    above, below = float(scipy.stats.norm.sf(margin - effect)), float(scipy.stats.norm.cdf(-margin - effect))
    if above + below >= 1:
        return 0.0
    high = np.arange(allowed + 1)  # seeds above the upper margin; given them, those below the lower one are binomial again
    return float(scipy.stats.binom.pmf(high, n, above) @ scipy.stats.binom.cdf(allowed, n - high, below / (1 - above)))


def share_power(n: int, share: float, true_share: float, alpha: float = ALPHA) -> float:
    """Return the probability that the Clopper-Pearson lower bound exceeds ``share``.

    Each of ``n`` runs fails with probability ``true_share``.
    """
    # the bound exceeds `share` where P(this many failures or more) is below alpha
    tail = scipy.stats.binom.sf(np.arange(n + 1) - 1, n, share)
    enough = int(np.count_nonzero(tail > alpha))
    return 0.0 if enough > n else float(scipy.stats.binom.sf(enough - 1, n, true_share))


def _smallest(power_at: Callable[[float], float], target: float, largest: float) -> float | None:
    """Find where the increasing function ``power_at`` crosses ``target`` on [0, ``largest``].

    Returns None if it stays below.
    """
    if power_at(largest) < target:
        return None
    if power_at(0.0) >= target:
        return 0.0
    return float(scipy.optimize.brentq(lambda effect: power_at(effect) - target, 0.0, largest))


@cache
def minimum_detectable_effect(n: int, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """Return the smallest effect, in sd, that ``n`` seeds show with probability ``power``.

    Returns None where no effect is large enough (n <= 4).
    """
    return _smallest(lambda effect: sign_test_power(n, effect, alpha), power, 10.0)


@cache
def minimum_margin(n: int, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """Return the smallest margin, in sd, within which ``n`` seeds show two equal arms similar with probability ``power``."""
    return _smallest(lambda margin: equivalence_power(n, margin, 0.0, alpha), power, 10.0)


@cache
def minimum_detectable_share(n: int, share: float, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """Return the smallest true share of failing runs that ``n`` runs show to exceed ``share`` with probability ``power``."""
    return _smallest(lambda true: share_power(n, share, true, alpha), power, 1.0)


def first_enough(enough: Callable[[int], bool]) -> int | None:
    return next((n for n in range(1, MOST_SEEDS + 1) if enough(n)), None)


@cache
def seeds_needed(effect: float, power: float = POWER, alpha: float = ALPHA, finished: float = 1.0) -> int | None:
    """Return the fewest seeds that show an ``effect`` (sd above the null) with probability ``power``.

    Returns None beyond MOST_SEEDS. ``finished`` is the share of seeds in which no run diverges; the others count against the effect. Power
    is not monotone in n, because the rank of the bound moves in steps; this is the first n that reaches it.
    """
    right_side = finished * float(scipy.stats.norm.cdf(effect))
    if right_side <= 0.5:
        return None
    for block in np.arange(1, MOST_SEEDS + 1).reshape(-1, BLOCK):
        enough = scipy.stats.binom.cdf(bound_ranks(block, alpha) - 1, block, 1 - right_side) >= power
        if np.any(enough):
            return int(block[np.argmax(enough)])
    return None


@cache
def seeds_needed_for_similarity(margin: float, effect: float, power: float = POWER, alpha: float = ALPHA) -> int | None:
    """Return the fewest seeds that show a median ``effect`` to lie within +-``margin`` with probability ``power``.

    ``effect`` and ``margin`` are in sd.
    """
    return first_enough(lambda n: equivalence_power(n, margin, effect, alpha) >= power) if abs(effect) < margin else None


@cache
def seeds_needed_for_share(true_share: float, share: float, power: float = POWER, alpha: float = ALPHA) -> int | None:
    """Return the fewest runs that show a failing share of ``true_share`` to differ from ``share`` with probability ``power``.

    It may exceed ``share`` or lie below it.
    """
    if true_share < share:
        true_share, share = 1 - true_share, 1 - share
    return first_enough(lambda n: share_power(n, share, true_share, alpha) >= power) if true_share > share else None


@cache
def seeds_needed_for_width(sd: float, noise: float, useful_width: float, alpha: float = ALPHA) -> int | None:
    """Return the fewest seeds whose prediction interval is no wider than ``useful_width``.

    ``sd`` is the standard deviation over seeds and ``noise`` the test set's, both of one run.
    """
    return first_enough(
        lambda n: n >= 2 and 2 * float(scipy.stats.t.ppf(1 - alpha / 2, n - 1)) * math.sqrt(sd**2 * (1 + 1 / n) + noise**2) <= useful_width
    )
