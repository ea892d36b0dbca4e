"""The synthetic speech has the phones, durations and noise it says it has, and a network can learn it."""

from __future__ import annotations

import numpy as np
import pytest

from reproductions.recipes import Network, Optimizer, Speech, Training
from reproductions.seeding import numpy_generator
from reproductions.tasks import speech
from reproductions.tasks.speech import SpeechProblem, phones, utterances
from reproductions.training import train
from reproductions.trials import Trial


def test_phones_are_the_same_for_ever_and_never_follow_themselves() -> None:
    language = phones(10)
    np.testing.assert_array_equal(language.targets, phones(10).targets)
    np.testing.assert_allclose(language.transitions.sum(axis=1), 1.0)
    assert (np.diag(language.transitions) == 0).all()


def test_phones_last_as_long_and_follow_each_other_as_the_chain_says() -> None:
    language = phones(4)
    _, labels = utterances(language, 400, 200, numpy_generator("test speech", 0))
    changes = labels[:, 1:] != labels[:, :-1]
    expected = 1 / speech.MEAN_FRAMES
    error = np.sqrt(expected * (1 - expected) / changes.size)
    assert abs(changes.mean() - expected) < 4 * error
    before, after = labels[:, :-1][changes], labels[:, 1:][changes]
    found = np.array([[np.mean(after[before == i] == j) for j in range(4)] for i in range(4)])
    np.testing.assert_allclose(found, language.transitions, atol=0.03)


def test_a_held_phone_settles_on_its_target_under_noise_of_the_stated_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "MEAN_FRAMES", 1e9)  # no phone ever ends
    language = phones(3)
    spectra, labels = utterances(language, 2_000, 30, numpy_generator("test speech", 1))
    residual = spectra[:, -1] - language.targets[labels[:, -1]]
    assert abs(residual.mean()) < 0.03
    assert residual.std() == pytest.approx(speech.NOISE, rel=0.03)
    neighbours = np.mean((spectra[:, -1] - language.targets[labels[:, -1]]) * (spectra[:, -2] - language.targets[labels[:, -2]]))
    assert neighbours == pytest.approx(speech.NOISE_MEMORY * speech.NOISE**2, abs=0.05)


def test_train_and_test_utterances_differ_and_a_seed_fixes_them() -> None:
    task = Speech(5, 20, 30, 30)
    one, same, other = (SpeechProblem(task, seed) for seed in (0, 0, 1))
    assert (one.samples(30) == same.samples(30)).all()
    assert not (one.samples(30) == other.samples(30)).any()
    assert not (one.samples(30) == one.batch(np_rows(30))[0]).any()


def np_rows(count: int):
    import torch

    return torch.arange(count)


def test_a_network_learns_more_than_the_most_frequent_phone() -> None:
    task = Speech(6, 30, 400, 200)
    recipe = Training("smoke", task, Network("irnn", 1, 32), Optimizer("adam", 3e-3, 1.0), 16, 200, 2)
    outcome = train(Trial(recipe, 0))
    labels = SpeechProblem(task, 0)._test[1].numpy()
    most_frequent = 100 * (1 - np.bincount(labels.ravel()).max() / labels.size)
    assert outcome.metrics["frame_error_rate"] < most_frequent / 2
