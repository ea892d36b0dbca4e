"""The adding problem (section 3.1; Hochreiter & Schmidhuber, 1997): predict the sum of the two marked numbers of a sequence."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from reproductions.networks import SequenceNetwork, initial_streams
from reproductions.recipes import Adding, Training
from reproductions.seeding import numpy_generator
from reproductions.tasks import Milestones, Model, Problem

BASELINE_MSE = 1 / 6  # predicting 1 always: the variance of a sum of two U[0, 1], printed as 0.167
EVALUATION_BATCH = 1000  # rows per forward pass when testing; bounds memory, changes nothing


@dataclass(frozen=True)
class AddingData:
    """Sequences with two marked steps each.

    ``values`` (n, T) are float32, uniform on [0, 1). ``positions`` (n, 2) are the two distinct marked steps.
    """

    values: NDArray[np.float32]
    positions: NDArray[np.int64]

    def inputs(self, rows: NDArray[np.int64] | slice = slice(None)) -> Tensor:
        """Return the inputs (T, B, 2): the numbers, and the mask that is 1 at the two marked steps."""
        values, positions = self.values[rows], self.positions[rows]
        inputs = np.zeros((values.shape[1], len(values), 2), dtype=np.float32)
        inputs[:, :, 0] = values.T
        inputs[positions.T, np.arange(len(values)), 1] = 1.0
        return torch.from_numpy(inputs)

    def targets(self, rows: NDArray[np.int64] | slice = slice(None)) -> Tensor:
        """Return the targets (B,): the sum of the two marked numbers."""
        return torch.from_numpy(self._sums[rows])

    @functools.cached_property
    def _sums(self) -> NDArray[np.float32]:
        return np.take_along_axis(self.values, self.positions, axis=1).sum(axis=1)


def generate(length: int, count: int, rng: np.random.Generator) -> AddingData:
    """Generate ``count`` sequences of ``length`` numbers with two distinct positions, uniform over all ordered pairs."""
    values = rng.random((count, length), dtype=np.float32)
    first = rng.integers(length, size=count)
    second = rng.integers(length - 1, size=count)
    second += second >= first  # skips `first`, so the pair is uniform over distinct positions
    return AddingData(values, np.stack([first, second], axis=1))


def at_half_the_baseline(mse: float) -> bool:
    """Say whether a test error is at most half of the error of always predicting 1."""
    return mse <= BASELINE_MSE / 2


class AddingProblem(Problem):
    """Materialised data of one seed, or, with ``train_size`` None, training sequences streamed fresh and never repeated."""

    loss_name = "test_mse"
    milestones: ClassVar[Milestones] = {"updates_to_half_baseline": ("test_mse", at_half_the_baseline)}

    def __init__(self, task: Adding, seed: int) -> None:
        self._task = task
        self._seed = seed
        self.train_size = task.train_size if task.train_size is not None else 0
        self._train = generate(task.length, self.train_size, numpy_generator("adding train", task.length, self.train_size, seed))
        self._test = generate(task.length, task.test_size, numpy_generator("adding test", task.length, task.test_size, seed))

    def network(self, recipe: Training, seed: int) -> nn.Module:
        network = recipe.network
        return SequenceNetwork(network.cell, 2, network.hidden, network.layers, 1, initial_streams(network, seed))

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        index = rows.numpy()
        return self._train.inputs(index), self._train.targets(index)

    def fresh_batch(self, size: int, update: int) -> tuple[Tensor, Tensor]:
        """Generate the streamed training batch of ``update``: (T, size, 2) and (size,)."""
        data = generate(self._task.length, size, numpy_generator("adding stream", self._task.length, size, self._seed, update))
        return data.inputs(), data.targets()

    def loss(self, scores: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.mse_loss(scores[:, 0], targets)

    def evaluate(self, model: Model) -> dict[str, float]:
        squared = 0.0
        for start in range(0, len(self._test.values), EVALUATION_BATCH):
            rows = slice(start, start + EVALUATION_BATCH)
            errors = model(self._test.inputs(rows))[:, 0].double() - self._test.targets(rows)
            squared += float(errors.square().sum())
        return {"test_mse": squared / len(self._test.values)}

    def samples(self, count: int) -> Tensor:
        return self._test.inputs(slice(count))

    def targets(self, count: int) -> Tensor:
        return self._test.targets(slice(count))
