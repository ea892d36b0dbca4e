"""The only training loop, for every task, network and optimizer.

A diverged run is an outcome. A checkpointed run resumes to the bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from reproductions import estimation, gradient_norms, optimizers, tasks
from reproductions.checkpoint import CheckpointFile
from reproductions.compiled_update import GRADIENTS, STEPS, kernels
from reproductions.dispatch import Table
from reproductions.recipe_data import digest
from reproductions.recipes import Training
from reproductions.seeding import torch_generator
from reproductions.summary import summary
from reproductions.trials import Outcome, Status, Trial

CHECKPOINT_SECONDS = 30.0  # a killed run loses at most this much
PATIENCE_GAIN = 0.01  # a test loss must fall by this share to count as an improvement
FIRST_UPDATES = frozenset({1, 2, 4, 8, 16, 32, 64})  # by these, code and machines can be compared before training amplifies rounding

Progress = Callable[[int, int], None]  # updates done, updates in all
Stop = Callable[[], bool]  # whether to save the state and stop now
Measured = tuple[Mapping[str, tuple[float | None, ...]], Mapping[str, float | None]]  # curves and metrics


class Diverged(ArithmeticError):  # noqa: N818 - a status of the vocabulary, not an error of the program
    """The loss, the norm of the gradient or a test metric stopped being finite."""


class Interrupted(Exception):  # noqa: N818 - as asked for, and no error
    """A run that was asked to stop has saved its state; the same trial goes on from there."""


def train(
    trial: Trial, checkpoint: CheckpointFile | None = None, progress: Progress | None = None, stop: Stop | None = None, device: str = "cpu"
) -> Outcome:
    """Train ``trial`` and return its outcome; resume from ``checkpoint`` if it holds this trial's state.

    The checkpoint stays. The caller removes it after storing the outcome, so that a kill in between loses nothing. Raises Interrupted after
    ``stop`` has asked for it, with the state in ``checkpoint``.
    """
    run = Run.of(trial, checkpoint, device)
    try:
        for update in run.course(checkpoint, progress, stop):
            run.advance(update)
    except Diverged:
        run.end_diverged()
    return run.outcome()


class Run:
    """The state of one training run: parameters, optimiser, curves, position.

    ``problem`` is that of the recipe's task and seed, where the caller has it already.
    """

    def __init__(self, recipe: Training, seed: int, device: str = "cpu", problem: tasks.Problem | None = None) -> None:
        self.recipe, self.seed, self.device = recipe, seed, device
        self.problem = tasks.build(recipe.task, seed) if problem is None else problem
        self.model = self.problem.network(recipe, seed)
        if device != "cpu":
            self.model.to(device)
        self.parameters = optimizers.FlatParameters(self.model)
        self.stepper = optimizers.build(recipe.optimizer, self.parameters.values)
        library = kernels() if device == "cpu" else None
        gradient, step = GRADIENTS.get(type(self.model)), STEPS.get(type(self.stepper))
        self._gradient = gradient(library, self.model) if library and gradient else None
        self._step = step(library, self.stepper) if library and step else None
        self.status: Status = "budget"
        self.update = 0
        self.curves: dict[str, list[float]] = {"updates": [], "train_loss": []}
        self.first_losses: dict[str, list[float]] = {"updates": [], "train_loss": [], "gradient_norm": []}
        self.loss_sum, self.loss_count = 0.0, 0
        self.seconds, self._started = 0.0, time.perf_counter()
        self._batches: Iterator[tuple[Any, Tensor]] | None = None

    @classmethod
    def of(cls, trial: Trial, checkpoint: CheckpointFile | None = None, device: str = "cpu") -> Run:
        """Make the run of a trial, at the state that ``checkpoint`` holds."""
        assert isinstance(trial.recipe, Training)
        run = cls(trial.recipe, trial.seed, device)
        if checkpoint is not None and (saved := checkpoint.load()) is not None:
            run.restore(saved)
        return run

    def course(self, checkpoint: CheckpointFile | None = None, progress: Progress | None = None, stop: Stop | None = None) -> Iterator[int]:
        """Yield the number of each update that is to be made now.

        Between updates it evaluates, saves the state, and ends the run when due. Raises Diverged if a test metric is not finite, and
        Interrupted.
        """
        checkpoints, saved_at = self.recipe.checkpoints, time.monotonic()
        for update in range(self.update + 1, self.recipe.updates + 1):
            yield update
            if update in checkpoints:
                self.evaluate()
                if progress is not None:
                    progress(update, self.recipe.updates)
                if self.stalled():
                    self.status = "converged"
                    return
            if checkpoint is not None:
                stopping = stop is not None and stop()
                if stopping or time.monotonic() - saved_at > CHECKPOINT_SECONDS:
                    checkpoint.save(self.state())
                    saved_at = time.monotonic()
                if stopping:
                    raise Interrupted

    def advance(self, update: int) -> None:
        """Make one optimizer step.

        Raises Diverged before a non-finite gradient can reach the parameters.
        """
        inputs, targets = self.next_batch(update)
        compiled = self._gradient is not None and self._gradient.applies(self.model, inputs)
        loss = self._gradient(self.problem.loss, inputs, targets) if compiled else self._loss_and_gradient(inputs, targets)
        norm = self.parameters.gradient.norm()
        self.note_loss(loss, float(norm))
        if self.recipe.optimizer.clip is not None:
            optimizers.clip_by_norm(self.parameters.gradient, norm, self.recipe.optimizer.clip)
        step = self._step if self._step is not None and self._step.applies() else self.stepper.step
        step(self.parameters.values, self.parameters.gradient, update)

    def _loss_and_gradient(self, inputs: Any, targets: Tensor) -> float:
        """Compute the loss of a batch and its gradient by autograd."""
        self.parameters.gradient.zero_()
        loss = self.problem.loss(self.model(inputs), targets)
        loss.backward()
        return loss.item()

    def next_batch(self, update: int) -> tuple[Any, Tensor]:
        """Return the inputs and targets of ``update``, on the run's device."""
        if self._batches is None:
            self._batches = self._stream(update)
        self.update = update
        inputs, targets = next(self._batches)
        return self._moved(inputs), self._moved(targets)

    def note_loss(self, loss: float, norm: float) -> None:
        """Count the training loss of this update; of a first update, keep loss and gradient norm (before clipping).

        Raises Diverged if the loss, or the norm of its gradient, is not finite.
        """
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise Diverged
        self.loss_sum += loss
        self.loss_count += 1
        if self.update in FIRST_UPDATES:
            for values, value in zip(self.first_losses.values(), (self.update, loss, norm), strict=True):
                values.append(value)

    def evaluate(self) -> None:
        """Test the network at this update, and record its metrics beside the mean training loss since the last evaluation.

        Raises Diverged if a metric is not finite.
        """
        last = self.update == self.recipe.updates
        with torch.no_grad():
            metrics = self.problem.evaluate(self._scores) if last else self.problem.evaluate_interim(self._scores)
        if not all(map(math.isfinite, metrics.values())):
            raise Diverged
        self.curves["updates"].append(self.update)
        self.curves["train_loss"].append(self.loss_sum / self.loss_count)
        self.loss_sum, self.loss_count = 0.0, 0
        for name, value in metrics.items():
            self.curves.setdefault(name, []).append(value)

    def _scores(self, inputs: Any) -> Tensor:
        """Compute the network's scores, on the CPU."""
        return self.model(self._moved(inputs)).cpu()

    def _moved(self, values: Any) -> Any:
        return values if self.device == "cpu" else values.to(self.device)

    def stalled(self) -> bool:
        """Say whether the test loss has not improved by PATIENCE_GAIN over the last ``patience`` evaluations."""
        patience = self.recipe.patience
        losses = self.curves[self.problem.loss_name]
        if patience is None or len(losses) <= patience:
            return False
        return min(losses[-patience:]) > (1 - PATIENCE_GAIN) * min(losses[:-patience])

    def end_diverged(self) -> None:
        """Mark the run as diverged at this update."""
        self.status = "diverged"

    def _stream(self, first: int) -> Iterator[tuple[Any, Tensor]]:
        """Yield the training batches from update ``first`` on.

        They are a function of (task, batch size, seed) alone, so the arms of a seed share them. An epoch is a fresh permutation of the
        training set. A last, smaller batch is used, as in Keras.
        """
        size = self.recipe.batch_size
        if self.recipe.task.train_size is None:
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
        """Return everything that a resumed run needs."""
        # The position is enough for the random streams: each is a function of the update.
        return {
            "recipe": digest(self.recipe),
            "seed": self.seed,
            "update": self.update,
            "values": self.parameters.values,
            "slots": self.stepper.slots,
            "curves": self.curves,
            "first_losses": self.first_losses,
            "loss": (self.loss_sum, self.loss_count),
            "seconds": self.seconds + time.perf_counter() - self._started,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Resume from ``state``; ignore a checkpoint of another recipe or seed."""
        if (state["recipe"], state["seed"]) != (digest(self.recipe), self.seed):
            return
        self.update = state["update"]
        self.parameters.values.copy_(state["values"])
        for name, slot in self.stepper.slots.items():
            slot.copy_(state["slots"][name])
        self.curves, self.first_losses = state["curves"], state["first_losses"]
        (self.loss_sum, self.loss_count), self.seconds = state["loss"], state["seconds"]

    def outcome(self) -> Outcome:
        """Make the outcome so far; a diverged run keeps its curves and first losses and has no final metrics."""
        diverged = self.status == "diverged"
        metrics: dict[str, float | None] = {}
        curves: dict[str, tuple[float | None, ...]] = {name: tuple(values) for name, values in self.curves.items()}
        if not diverged:
            metrics = summary(self.curves, self.recipe)
            for measured, values in self._inner_measures():
                curves |= {name: tuple(map(_finite, curve)) for name, curve in measured.items()}
                metrics |= {name: _finite(value) for name, value in values.items()}
        return Outcome(
            status=self.status,
            metrics=metrics,
            curves=curves,
            first_losses={name: tuple(values) for name, values in self.first_losses.items()},
            updates=self.update,
            diverged_at=self.update if diverged else None,
            seconds=self.seconds + time.perf_counter() - self._started,
        )

    def _inner_measures(self) -> Iterator[Measured]:
        """Measure what the recipe asks for inside the trained network, as curves and metrics."""
        return (measure(self) for name, measure in INNER_MEASURES.items() if getattr(self.recipe, name))

    def first_samples(self, count: int) -> tuple[Any, Tensor]:
        """Return the inputs and targets of the first ``count`` test samples, on the run's device."""
        return self._moved(self.problem.samples(count)), self._moved(self.problem.targets(count))


def _estimation_error(run: Run) -> Measured:
    return estimation.measure(run.model.stack, run.first_samples(estimation.SAMPLES)[0])  # type: ignore[union-attr, arg-type]


def _gradient_norms(run: Run) -> Measured:
    return gradient_norms.measure(run.model, run.problem.loss, *run.first_samples(estimation.SAMPLES))  # type: ignore[arg-type]


# What a recipe may measure inside its trained network, by its field.
INNER_MEASURES: Table[str, Callable[[Run], Measured]] = {"estimation_error": _estimation_error, "gradient_norms": _gradient_norms}


def _finite(value: float | None) -> float | None:
    """Replace a number that overflowed by None."""
    # Inner states may overflow in a network whose test metrics are finite.
    return value if value is not None and math.isfinite(value) else None
