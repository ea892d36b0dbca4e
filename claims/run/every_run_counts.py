"""A guard of the judging: every run of a claim's seeds stands in its evidence, as what it measured.

The guard goes from the outcomes to the numbers of ``Evidence.arms`` by arithmetic of its own, beside ``claims.measurements``. So a diverged
run that was dropped, or a best seed that stands for all, is seen in the report that it would have made too good.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from claims.judging.result import Result
from claims.model import Arm, Lookup, Prediction
from reproductions.trials import Outcome

NAME = "every-run-counts"
Column = tuple[float | None, ...]


def every_run_counts(result: Result, lookup: Lookup) -> str:
    """Say in one line what is wrong with the evidence of a judged claim.

    Returns "" if nothing is wrong or there are no runs.
    """
    claim, evidence = result.claim, result.verdict.evidence
    if evidence is None or claim.always_runs:
        return ""
    seeds = sorted({int(row["seed"]) for row in result.trials})
    named = claim.prediction.arm_names
    arms = [arm for arm in claim.arms[result.profile] if not named or arm.name in named]
    if evidence.seeds != tuple(seeds):
        return f"it was judged on {len(evidence.seeds)} seeds and has {len(seeds)}; runs were dropped or added"
    for name, column in evidence.arms.items():
        if len(column) != len(seeds):
            return f"{name} has {len(column)} numbers for {len(seeds)} seeds; diverged runs were dropped, or runs counted twice"
    if evidence.n != len(seeds) and claim.prediction.basis == "measured":
        return f"its evidence rests on {evidence.n} of {len(seeds)} seeds; diverged runs were dropped, or runs counted twice"
    outcomes = {(recipe, seed): lookup(recipe, seed) for arm in arms for recipe in arm.recipes for seed in seeds}
    lost = sum(any(outcomes[recipe, seed].diverged for arm in arms for recipe in arm.recipes) for seed in seeds)
    if lost and not evidence.n_diverged:
        return f"{lost} of its seeds diverged and its evidence counts none; diverged runs were dropped"
    for (name, column), expected in zip(evidence.arms.items(), _columns(result, arms, seeds, lookup), strict=False):
        for seed, shown, measured in zip(seeds, column, expected, strict=True):
            if (shown is None) != (measured is None) or (shown is not None and not math.isclose(shown, measured or 0.0, rel_tol=1e-9)):
                as_shown, as_measured = ("diverged" if value is None else f"{value:.6g}" for value in (shown, measured))
                return (
                    f"{name}, seed {seed}, stands as {as_shown} in its evidence, and measured {as_measured}; another run's number was taken"
                )
    return ""


def _columns(result: Result, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup) -> Iterator[Column]:
    """Compute what every column of the evidence should hold.

    Yields nothing for suprema of curves and for sensitivities.
    """
    prediction = result.claim.prediction
    if prediction.columns in ("curve", "grid"):
        return
    apart, censored = prediction.columns == "each", prediction.columns == "updates"
    for arm in arms:
        fill = prediction.diverged_value if len(arm.recipes) > 1 and not (apart or censored) else None
        for recipes in ((recipe,) for recipe in arm.recipes) if apart else (arm.recipes,):
            yield tuple(_mean([_value(lookup(recipe, seed), prediction, censored, fill) for recipe in recipes]) for seed in seeds)


def _value(outcome: Outcome, prediction: Prediction, censored: bool, fill: float | None) -> float | None:
    """Return the metric of a run as ``prediction`` reads it; ``fill`` for a diverged run.

    With ``censored`` the updates to a level that was not reached are infinity.
    """
    if outcome.diverged:
        return fill
    value = outcome.metrics.get(prediction.metric)
    if prediction.reading == "final":
        return math.inf if value is None and censored else value
    pairs = list(zip(outcome.curves["updates"], outcome.curves[prediction.metric], strict=True))
    numbers = [value for update, value in pairs if prediction.reading == "best" or (update or 0) > 0.75 * (pairs[-1][0] or 0)]
    known = [value for value in numbers if value is not None]
    if prediction.reading == "best":
        return max(known) if prediction.higher_is_better else min(known)
    if prediction.log10:
        return float(10.0 ** (sum(map(math.log10, known)) / len(known)))
    return _mean(known)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None
