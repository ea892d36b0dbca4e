"""Trials of one shape that train together as a pack.

On a GPU the recurrence of a pack is one kernel, and its optimiser is one step of a matrix. A member's outcome does not depend on who shares
its pack. Each member has its own batches, weights, norm, clip and learning rate. One that diverges leaves before its gradient reaches a
parameter. On the CPU the outcome is the outcome of ``training.train`` to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from reproductions import optimizers
from reproductions.checkpoint import CheckpointFile
from reproductions.networks import SequenceNetwork
from reproductions.recipes import Adding, PixelMnist, Recipe, Training
from reproductions.recurrence import unroll_pack
from reproductions.training import Diverged, Interrupted, Run, Stop
from reproductions.trials import MemberError, Outcome, Trial

PLAIN_CELLS = ("rin", "irnn", "irnn-noise", "irnn-0.01", "relu")  # h_t = ReLU(W x_t + R h_{t-1} + b), whatever R is made of


def shape(recipe: Recipe) -> tuple[Any, ...] | None:
    """Return what the trials of one pack have in common.

    Seeds, learning rates, clips and the cells of PLAIN_CELLS may differ. Returns None for a recipe that trains alone. Only a network that
    reads h_T packs: the lengths of a story differ from batch to batch.
    """
    if not (isinstance(recipe, Training) and isinstance(recipe.task, Adding | PixelMnist)):
        return None
    network = recipe.network
    cell = "plain" if network.cell in PLAIN_CELLS else network.cell
    task = (recipe.task.length, recipe.task.train_size) if isinstance(recipe.task, Adding) else recipe.task.steps
    counts = (recipe.batch_size, recipe.updates, recipe.evaluations, recipe.early_evaluations)
    if isinstance(recipe.task, PixelMnist):
        counts += (recipe.task.train_size,)  # the size of an epoch's last batch
    return (type(recipe.task).__name__, task, cell, network.layers, network.hidden, recipe.optimizer.name, counts)


def train_pack(
    trials: Sequence[Trial], checkpoints: Sequence[CheckpointFile | None] | None = None, stop: Stop | None = None, device: str = "cpu"
) -> list[Outcome]:
    """Train ``trials``, all of one ``shape``, together, and return their outcomes.

    Each trial resumes from its own checkpoint. Trials that were interrupted at different updates train in one pack for each update. Raises
    Interrupted as ``training.train`` does, ValueError for trials of different shapes, and MemberError for what one trial is to blame for.
    """
    if None in (shapes := {shape(trial.recipe) for trial in trials}) or len(shapes) != 1:
        raise ValueError(f"a pack holds trials of one shape, not {', '.join(sorted({trial.recipe.label for trial in trials}))}")
    files = list(checkpoints) if checkpoints is not None else [None] * len(trials)
    runs = [_blaming(trial, Run.of, trial, file, device) for trial, file in zip(trials, files, strict=True)]
    for update in sorted({run.update for run in runs}):
        _complete({run: file for run, file in zip(runs, files, strict=True) if run.update == update}, stop)
    return [_blaming(run, run.outcome) for run in runs]


def _blaming(member: Trial | Run, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call ``function`` for a member of the pack, and raise MemberError for what it raises."""
    # an end of the run is no error of it
    try:
        return function(*arguments)
    except (Diverged, Interrupted):
        raise
    except Exception as error:
        raise MemberError(Trial(member.recipe, member.seed)) from error


def _complete(checkpoints: Mapping[Run, CheckpointFile | None], stop: Stop | None) -> None:
    """Train the runs of ``checkpoints``, which stand at one update, to their ends."""
    courses = {run: run.course(checkpoint, None, stop) for run, checkpoint in checkpoints.items()}
    pack: Pack | None = Pack(list(courses))
    while pack is not None:
        updates, interrupted = {}, False
        for run in pack.runs:  # every one, also after an interruption, so that all are saved past the same evaluation
            try:
                update = _next_update(run, courses[run])
            except Interrupted:
                interrupted = True
                continue
            if update is not None:
                updates[run] = update
        if interrupted:
            _save(list(updates), checkpoints)
            raise Interrupted
        if not updates:
            return
        if len(updates) < len(pack.runs):
            pack = Pack(list(updates))
        (update,) = set(updates.values())
        pack = pack.advance(update)


def _next_update(run: Run, course: Iterator[int]) -> int | None:
    """Return the update that the run makes now.

    Returns None if the run has ended.
    """
    try:
        return _blaming(run, next, course, None)
    except Diverged:
        run.end_diverged()
        return None


def _save(runs: Sequence[Run], checkpoints: Mapping[Run, CheckpointFile | None]) -> None:
    """Save the state of ``runs`` where they have a checkpoint."""
    for run in runs:
        checkpoint = checkpoints[run]
        if checkpoint is not None:
            checkpoint.save(run.state())


class Pack:
    """Runs that stand at one update, their parameters the rows of one matrix (K, P)."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = list(runs)
        first = self.runs[0]
        self._on_gpu = first.device != "cpu"
        self.values = torch.stack([run.parameters.values for run in self.runs])
        self.gradient = torch.stack([run.parameters.gradient for run in self.runs])
        rates = [run.stepper.learning_rate for run in self.runs]
        column = torch.tensor(rates, dtype=torch.float64, device=self.values.device).unsqueeze(1)
        self.stepper = optimizers.build(first.recipe.optimizer, self.values, rates[0] if len(set(rates)) == 1 else column)
        for row, run in enumerate(self.runs):
            run.parameters.live_in(self.values[row], self.gradient[row])
            for name, slot in self.stepper.slots.items():
                slot[row] = run.stepper.slots[name]
                run.stepper.slots[name] = slot[row]

    def advance(self, update: int) -> Pack | None:
        """Make one optimiser step of every run, and return the pack of the runs that go on.

        A run that diverged keeps the parameters that it had. Returns None if no run goes on.
        """
        batches = [_blaming(run, run.next_batch, update) for run in self.runs]
        self.gradient.zero_()
        losses = self._losses(batches)
        losses.sum().backward()
        norms = self._norms()
        alive = [run for run, loss, norm in zip(self.runs, losses.tolist(), norms.tolist(), strict=True) if _noted(run, loss, norm)]
        if not alive:
            return None
        if len(alive) == len(self.runs):
            self._step(norms, update)
            return self
        rest = Pack(alive)
        rest._step(norms[[self.runs.index(run) for run in alive]], update)
        return rest

    def _losses(self, batches: Sequence[tuple[Any, Tensor]]) -> Tensor:
        """Compute the training loss of every run, (K,)."""
        if self._on_gpu:
            return batched_losses(self.runs[0].problem.loss, [run.model for run in self.runs], batches)
        # One network after another: batched products on the CPU round otherwise than single ones.
        pairs = zip(self.runs, batches, strict=True)
        return torch.stack([run.problem.loss(run.model(inputs), targets) for run, (inputs, targets) in pairs])

    def _norms(self) -> Tensor:
        """Compute the norm of every run's gradient, (K,), on the CPU."""
        if self._on_gpu:
            return torch.linalg.vector_norm(self.gradient, dim=1).cpu()
        return torch.stack([row.norm() for row in self.gradient])

    def _step(self, norms: Tensor, update: int) -> None:
        for row, run in enumerate(self.runs):
            if run.recipe.optimizer.clip is not None:
                optimizers.clip_by_norm(self.gradient[row], norms[row], run.recipe.optimizer.clip)
        self.stepper.step(self.values, self.gradient, update)


def _noted(run: Run, loss: float, norm: float) -> bool:
    """Say whether the run goes on after this loss and the norm of its gradient.

    A run that does not go on is ended as diverged.
    """
    try:
        run.note_loss(loss, norm)
    except Diverged:
        run.end_diverged()
        return False
    return True


def batched_losses(
    loss: Callable[[Tensor, Tensor], Tensor], models: Sequence[SequenceNetwork], batches: Sequence[tuple[Tensor, Tensor]]
) -> Tensor:
    """Compute the losses (K,) of K networks of one shape by batched operations.

    Each network has its own inputs (T, B, D) and targets (B,).
    """
    states = torch.stack([inputs for inputs, _ in batches])
    depth = len(models[0].stack.layers)
    for number in range(depth):
        states = unroll_pack([model.stack.layers[number] for model in models], states, last_only=number == depth - 1)
    weight = torch.stack([model.readout.weight for model in models])
    bias = torch.stack([model.readout.bias for model in models])
    scores = torch.baddbmm(bias.unsqueeze(1), states, weight.transpose(1, 2))
    return torch.vmap(loss)(scores, torch.stack([targets for _, targets in batches]))
