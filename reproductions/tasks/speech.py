"""Frame-wise phone recognition: the TIMIT task of the IRNN paper (section 2.4), on TIMIT or on synthesised speech."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from reproductions.data_files import DataError
from reproductions.dispatch import Table
from reproductions.networks import FrameNetwork, initial_streams
from reproductions.recipes import Training
from reproductions.speech import synthetic, timit
from reproductions.speech.log_mel import FEATURES
from reproductions.speech.utterance import Utterance, checksum
from reproductions.step_tasks import Speech
from reproductions.tasks import Model, Problem

UNSCORED = -100  # the label of a frame that is not there, or whose phone does not count; what torch's cross-entropy ignores
OTHER = "other"  # the class of a phone that no training utterance has
EVALUATION_BATCH = 50  # utterances per forward pass when testing; bounds memory, changes nothing

Corpora = tuple[Sequence[Utterance], Sequence[Utterance]]


def _espeak(task: Speech) -> Corpora:
    return synthetic.corpus("train", task.train_size, True), synthetic.corpus("test", task.test_size, True)


def _espeak_validation(task: Speech) -> Corpora:
    return synthetic.corpus("train", task.train_size, True), synthetic.corpus("validation", task.test_size, True)


def _espeak_stories(task: Speech) -> Corpora:
    return synthetic.corpus("train", task.train_size, False), synthetic.corpus("test", task.test_size, False)


def _timit(task: Speech) -> Corpora:
    return timit.corpus()


# The training and the test utterances of a source.
SOURCES: Table[str, Callable[[Speech], Corpora]] = {
    "espeak": _espeak,
    "espeak-validation": _espeak_validation,
    "espeak-stories": _espeak_stories,
    "timit": _timit,
}


class SpeechProblem(Problem):
    """Utterances to be labelled frame by frame, the same for every seed.

    Every feature is shifted and scaled by its mean and standard deviation over the training frames. An utterance that is shorter than
    ``frames`` is filled up with frames that are not scored.
    """

    def __init__(self, task: Speech, seed: int = 0) -> None:
        train, test = SOURCES[task.source](task)
        for split, have, wanted in (("training", len(train), task.train_size), ("test", len(test), task.test_size)):
            if have < wanted:
                raise DataError(f"{task.source} has {have} {split} utterances, fewer than the {wanted} that the recipe reads")
        train, test = train[: task.train_size], test[: task.test_size]
        self.speakers = tuple(frozenset(one.speaker for one in part) for part in (train, test))
        self.audio = checksum([*train, *test])
        self.phones = (OTHER, *sorted({phone for one in train for phone in one.phones if phone is not None}))
        self.classes, self.train_size = len(self.phones), task.train_size
        self._train, self._test = (self._encoded(part, task.frames) for part in (train, test))
        scored = self._train[0][self._train[1] != UNSCORED]
        mean, spread = scored.mean(dim=0), scored.std(dim=0).clamp(min=1e-6)
        for frames, labels in (self._train, self._test):
            frames.sub_(mean).div_(spread)[labels == UNSCORED] = 0.0

    def _encoded(self, utterances: Sequence[Utterance], longest: int) -> tuple[Tensor, Tensor]:
        """Return the features (utterances, frames, FEATURES) and the labels (utterances, frames)."""
        frames = np.zeros((len(utterances), longest, FEATURES), dtype=np.float32)
        labels = np.full((len(utterances), longest), UNSCORED, dtype=np.int64)
        classes = {phone: number for number, phone in enumerate(self.phones)}
        for row, one in enumerate(utterances):
            names = one.frame_phones()[:longest]
            frames[row, : len(names)] = one.frames[:longest]
            labels[row, : len(names)] = [UNSCORED if name is None else classes.get(name, 0) for name in names]
        return torch.from_numpy(frames), torch.from_numpy(labels)

    def network(self, recipe: Training, seed: int) -> nn.Module:
        network = recipe.network
        return FrameNetwork(network.cell, FEATURES, network.hidden, network.layers, self.classes, initial_streams(network, seed))

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        frames, labels = self._train
        return frames[rows].transpose(0, 1).contiguous(), labels[rows].T.contiguous()

    def loss(self, scores: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=UNSCORED)

    def evaluate(self, model: Model) -> dict[str, float]:
        """Test the model: ``test_loss`` in nats a frame and ``frame_error_rate`` in percent of the scored frames."""
        loss, wrong, (frames, labels) = 0.0, 0, self._test
        for start in range(0, len(labels), EVALUATION_BATCH):
            scores = model(frames[start : start + EVALUATION_BATCH].transpose(0, 1).contiguous())
            targets = labels[start : start + EVALUATION_BATCH].T
            flat = targets.flatten()
            loss += float(nn.functional.cross_entropy(scores.flatten(0, 1), flat, ignore_index=UNSCORED, reduction="sum"))
            wrong += int(((scores.argmax(dim=2) != targets) & (targets != UNSCORED)).sum())
        scored = int((labels != UNSCORED).sum())
        return {"test_loss": loss / scored, "frame_error_rate": 100 * wrong / scored}

    def samples(self, count: int) -> Tensor:
        return self._test[0][:count].transpose(0, 1).contiguous()

    def targets(self, count: int) -> Tensor:
        return self._test[1][:count].T
