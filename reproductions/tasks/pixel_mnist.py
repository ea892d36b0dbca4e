"""Sequential and permuted pixel MNIST (section 3.2; Le et al., 2015): classify a digit read one pixel at a time.

``pooling`` k averages k x k blocks first, so that a sequence has (28 / k)^2 steps. The permutation of each length is a file with its
checksum. It is the same for training and test, for every seed and forever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import resources
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from reproductions import datasets
from reproductions.data_files import DataError
from reproductions.dispatch import Table
from reproductions.networks import SequenceNetwork, initial_streams
from reproductions.recipes import PixelMnist, Training
from reproductions.seeding import numpy_generator
from reproductions.tasks import Milestones, Model, Problem

EVALUATION_BATCH = 500  # rows per forward pass when testing; bounds memory, changes nothing
TRAIN_SCORED = 500  # training images behind a training accuracy: the first ones, whose share of right answers is known to 2 points
TWICE_CHANCE = 20.0  # percent; ten digits
PERMUTATION_SHA256 = {  # of the files' unwrapped bytes; made once by `draw_permutation`
    49: "a207338874c169289c259e387da5198442d49e20896b6864300d55bed218bc42",
    196: "e388e628b8fe3642502ded695f2b9779db990527efb89b4790a032e094644146",
    784: "96a77dda2c9bb57d3dc5ce2c0022968f822220a2a6299054e8a08ecb88aa1d77",
}


def draw_permutation(steps: int) -> NDArray[np.int64]:
    """Draw a uniform permutation of ``steps`` pixels; this draw made the permutation files."""
    return numpy_generator("pixel permutation", steps).permutation(steps)


def permutation(steps: int) -> NDArray[np.int64]:
    """Read the fixed pixel order of permuted MNIST with ``steps`` pixels from its file.

    Raises DataError if the file is missing or was altered, or if there is no permutation of that length.
    """
    name = f"permutation_{steps}.txt"
    path = resources.files("reproductions.tasks") / "data" / name
    if steps not in PERMUTATION_SHA256:
        raise DataError(f"no stored permutation of {steps} pixels; stored: {', '.join(map(str, PERMUTATION_SHA256))}")
    if not path.is_file():
        raise DataError(f"{name} is missing from the installation; reinstall")
    content = datasets.unwrapped(path.read_bytes())
    found = hashlib.sha256(content).hexdigest()
    if found != PERMUTATION_SHA256[steps]:
        raise DataError(f"{name} was altered (SHA-256 {found[:12]}..., recorded {PERMUTATION_SHA256[steps][:12]}...); reinstall")
    return np.array(content.split(), dtype=np.int64)


def pixels(images: NDArray[np.uint8], pooling: int, order: str) -> NDArray[np.float32]:
    """Transform images (n, 28, 28) of bytes into sequences (n, T) in [0, 1].

    A pixel is the mean of k x k bytes. Rows are read from the top left, and permuted if ``order`` says so.
    """
    n, side = len(images), 28 // pooling
    blocks = images.reshape(n, side, pooling, side, pooling).mean(axis=(2, 4), dtype=np.float32) / np.float32(255)
    sequences = blocks.reshape(n, side * side)
    return np.ascontiguousarray(sequences[:, permutation(side * side)] if order == "permuted" else sequences)


Digits = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


def load(source: str, train_size: int, test_size: int) -> Digits:
    """Load training images, training labels, test images and test labels from one of SOURCES.

    Raises DataError if it has too few.
    """
    return SOURCES[source](train_size, test_size)


def _published(train_size: int, test_size: int) -> Digits:
    """Load the first ``train_size`` and ``test_size`` digits of the published splits."""
    (train_images, train_labels), (test_images, test_labels) = datasets.mnist("train"), datasets.mnist("test")
    if train_size > len(train_images) or test_size > len(test_images):
        raise DataError(f"MNIST has {len(train_images)} training and {len(test_images)} test images, not {train_size} and {test_size}")
    return train_images[:train_size], train_labels[:train_size], test_images[:test_size], test_labels[:test_size]


def _embedded(train_size: int, test_size: int) -> Digits:
    """Load the 5,000 digits that come with a package, shuffled once by a fixed stream.

    The last ``test_size`` digits are the test set, so no digit is in both.
    """
    images, labels = datasets.embedded_mnist()
    if train_size + test_size > len(images):
        raise DataError(f"the embedded digits number {len(images)}, fewer than {train_size} + {test_size}")
    shuffled = numpy_generator("embedded digits").permutation(len(images))
    train, test = shuffled[:train_size], shuffled[len(images) - test_size :]
    return images[train], labels[train], images[test], labels[test]


SOURCES: Table[str, Callable[[int, int], Digits]] = {"mnist": _published, "embedded": _embedded}


def at_twice_chance(accuracy: float) -> bool:
    """Say whether an accuracy in percent is at least twice the accuracy of guessing one of ten digits."""
    return accuracy >= TWICE_CHANCE


class PixelMnistProblem(Problem):
    """Pixel sequences with their labels. The data does not depend on the seed; the order of the batches does."""

    milestones: ClassVar[Milestones] = {"updates_to_twice_chance": ("test_accuracy", at_twice_chance)}

    def __init__(self, task: PixelMnist, seed: int = 0) -> None:
        self._interim_size = task.interim_test_size or task.test_size
        train_images, train_labels, test_images, test_labels = load(task.source, task.train_size, task.test_size)
        self._train = torch.from_numpy(pixels(train_images, task.pooling, task.order))
        self._test = torch.from_numpy(pixels(test_images, task.pooling, task.order))
        self._train_labels = torch.from_numpy(train_labels.astype(np.int64))
        self._test_labels = torch.from_numpy(test_labels.astype(np.int64))
        self.train_size = len(self._train)

    def network(self, recipe: Training, seed: int) -> nn.Module:
        network = recipe.network
        return SequenceNetwork(network.cell, 1, network.hidden, network.layers, 10, initial_streams(network, seed))

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        return as_sequence(self._train[rows]), self._train_labels[rows]

    def loss(self, scores: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.cross_entropy(scores, targets)

    def evaluate(self, model: Model) -> dict[str, float]:
        return self._metrics(model, len(self._test))

    def evaluate_interim(self, model: Model) -> dict[str, float]:
        return self._metrics(model, self._interim_size)

    def _metrics(self, model: Model, count: int) -> dict[str, float]:
        """Test the model on the first ``count`` test images.

        Returns ``test_loss`` in nats and ``test_accuracy`` in percent, and ``train_accuracy`` of TRAIN_SCORED training images.
        """
        test_loss, test_accuracy = _scored(model, self._test[:count], self._test_labels[:count])
        _, train_accuracy = _scored(model, self._train[:TRAIN_SCORED], self._train_labels[:TRAIN_SCORED])
        return {"test_loss": test_loss, "test_accuracy": test_accuracy, "train_accuracy": train_accuracy}

    def samples(self, count: int) -> Tensor:
        return as_sequence(self._test[:count])

    def targets(self, count: int) -> Tensor:
        return self._test_labels[:count]


def _scored(model: Model, sequences: Tensor, labels: Tensor) -> tuple[float, float]:
    """Compute mean cross-entropy in nats and accuracy in percent over all of ``sequences`` (n, T)."""
    loss, correct = 0.0, 0
    for rows in torch.arange(len(labels)).split(EVALUATION_BATCH):
        scores = model(as_sequence(sequences[rows]))
        loss += float(nn.functional.cross_entropy(scores, labels[rows], reduction="sum"))
        correct += int((scores.argmax(dim=1) == labels[rows]).sum())
    return loss / len(labels), 100 * correct / len(labels)


def as_sequence(rows: Tensor) -> Tensor:
    """Transpose (B, T) pixels to (T, B, 1) inputs."""
    return rows.T.contiguous().unsqueeze(2)
