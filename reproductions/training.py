"""The only training loop: every task, network and optimiser; a diverged run is an outcome, and a checkpointed run resumes to the bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from reproductions import estimation, gradient_norms, optimizers, tasks
from reproductions.checkpoint import CheckpointFile
from reproductions.networks import SequenceNetwork
from reproductions.recipes import Adding, Training, digest
from reproductions.seeding import torch_generator
from reproductions.summary import loss_curve, summary
from reproductions.trials import Outcome, Trial

CHECKPOINT_SECONDS = 30.0  # a killed run loses at most this much
PATIENCE_GAIN = 0.01  # a test loss must fall by this share to count as an improvement

Progress = Callable[[int, int], None]  # updates done, updates in all


class Diverged(ArithmeticError):  # noqa: N818 - a status of the vocabulary, not an error of the program
    """The loss, the norm of the gradient or a test metric stopped being finite."""


def train(trial: Trial, checkpoint: CheckpointFile | None = None, progress: Progress | None = None) -> Outcome:
    """Trains ``trial`` and returns its outcome; resumes from ``checkpoint`` where it holds this trial's state.

    The checkpoint stays: whoever stores the outcome removes it afterwards, so that a kill in between loses nothing.
    """
    recipe = trial.recipe
    assert isinstance(recipe, Training)
    run = Run(recipe, trial.seed)
    if checkpoint is not None and (saved := checkpoint.load()) is not None:
        run.restore(saved)
    checkpoints = recipe.checkpoints
    status, diverged_at, saved_at = "budget", None, time.monotonic()
    try:
        for update in range(run.update + 1, recipe.updates + 1):
            run.advance(update)
            if update in checkpoints:
                run.evaluate()
                if progress is not None:
                    progress(update, recipe.updates)
                if run.stalled():
                    status = "converged"
                    break
            if checkpoint is not None and time.monotonic() - saved_at > CHECKPOINT_SECONDS:
                checkpoint.save(run.state())
                saved_at = time.monotonic()
    except Diverged:
        status, diverged_at = "diverged", run.update
    return run.outcome(status, diverged_at)


class Run:
    """The state of one training run: parameters, optimiser, curves, position."""

    def __init__(self, recipe: Training, seed: int) -> None:
        self.recipe, self.seed = recipe, seed
        self.problem = tasks.build(recipe.task, seed)
        self.model = self.problem.network(recipe, seed)
        self.parameters = optimizers.FlatParameters(self.model)
        self.stepper = optimizers.build(recipe.optimizer, self.parameters.values)
        self.update = 0
        self.curves: dict[str, list[float]] = {"updates": [], "train_loss": []}
        self.loss_sum, self.loss_count = 0.0, 0
        self.seconds, self._started = 0.0, time.perf_counter()
        self._batches: Iterator[tuple[Any, Tensor]] | None = None

    def advance(self, update: int) -> None:
        """One optimiser step. Raises Diverged before a non-finite gradient can reach the parameters."""
        if self._batches is None:
            self._batches = self._stream(update)
        self.update = update
        inputs, targets = next(self._batches)
        self.parameters.gradient.zero_()
        loss = self.problem.loss(self.model(inputs), targets)
        loss.backward()
        norm = self.parameters.gradient.norm()
        value = loss.item()
        if not (math.isfinite(value) and math.isfinite(float(norm))):
            raise Diverged
        if self.recipe.optimizer.clip is not None:
            optimizers.clip_by_norm(self.parameters.gradient, norm, self.recipe.optimizer.clip)
        self.stepper.step(self.parameters.values, self.parameters.gradient, update)
        self.loss_sum += value
        self.loss_count += 1

    def evaluate(self) -> None:
        """Test metrics at this update, beside the mean training loss since the last evaluation. Raises Diverged if not finite."""
        last = self.update == self.recipe.updates
        with torch.no_grad():
            metrics = self.problem.evaluate(self.model) if last else self.problem.evaluate_interim(self.model)
        if not all(map(math.isfinite, metrics.values())):
            raise Diverged
        self.curves["updates"].append(self.update)
        self.curves["train_loss"].append(self.loss_sum / self.loss_count)
        self.loss_sum, self.loss_count = 0.0, 0
        for name, value in metrics.items():
            self.curves.setdefault(name, []).append(value)

    def stalled(self) -> bool:
        """Whether the test loss has not improved by PATIENCE_GAIN over the last ``patience`` evaluations."""
        patience = self.recipe.patience
        losses = self.curves[loss_curve(self.recipe)]
        if patience is None or len(losses) <= patience:
            return False
        return min(losses[-patience:]) > (1 - PATIENCE_GAIN) * min(losses[:-patience])

    def _stream(self, first: int) -> Iterator[tuple[Any, Tensor]]:
        """The training batches from update ``first`` on, a function of (task, batch size, seed) alone: arms of a seed share them.

        An epoch is a fresh permutation of the training set; a last, smaller batch is used as Keras uses it.
        """
        size, task = self.recipe.batch_size, self.recipe.task
        if isinstance(task, Adding) and task.train_size is None:
            update = first
            while True:
                yield self.problem.fresh_batch(size, update)  # type: ignore[attr-defined]
                update += 1
        per_epoch = math.ceil(self.problem.train_size / size)
        while True:
            epoch, skipped = divmod(first - 1, per_epoch)
            order = torch.randperm(self.problem.train_size, generator=torch_generator("batch order", epoch, self.seed))
            for rows in order.split(size)[skipped:]:
                yield self.problem.batch(rows)
            first += per_epoch - skipped

    def state(self) -> dict[str, Any]:
        """Everything a resumed run needs; every random stream is a function of the update, so the position is enough."""
        return {
            "recipe": digest(self.recipe),
            "seed": self.seed,
            "update": self.update,
            "values": self.parameters.values,
            "slots": self.stepper.slots,
            "curves": self.curves,
            "loss": (self.loss_sum, self.loss_count),
            "seconds": self.seconds + time.perf_counter() - self._started,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from ``state``; a checkpoint of another recipe or seed is ignored."""
        if (state["recipe"], state["seed"]) != (digest(self.recipe), self.seed):
            return
        self.update = state["update"]
        self.parameters.values.copy_(state["values"])
        for name, slot in self.stepper.slots.items():
            slot.copy_(state["slots"][name])
        self.curves, (self.loss_sum, self.loss_count), self.seconds = state["curves"], state["loss"], state["seconds"]

    def outcome(self, status: str, diverged_at: int | None) -> Outcome:
        """The outcome so far; a diverged run keeps its curve and has no final metrics."""
        metrics: dict[str, float | None] = {}
        curves: dict[str, tuple[float | None, ...]] = {name: tuple(values) for name, values in self.curves.items()}
        if status != "diverged":
            metrics = summary(self.curves, self.recipe)
            for measured, values in self._inner_measures():
                curves |= {name: tuple(map(_finite, curve)) for name, curve in measured.items()}
                metrics |= {name: _finite(value) for name, value in values.items()}
        return Outcome(
            status=status,  # type: ignore[arg-type]
            metrics=metrics,
            curves=curves,
            updates=self.update,
            diverged_at=diverged_at,
            seconds=self.seconds + time.perf_counter() - self._started,
        )

    def _inner_measures(self) -> Iterator[tuple[Mapping[str, tuple[float | None, ...]], Mapping[str, float | None]]]:
        """Curves and metrics of what the recipe measures inside the trained network, on the first test samples."""
        if not isinstance(self.model, SequenceNetwork):
            return
        samples = self.problem.samples(estimation.SAMPLES)
        if self.recipe.estimation_error:
            yield estimation.measure(self.model.stack, samples)
        if self.recipe.gradient_norms:
            yield gradient_norms.measure(self.model, self.problem.loss, samples, self.problem.targets(estimation.SAMPLES))


def _finite(value: float | None) -> float | None:
    """None for a number that overflowed: inner states may, in a network whose test metrics are finite."""
    return value if value is not None and math.isfinite(value) else None
