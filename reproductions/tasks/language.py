"""Next-word prediction: the language model of the IRNN paper (section 2.3), on WikiText-2 or on simulated bAbI stories.

Truncated back-propagation through time is BPTT(2h; h) of Williams and Peng (1990): a window of h words is read after the h words before
it. The loss is of the window alone. Its gradient goes back through both, so that the state goes on from window to window and every
sequence begins at the void state, as the fast recurrences take it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from reproductions import datasets
from reproductions.data_files import DataError
from reproductions.dispatch import Table
from reproductions.networks import FrameNetwork, initial_streams
from reproductions.recipes import Training
from reproductions.seeding import numpy_generator
from reproductions.step_tasks import Language
from reproductions.tasks import Model, Problem
from reproductions.tasks.babi_simulator import simulate

UNKNOWN = 0  # the id of every word outside the vocabulary
UNKNOWN_WORD, END_OF_LINE = "<unk>", "<eos>"  # as WikiText-2 writes a rare word, and as the benchmark ends a line
EVALUATION_BATCH = 100  # windows per forward pass when testing; bounds memory, changes nothing
STORY_TASK, STORY_WORDS = 2, 6  # of the simulated text, and the fewest words of one of its questions with what precedes it

Words = Sequence[str]


# --- The texts ---


def words_of(text: str) -> list[str]:
    """Split a text into words, each line ended by END_OF_LINE."""
    return [word for line in text.splitlines() for word in (*line.split(), END_OF_LINE)]


def _stories(task: Language, seed: int) -> tuple[Words, Words]:
    def written(split: str, windows: int) -> Words:
        questions = (windows + 1) * task.length // STORY_WORDS + 1
        return words_of(simulate(STORY_TASK, questions, numpy_generator("stories as text", split, windows, task.length, seed)))

    return written("train", task.train_size), written("test", task.test_size)


def _benchmark(task: Language, seed: int) -> tuple[Words, Words]:
    return words_of(datasets.wikitext_train()), words_of(datasets.wikitext_test())


def _benchmark_validation(task: Language, seed: int) -> tuple[Words, Words]:
    return words_of(datasets.wikitext_train()), words_of(datasets.wikitext_valid())


def _small(task: Language, seed: int) -> tuple[Words, Words]:
    return words_of(datasets.wikitext_valid()), words_of(datasets.wikitext_test())


def _small_validation(task: Language, seed: int) -> tuple[Words, Words]:
    words = words_of(datasets.wikitext_valid())
    first_of_test = len(words) - _needed(task.test_size, task.length)
    return words[:first_of_test], words[first_of_test:]


# The training text and the test text of a source; the same for every seed but for the simulated stories.
SOURCES: Table[str, Callable[[Language, int], tuple[Words, Words]]] = {
    "stories": _stories,
    "wikitext-2": _benchmark,
    "wikitext-2-validation": _benchmark_validation,
    "wikitext-2-small": _small,
    "wikitext-2-small-validation": _small_validation,
}


def _needed(windows: int, length: int) -> int:
    """Count the words of ``windows`` windows: the context of the first, their own, and the word after the last."""
    return (windows + 1) * length + 1


# --- Words to windows ---


def vocabulary(words: Words, size: int) -> dict[str, int]:
    """Give the most frequent ``words`` the ids 1 .. size - 1, ties in alphabetical order.

    UNKNOWN is the remaining id; UNKNOWN_WORD has it too.
    """
    ranked = sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))
    known = [word for word, _ in ranked if word != UNKNOWN_WORD]
    return {word: number for number, word in enumerate(known[: size - 1], start=1)}


def windows(words: Words, ids: dict[str, int], length: int) -> NDArray[np.int64]:
    """Cut a text into consecutive windows with what precedes each, (n, 2 length + 1).

    A row has ``length`` words of context, the window, and the word that follows. Every word after the first context is predicted once.
    """
    numbers = np.array([ids.get(word, UNKNOWN) for word in words], dtype=np.int64)
    count = (len(numbers) - 1) // length - 1
    starts = np.arange(count)[:, None] * length
    return numbers[starts + np.arange(2 * length + 1)[None, :]]


class LanguageProblem(Problem):
    """The first windows of the training text, and the first windows of the test text.

    The vocabulary is that of the training windows.
    """

    def __init__(self, task: Language, seed: int = 0) -> None:
        texts = []
        for split, words, size in zip(("train", "test"), SOURCES[task.source](task, seed), (task.train_size, task.test_size), strict=True):
            needed = _needed(size, task.length)
            if len(words) < needed:
                raise DataError(
                    f"the {split} text of {task.source} has {len(words)} words, and {size} windows of {task.length} need {needed}; "
                    f"lower {split}_size"
                )
            texts.append(words[:needed])
        training, test = texts
        ids = vocabulary(training, task.vocabulary)
        self.length, self.classes, self.train_size = task.length, len(ids) + 1, task.train_size
        self._cutoffs = [cutoff for cutoff in task.cutoffs if cutoff < self.classes - 1]
        self._interim = task.interim_test_size or task.test_size
        self._train, self._test = (torch.from_numpy(windows(part, ids, task.length)) for part in (training, test))

    def network(self, recipe: Training, seed: int) -> nn.Module:
        network = recipe.network
        sizes = network.embedding, network.hidden, network.layers, self.classes
        streams = initial_streams(network, seed)
        return FrameNetwork(network.cell, *sizes, streams, words=self.classes, unread=self.length, cutoffs=self._cutoffs)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        return self._split(self._train[rows])

    def loss(self, scores: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten())

    def evaluate(self, model: Model) -> dict[str, float]:
        """Test the model: ``test_loss`` in nats a word, and ``perplexity``, its exponential."""
        return self._evaluated(model, self._test)

    def evaluate_interim(self, model: Model) -> dict[str, float]:
        return self._evaluated(model, self._test[: self._interim])

    def samples(self, count: int) -> Tensor:
        return self._split(self._test[:count])[0]

    def targets(self, count: int) -> Tensor:
        return self._split(self._test[:count])[1]

    def _evaluated(self, model: Model, windows: Tensor) -> dict[str, float]:
        total = 0.0
        for part in windows.split(EVALUATION_BATCH):
            inputs, targets = self._split(part)
            total += float(nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), reduction="sum"))
        loss = total / (len(windows) * self.length)
        return {"test_loss": loss, "perplexity": math.exp(min(loss, 700.0))}  # 700: the largest whole exponent of a double

    def _split(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Split rows (B, 2L + 1) into inputs (2L, B), context first, and next words (L, B)."""
        return rows[:, :-1].T.contiguous(), rows[:, self.length + 1 :].T.contiguous()
