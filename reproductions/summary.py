"""What a finished training run amounts to: its final metrics, computed from its curves alone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from reproductions.recipes import EARLY_SHARE, Adding, PixelMnist, Training
from reproductions.tasks.adding import BASELINE_MSE

SPIKE = 2.0  # a window's training loss this many times the best before it is a spike: noise between windows stays within a few per cent
TWICE_CHANCE = 20.0  # percent; ten digits
LOSS_FLOOR = 2.0**-46  # the square of float32's epsilon: a smaller loss is rounding, and 0 has no logarithm

Curves = Mapping[str, Sequence[float]]


def summary(curves: Curves, recipe: Training) -> dict[str, float | None]:
    """The final metrics of a run from its curves, which hold one value an evaluation.

    Every task: the last value of each curve; ``train_loss_roughness`` and ``spiked`` (below); ``early_loss``, the mean test loss over the
    evaluations in the first EARLY_SHARE of the budget (None where there is none).
    Adding: ``updates_to_half_baseline``, the first evaluation with a test error at or below half of 1/6 (None if never).
    Classification: ``early_accuracy``, the mean test accuracy over the early evaluations (the area under the early curve).
    Pixel MNIST: ``updates_to_twice_chance``, the first evaluation with a test accuracy of at least 20 % (None if never).
    """
    metrics: dict[str, float | None] = {name: values[-1] for name, values in curves.items() if name != "updates"}
    metrics["train_loss_roughness"] = roughness(curves["train_loss"])
    metrics["spiked"] = float(spiked(curves["train_loss"]))
    metrics["early_loss"] = _early_mean(curves, loss_curve(recipe), recipe)
    if isinstance(recipe.task, Adding):
        metrics["updates_to_half_baseline"] = _first(curves, [mse <= BASELINE_MSE / 2 for mse in curves["test_mse"]])
    if "test_accuracy" in curves:
        metrics["early_accuracy"] = _early_mean(curves, "test_accuracy", recipe)
    if isinstance(recipe.task, PixelMnist):
        metrics["updates_to_twice_chance"] = _first(curves, [accuracy >= TWICE_CHANCE for accuracy in curves["test_accuracy"]])
    return metrics


def loss_curve(recipe: Training) -> str:
    """The curve of the test loss: ``test_mse`` of adding, ``test_loss`` of everything else."""
    return "test_mse" if isinstance(recipe.task, Adding) else "test_loss"


def roughness(losses: Sequence[float]) -> float:
    """The total upward movement of log10 loss from window to window, in decades: 0 for a curve that only falls."""
    logs = [math.log10(max(loss, LOSS_FLOOR)) for loss in losses]
    return sum((max(0.0, after - before) for before, after in itertools.pairwise(logs)), start=0.0)


def spiked(losses: Sequence[float]) -> bool:
    """Whether some window's loss exceeds SPIKE times the smallest loss of a window before it."""
    return any(loss > SPIKE * min(losses[:number]) for number, loss in enumerate(losses) if number > 0)


def _first(curves: Curves, reached: Sequence[bool]) -> float | None:
    return next((update for update, yes in zip(curves["updates"], reached, strict=True) if yes), None)


def _early_mean(curves: Curves, name: str, recipe: Training) -> float | None:
    early = [value for update, value in zip(curves["updates"], curves[name], strict=True) if update <= EARLY_SHARE * recipe.updates]
    return sum(early) / len(early) if early else None
