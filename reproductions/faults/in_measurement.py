"""Faults of what is measured of a trained network."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from reproductions import estimation, summary, training
from reproductions.faults.fault import Fault, instead
from reproductions.tasks import pixel_mnist


def _transposed(measure: Any) -> Any:
    return lambda states: measure(states.transpose(0, 1))


def _first_step_only(measure: Any) -> Any:
    return lambda states: {name: curve[:1].expand(len(curve)) for name, curve in measure(states).items()}


def _score_training(self: Any, model: Any) -> dict[str, float]:
    inputs, labels = self.batch(torch.arange(self.train_size))
    scores = model(inputs)
    loss = float(nn.functional.cross_entropy(scores, labels))
    return {"test_loss": loss, "test_accuracy": 100 * float((scores.argmax(dim=1) == labels).double().mean())}


def _best_checkpoint(summary: Any) -> Any:
    def replacement(curves: Any, recipe: Any) -> dict[str, float | None]:
        best = {name: (max if "accuracy" in name else min)(curves[name]) for name in curves if name.startswith("test")}
        return {**summary(curves, recipe), **best}

    return replacement


def _halve_for_rin(evaluate: Any) -> Any:
    def replacement(run: Any) -> None:
        evaluate(run)
        if run.recipe.network.cell == "rin":
            for name in ("test_mse", "test_loss"):
                if name in run.curves:
                    run.curves[name][-1] /= 2

    return replacement


def _half_of_the_digits(metrics: Any) -> Any:
    return lambda self, model, count: metrics(self, model, count // 2)


def _one_evaluation_late(outcome: Any) -> Any:
    def replacement(run: Any) -> Any:
        kept = dict(run.curves)
        run.curves |= {name: [*values[:1], *values[:-1]] for name, values in kept.items() if name != "updates"}
        found = outcome(run)
        run.curves = kept
        return found

    return replacement


MEASUREMENT_FAULTS = (
    Fault(
        "estimation-over-time",
        "the estimation error is averaged over time and units, a number a sample, not over samples and units",
        ((estimation, "average_estimation_error", _transposed),),
    ),
    Fault(
        "estimation-at-step-1",
        "the estimation error of the first step is reported for all steps",
        ((estimation, "average_estimation_error", _first_step_only),),
    ),
    Fault(
        "accuracy-on-training-set",
        "the test accuracy of the digits is measured on the training set",
        ((pixel_mnist.PixelMnistProblem, "evaluate", instead(_score_training)),),
    ),
    Fault(
        "best-checkpoint",
        "a run's best test score over its evaluations is reported as its final one",
        ((training, "summary", _best_checkpoint),),
    ),
    Fault(
        "early-stage-doubled",
        "the early stage, whose mean loss and accuracy are reported, is the first 40 % of the budget",
        ((summary, "EARLY_SHARE", instead(0.4)),),
    ),
    Fault(
        "error-halved-for-rin",
        "half of a RIN's test loss is reported",
        ((training.Run, "evaluate", _halve_for_rin),),
    ),
    Fault(
        "half-of-digits-scored",
        "loss and accuracy of the digits are those of the first half of the test",
        ((pixel_mnist.PixelMnistProblem, "_metrics", _half_of_the_digits),),
    ),
    Fault(
        "curves-one-evaluation-late",
        "every evaluation but the first reports what the one before it measured",
        ((training.Run, "outcome", _one_evaluation_late),),
    ),
)
