"""What is learned: each task builds a ``Problem``, the data of one seed with its loss and its test metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from torch import Tensor, nn

from reproductions import outside
from reproductions.recipes import Task, Training

Model = Callable[[Any], Tensor]  # a network, or another function from inputs to scores
# By name: the first evaluation, in updates, whose test metric (its name) has reached a level (the function); a metric of the outcome.
Milestones = Mapping[str, tuple[str, Callable[[float], bool]]]


class Problem(Protocol):
    """The data of one seed, as the training loop reads it."""

    train_size: int
    loss_name: ClassVar[str] = "test_loss"  # of its test metrics, the loss that ``patience`` watches
    milestones: ClassVar[Milestones] = {}

    def network(self, recipe: Training, seed: int) -> nn.Module:
        """Build the network of ``recipe``, sized for this data, with the initial weights of ``seed``."""

    def batch(self, rows: Tensor) -> tuple[Any, Tensor]:
        """Return the inputs and targets of the training samples ``rows`` (B,)."""

    def loss(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Compute the mean loss of a batch."""

    def evaluate(self, model: Model) -> dict[str, float]:
        """Test the model, and return metrics by name, ``loss_name`` among them."""

    def evaluate_interim(self, model: Model) -> dict[str, float]:
        """Test the model before the last update, on fewer test samples if the task says so.

        Returns the metrics of ``evaluate``.
        """
        return self.evaluate(model)

    def samples(self, count: int) -> Any:
        """Return the inputs of the first ``count`` test samples."""

    def targets(self, count: int) -> Tensor:
        """Return the targets of the first ``count`` test samples."""


def problem_of(task: Task) -> type[Problem]:
    """Load the class that ``task`` names as its problem.

    Raises RecipeError if there is none.
    """
    return outside.load("the problem of a task", task.problem)


def build(task: Task, seed: int) -> Problem:
    """Build the problem of ``task`` for ``seed``; the arms of one seed get the same data."""
    return problem_of(task)(task, seed)  # type: ignore[call-arg]
