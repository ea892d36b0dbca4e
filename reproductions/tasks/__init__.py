"""What is learned: each task builds a ``Problem``, the data of one seed with its loss and its test metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from torch import Tensor, nn

from reproductions.recipes import Adding, Babi, Language, PixelMnist, Speech, Task, Training

Model = Callable[[Any], Tensor]  # a network, or another function from inputs to scores


class Problem(Protocol):
    """The data of one seed, as the training loop reads it."""

    train_size: int

    def network(self, recipe: Training, seed: int) -> nn.Module:
        """The network of ``recipe``, sized for this data."""

    def batch(self, rows: Tensor) -> tuple[Any, Tensor]:
        """Inputs and targets of the training samples ``rows`` (B,)."""

    def loss(self, scores: Tensor, targets: Tensor) -> Tensor:
        """The mean loss of a batch."""

    def evaluate(self, model: Model) -> dict[str, float]:
        """Test metrics; the first is the test loss that ``patience`` watches."""

    def evaluate_interim(self, model: Model) -> dict[str, float]:
        """Test metrics before the last update: those of ``evaluate``, on fewer test samples where the task says so."""
        return self.evaluate(model)

    def samples(self, count: int) -> Any:
        """Inputs of the first ``count`` test samples."""

    def targets(self, count: int) -> Tensor:
        """Targets of the first ``count`` test samples."""


def build(task: Task, seed: int) -> Problem:
    """The problem of ``task`` for ``seed``: arms of one seed get the same data."""
    match task:
        case Adding():
            from reproductions.tasks.adding import AddingProblem

            return AddingProblem(task, seed)
        case PixelMnist():
            from reproductions.tasks.pixel_mnist import PixelMnistProblem

            return PixelMnistProblem(task)
        case Babi():
            from reproductions.tasks.babi_problem import BabiProblem

            return BabiProblem(task, seed)
        case Language():
            from reproductions.tasks.language import LanguageProblem

            return LanguageProblem(task)
        case Speech():
            from reproductions.tasks.speech import SpeechProblem

            return SpeechProblem(task, seed)
