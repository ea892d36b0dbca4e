"""The regions that decide a claim, as numbers on the effect's axis and as words (design: one table of kinds)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

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
from claims.text import enumeration, number

Span = tuple[float, float]


@dataclass(frozen=True)
class Region:
    """Where the interval must lie for either verdict.

    ``inside`` and ``outside`` are the spans of the effect's axis that reproduce and contradict the claim; both are empty where the
    verdict does not come from an interval on one axis. ``mark`` is a printed number to draw, if the claim is about one.
    """

    reproduced: str
    contradicted: str
    inside: tuple[Span, ...] = ()
    outside: tuple[Span, ...] = ()
    mark: float | None = None


def region(prediction: Prediction) -> Region:
    """The region of one prediction, in the unit of its effect.

    Where ``log10`` is set, differences and widths are in decimal logarithms; thresholds stay in the unit of the metric.
    """
    inf, metric = math.inf, prediction.metric
    scale = f"log10 of {metric}" if prediction.log10 else metric
    match prediction:
        case Identity(tolerance=tolerance):
            edge = number(tolerance)
            return Region(f"the largest absolute error is at most {edge}", f"it exceeds {edge}", ((0.0, tolerance),), ((tolerance, inf),))
        case Arithmetic():
            return Region("the computation agrees with the printed number after rounding as printed", "it does not agree")
        case Below(arm=arm, threshold=threshold) if threshold is not None:
            edge = number(threshold)
            return Region(
                f"{metric} of {arm} lies below {edge}", f"it lies above {edge}", ((-inf, threshold),), ((threshold, inf),), threshold
            )
        case Above(arm=arm, threshold=threshold) if threshold is not None:
            edge = number(threshold)
            return Region(
                f"{metric} of {arm} lies above {edge}", f"it lies below {edge}", ((threshold, inf),), ((-inf, threshold),), threshold
            )
        case Greater(better=better, worse=worse, smallest_effect=smallest, in_all=True) if smallest is not None:
            return Region(
                f"the smallest advantage of {better} over {worse} among their pairs of recipes ({scale}) lies above 0",
                f"the advantage in some pair lies below {_smallest(smallest)} (Holm over the pairs)",
                ((0.0, inf),),
                ((-inf, smallest),),
            )
        case Greater(better=better, worse=worse, smallest_effect=smallest) if smallest is not None:
            return Region(
                f"the advantage of {better} over {worse} ({scale}) lies above 0",
                f"it lies below {_smallest(smallest)}",
                ((0.0, inf),),
                ((-inf, smallest),),
            )
        case Similar(first=first, second=second, margin=margin) if margin is not None:
            edge = number(margin)
            return Region(
                f"the difference {first} - {second} ({scale}) lies within ±{edge}",
                f"it lies outside ±{edge} (two-sided)",
                ((-margin, margin),),
                ((-inf, -margin), (margin, inf)),
            )
        case Ranking(order=order):
            text = " > ".join(map(enumeration, order))
            return Region(
                f"every step of the order {text} ({scale}) holds",
                "some step is reversed (Holm over the steps)",
                ((0.0, inf),),
                ((-inf, 0.0),),
            )
        case LearnsFaster(slower=slower, allowance=allowance):
            arms = prediction.faster_arms
            needs, reverse = ("each need", "one of them needs") if len(arms) > 1 else ("needs", f"{arms[0]} needs")
            than = f"fewer updates than {slower}" if allowance == 1 else f"fewer than {number(allowance)} times the updates of {slower}"
            return Region(
                f"{enumeration(arms)} {needs} {than} ({scale}; runs that never arrive are censored at the budget)",
                f"{reverse} more{' (Holm over the arms)' if len(arms) > 1 else ''}",
                ((0.0, inf),),
                ((-inf, 0.0),),
            )
        case FailsToConverge(arm=arm, baseline=baseline, share=share):
            edge = number(share)
            return Region(
                f"the share of {arm} runs that diverge or do not beat {number(baseline)} lies above {edge}",
                f"it lies below {edge}",
                ((share, 1.0),),
                ((0.0, share),),
            )
        case LessSensitive(steadier=steadier, rougher=rougher):
            return Region(
                f"over the settings, {scale} of {steadier} falls short of its own best by less on average than that of {rougher}: "
                "the advantage lies above 0",
                "the advantage lies below 0",
                ((0.0, inf),),
                ((-inf, 0.0),),
            )
        case MoreStable(steadier=steadier, rougher=rougher):
            return Region(
                f"{scale} of {steadier} is smaller than that of {rougher}: the advantage lies above 0",
                "the advantage lies below 0",
                ((0.0, inf),),
                ((-inf, 0.0),),
            )
        case NearZero(arm=arm, scale=of, tolerance=tolerance, also=also) if tolerance is not None:
            of = "its own scale" if of and also else of
            edge = f"{number(tolerance)} x {of}" if of else number(tolerance)
            curves = f"each of the curves {enumeration([name for name, _ in prediction.curves])}" if also else f"the curve {metric}"
            return Region(
                f"{curves} of {arm} stays within ±{edge} at every step",
                "one leaves its band somewhere" if also else "it leaves that band somewhere",
                ((0.0, tolerance),),
                ((tolerance, inf),),
            )
        case MatchesPublished(published=published, useful_width=width) if published is not None and width is not None:
            return Region(
                f"the printed {number(published)} lies in our prediction interval ({scale}), which is no wider than {number(width)}",
                "the printed number lies far outside the prediction interval (p <= 0.005, at least 8 seeds)",
                mark=math.log10(published) if prediction.log10 and published > 0 else published,
            )
    return Region("the prediction holds", "it does not hold")


def _smallest(effect: float) -> str:
    return f"{number(effect)}, the smallest effect of interest" if effect else "0"


KIND_RULES: Mapping[str, tuple[str, str, str]] = {
    "Identity": ("largest absolute error, float64", "at most the stated tolerance (no sampling)", "exceeds it"),
    "Arithmetic": ("a computation on printed numbers", "agrees after rounding as printed", "does not"),
    "Below": ("level of a metric", "lies below the threshold", "lies above it"),
    "Above": ("level of a metric", "lies above the threshold", "lies below it"),
    "Greater": ("difference of two arms, paired by seed", "lies above 0", "lies below the smallest effect of interest"),
    "Similar": ("difference of two arms, paired by seed", "lies within ±margin (two one-sided tests)", "lies outside ±margin (two-sided)"),
    "Ranking": ("the order of several arms", "each step holds (intersection-union)", "some step is reversed (Holm)"),
    "LearnsFaster": ("updates to a stated level, censored at the budget", "favours the arm", "favours the other"),
    "FailsToConverge": (
        "share of runs that diverge or stay at the baseline",
        "Clopper-Pearson bound above the stated share",
        "bound below it",
    ),
    "MoreStable": ("a named roughness statistic", "lies above 0", "lies below 0"),
    "LessSensitive": ("difference of two arms' mean shortfall from their best run of a grid of settings", "lies above 0", "lies below 0"),
    "NearZero": ("a curve over steps", "its largest deviation over steps is within the tolerance", "it exceeds the tolerance"),
    "MatchesPublished": (
        "our seeds against one printed number",
        "the number lies in the prediction interval, itself no wider than the useful width",
        "the number lies far outside (p <= 0.005, at least 8 seeds)",
    ),
}
