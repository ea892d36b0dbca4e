"""From outcomes to one number per arm and seed, which the statistics are computed on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from claims.measurements.curve_readings import read
from claims.model import Arm, ClaimError, Lookup, Prediction
from claims.statistics.censored import UpdatesToLevel
from claims.statistics.curves import supremum
from claims.statistics.sensitivity import filled, sensitivity
from reproductions.recipes import Recipe, Training
from reproductions.trials import Outcome

LAYER = "/layer"  # names of what is measured on a layer's states hold it: "eq3/layer1"


def _metric(outcome: Outcome, metric: str, where: str) -> float | None:
    if metric not in outcome.metrics:
        have = ", ".join(sorted(outcome.metrics)) or "none"
        raise ClaimError(f"{where}: the outcome has no metric {metric!r}; it has {have}")
    return outcome.metrics[metric]


def _where(arm: Arm, recipe: Recipe, seed: int) -> str:
    return f"arm {arm.name!r}, {recipe.label}, seed {seed}"


def _defined(outcome: Outcome, prediction: Prediction, where: str) -> float:
    metric = prediction.metric
    # a metric of the outcome is final already, and may have no curve
    value = _metric(outcome, metric, where) if prediction.reading == "final" else read(outcome, prediction, where)
    if value is None:
        raise ClaimError(f"{where}: metric {metric!r} is undefined though the run did not diverge; only LearnsFaster may use such a metric")
    if not math.isfinite(value):
        raise ClaimError(f"{where}: metric {metric!r} is {value!r}; a run that is not finite has the status 'diverged'")
    return value


def dead(outcome: Outcome, metric: str) -> bool:
    """Return whether ``metric``, of the states of a layer, is undefined in a finished run.

    It is undefined where every unit is closed or an inner state overflowed.
    """
    return LAYER in metric and metric in outcome.metrics and outcome.metrics[metric] is None


def recipe_values(arm: Arm, seeds: Sequence[int], lookup: Lookup, prediction: Prediction) -> tuple[tuple[float | None, ...], ...]:
    """Collect the metric of every run of an arm as ``prediction`` reads it, (recipes, seeds).

    A value is None where the run diverged, or the layer that the metric names has died. Raises ClaimError where a run that did not diverge
    has no such metric, no such reading or an undefined one.
    """

    def value(recipe: Recipe, seed: int) -> float | None:
        outcome = lookup(recipe, seed)
        if outcome.diverged or dead(outcome, prediction.metric):
            return None
        return _defined(outcome, prediction, _where(arm, recipe, seed))

    return tuple(tuple(value(recipe, seed) for seed in seeds) for recipe in arm.recipes)


def arm_means(runs: Sequence[Sequence[float | None]], diverged_value: float | None = None) -> tuple[float | None, ...]:
    """Compute the mean over the recipes of ``runs`` (recipes, seeds), one value per seed.

    None means that the seed counts as diverged. A diverged run takes ``diverged_value``; without one it makes its whole seed diverge. With
    one recipe nothing is averaged, so a diverged run stays what it is.
    """
    fill = diverged_value if len(runs) > 1 else None
    grids = [filled(grid, fill) for grid in zip(*runs, strict=True)]
    return tuple(None if grid is None else math.fsum(grid) / len(grid) for grid in grids)


def arm_sensitivities(runs: Sequence[Sequence[float | None]], diverged_value: float, higher_is_better: bool) -> tuple[float | None, ...]:
    """Compute the ``sensitivity`` over the recipes of ``runs`` (recipes, seeds), one value per seed.

    A value is None where every run of a seed diverged.
    """
    return tuple(sensitivity(grid, diverged_value, higher_is_better=higher_is_better) for grid in zip(*runs, strict=True))


def arm_updates(arm: Arm, seeds: Sequence[int], lookup: Lookup, metric: str) -> tuple[UpdatesToLevel, ...]:
    """Count the updates to a level, censored, one count per seed: the mean over the arm's recipes.

    Each count is known up to its budget. A run whose ``metric`` is None is censored at the updates it ran. A diverged run never reaches the
    level, and with it the seed never does. Raises ClaimError for a count that is not positive and finite.
    """
    counts: list[UpdatesToLevel] = []
    for seed in seeds:
        parts: list[UpdatesToLevel] = []
        for recipe in arm.recipes:
            outcome = lookup(recipe, seed)
            if outcome.diverged:
                parts.append(UpdatesToLevel.never())
                continue
            value = _metric(outcome, metric, _where(arm, recipe, seed))
            if value is not None and not 0 < value < math.inf:
                raise ClaimError(
                    f"{_where(arm, recipe, seed)}: metric {metric!r} counts updates, so it is positive and finite, not {value!r}"
                )
            parts.append(UpdatesToLevel.censored(outcome.updates) if value is None else UpdatesToLevel.reached(value))
        counts.append(
            UpdatesToLevel.never()
            if any(part.diverged for part in parts)
            else UpdatesToLevel(sum(part.least for part in parts) / len(parts), sum(part.most for part in parts) / len(parts))
        )
    return tuple(counts)


def arm_suprema(arm: Arm, seeds: Sequence[int], lookup: Lookup, curves: Sequence[tuple[str, str]]) -> tuple[float | None, ...]:
    """Compute one supremum per seed, over the steps of every curve of ``curves``, in units of its scale.

    ``curves`` pairs the name of a curve with the name of the metric that holds its scale ("": raw units). A value is None where a run
    diverged or died.
    """
    values: list[float | None] = []
    for seed in seeds:
        outcomes = [(recipe, lookup(recipe, seed)) for recipe in arm.recipes]
        if any(outcome.diverged for _, outcome in outcomes):
            values.append(None)
            continue
        found = [_supremum(outcome, curve, scale, _where(arm, recipe, seed)) for recipe, outcome in outcomes for curve, scale in curves]
        # the largest, not the mean, over several curves (layers) and recipes: a band holds only where every curve lies inside it
        values.append(None if None in found else max(value for value in found if value is not None))
    return tuple(values)


def _supremum(outcome: Outcome, curve: str, scale: str, where: str) -> float | None:
    """Compute the supremum of one curve in units of its scale.

    Returns None where the curve or its scale is undefined: every unit of the layer is closed, or an inner state overflowed.
    """
    if curve not in outcome.curves:
        raise ClaimError(f"{where}: the outcome has no curve {curve!r}; it has {', '.join(sorted(outcome.curves)) or 'none'}")
    unit = _metric(outcome, scale, where) if scale else 1.0
    if not unit or any(value is None for value in outcome.curves[curve]):
        return None
    try:
        return supremum(outcome.curves[curve], unit)
    except ValueError as error:
        raise ClaimError(f"{where}: curve {curve!r}: {error}") from None


def in_log10(values: Sequence[float | None], metric: str) -> tuple[float | None, ...]:
    """Take decimal logarithms of ``values``; None (diverged) is kept.

    Raises ClaimError for a value that is not positive.
    """
    for value in values:
        if value is not None and value <= 0:
            raise ClaimError(f"metric {metric!r} is {value!r}, which has no logarithm; set log10=False or measure something positive")
    return tuple(None if value is None else math.log10(value) for value in values)


def count_test_items(arm: Arm) -> int | None:
    """Count the test items behind one value of the arm, all recipes together.

    Returns None where a recipe is a probe and has no test set.
    """
    sizes = [recipe.task.test_size for recipe in arm.recipes if isinstance(recipe, Training)]
    return sum(sizes) if len(sizes) == len(arm.recipes) else None
