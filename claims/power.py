"""What n seeds can decide: power, minimum detectable effect, seeds needed. Effects are in standard deviations of the per-seed effect.

The sign test needs no distribution, but its power does: these functions plan under normal per-seed effects, exactly, by the binomial
(or multinomial) distribution of the seeds' signs. They plan; no verdict depends on them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
from scipy import optimize, stats

from claims.model import (
    Above,
    Arithmetic,
    Below,
    Evidence,
    FailsToConverge,
    Greater,
    Identity,
    LearnsFaster,
    LessSensitive,
    MatchesPublished,
    MoreStable,
    NearZero,
    Prediction,
    Ranking,
    Similar,
)
from claims.statistics.intervals import ALPHA, bound_rank, clopper_pearson
from claims.statistics.published import p_not_one_more_run

POWER = 0.8  # the usual planning value (Cohen 1988, section 2.4)
MOST_SEEDS = 1000  # beyond this "more seeds" is no answer


def sign_test_power(n: int, effect: float, alpha: float = ALPHA) -> float:
    """P(the lower bound of the median lies above the null) with ``n`` seeds whose effects are normal, ``effect`` sd above the null.

    At most ``bound_rank(n)`` - 1 seeds may fall on the wrong side, each with probability Phi(-effect).
    """
    return float(stats.binom.cdf(bound_rank(n, alpha) - 1, n, stats.norm.sf(effect)))


def equivalence_power(n: int, margin: float, effect: float = 0.0, alpha: float = ALPHA) -> float:
    """P(both bounds of the median lie within +-``margin``) with ``n`` normal seeds, true median ``effect``; all in sd."""
    allowed = bound_rank(n, alpha) - 1
    above, below = float(stats.norm.sf(margin - effect)), float(stats.norm.cdf(-margin - effect))
    if above + below >= 1:
        return 0.0
    high = np.arange(allowed + 1)  # seeds above the upper margin; given them, those below the lower one are binomial again
    return float(stats.binom.pmf(high, n, above) @ stats.binom.cdf(allowed, n - high, below / (1 - above)))


def share_power(n: int, share: float, true_share: float, alpha: float = ALPHA) -> float:
    """P(the Clopper-Pearson lower bound exceeds ``share``) where each of ``n`` runs fails with probability ``true_share``."""
    tail = stats.binom.sf(np.arange(n + 1) - 1, n, share)  # the bound exceeds `share` where P(this many failures or more) is below alpha
    enough = int(np.count_nonzero(tail > alpha))
    return 0.0 if enough > n else float(stats.binom.sf(enough - 1, n, true_share))


def _smallest(power_at: Callable[[float], float], target: float, largest: float) -> float | None:
    """Where the increasing function ``power_at`` crosses ``target`` on [0, ``largest``]; None if it stays below."""
    if power_at(largest) < target:
        return None
    if power_at(0.0) >= target:
        return 0.0
    return float(optimize.brentq(lambda effect: power_at(effect) - target, 0.0, largest))


@cache
def minimum_detectable_effect(n: int, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """The smallest effect, in sd, that ``n`` seeds show with probability ``power``; None where no effect is large enough (n <= 4)."""
    return _smallest(lambda effect: sign_test_power(n, effect, alpha), power, 10.0)


@cache
def minimum_margin(n: int, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """The smallest margin, in sd, within which ``n`` seeds show two equal arms to be similar with probability ``power``."""
    return _smallest(lambda margin: equivalence_power(n, margin, 0.0, alpha), power, 10.0)


@cache
def minimum_detectable_share(n: int, share: float, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """The smallest true share of failing runs that ``n`` runs show to exceed ``share`` with probability ``power``."""
    return _smallest(lambda true: share_power(n, share, true, alpha), power, 1.0)


def _first(enough: Callable[[int], bool]) -> int | None:
    return next((n for n in range(1, MOST_SEEDS + 1) if enough(n)), None)


def seeds_needed(effect: float, power: float = POWER, alpha: float = ALPHA, finished: float = 1.0) -> int | None:
    """The fewest seeds that show an ``effect`` (sd above the null) with probability ``power``; None beyond MOST_SEEDS.

    ``finished`` is the share of seeds in which no run diverges; the others count against the effect. Power is not monotone in n, because
    the rank of the bound moves in steps; this is the first n that reaches it.
    """
    right_side = finished * float(stats.norm.cdf(effect))
    if right_side <= 0.5:
        return None
    return _first(lambda n: bool(stats.binom.cdf(bound_rank(n, alpha) - 1, n, 1 - right_side) >= power))


def seeds_needed_for_similarity(margin: float, effect: float, power: float = POWER, alpha: float = ALPHA) -> int | None:
    """The fewest seeds that show a median ``effect`` to lie within +-``margin`` (both in sd) with probability ``power``."""
    return _first(lambda n: equivalence_power(n, margin, effect, alpha) >= power) if abs(effect) < margin else None


def seeds_needed_for_share(true_share: float, share: float, power: float = POWER, alpha: float = ALPHA) -> int | None:
    """The fewest runs that show a failing share of ``true_share`` to exceed ``share``, or to lie below it, with probability ``power``."""
    if true_share < share:
        true_share, share = 1 - true_share, 1 - share
    return _first(lambda n: share_power(n, share, true_share, alpha) >= power) if true_share > share else None


def seeds_needed_for_width(sd: float, noise: float, useful_width: float, alpha: float = ALPHA) -> int | None:
    """The fewest seeds whose prediction interval is no wider than ``useful_width``, at seed ``sd`` and test-set ``noise`` (both sd)."""
    return _first(
        lambda n: n >= 2 and 2 * float(stats.t.ppf(1 - alpha / 2, n - 1)) * math.sqrt(sd**2 * (1 + 1 / n) + noise**2) <= useful_width
    )


def fewest_seeds(prediction: Prediction) -> int:
    """The fewest seeds with which the prediction can be reproduced or contradicted at all, whatever the outcomes."""
    match prediction:
        case Identity() | Arithmetic():
            return 1
        case MatchesPublished():
            return 2
        case FailsToConverge(share=share):
            return next(n for n in range(1, MOST_SEEDS) if clopper_pearson(n, n)[0] > share or clopper_pearson(0, n)[1] < share)
        case _:
            return next(n for n in range(1, MOST_SEEDS) if bound_rank(n))


def plan(prediction: Prediction, evidence: Evidence, alpha: float = ALPHA) -> tuple[float | None, int | None]:
    """(detectable, seeds needed) of an undecided claim, in the evidence's unit: what its n could have shown, and what would decide it.

    The spread is the standard deviation of the finite per-seed effects and the true effect is taken to be the estimate, so this is
    a planning aid as rough as they are. None where fewer than two effects are finite, they do not vary, or no number of seeds would do.
    For MatchesPublished the detectable departure is half the prediction interval.
    """
    n, estimate = evidence.n, evidence.estimate
    if isinstance(prediction, FailsToConverge):
        needed = None if estimate is None else seeds_needed_for_share(estimate, prediction.share, alpha=alpha)
        return minimum_detectable_share(n, prediction.share, alpha=alpha), needed
    finite = [value for value in evidence.values if math.isfinite(value)]
    sd = statistics.stdev(finite) if len(finite) >= 2 else 0.0
    if isinstance(prediction, MatchesPublished):
        return _plan_published(prediction, evidence, sd, alpha)
    if sd == 0 or estimate is None or not math.isfinite(estimate):
        return None, None
    finished = 1 - _lost(evidence) / n
    if isinstance(prediction, Similar):
        assert prediction.margin is not None
        detectable, margin = minimum_margin(n, alpha=alpha), prediction.margin / sd
        outside = abs(estimate) / sd - margin
        needed = (
            seeds_needed(outside, alpha=alpha / 2, finished=finished)
            if outside > 0
            else seeds_needed_for_similarity(margin, estimate / sd, alpha=alpha)
        )
    else:
        detectable = minimum_detectable_effect(n, alpha=alpha)
        if estimate < 0:  # a reversal is corrected for the number of steps
            alpha /= _steps(prediction)
        if isinstance(prediction, Greater) and prediction.in_all and estimate <= 0:
            return None if detectable is None else detectable * sd, None  # the smallest advantage can show nothing; its pairs decide
        distance = max(abs(estimate - null) for null in _relevant_nulls(prediction, estimate))
        needed = seeds_needed(distance / sd, alpha=alpha, finished=finished)
    return None if detectable is None else detectable * sd, needed


def _lost(evidence: Evidence) -> int:
    """The seeds that count against the effect because a run of theirs diverged: those without a value in some arm."""
    if not evidence.arms:
        return evidence.n_diverged
    return sum(None in seed for seed in zip(*evidence.arms.values(), strict=True))


def _steps(prediction: Prediction) -> int:
    """How many comparisons share the error of a contradiction."""
    match prediction:
        case Ranking(order=order):
            return sum(len(tier) * len(following) for tier, following in pairwise(order))
        case LearnsFaster():
            return len(prediction.faster_arms)
        case _:
            return 1


def _relevant_nulls(prediction: Prediction, estimate: float) -> tuple[float, ...]:
    """The region's boundaries that this estimate could be shown to lie beyond."""
    match prediction:
        case Below(threshold=boundary) | Above(threshold=boundary) | NearZero(tolerance=boundary):
            assert boundary is not None
            return (boundary,)
        case Greater(in_all=True):  # contradicted pair by pair, of which the smallest advantage says nothing
            return (0.0,)
        case Greater(smallest_effect=smallest):
            assert smallest is not None
            return tuple(null for null, side in ((0.0, estimate > 0), (smallest, estimate < smallest)) if side) or (0.0,)
        case Ranking() | LearnsFaster() | MoreStable() | LessSensitive():
            return (0.0,)
        case _:
            raise TypeError(f"{type(prediction).__name__} is not decided by sampling seeds")


def _plan_published(prediction: MatchesPublished, evidence: Evidence, sd: float, alpha: float) -> tuple[float | None, int | None]:
    if evidence.lower is None or evidence.upper is None:
        return None, None
    assert prediction.published is not None
    assert prediction.useful_width is not None
    n, half_width = evidence.n, (evidence.upper - evidence.lower) / 2
    on_scale = math.log10(prediction.published) if prediction.log10 else prediction.published
    spread = half_width / float(stats.t.ppf(1 - alpha / 2, n - 1))
    if not evidence.lower <= on_scale <= evidence.upper:
        distance = abs((evidence.lower + evidence.upper) / 2 - on_scale)

        def contradicts(m: int) -> bool:
            t = distance / math.sqrt(spread**2 + sd**2 * (1 / m - 1 / n)) if spread else math.inf
            return m > n and p_not_one_more_run(2 * float(stats.t.sf(t, m - 1)), m) <= alpha

        return half_width, _first(contradicts)
    noise = math.sqrt(max(0.0, spread**2 - sd**2 * (1 + 1 / n)))
    return half_width, seeds_needed_for_width(sd, noise, prediction.useful_width, alpha)
