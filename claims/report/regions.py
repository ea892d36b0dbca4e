"""The regions that decide a claim, as numbers on the effect's axis and as words (design: one table of kinds)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from claims.model import (
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
from claims.report.words import number

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
        case Greater(better=better, worse=worse, smallest_effect=smallest) if smallest is not None:
            return Region(
                f"the advantage of {better} over {worse} ({scale}) lies above 0",
                f"it lies below {number(smallest)}, the smallest effect of interest",
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
            text = " > ".join(" = ".join(tier) for tier in order)
            return Region(
                f"every step of the order {text} ({scale}) holds",
                "some step is reversed (Holm over the steps)",
                ((0.0, inf),),
                ((-inf, 0.0),),
            )
        case LearnsFaster(faster=faster, slower=slower):
            return Region(
                f"{faster} needs fewer updates than {slower} ({scale}; runs that never arrive are censored at the budget)",
                f"{slower} needs fewer updates than {faster}",
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
        case MoreStable(steadier=steadier, rougher=rougher) | LessSensitive(steadier=steadier, rougher=rougher):
            return Region(
                f"{scale} of {steadier} is smaller than that of {rougher}: the advantage lies above 0",
                "the advantage lies below 0",
                ((0.0, inf),),
                ((-inf, 0.0),),
            )
        case NearZero(arm=arm, scale=of, tolerance=tolerance) if tolerance is not None:
            edge = f"{number(tolerance)} x {of}" if of else number(tolerance)
            return Region(
                f"the curve {metric} of {arm} stays within ±{edge} at every step",
                "it leaves that band somewhere",
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
    "LessSensitive": ("a named spread statistic over a grid", "lies above 0", "lies below 0"),
    "NearZero": ("a curve over steps", "its largest deviation over steps is within the tolerance", "it exceeds the tolerance"),
    "MatchesPublished": (
        "our seeds against one printed number",
        "the number lies in the prediction interval, itself no wider than the useful width",
        "the number lies far outside (p <= 0.005, at least 8 seeds)",
    ),
}
