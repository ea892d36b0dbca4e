"""Lines beside the evidence that a reader can check.

They say which runs diverged or died, and what they count as; and what other readings of the same curves give.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence

from claims.measurements.curve_readings import is_evaluated
from claims.measurements.grids import differences
from claims.measurements.values import arm_means, recipe_values
from claims.model import CURVE_READINGS, Arm, Column, Lookup, Prediction
from claims.text import number


def divergence(
    prediction: Prediction, arms: Sequence[Arm], seeds: Sequence[int], diverged: Mapping[str, Sequence[Sequence[bool]]]
) -> Iterator[str]:
    """Yield one line for each recipe of ``arms`` of which a seed diverged.

    ``diverged[arm]`` is (recipes, seeds). A seed of a grid whose every setting diverged has a line too.
    """
    for arm in arms:
        grid = len(arm.recipes) > 1
        value = prediction.diverged_value if grid else None
        counted = "the worst rank" if value is None else f"{value:g} {prediction.unit}".strip()
        for setting, flags in zip(differences(arm.recipes), diverged[arm.name], strict=True):
            if any(flags):
                yield f"diverged, counted as {counted}: {arm.name}, {f'{setting}, ' if setting else ''}{_seeds(seeds, flags)}"
        lost = [all(column) for column in zip(*diverged[arm.name], strict=True)]
        if prediction.columns == "grid" and any(lost):
            yield f"every setting diverged, so the seed has the worst rank: {arm.name}, {_seeds(seeds, lost)}"


def deaths(seeds: Sequence[int], columns: Mapping[str, Column], diverged: Mapping[str, Sequence[Sequence[bool]]]) -> Iterator[str]:
    """Yield one line for each arm with seeds that have no value, though none of their runs diverged.

    In such a run a layer has died or overflowed.
    """
    for name, rows in diverged.items():
        column = columns.get(name, ())
        lost = [value is None and not any(flags) for value, *flags in zip(column, *rows, strict=bool(column))]
        if any(lost):
            yield f"finished with a dead or overflowed layer, counted as the worst rank: {name}, {_seeds(seeds, lost)}"


def means_by_reading(prediction: Prediction, arm: Arm, seeds: Sequence[int], lookup: Lookup) -> Iterator[str]:
    """Yield a line with the mean over ``seeds`` in every reading of the runs' curves.

    Yields nothing where a run has diverged or has no curve.
    """
    outcomes = [lookup(recipe, seed) for recipe in arm.recipes for seed in seeds]
    if any(outcome.diverged or not is_evaluated(outcome, prediction.metric) for outcome in outcomes):
        return
    means = []
    for reading in CURVE_READINGS:
        runs = recipe_values(arm, seeds, lookup, prediction.reading_as(reading))
        mean = statistics.fmean(value for value in arm_means(runs) if value is not None)
        means.append(f"{reading} {number(mean)}{' (judged)' if reading == prediction.reading else ''}")
    yield f"means by reading of the curves: {', '.join(means)}"


def _seeds(seeds: Sequence[int], flags: Sequence[bool]) -> str:
    which = [str(seed) for seed, flag in zip(seeds, flags, strict=True) if flag]
    return f"seed{'s' * (len(which) > 1)} {', '.join(which)}"
