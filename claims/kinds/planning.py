"""What an undecided claim's seeds could have shown, and how many would decide it. It plans; no verdict depends on it."""

from __future__ import annotations

import math
import statistics
from itertools import pairwise

import scipy

from claims.kinds.predictions import (
    Above,
    Arithmetic,
    Below,
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
from claims.results import Evidence
from claims.statistics.intervals import ALPHA, bound_rank, clopper_pearson
from claims.statistics.power import (
    MOST_SEEDS,
    first_enough,
    minimum_detectable_effect,
    minimum_detectable_share,
    minimum_margin,
    seeds_needed,
    seeds_needed_for_share,
    seeds_needed_for_similarity,
    seeds_needed_for_width,
)
from claims.statistics.published import p_not_one_more_run


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
    spread = half_width / float(scipy.stats.t.ppf(1 - alpha / 2, n - 1))
    if not evidence.lower <= on_scale <= evidence.upper:
        distance = abs((evidence.lower + evidence.upper) / 2 - on_scale)

        def contradicts(m: int) -> bool:
            t = distance / math.sqrt(spread**2 + sd**2 * (1 / m - 1 / n)) if spread else math.inf
            return m > n and p_not_one_more_run(2 * float(scipy.stats.t.sf(t, m - 1)), m) <= alpha

        return half_width, first_enough(contradicts)
    noise = math.sqrt(max(0.0, spread**2 - sd**2 * (1 + 1 / n)))
    return half_width, seeds_needed_for_width(sd, noise, prediction.useful_width, alpha)
