"""The language task predicts every word once, from a vocabulary that the test part has no say in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reproductions.data_files import DataError
from reproductions.recipes import Language, Network, Optimizer, Training
from reproductions.tasks.language import UNKNOWN, LanguageProblem, vocabulary, windows
from reproductions.training import train
from reproductions.trials import Trial


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder; ``(corpus / "language" / name.txt)`` is a text of that name."""
    (tmp_path / "language").mkdir()
    monkeypatch.setenv("RIN_CLAIMS_DATA", str(tmp_path))
    return tmp_path / "language"


def recipe(task: Language, updates: int = 300) -> Training:
    return Training("smoke", task, Network("irnn", 1, 16, embedding=8), Optimizer("adam", 1e-2, 1.0), 4, updates, 2)


def test_the_vocabulary_is_the_most_frequent_words_and_ties_are_alphabetical() -> None:
    """By hand: b three times, a and c twice each, d once."""
    assert vocabulary(["b", "c", "a", "b", "c", "a", "b", "d"], 4) == {"b": 1, "a": 2, "c": 3}


def test_windows_predict_every_word_but_the_first_exactly_once() -> None:
    ids = {"a": 1, "b": 2, "c": 3}
    found = windows(["a", "b", "c", "a", "b", "x", "c"], ids, 3)
    np.testing.assert_array_equal(found, [[1, 2, 3, 1], [1, 2, UNKNOWN, 3]])


def test_a_text_that_repeats_itself_is_learned_to_a_perplexity_near_one(corpus: Path) -> None:
    (corpus / "pattern.txt").write_text("the cat sat on a mat and slept " * 200)
    task = Language("pattern", 20, 16, 60, 20)
    metrics = train(Trial(recipe(task), 0)).metrics
    assert metrics["perplexity"] == pytest.approx(np.exp(metrics["test_loss"]))
    assert metrics["perplexity"] < 1.5  # eight words: 8 if nothing is learned; the first word of a window cannot be ambiguous here


def test_a_text_without_order_has_a_perplexity_near_the_size_of_its_vocabulary(corpus: Path) -> None:
    words = np.random.default_rng(0).choice(["north", "east", "south", "west"], size=4_000)
    (corpus / "noise.txt").write_text(" ".join(words))
    metrics = train(Trial(recipe(Language("noise", 10, 16, 150, 80), updates=100), 0)).metrics
    assert 3.8 < metrics["perplexity"] < 4.6


def test_no_test_word_is_in_the_vocabulary_because_of_the_test_part(corpus: Path) -> None:
    (corpus / "split.txt").write_text("one two " * 40 + "three " * 30)
    problem = LanguageProblem(Language("split", 10, 5, 8, 4))
    assert problem.classes == 3  # one, two and the unknown


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "mine.txt is in no data folder; put it there and name the folder in RIN_CLAIMS_DATA"),
        (b"too short", "has 2 words, fewer than the 62"),
        (b"\xff\xfe\x00", "no readable UTF-8 text"),
    ],
)
def test_a_text_that_cannot_be_used_is_named_in_one_line(corpus: Path, text: bytes | None, complaint: str) -> None:
    if text is not None:
        (corpus / "mine.txt").write_bytes(text)
    with pytest.raises(DataError) as refused:
        LanguageProblem(Language("mine", 10, 5, 8, 4))
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)
