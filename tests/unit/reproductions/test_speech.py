"""Synthesised speech has exact phones, speakers who only train or only test, and is the same in every process."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from speech_files import miniature_timit

from reproductions.data_files import DataError
from reproductions.recipes import Network, Optimizer, Training
from reproductions.running.executor import LocalExecutor
from reproductions.speech import synthetic
from reproductions.speech.log_mel import BANDS
from reproductions.speech.utterance import Utterance, checksum
from reproductions.step_tasks import Speech
from reproductions.store.outcomes import Store
from reproductions.tasks.speech import UNSCORED, SpeechProblem
from reproductions.training import train
from reproductions.trials import Trial

STORIES = Speech("espeak-stories", 100, 12, 8)
synthesised = pytest.mark.skipif(importlib.util.find_spec(synthetic.ENGINE) is None, reason="needs the extra speech")


def recipe(task: Speech, cell: str = "irnn-0.01-glorot", updates: int = 200) -> Training:
    return Training("smoke", task, Network(cell, 1, 32), Optimizer("adam", 3e-3, 1.0), 4, updates, 2)


@synthesised
def test_speakers_of_the_splits_are_disjoint_and_all_are_used() -> None:
    splits = [set(synthetic.speakers_of(split)) for split in ("train", "validation", "test")]
    assert [len(split) for split in splits] == [75, 10, 10]
    assert len(set.union(*splits)) == 95
    problem = SpeechProblem(STORIES)
    assert problem.speakers == (frozenset(synthetic.speakers_of("train")[:12]), frozenset(synthetic.speakers_of("test")[:8]))


@synthesised
def test_the_waveforms_are_the_same_in_another_process_whatever_was_spoken_before() -> None:
    here = synthetic.corpus("train", 12, False)
    code = (
        "from reproductions.speech import synthetic as s, utterance as u; s.corpus('test', 3, False); "
        "print(u.checksum(s.corpus('train', 12, False)))"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert checksum(here) == there


@synthesised
def test_hissing_phones_hiss_and_vowels_do_not() -> None:
    """The share of neighbouring samples with a change of sign, between a phone's event and the next, from the waveform alone."""
    changes: dict[bool, list[float]] = {True: [], False: []}
    for one in synthetic.corpus("train", 30, False):
        ends = (*one.starts[1:], len(one.samples))
        for start, end, phone in zip(one.starts, ends, one.phones, strict=True):
            if end - start > 400 and phone in ("s", "S", "u:", "aI", "0", "oU"):
                signs = np.sign(one.samples[start:end].astype(int))
                changes[phone in "sS"].append(float(np.mean(signs[1:] != signs[:-1])))
    assert min(map(len, changes.values())) > 8
    assert np.median(changes[True]) > 2 * np.median(changes[False])


def test_stress_does_not_count_and_every_pause_is_one() -> None:
    assert [synthetic._phone(name) for name in ("'aI", ",oU", "t", "_", "_:", "", "'")] == ["aI", "oU", "t", "_", "_", "_", "_"]


def test_sentences_of_a_text_are_of_plain_words() -> None:
    text = "x . The cat sat on a mat . He said <unk> to it . In 1990 it rained again . It was , of course , wet . Too short . The end\n"
    assert synthetic._of_text(text) == ["The cat sat on a mat", "It was, of course, wet"]


@synthesised
def test_noise_lies_between_the_stated_levels_below_the_speech() -> None:
    clean = (np.sin(np.arange(60_000)) * 8_000).astype(np.int16)
    levels = []
    for seed in range(40):
        noise = synthetic._noisy(clean, np.random.default_rng(seed)).astype(float) - clean
        levels.append(10 * np.log10(np.mean(clean.astype(float) ** 2) / np.mean(noise**2)))
    low, high = synthetic.LOUDNESS_OVER_NOISE
    assert low - 0.1 < min(levels) < low + 3
    assert high - 3 < max(levels) < high + 0.1


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "ENGINE", "no_such_package")
    with pytest.raises(DataError) as refused:
        synthetic.speakers_of("train")
    assert "is not installed; `pip install 'rin-claims[speech]'` brings it" in str(refused.value)


@pytest.fixture
def timit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Speech:
    """The task of a miniature TIMIT, whose phones differ in their loudness."""
    miniature_timit(tmp_path)
    monkeypatch.setenv("RIN_CLAIMS_DATA", str(tmp_path))
    return Speech("timit", 110, 6, 3)


def test_features_have_mean_0_and_deviation_1_over_the_scored_training_frames(timit: Speech) -> None:
    problem = SpeechProblem(timit)
    frames, labels = problem.batch(torch.arange(6))
    scored = frames[labels != UNSCORED]
    torch.testing.assert_close(scored.mean(dim=0), torch.zeros(2 * BANDS), atol=1e-4, rtol=0)
    torch.testing.assert_close(scored.std(dim=0), torch.ones(2 * BANDS), atol=1e-4, rtol=0)


def test_errors_are_counted_over_scored_frames_alone(timit: Speech) -> None:
    """A stand-in that is always right has no error, one that is always wrong 100 %, whatever it says of unscored frames."""
    problem = SpeechProblem(timit)
    targets = problem.targets(3)
    right = torch.nn.functional.one_hot(targets.clamp(min=0), problem.classes).double() * 50
    found = problem.evaluate(lambda frames: right)
    assert (found["frame_error_rate"], round(found["test_loss"], 6)) == (0.0, 0.0)
    assert problem.evaluate(lambda frames: -right)["frame_error_rate"] == 100.0


def test_a_network_learns_more_than_the_most_frequent_phone(timit: Speech) -> None:
    labels = SpeechProblem(timit).targets(3)
    scored = labels[labels != UNSCORED]
    most_frequent = 100 * (1 - float(torch.bincount(scored).max()) / len(scored))
    metrics = train(Trial(recipe(timit), 0)).metrics
    assert metrics["frame_error_rate"] is not None
    assert metrics["frame_error_rate"] < most_frequent / 2


def test_the_checksum_of_the_audio_is_in_the_provenance(timit: Speech, tmp_path: Path) -> None:
    trial = Trial(recipe(timit, updates=2), 0)
    (outcome,) = LocalExecutor(Store(tmp_path / "store")).ensure([trial]).values()
    assert outcome.provenance["audio_sha256"] == SpeechProblem(timit).audio
    one = Utterance("a", np.arange(5, dtype=np.int16), 16_000, (0,), ("s",))
    others = [
        Utterance("b", one.samples, 16_000, (0,), ("s",)),
        Utterance("a", one.samples + np.int16(1), 16_000, (0,), ("s",)),
        Utterance("a", one.samples, 16_000, (1,), ("s",)),
        Utterance("a", one.samples, 16_000, (0,), ("z",)),
    ]
    assert len({checksum([each]) for each in (one, *others)}) == 5
