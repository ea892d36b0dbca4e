"""Planted faults of the judging: what is made of the outcomes. ``reproductions.faults`` holds those of the experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from claims.judging import assess
from claims.kinds import measuring
from claims.model import Arm
from reproductions.faults import Fault
from reproductions.faults.claim_ids import ADDING


def _without_diverged(measure: Any) -> Any:
    def replacement(prediction: Any, arms: Sequence[Arm], seeds: Sequence[int], lookup: Any, *rest: Any) -> Any:
        kept = [seed for seed in seeds if not any(lookup(recipe, seed).diverged for arm in arms for recipe in arm.recipes)]
        return measure(prediction, arms, kept, lookup, *rest)

    return replacement


def _best_of_seeds(values: Any) -> Any:
    def replacement(arm: Arm, seeds: Sequence[int], lookup: Any, metric: str) -> Any:
        best = max if "accuracy" in metric else min
        rows = values(arm, seeds, lookup, metric)
        return tuple((best(value for value in row if value is not None),) * len(row) for row in rows)

    return replacement


JUDGING_FAULTS = (
    Fault(
        "diverged-runs-dropped",
        "runs that diverged are left out, as if their seeds had never been run",
        (ADDING[0],),
        ((assess, "_measure", _without_diverged),),
    ),
    Fault(
        "best-seed-for-all",
        "the score of an arm's best seed is reported for every seed, and so as their mean",
        (ADDING[1],),
        ((measuring, "recipe_values", _best_of_seeds),),
    ),
)
