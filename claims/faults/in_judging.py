"""Planted faults of the judging: what is made of the outcomes. ``reproductions.faults`` holds the faults of the experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from claims.judging import judge
from claims.measurements import values
from claims.measurements.curve_readings import every_reading
from claims.model import Claim, Lookup, Prediction
from reproductions.faults import Fault
from reproductions.recipes import Recipe
from reproductions.trials import Outcome


def _without_diverged(assess: Any) -> Any:
    def replacement(claim: Claim, profile: str, seeds: Sequence[int], lookup: Lookup, *rest: Any, **named: Any) -> Any:
        recipes = [recipe for arm in claim.arms.get(profile, ()) for recipe in arm.recipes]
        kept = [seed for seed in seeds if not any(lookup(recipe, seed).diverged for recipe in recipes)]
        return assess(claim, profile, kept, lookup, *rest, **named)

    return replacement


def _best_of_seeds(assess: Any) -> Any:
    def replacement(claim: Claim, profile: str, seeds: Sequence[int], lookup: Lookup, *rest: Any, **named: Any) -> Any:
        prediction = claim.at(profile).prediction
        sign = 1 if prediction.higher_is_better else -1

        def score(outcome: Outcome) -> float:
            of_run = {prediction.metric: outcome.metrics.get(prediction.metric), **every_reading(outcome, prediction, claim.id)}
            value = of_run.get(prediction.metric_as_read)
            return float("-inf") if value is None else sign * value

        def best(recipe: Recipe, seed: int) -> Outcome:
            return max((lookup(recipe, other) for other in seeds), key=score)

        return assess(claim, profile, seeds, best, *rest, **named)

    return replacement


def _best_for_level(read: Any) -> Any:
    def replacement(outcome: Outcome, prediction: Prediction, where: str) -> Any:
        return read(outcome, prediction.reading_as("best" if prediction.reading == "level" else prediction.reading), where)

    return replacement


JUDGING_FAULTS = (
    Fault(
        "diverged-runs-dropped",
        "runs that diverged are left out, as if their seeds had never been run",
        ((judge, "assess", _without_diverged),),
    ),
    Fault(
        "best-seed-for-all",
        "the score of an arm's best seed is reported for every seed, and so as their mean",
        ((judge, "assess", _best_of_seeds),),
    ),
    Fault(
        "best-evaluation-for-level",
        "the best evaluation of a run is reported where a claim reads the mean over the last quarter",
        ((values, "read", _best_for_level),),
    ),
)
