"""Next-word prediction on a plain text: the language model of the IRNN paper (section 2.3).

The text stands in for the corpus of the paper.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from reproductions import datasets
from reproductions.data_files import DataError
from reproductions.networks import FrameNetwork, initial_streams
from reproductions.recipes import Language, Training
from reproductions.tasks import Model, Problem

UNKNOWN = 0  # the id of every word outside the vocabulary
EVALUATION_BATCH = 100  # windows per forward pass when testing; bounds memory, changes nothing


def vocabulary(words: Sequence[str], size: int) -> dict[str, int]:
    """Give the most frequent ``words`` the ids 1 .. size - 1, ties in alphabetical order.

    UNKNOWN is the remaining id.
    """
    ranked = sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))
    return {word: number for number, (word, _) in enumerate(ranked[: size - 1], start=1)}


def windows(words: Sequence[str], ids: dict[str, int], length: int) -> NDArray[np.int64]:
    """Cut the text into consecutive windows of ``length`` words and the one that follows, (n, length + 1).

    Each word is predicted once.
    """
    numbers = np.array([ids.get(word, UNKNOWN) for word in words], dtype=np.int64)
    count = (len(numbers) - 1) // length
    starts = np.arange(count)[:, None] * length
    return numbers[starts + np.arange(length + 1)[None, :]]


class LanguageProblem(Problem):
    """The first windows of the text to train on, and its last windows to test on.

    The vocabulary is the vocabulary of the training part.
    """

    def __init__(self, task: Language, seed: int = 0) -> None:
        words = datasets.text(task.corpus).lower().split()
        needed = (task.train_size + task.test_size) * task.length + 2
        if len(words) < needed:
            raise DataError(f"the text {task.corpus} has {len(words)} words, fewer than the {needed} that the recipe reads")
        training, test = words[: task.train_size * task.length + 1], words[-(task.test_size * task.length + 1) :]
        ids = vocabulary(training, task.vocabulary)
        self.classes = len(ids) + 1
        self._train, self._test = (torch.from_numpy(windows(part, ids, task.length)) for part in (training, test))
        self.train_size = len(self._train)

    def network(self, recipe: Training, seed: int) -> nn.Module:
        network = recipe.network
        streams = initial_streams(network, seed)
        return FrameNetwork(network.cell, network.embedding, network.hidden, network.layers, self.classes, streams, words=self.classes)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        return _next_word(self._train[rows])

    def loss(self, scores: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten())

    def evaluate(self, model: Model) -> dict[str, float]:
        """Test the model: ``test_loss`` in nats a word, and ``perplexity``, its exponential.

        The state starts at zero in every window.
        """
        total = 0.0
        for start in range(0, len(self._test), EVALUATION_BATCH):
            inputs, targets = _next_word(self._test[start : start + EVALUATION_BATCH])
            total += float(nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), reduction="sum"))
        loss = total / (self._test.shape[0] * (self._test.shape[1] - 1))
        return {"test_loss": loss, "perplexity": math.exp(min(loss, 700.0))}  # 700: the largest whole exponent of a double

    def samples(self, count: int) -> Tensor:
        return _next_word(self._test[:count])[0]

    def targets(self, count: int) -> Tensor:
        return _next_word(self._test[:count])[1]


def _next_word(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Split windows (B, T + 1) into inputs and targets, each (T, B)."""
    return rows[:, :-1].T.contiguous(), rows[:, 1:].T.contiguous()
