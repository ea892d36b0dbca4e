"""The guards of texts and of speech are silent on sound data and notice what was planted."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

import pytest
from speech_files import miniature_timit

from reproductions.faults import FAULTS
from reproductions.guards import of_outcomes, of_recipes
from reproductions.recipes import Network, Optimizer, Recipe, Training
from reproductions.speech import synthetic
from reproductions.step_tasks import Language, Speech
from reproductions.trials import Outcome, Trial

TEXT = Training("smoke", Language("stories", 40, 5, 64, 20), Network("lstm", 1, 8, embedding=8), Optimizer("adam", 1e-3, 1.0), 16, 300, 2)
SPOKEN = dataclasses.replace(TEXT, task=Speech("espeak-stories", 100, 12, 8), batch_size=4)
NOTICED = {
    "vocabulary-of-test-text": (TEXT, "vocabulary-of-training"),
    "state-not-carried-on": (TEXT, "state-is-carried"),
    "half-of-text-scored": (TEXT, "unigram-baseline"),
    "half-of-speech-scored": (SPOKEN, "majority-baseline"),
    "labels-one-frame-late": (SPOKEN, "labels-fit-frames"),
    "test-speakers-in-training": (SPOKEN, "speakers-are-disjoint"),
}
synthesised = pytest.mark.skipif(importlib.util.find_spec(synthetic.ENGINE) is None, reason="needs the extra speech")


def alarms(recipe: Training, seed: int = 0) -> dict[str, str]:
    return {found.guard: found.message for found in of_recipes.findings([Trial(recipe, seed)]) if found.message}


def measured(losses: dict[Recipe, float], metric: str) -> dict[str, str]:
    """What the guards of outcomes say of networks that ended with these numbers."""
    outcomes = {
        Trial(recipe, 0): Outcome("budget", {metric: value, "test_loss": value}, {"updates": ()}, updates=300)
        for recipe, value in losses.items()
    }
    names = {"better-than-unigrams", "lstm-below-tanh", "better-than-majority"}
    return {found.guard: found.message for found in of_outcomes.findings(outcomes) if found.message and found.guard in names}


@synthesised
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("recipe", [TEXT, SPOKEN])
def test_sound_data_raise_no_alarm(recipe: Training, seed: int) -> None:
    assert alarms(recipe, seed) == {}


@synthesised
@pytest.mark.parametrize("name", NOTICED)
def test_a_planted_fault_raises_the_alarm_that_is_meant_for_it(name: str) -> None:
    recipe, guard = NOTICED[name]
    fault = next(fault for fault in FAULTS if fault.name == name)
    with fault.plant():
        assert guard in alarms(recipe)
    assert guard not in alarms(recipe)


def test_a_language_model_that_is_no_better_than_single_words_is_noticed() -> None:
    assert measured({TEXT: 1.0}, "perplexity") == {}
    assert "no better than" in measured({TEXT: 9.0}, "perplexity")["better-than-unigrams"]
    assert measured({dataclasses.replace(TEXT, updates=20): 9.0}, "perplexity") == {}  # it has hardly begun


def test_an_lstm_that_is_not_below_the_tanh_rnn_is_noticed() -> None:
    tanh = dataclasses.replace(TEXT, network=dataclasses.replace(TEXT.network, cell="tanh"))
    smaller = dataclasses.replace(TEXT, network=dataclasses.replace(TEXT.network, hidden=4))
    assert measured({TEXT: 1.0, tanh: 1.2}, "perplexity") == {}
    assert measured({TEXT: 1.0, smaller: 1.3, tanh: 1.2}, "perplexity") == {}  # of the LSTMs the largest counts
    found = measured({TEXT: 1.2, tanh: 1.0}, "perplexity")
    assert found == {
        "lstm-below-tanh": "the LSTM's loss of 1.2 nats a word is not below the tanh RNN's of 1; the claims of closeness suppose it"
    }
    assert measured({tanh: 1.0}, "perplexity") == {}


@synthesised
def test_a_network_that_is_no_better_than_one_phone_is_noticed() -> None:
    assert measured({SPOKEN: 50.0}, "frame_error_rate") == {}
    assert "one phone for every frame" in measured({SPOKEN: 99.5}, "frame_error_rate")["better-than-majority"]


def test_a_corpus_that_is_not_here_is_left_out_and_a_marked_one_is_not_held_to_the_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIN_CLAIMS_DATA", str(tmp_path))
    recipe = dataclasses.replace(TEXT, task=Speech("timit", 100, 6, 3), batch_size=4)
    assert of_recipes.findings([Trial(recipe, 0)]) == ()
    miniature_timit(tmp_path)
    assert alarms(recipe) == {}
