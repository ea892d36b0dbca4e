"""Faults of what is measured, and of the printed numbers it is held against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from reference_results import tables
from reproductions import estimation, training
from reproductions.faults.claim_ids import ESTIMATION, LSTM_WORST, RIN_BEATS_IRNN
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


def _mistype(table: str, row: dict[str, str], printed: str) -> Callable[[Any], Any]:
    """``tables.parse_table`` with one cell of one table printed otherwise."""

    def replacement(parse: Any) -> Any:
        def parse_mistyped(text: str, file: str, schema: Any) -> Any:
            frame = parse(text, file, schema)
            if file.endswith(f"{table}.csv"):
                here = np.logical_and.reduce([frame[column] == value for column, value in row.items()])
                frame.loc[here, ["value", "printed"]] = [float(printed), printed]
            return frame

        return parse_mistyped

    return replacement


MEASUREMENT_FAULTS = (
    Fault(
        "estimation-over-time",
        "the estimation error is averaged over time and units, a number a sample, not over samples and units",
        ESTIMATION,
        ((estimation, "average_estimation_error", _transposed),),
    ),
    Fault(
        "estimation-at-step-1",
        "the estimation error of the first step is reported for all steps",
        ESTIMATION,
        ((estimation, "average_estimation_error", _first_step_only),),
    ),
    Fault(
        "accuracy-on-training-set",
        "the test accuracy of the digits is measured on the training set",
        (RIN_BEATS_IRNN, LSTM_WORST),
        ((pixel_mnist.PixelMnistProblem, "evaluate", instead(_score_training)),),
    ),
    Fault(
        "best-checkpoint",
        "a run's best test score over its evaluations is reported as its final one",
        (RIN_BEATS_IRNN, LSTM_WORST),
        ((training, "summary", _best_checkpoint),),
    ),
    Fault(
        "table-1-mistyped",
        "the RIN's 91.64 in Table 1 (sequential, 1-100) is typed as 81.64",
        ("rin-2018/tables/small-rin-beats-irnn/sequential/1-100",),
        ((tables, "parse_table", _mistype("table1", {"task": "sequential", "network": "1-100", "model": "RIN"}, "81.64")),),
    ),
    Fault(
        "table-3-mistyped",
        "the RIN's 51.9 on bAbI task 1 in Table 3 is typed as 61.9",
        ("rin-2018/tables/babi-means/rin",),
        ((tables, "parse_table", _mistype("table3", {"task": "1", "model": "RIN"}, "61.9")),),
    ),
)
