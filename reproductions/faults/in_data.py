"""Faults of the data: adding, pixel MNIST and bAbI."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from reproductions import networks
from reproductions.faults.fault import Fault, instead
from reproductions.seeding import numpy_generator
from reproductions.tasks import adding, babi, babi_problem, pixel_mnist


def _third_marker(inputs: Any) -> Any:
    def replacement(self: Any, rows: Any = slice(None)) -> torch.Tensor:
        sequences = inputs(self, rows)
        sequences[(self.positions[rows].max(axis=1) + 1) % len(sequences), range(sequences.shape[1]), 1] = 1.0
        return sequences

    return replacement


def _in_one_half(generate: Any) -> Any:
    def replacement(length: int, count: int, rng: np.random.Generator) -> adding.AddingData:
        half = length // 2
        positions = generate(half, count, rng).positions + half * rng.integers(2, size=(count, 1))
        return adding.AddingData(generate(length, count, rng).values, positions)

    return replacement


def _target_in_input(inputs: Any) -> Any:
    def replacement(self: Any, rows: Any = slice(None)) -> torch.Tensor:
        sequences = inputs(self, rows)
        sequences[0, :, 0] = self.targets(rows) / 2  # the range of the other numbers
        return sequences

    return replacement


def _first_marked(self: Any, rows: Any = slice(None)) -> torch.Tensor:
    return torch.from_numpy(np.take_along_axis(self.values[rows], self.positions[rows], axis=1)[:, 0])


def _double_targets(batch: Any) -> Any:
    def replacement(self: Any, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, targets = batch(self, rows)
        return inputs, 2 * targets

    return replacement


def _load_then(change: Callable[..., tuple[Any, ...]]) -> Callable[[Any], Any]:
    """Return ``pixel_mnist.load`` with ``change`` made to training images, training labels, test images and test labels."""
    return lambda load: lambda *args: change(*load(*args))


def _overlap(train: Any, train_labels: Any, test: Any, test_labels: Any) -> tuple[Any, ...]:
    return train, train_labels, np.concatenate([train[:50], test[50:]]), np.concatenate([train_labels[:50], test_labels[50:]])


def _shuffle_labels(train: Any, train_labels: Any, test: Any, test_labels: Any) -> tuple[Any, ...]:
    return train, numpy_generator("fault", "labels").permutation(train_labels), test, test_labels


def _spoil_labels(train: Any, train_labels: Any, test: Any, test_labels: Any) -> tuple[Any, ...]:
    rng = numpy_generator("fault", "wrong labels")
    other = (train_labels + rng.integers(1, 10, size=len(train_labels)).astype(train_labels.dtype)) % 10
    return train, np.where(rng.random(len(train_labels)) < 0.2, other, train_labels), test, test_labels


def _merge_nines(train: Any, train_labels: Any, test: Any, test_labels: Any) -> tuple[Any, ...]:
    return train, np.where(train_labels == 9, 4, train_labels), test, np.where(test_labels == 9, 4, test_labels)


def _easy_test(train: Any, train_labels: Any, test: Any, test_labels: Any) -> tuple[Any, ...]:
    kept = np.resize(np.flatnonzero(test_labels < 5), len(test_labels))
    return train, train_labels, test[kept], test_labels[kept]


def _other_order_on_test(load: Any, lengths: tuple[int, ...] = (49, 196, 784)) -> Any:
    def replacement(self: Any, task: Any, seed: int = 0) -> None:
        load(self, task)
        if task.order == "permuted" and task.steps in lengths:
            self._test = self._test[:, numpy_generator("fault", "test order").permutation(task.steps)]

    return replacement


def _new_order_every_batch(batch: Any) -> Any:
    rng = numpy_generator("fault", "batch order")

    def replacement(self: Any, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, labels = batch(self, rows)
        return inputs[rng.permutation(len(inputs))], labels

    return replacement


def _other_order_on_long_test(load: Any) -> Any:
    return _other_order_on_test(load, (784,))


def _new_order_every_epoch(batch: Any) -> Any:
    def replacement(self: Any, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, labels = batch(self, rows)
        read = vars(self).get("read_so_far", 0)
        self.read_so_far = read + len(rows)
        if epoch := read // self.train_size:  # the first epoch has the recorded order
            inputs = inputs[numpy_generator("fault", "epoch order", epoch).permutation(len(inputs))]
        return inputs, labels

    return replacement


def _shift_answers(encode: Any) -> Any:
    def replacement(questions: Any, vocabulary: Any) -> Any:
        encoded = encode(questions, vocabulary)
        return dataclasses.replace(encoded, answer=np.roll(encoded.answer, 1))

    return replacement


def _blank_question(stories: Any) -> Any:
    def replacement(data: Any, rows: torch.Tensor) -> Any:
        batch = stories(data, rows)
        return dataclasses.replace(batch, question=torch.full_like(batch.question, babi.PADDING))

    return replacement


DATA_FAULTS = (
    Fault(
        "three-markers",
        "the adding mask marks three numbers; the target is the sum of two",
        ((adding.AddingData, "inputs", _third_marker),),
    ),
    Fault(
        "markers-in-one-half",
        "both marked numbers of an adding sequence lie in the same half",
        ((adding, "generate", _in_one_half),),
    ),
    Fault(
        "target-of-one-number",
        "the target of the adding problem is the first marked number alone",
        ((adding.AddingData, "targets", instead(_first_marked)),),
    ),
    Fault(
        "target-in-input",
        "the first number of an adding sequence is half the target",
        ((adding.AddingData, "inputs", _target_in_input),),
    ),
    Fault(
        "training-targets-doubled",
        "the targets of adding are doubled in training and not in the test",
        ((adding.AddingProblem, "batch", _double_targets),),
    ),
    Fault(
        "test-in-training",
        "50 test digits are training digits",
        ((pixel_mnist, "load", _load_then(_overlap)),),
    ),
    Fault(
        "labels-shuffled",
        "the training labels of the digits are shuffled",
        ((pixel_mnist, "load", _load_then(_shuffle_labels)),),
    ),
    Fault(
        "labels-partly-wrong",
        "a fifth of the training digits have a wrong label",
        ((pixel_mnist, "load", _load_then(_spoil_labels)),),
    ),
    Fault(
        "nines-labelled-four",
        "digits 9 are labelled 4, in training and test",
        ((pixel_mnist, "load", _load_then(_merge_nines)),),
    ),
    Fault(
        "easy-test-digits",
        "the test digits are 0 to 4 alone",
        ((pixel_mnist, "load", _load_then(_easy_test)),),
    ),
    Fault(
        "other-order-on-test",
        "the pixels of permuted test digits are in another order than in training",
        ((pixel_mnist.PixelMnistProblem, "__init__", _other_order_on_test),),
    ),
    Fault(
        "new-order-every-batch",
        "the pixel order is drawn anew for every training batch",
        ((pixel_mnist.PixelMnistProblem, "batch", _new_order_every_batch),),
    ),
    Fault(
        "new-order-every-epoch",
        "the pixel order is drawn anew for every epoch after the first",
        ((pixel_mnist.PixelMnistProblem, "batch", _new_order_every_epoch),),
    ),
    Fault(
        "other-order-on-long-test",
        "the permutation of 784 pixels is another one on the test set; shorter ones are right",
        ((pixel_mnist.PixelMnistProblem, "__init__", _other_order_on_long_test),),
    ),
    Fault(
        "answers-shifted",
        "every bAbI question has the answer of the question before it",
        ((babi, "encode", _shift_answers),),
    ),
    Fault(
        "question-dropped",
        "the bAbI network sees padding where the question stands",
        ((babi_problem, "_stories", _blank_question),),
    ),
    Fault(
        "padding-read",
        "the bAbI network reads every sequence at its last step, after the padding",
        ((networks, "at_length", instead(lambda outputs, length: outputs[-1])),),
    ),
)
