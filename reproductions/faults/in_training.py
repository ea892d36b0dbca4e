"""Faults of the training loop and the optimisers."""

from __future__ import annotations

from typing import Any

import torch

from reproductions import optimizers, training
from reproductions.faults.claim_ids import ADDING, ADDING_LSTM, BABI, LSTM_WORST, RIN_BEATS_IRNN
from reproductions.faults.fault import Fault, after, instead


def _seed_zero(build: Any) -> Any:
    return lambda self, recipe, seed: build(self, recipe, 0)


def _tenfold_for_lstm(run: Any) -> None:
    if run.recipe.network.cell == "lstm":
        run.stepper.learning_rate *= 10


def _descend(self: Any, values: torch.Tensor, gradient: torch.Tensor, update: int) -> None:
    values.sub_(gradient, alpha=self.learning_rate)


TRAINING_FAULTS = (
    Fault(
        "one-seed-for-all",
        "every run trains with seed 0, whatever its seed",
        (*ADDING, RIN_BEATS_IRNN),
        ((training.Run, "__init__", _seed_zero),),
    ),
    Fault(
        "lstm-rate-tenfold",
        "the LSTM trains with ten times its learning rate",
        (LSTM_WORST, ADDING_LSTM),
        ((training.Run, "__init__", after(_tenfold_for_lstm)),),
    ),
    Fault(
        "sgd-for-adam",
        "Adam is replaced by plain gradient descent",
        (*ADDING, *BABI),
        ((optimizers.Adam, "step", instead(_descend)),),
    ),
    Fault(
        "rmsprop-decay-0.99",
        "RMSprop averages with a decay of 0.99, as torch does, not 0.9",
        (RIN_BEATS_IRNN, LSTM_WORST),
        ((optimizers, "RMSPROP_DECAY", lambda decay: 0.99),),
    ),
)
