"""Which number of a run's curve of evaluations stands for the run: the final one, the level or the best.

A level is the mean over the evaluations in the last quarter of the run. They are the ones after more than three quarters of the updates
that the run made until its last evaluation. Of equally spaced evaluations they are a quarter of them, rounded up: one evaluation of one to
four, two of five to eight. Early evaluations, which lie closer together, do not count. A run that stopped early has its own last quarter.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from claims.model import CURVE_READINGS, ClaimError, Prediction
from reproductions.trials import Outcome


def level(curve: Sequence[float], updates: Sequence[float], *, log10: bool = False) -> float:
    """Compute the mean of ``curve`` over the evaluations in the last quarter of the run, made after ``updates``.

    With ``log10`` it is the geometric mean, whose logarithm is the mean of the logarithms. It is 0 where a value is not positive.
    """
    last = [value for update, value in zip(updates, curve, strict=True) if 4 * update > 3 * updates[-1]]
    if not log10:
        return statistics.fmean(last)
    return statistics.geometric_mean(last) if min(last) > 0 else 0.0


def is_evaluated(outcome: Outcome, metric: str) -> bool:
    """Return whether ``metric`` has a curve with a value for each evaluation of a training."""
    curve, updates = outcome.curves.get(metric, ()), outcome.curves.get("updates", ())
    return metric != "updates" and 0 < len(curve) == len(updates)


def read(outcome: Outcome, prediction: Prediction, where: str) -> float | None:
    """Return the number that stands for a finished run, as ``prediction`` reads its curve.

    Returns None where an evaluation has no value. Raises ClaimError, which names ``where``, if the metric has no curve of evaluations.
    """
    metric, reading = prediction.metric, prediction.reading
    if not is_evaluated(outcome, metric):
        raise ClaimError(f"{where}: {metric!r} has no curve of evaluations, so it has no {reading} reading; leave `reading` out")
    curve, updates = ([value for value in outcome.curves[name] if value is not None] for name in (metric, "updates"))
    if len(curve) != len(updates):
        return None
    if reading == "final":
        return curve[-1]
    if reading == "level":
        return level(curve, updates, log10=prediction.log10)
    return max(curve) if prediction.higher_is_better else min(curve)


def readings_of_row(outcome: Outcome, prediction: Prediction, where: str) -> dict[str, float | None]:
    """Return the readings that a row about a run shows, by name.

    They are all beside a printed number, and else the one of the claim.
    """
    found = every_reading(outcome, prediction, where)
    return found if prediction.printed is not None else {name: found[name] for name in found if name == prediction.metric_as_read}


def every_reading(outcome: Outcome, prediction: Prediction, where: str) -> dict[str, float | None]:
    """Return every reading of a finished run's curve by its name, {} where it has none."""
    if outcome.diverged or not prediction.takes_readings or not is_evaluated(outcome, prediction.metric):
        return {}
    predictions = (prediction.reading_as(name) for name in CURVE_READINGS)
    return {one.metric_as_read: read(outcome, one, where) for one in predictions}
