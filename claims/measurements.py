"""From outcomes to one number per arm and seed: what the statistics are computed on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from claims.model import Arm, ClaimError
from claims.statistics.censored import UpdatesToLevel
from claims.statistics.curves import supremum
from reproductions.recipes import Recipe, Training
from reproductions.trials import Outcome

Lookup = Callable[[Recipe, int], Outcome]


def _metric(outcome: Outcome, metric: str, where: str) -> float | None:
    if metric not in outcome.metrics:
        have = ", ".join(sorted(outcome.metrics)) or "none"
        raise ClaimError(f"{where}: the outcome has no metric {metric!r}; it has {have}")
    return outcome.metrics[metric]


def _where(arm: Arm, recipe: Recipe, seed: int) -> str:
    return f"arm {arm.name!r}, {recipe.label}, seed {seed}"


def _defined(outcome: Outcome, metric: str, where: str) -> float:
    value = _metric(outcome, metric, where)
    if value is None:
        raise ClaimError(f"{where}: metric {metric!r} is undefined though the run did not diverge; only LearnsFaster may use such a metric")
    if not math.isfinite(value):
        raise ClaimError(f"{where}: metric {metric!r} is {value!r}; a run that is not finite has the status 'diverged'")
    return value


def arm_values(arm: Arm, seeds: Sequence[int], lookup: Lookup, metric: str) -> tuple[float | None, ...]:
    """One value per seed: the mean over the arm's recipes of ``metric``; None where any of them diverged.

    Raises ClaimError where a run that did not diverge has no such metric or an undefined one.
    """
    values: list[float | None] = []
    for seed in seeds:
        outcomes = [(recipe, lookup(recipe, seed)) for recipe in arm.recipes]
        if any(outcome.diverged for _, outcome in outcomes):
            values.append(None)
        else:
            parts = [_defined(outcome, metric, _where(arm, recipe, seed)) for recipe, outcome in outcomes]
            values.append(math.fsum(parts) / len(parts))
    return tuple(values)


def arm_updates(arm: Arm, seeds: Sequence[int], lookup: Lookup, metric: str) -> tuple[UpdatesToLevel, ...]:
    """One censored count per seed: the mean over the arm's recipes of the updates to a level, each known up to its budget.

    A run whose ``metric`` is None is censored at the updates it ran; a diverged run never reaches the level, and with it the seed.
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


def arm_suprema(arm: Arm, seeds: Sequence[int], lookup: Lookup, curve: str, scale: str) -> tuple[float | None, ...]:
    """One supremum over steps of |``curve``| per seed, in units of the metric ``scale`` ("": raw units); None where a run diverged.

    Over several recipes it is the largest, not the mean: a band holds only where every curve lies inside it.
    """
    values: list[float | None] = []
    for seed in seeds:
        outcomes = [(recipe, lookup(recipe, seed)) for recipe in arm.recipes]
        if any(outcome.diverged for _, outcome in outcomes):
            values.append(None)
            continue
        suprema = []
        for recipe, outcome in outcomes:
            where = _where(arm, recipe, seed)
            if curve not in outcome.curves:
                raise ClaimError(f"{where}: the outcome has no curve {curve!r}; it has {', '.join(sorted(outcome.curves)) or 'none'}")
            unit = _defined(outcome, scale, where) if scale else 1.0
            try:
                suprema.append(supremum(outcome.curves[curve], unit))
            except ValueError as error:
                raise ClaimError(f"{where}: curve {curve!r}: {error}") from None
        values.append(max(suprema))
    return tuple(values)


def in_log10(values: Sequence[float | None], metric: str) -> tuple[float | None, ...]:
    """Decimal logarithms of ``values``, None (diverged) kept. Raises ClaimError for a value that is not positive."""
    for value in values:
        if value is not None and value <= 0:
            raise ClaimError(f"metric {metric!r} is {value!r}, which has no logarithm; set log10=False or measure something positive")
    return tuple(None if value is None else math.log10(value) for value in values)


def count_test_items(arm: Arm) -> int | None:
    """The test items behind one value of the arm, all recipes together; None where a recipe is a probe and has no test set."""
    sizes = [recipe.task.test_size for recipe in arm.recipes if isinstance(recipe, Training)]
    return sum(sizes) if len(sizes) == len(arm.recipes) else None
