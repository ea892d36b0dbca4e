"""Faults of the training loop and the optimisers."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from reproductions import optimizers, training
from reproductions.faults.fault import Fault, after, instead
from reproductions.running import executor
from reproductions.trials import Trial


def _seed_zero(build: Any) -> Any:
    return lambda self, recipe, seed, *rest: build(self, recipe, 0, *rest)


def _tenfold_for_lstm(run: Any) -> None:
    if run.recipe.network.cell == "lstm":
        run.stepper.learning_rate *= 10


def _small_batches(build: Any) -> Any:
    return lambda self, recipe, seed, *rest: build(
        self, dataclasses.replace(recipe, batch_size=max(1, recipe.batch_size // 10)), seed, *rest
    )


def _few_updates(train: Any) -> Any:
    def replacement(trial: Trial, *rest: Any, **named: Any) -> Any:
        recipe: Any = trial.recipe
        updates = max(1, recipe.updates // 10)
        short = dataclasses.replace(recipe, updates=updates, evaluations=min(recipe.evaluations, updates), early_evaluations=0)
        return train(Trial(short, trial.seed), *rest, **named)

    return replacement


def _twice_the_updates(train: Any) -> Any:
    def replacement(trial: Trial, *rest: Any, **named: Any) -> Any:
        recipe: Any = trial.recipe
        if recipe.network.cell != "rin":
            return train(trial, *rest, **named)
        found = train(Trial(dataclasses.replace(recipe, updates=2 * recipe.updates), trial.seed), *rest, **named)
        said = {name: value and value / 2 if name.startswith("updates") else value for name, value in found.metrics.items()}
        updates = tuple(sorted(recipe.checkpoints))[: len(found.curves["updates"])]
        return dataclasses.replace(found, metrics=said, curves={**found.curves, "updates": updates}, updates=found.updates // 2)

    return replacement


def _small_clip(clip: Any) -> Any:
    return lambda gradient, norm, limit: clip(gradient, norm, limit / 1000)


def _copies_of_the_first(ensure: Any) -> Any:
    def replacement(self: Any, trials: Any) -> Any:
        found = ensure(self, trials)
        first: dict[Any, Any] = {}
        return {trial: first.setdefault(trial.recipe, outcome) for trial, outcome in found.items()}

    return replacement


def _near_copy(ensure: Any) -> Any:
    def moved(numbers: Any) -> dict[str, Any]:
        return {name: _a_thousandth_more(value) for name, value in numbers.items() if name != "updates"}

    def replacement(self: Any, trials: Any) -> Any:
        found = ensure(self, trials)
        first: dict[Any, Any] = {}
        for trial in sorted(found, key=lambda trial: trial.seed):
            first.setdefault(trial.recipe, found[trial])
        last = {trial.recipe: trial for trial in sorted(found, key=lambda trial: trial.seed)}
        for recipe, trial in last.items():
            if (one := first[recipe]) is found[trial]:  # of a single run
                continue
            curves = {**one.curves, **moved(one.curves)}
            found[trial] = dataclasses.replace(one, metrics=moved(one.metrics), curves=curves)
        return found

    return replacement


def _a_thousandth_more(value: Any) -> Any:
    return tuple(map(_a_thousandth_more, value)) if isinstance(value, tuple) else value and 1.001 * value


def _descend(self: Any, values: torch.Tensor, gradient: torch.Tensor, update: int) -> None:
    values.sub_(gradient, alpha=self.learning_rate)


TRAINING_FAULTS = (
    Fault(
        "one-seed-for-all",
        "every run trains with seed 0, whatever its seed",
        ((training.Run, "__init__", _seed_zero),),
    ),
    Fault(
        "copies-of-one-run",
        "every seed of a recipe is given the outcome of its first one",
        ((executor.LocalExecutor, "ensure", _copies_of_the_first),),
    ),
    Fault(
        "near-copy-of-a-run",
        "the last seed of a recipe is given the outcome of the first one, every number a thousandth larger",
        ((executor.LocalExecutor, "ensure", _near_copy),),
    ),
    Fault(
        "batch-size-tenth",
        "batches have a tenth of their size",
        ((training.Run, "__init__", _small_batches),),
    ),
    Fault(
        "epochs-tenth",
        "training ends after a tenth of its updates",
        ((training, "train", _few_updates),),
    ),
    Fault(
        "rin-trained-twice-as-long",
        "a RIN makes twice the updates that its run reports",
        ((training, "train", _twice_the_updates),),
    ),
    Fault(
        "clip-at-0.1",
        "gradients are clipped at a norm of 0.1, not 100",
        ((optimizers, "clip_by_norm", _small_clip),),
    ),
    Fault(
        "lstm-rate-tenfold",
        "the LSTM trains with ten times its learning rate",
        ((training.Run, "__init__", after(_tenfold_for_lstm)),),
    ),
    Fault(
        "sgd-for-adam",
        "Adam is replaced by plain gradient descent",
        ((optimizers.Adam, "step", instead(_descend)),),
    ),
    Fault(
        "rmsprop-decay-0.99",
        "RMSprop averages with a decay of 0.99, as torch does, not 0.9",
        ((optimizers, "RMSPROP_DECAY", lambda decay: 0.99),),
    ),
)
