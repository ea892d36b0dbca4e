"""Frame-wise phone recognition: the TIMIT task of the IRNN paper (section 2.4) on synthetic speech.

The synthetic speech stands in for the licensed data. An utterance is a Markov chain of phones, each held for several frames. The spectrum
moves from one phone's target to the next instead of jumping (coarticulation). Noise that is correlated in time lies over it. Phone targets
and transitions are the same for every seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from reproductions.networks import FrameNetwork, initial_streams
from reproductions.recipes import Speech, Training
from reproductions.seeding import numpy_generator
from reproductions.tasks import Model, Problem

FEATURES = 13  # the customary number of cepstral coefficients a frame
MEAN_FRAMES = 8  # of a phone: 80 ms at the customary 10 ms a frame
INERTIA = 0.6  # share of the previous spectrum that a frame keeps on its way to the phone's target
NOISE = 1.0  # standard deviation of the noise, in that of the targets
NOISE_MEMORY = 0.5  # correlation of the noise between neighbouring frames
EVALUATION_BATCH = 200  # utterances per forward pass when testing; bounds memory, changes nothing


@dataclass(frozen=True)
class Phones:
    """The phones of a language, by targets (P, FEATURES) and transition matrix (P, P).

    The matrix has the transitions between different phones: its rows sum to 1 and its diagonal is 0.
    """

    targets: NDArray[np.float64]
    transitions: NDArray[np.float64]


def phones(count: int) -> Phones:
    """Draw the ``count`` phones of the synthetic language, the same for every seed."""
    rng = numpy_generator("synthetic phones", count)
    transitions = rng.dirichlet(np.full(count, 0.5), size=count)  # 0.5: a few followers carry most of the probability
    np.fill_diagonal(transitions, 0.0)
    return Phones(rng.standard_normal((count, FEATURES)), transitions / transitions.sum(axis=1, keepdims=True))


def utterances(language: Phones, count: int, frames: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Draw spectra (count, frames, FEATURES) and the phone of each frame (count, frames)."""
    label = rng.integers(len(language.targets), size=count)
    cumulative = np.cumsum(language.transitions, axis=1)
    spectrum = language.targets[label]
    noise = rng.standard_normal((count, FEATURES))
    spectra, labels = np.empty((count, frames, FEATURES), dtype=np.float32), np.empty((count, frames), dtype=np.int64)
    for frame in range(frames):
        labels[:, frame] = label
        spectrum = INERTIA * spectrum + (1 - INERTIA) * language.targets[label]
        noise = NOISE_MEMORY * noise + (1 - NOISE_MEMORY**2) ** 0.5 * rng.standard_normal((count, FEATURES))
        spectra[:, frame] = spectrum + NOISE * noise
        ends = rng.random(count) < 1 / MEAN_FRAMES
        drawn = (rng.random((count, 1)) < cumulative[label]).argmax(axis=1)
        label = np.where(ends, drawn, label)
    return spectra, labels


class SpeechProblem(Problem):
    """Utterances of one seed, to be labelled frame by frame."""

    def __init__(self, task: Speech, seed: int) -> None:
        language = phones(task.phones)
        self.classes, self.train_size = task.phones, task.train_size
        sizes = {"train": task.train_size, "test": task.test_size}
        sets = {
            split: utterances(language, size, task.frames, numpy_generator("synthetic speech", split, task.phones, task.frames, size, seed))
            for split, size in sizes.items()
        }
        self._train, self._test = ((torch.from_numpy(spectra), torch.from_numpy(labels)) for spectra, labels in sets.values())

    def network(self, recipe: Training, seed: int) -> nn.Module:
        network = recipe.network
        return FrameNetwork(network.cell, FEATURES, network.hidden, network.layers, self.classes, initial_streams(network, seed))

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        spectra, labels = self._train
        return spectra[rows].transpose(0, 1).contiguous(), labels[rows].T.contiguous()

    def loss(self, scores: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten())

    def evaluate(self, model: Model) -> dict[str, float]:
        """Test the model: ``test_loss`` in nats a frame and ``frame_error_rate`` in percent."""
        loss, wrong, (spectra, labels) = 0.0, 0, self._test
        for start in range(0, len(labels), EVALUATION_BATCH):
            scores = model(spectra[start : start + EVALUATION_BATCH].transpose(0, 1).contiguous())
            targets = labels[start : start + EVALUATION_BATCH].T
            loss += float(nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten(), reduction="sum"))
            wrong += int((scores.argmax(dim=2) != targets).sum())
        return {"test_loss": loss / labels.numel(), "frame_error_rate": 100 * wrong / labels.numel()}

    def samples(self, count: int) -> Tensor:
        return self._test[0][:count].transpose(0, 1).contiguous()

    def targets(self, count: int) -> Tensor:
        return self._test[1][:count].T
