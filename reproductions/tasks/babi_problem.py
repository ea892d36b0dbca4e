"""A bAbI task as a problem for the training loop: simulated or published text, encoded, batched and scored."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from reproductions import datasets
from reproductions.data_files import DataError
from reproductions.dispatch import Table
from reproductions.networks import BabiNetwork, StoryBatch, initial_streams
from reproductions.recipes import Babi, Training
from reproductions.seeding import numpy_generator
from reproductions.tasks import Model, Problem, babi
from reproductions.tasks.babi_simulator import simulate

EVALUATION_BATCH = 250  # questions per forward pass when testing; bounds memory, changes nothing


def _published(task: Babi, split: str, size: int, seed: int) -> list[babi.Question]:
    questions = babi.parse(datasets.babi_text(task.task, split), f"bAbI task {task.task} {split}")
    if len(questions) < size:
        raise DataError(f"bAbI task {task.task} {split} has {len(questions)} questions, fewer than {size}")
    return questions[:size]


def _simulated(task: Babi, split: str, size: int, seed: int) -> list[babi.Question]:
    text = simulate(task.task, size, numpy_generator("babi simulator", task.task, split, size, seed))
    return babi.parse(text, f"simulated bAbI task {task.task} {split}")


SOURCES: Table[str, Callable[[Babi, str, int, int], list[babi.Question]]] = {"files": _published, "simulated": _simulated}


class BabiProblem(Problem):
    """The problem of one bAbI task.

    ``source`` "files" means the published questions, the same for every seed; "simulated" means fresh questions for every seed.
    """

    def __init__(self, task: Babi, seed: int) -> None:
        train, test = (self._questions(task, split, size, seed) for split, size in (("train", task.train_size), ("test", task.test_size)))
        vocabulary = babi.Vocabulary.of(train + test)
        self._combine = task.combine
        self.words, self.classes = len(vocabulary.words) + 1, len(vocabulary.answers)
        self._train, self._test = babi.encode(train, vocabulary), babi.encode(test, vocabulary)
        self.train_size = len(train)

    @staticmethod
    def _questions(task: Babi, split: str, size: int, seed: int) -> list[babi.Question]:
        return SOURCES[task.source](task, split, size, seed)

    def network(self, recipe: Training, seed: int) -> nn.Module:
        network = recipe.network
        streams = initial_streams(network, seed)
        return BabiNetwork(network.cell, self.words, self.classes, network.embedding, network.hidden, self._combine, streams)

    def batch(self, rows: Tensor) -> tuple[StoryBatch, Tensor]:
        return _stories(self._train, rows), torch.from_numpy(self._train.answer)[rows]

    def loss(self, scores: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.cross_entropy(scores, targets)

    def evaluate(self, model: Model) -> dict[str, float]:
        loss, correct, answers = 0.0, 0, torch.from_numpy(self._test.answer)
        for rows in torch.arange(len(answers)).split(EVALUATION_BATCH):
            scores = model(_stories(self._test, rows))
            loss += float(nn.functional.cross_entropy(scores, answers[rows], reduction="sum"))
            correct += int((scores.argmax(dim=1) == answers[rows]).sum())
        return {"test_loss": loss / len(answers), "test_accuracy": 100 * correct / len(answers)}

    def samples(self, count: int) -> StoryBatch:
        return _stories(self._test, torch.arange(count))

    def targets(self, count: int) -> Tensor:
        return torch.from_numpy(self._test.answer)[:count]


def _stories(data: babi.EncodedBabi, rows: Tensor) -> StoryBatch:
    """Return the questions ``rows``, cut to the longest story and question among them."""
    index = rows.numpy()
    story_length, question_length = torch.from_numpy(data.story_length[index]), torch.from_numpy(data.question_length[index])
    story = torch.from_numpy(data.story[index])[:, : int(story_length.max())]
    question = torch.from_numpy(data.question[index])[:, : int(question_length.max())]
    return StoryBatch(story, story_length, question, question_length)
