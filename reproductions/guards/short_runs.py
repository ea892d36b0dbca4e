"""The guard of short trainings: what the loop reports, held against counts and scores made beside it.

A recipe's task is made small and watched. Its problem counts the training samples that it gives and scores the model that it is shown once
more by hand. Both go through the training loop as test metrics, so that the outcome of the run says what the run was made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from reproductions import tasks, training
from reproductions.recipes import Adding, Babi, PixelMnist, Task, Training
from reproductions.tasks import Milestones, Model
from reproductions.trials import Outcome, Trial

UPDATES = 3
READ, BY_HAND = "samples_read", " by hand"
ROUNDING = 1e-5  # relative: two float32 passes over the same few samples, in batches of another size
WATCHED_TASKS = (Adding, PixelMnist, Babi)


@dataclass(frozen=True)
class Watched(Task):
    """The task ``inner`` with a problem that counts and scores by hand."""

    inner: Task
    train_size: int | None
    test_size: int

    @property
    def label(self) -> str:
        return self.inner.label

    @property
    def steps(self) -> int:
        return self.inner.steps


class WatchedSums(Watched):
    """A watched task whose test loss is a mean squared error."""

    problem = "reproductions.guards.short_runs:WatchedSumsProblem"


class WatchedAnswers(Watched):
    """A watched task whose test loss is a cross-entropy."""

    problem = "reproductions.guards.short_runs:WatchedAnswersProblem"


class _WatchedProblem:
    milestones: ClassVar[Milestones] = {}

    def __init__(self, task: Watched, seed: int) -> None:
        self._problem, self._test_size = tasks.build(task.inner, seed), task.test_size
        self._read, self._losses = 0, list[float]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._problem, name)

    def batch(self, rows: Tensor) -> tuple[Any, Tensor]:
        return self._counted(self._problem.batch(rows))

    def fresh_batch(self, size: int, update: int) -> tuple[Any, Tensor]:
        return self._counted(self._problem.fresh_batch(size, update))  # type: ignore[attr-defined]

    def _counted(self, batch: tuple[Any, Tensor]) -> tuple[Any, Tensor]:
        self._read += batch[1].shape[-1]
        return batch

    def loss(self, scores: Tensor, targets: Tensor) -> Tensor:
        value = self._problem.loss(scores, targets)
        self._losses.append(float(value.detach()))
        return value

    def evaluate(self, model: Model) -> dict[str, float]:
        losses, self._losses = self._losses, []
        found = self._problem.evaluate(model)
        own = {"train_loss": sum(losses) / max(1, len(losses)), **self._scores(model)}
        return {**found, READ: float(self._read), **{name + BY_HAND: value for name, value in own.items()}}

    evaluate_interim = evaluate

    def _scores(self, model: Model) -> dict[str, float]:
        scores = model(self._problem.samples(self._test_size)).double()
        return self._by_hand(scores, self._problem.targets(self._test_size))

    def _by_hand(self, scores: Tensor, targets: Tensor) -> dict[str, float]:
        raise NotImplementedError


class WatchedSumsProblem(_WatchedProblem):
    """The problem of ``WatchedSums``."""

    loss_name = "test_mse"

    def _by_hand(self, scores: Tensor, targets: Tensor) -> dict[str, float]:
        return {"test_mse": float((scores[:, 0] - targets).square().mean())}


class WatchedAnswersProblem(_WatchedProblem):
    """The problem of ``WatchedAnswers``."""

    loss_name = "test_loss"

    def _by_hand(self, scores: Tensor, targets: Tensor) -> dict[str, float]:
        right = scores.gather(1, targets[:, None])[:, 0]
        wrong = float((scores.argmax(dim=1) != targets).double().mean())
        return {"test_loss": float((scores.logsumexp(dim=1) - right).mean()), "test_accuracy": 100 * (1 - wrong)}


def short_run_by_hand(problem: tasks.Problem, recipe: Training, seed: int) -> str:
    """Check a training of three updates against counts and scores made by hand.

    Before each evaluation the loop must have read the recipe's batches and no more. Its losses and scores must be what all samples give, at
    the evaluations under which it reports them.
    """
    if not isinstance(recipe.task, WATCHED_TASKS):
        return ""
    inner = recipe.task.shortened(recipe.batch_size)
    if inner.train_size is not None and inner.train_size % recipe.batch_size:
        return ""
    kind = WatchedSums if isinstance(inner, Adding) else WatchedAnswers
    task = kind(inner, inner.train_size, inner.test_size)
    short = Training(recipe.profile, task, recipe.network, recipe.optimizer, recipe.batch_size, UPDATES, UPDATES)
    outcome = training.train(Trial(short, seed))
    return "" if outcome.diverged else next(_found(outcome, recipe.batch_size), "")


def _found(outcome: Outcome, batch: int) -> Iterator[str]:
    updates = tuple(range(1, UPDATES + 1))
    if outcome.curves["updates"] != updates:
        listed = ", ".join(f"{update:g}" for update in outcome.curves["updates"])
        yield f"a training of {UPDATES} updates was evaluated after {listed or 'none'} of them; the budget was changed"
        return
    read, expected = outcome.curves[READ], tuple(float(batch * update) for update in updates)
    if read != expected:
        counted = ", ".join(f"{count:g}" for count in read)
        yield (
            f"after 1 to {UPDATES} updates of {batch} samples the loop had read {counted} samples; "
            "it trains longer or shorter than it reports, or evaluations are reported under other updates"
        )
    for own in (name for name in outcome.curves if name.endswith(BY_HAND)):
        name = own.removesuffix(BY_HAND)
        for update, reported, by_hand in zip(updates, outcome.curves[name], outcome.curves[own], strict=True):
            if not _near(reported, by_hand):
                yield f"after {update} updates {name} is reported as {reported:.6g}, and is {by_hand:.6g} by hand over all samples"
        if not _near(outcome.metrics[name], outcome.curves[own][-1]):
            yield f"the final {name} is reported as {outcome.metrics[name]:.6g}, and is {outcome.curves[own][-1]:.6g} by hand"


def _near(reported: float | None, by_hand: float | None) -> bool:
    return reported is not None and by_hand is not None and abs(reported - by_hand) <= ROUNDING * max(abs(by_hand), 1e-6)
