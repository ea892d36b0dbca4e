"""The final metrics of a finished training run, computed from its curves alone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from reproductions.recipes import EARLY_SHARE, Training
from reproductions.tasks import problem_of

SPIKE = 2.0  # a window's training loss this many times the best before it is a spike: noise between windows stays within a few per cent
LOSS_FLOOR = 2.0**-46  # the square of float32's epsilon: a smaller loss is rounding, and 0 has no logarithm

Curves = Mapping[str, Sequence[float]]


def summary(curves: Curves, recipe: Training) -> dict[str, float | None]:
    """Compute the final metrics of a run from its curves, which hold one value an evaluation.

    Every task has the last value of each curve, ``train_loss_roughness``, ``spiked`` and ``early_loss``. ``early_loss`` is the mean test
    loss over the evaluations in the first EARLY_SHARE of the budget (None if there is none). Classification has ``early_accuracy`` too, the
    mean test accuracy over the early evaluations (the area under the early curve). A task also has its problem's milestones. A milestone is
    the updates of the first evaluation that reached it (None if no evaluation did).
    """
    metrics: dict[str, float | None] = {name: values[-1] for name, values in curves.items() if name != "updates"}
    metrics["train_loss_roughness"] = roughness(curves["train_loss"])
    metrics["spiked"] = float(spiked(curves["train_loss"]))
    metrics["early_loss"] = _early_mean(curves, loss_curve(recipe), recipe)
    if "test_accuracy" in curves:
        metrics["early_accuracy"] = _early_mean(curves, "test_accuracy", recipe)
    for milestone, (name, reached) in problem_of(recipe.task).milestones.items():
        metrics[milestone] = _first(curves, list(map(reached, curves[name])))
    return metrics


def loss_curve(recipe: Training) -> str:
    """Name the curve of the test loss, as the recipe's task does."""
    return problem_of(recipe.task).loss_name


def roughness(losses: Sequence[float]) -> float:
    """Compute the total upward movement of log10 loss from window to window, in decades.

    It is 0 for a curve that only falls.
    """
    logs = [math.log10(max(loss, LOSS_FLOOR)) for loss in losses]
    return sum((max(0.0, after - before) for before, after in itertools.pairwise(logs)), start=0.0)


def spiked(losses: Sequence[float]) -> bool:
    """Say whether some window's loss exceeds SPIKE times the smallest loss of a window before it."""
    return any(loss > SPIKE * min(losses[:number]) for number, loss in enumerate(losses) if number > 0)


def _first(curves: Curves, reached: Sequence[bool]) -> float | None:
    return next((update for update, yes in zip(curves["updates"], reached, strict=True) if yes), None)


def _early_mean(curves: Curves, name: str, recipe: Training) -> float | None:
    early = [value for update, value in zip(curves["updates"], curves[name], strict=True) if update <= EARLY_SHARE * recipe.updates]
    return sum(early) / len(early) if early else None
