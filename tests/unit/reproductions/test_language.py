"""The language task predicts every word once, in the state of the words before it.

The test text has no say in its vocabulary.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from reproductions import datasets
from reproductions.data_files import DataError
from reproductions.networks import AdaptiveReadout
from reproductions.recipes import Network, Optimizer, Training
from reproductions.seeding import torch_generator
from reproductions.step_tasks import Language
from reproductions.tasks.language import UNKNOWN, LanguageProblem, vocabulary, windows, words_of
from reproductions.training import train
from reproductions.trials import Trial

STORIES = Language("stories", 60, 8, train_size=50, test_size=30, interim_test_size=10)


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The texts that stand for WikiText-2, by part; a test fills them."""
    found: dict[str, str] = {}
    for part in ("train", "valid", "test"):
        monkeypatch.setattr(datasets, f"wikitext_{part}", lambda part=part: found[part])
    return found


def recipe(task: Language, updates: int = 300, cell: str = "irnn-glorot") -> Training:
    return Training("smoke", task, Network(cell, 1, 16, embedding=8), Optimizer("adam", 1e-2, 1.0), 4, updates, 2)


def test_a_line_ends_with_a_word_of_its_own() -> None:
    assert words_of("a b\n\n c\n") == ["a", "b", "<eos>", "<eos>", "c", "<eos>"]


def test_the_vocabulary_is_the_most_frequent_words_and_ties_are_alphabetical() -> None:
    """By hand: b three times, a and c twice each, d once; what the text itself calls unknown is no word."""
    assert vocabulary(["b", "c", "a", "b", "c", "a", "b", "d", *["<unk>"] * 9], 4) == {"b": 1, "a": 2, "c": 3}


def test_windows_predict_every_word_after_the_first_context_exactly_once() -> None:
    ids = {"a": 1, "b": 2, "c": 3}
    found = windows(["a", "b", "c", "a", "b", "x", "c", "a"], ids, 2)
    np.testing.assert_array_equal(found, [[1, 2, 3, 1, 2], [3, 1, 2, UNKNOWN, 3]])  # the eighth word is a remainder
    problem = LanguageProblem(STORIES)
    inputs, targets = problem.batch(torch.arange(50))
    assert torch.equal(inputs[9:], targets[:-1])  # a word that is read was predicted one step before
    assert torch.equal(inputs[:8, 1:], inputs[8:, :-1])  # the context of a window is the window before
    assert torch.equal(problem.samples(30)[9:], problem.targets(30)[:-1])


def test_the_loss_of_a_window_goes_back_through_its_context() -> None:
    """BPTT(2h; h): with the recurrence written out step by step, scores and gradient are those of both halves as one sequence."""
    problem = LanguageProblem(STORIES)
    network = problem.network(recipe(STORIES, cell="tanh"), 0)
    inputs, targets = problem.batch(torch.arange(5))
    scores = network(inputs)
    problem.loss(scores, targets).backward()
    found = network.stack.layers[0].U.grad.clone()
    network.zero_grad()
    (cell,) = network.stack.layers
    state, loss = torch.zeros(5, 16), torch.zeros(())
    for step, words in enumerate(inputs):
        state = torch.tanh(network.embedding[words] @ cell.W.T + state @ cell.U.T + cell.b)
        if step >= 8:
            loss = loss + nn.functional.cross_entropy(network.readout(state), targets[step - 8]) / 8
            torch.testing.assert_close(scores[step - 8], network.readout(state))
    loss.backward()
    torch.testing.assert_close(found, cell.U.grad)


def test_a_text_that_repeats_itself_is_learned_to_a_perplexity_near_one(texts: dict[str, str]) -> None:
    texts["valid"] = texts["test"] = "the cat sat on a mat and slept " * 200
    metrics = train(Trial(recipe(Language("wikitext-2-small", 20, 8, 60, 20)), 0)).metrics
    assert metrics["perplexity"] == pytest.approx(np.exp(metrics["test_loss"]))
    assert metrics["perplexity"] < 1.5  # eight words: 8 if nothing is learned


def test_a_text_without_order_has_a_perplexity_near_the_size_of_its_vocabulary(texts: dict[str, str]) -> None:
    words = np.random.default_rng(0).choice(["north", "east", "south", "west"], size=4_000)
    texts["valid"] = texts["test"] = " ".join(words)
    metrics = train(Trial(recipe(Language("wikitext-2-small", 10, 16, 150, 80), updates=100), 0)).metrics
    assert 3.8 < metrics["perplexity"] < 4.6


def test_no_word_is_known_because_of_the_test_text(texts: dict[str, str]) -> None:
    texts["valid"], texts["test"] = "one two " * 40, "three " * 70
    problem = LanguageProblem(Language("wikitext-2-small", 10, 5, 8, 4))
    assert problem.classes == 3  # one, two and the unknown
    assert problem.targets(4).unique().tolist() == [UNKNOWN]


def test_each_source_trains_and_tests_on_the_texts_it_names(texts: dict[str, str]) -> None:
    texts |= {"train": "t " * 99, "valid": "v " * 60 + "w " * 39, "test": "x " * 99}
    sources = {"wikitext-2": "tx", "wikitext-2-validation": "tv", "wikitext-2-small": "vx", "wikitext-2-small-validation": "vw"}
    for source, (training, test) in sources.items():
        problem = LanguageProblem(Language(source, 10, 5, 8, 4))
        assert problem.classes == 2, source
        known = {"t": 1, "v": 1, "w": 0, "x": 0}
        assert problem.batch(torch.arange(8))[1].unique().tolist() == [known[training]], source
        assert problem.targets(4).unique().tolist() == [1 if test == training else 0], source


def test_interim_evaluations_take_the_first_windows_alone() -> None:
    problem = LanguageProblem(STORIES)
    seen: list[int] = []

    def model(inputs: torch.Tensor) -> torch.Tensor:
        seen.append(inputs.shape[1])
        return torch.zeros(8, inputs.shape[1], problem.classes)

    assert problem.evaluate_interim(model)["test_loss"] == pytest.approx(np.log(problem.classes))
    assert problem.evaluate(model)["perplexity"] == pytest.approx(problem.classes)
    assert seen == [10, 30]


def test_a_text_that_is_too_short_is_named_in_one_line(texts: dict[str, str]) -> None:
    texts["valid"], texts["test"] = "long enough " * 60, "too short"
    with pytest.raises(DataError) as refused:
        LanguageProblem(Language("wikitext-2-small", 10, 5, 8, 4))
    assert str(refused.value) == "the test text of wikitext-2-small has 3 words, and 4 windows of 5 need 26; lower test_size"


def test_an_adaptive_softmax_gives_the_log_probabilities_of_torch_s_own_and_learns(texts: dict[str, str]) -> None:
    """Each row sums to one, a frequent word has the head's score, and the same seed draws the same weights whatever torch drew before."""
    readout, again = (AdaptiveReadout(32, 20, (4, 10), torch_generator("a test", 0)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(readout.parameters(), again.parameters(), strict=True))
    states = torch.randn(3, 2, 32, generator=torch_generator("a test", 1))
    scores = readout(states)
    torch.testing.assert_close(scores.exp().sum(dim=2), torch.ones(3, 2))
    words = torch.randint(20, (6,), generator=torch_generator("a test", 2))
    torch.testing.assert_close(readout.softmax(states.flatten(0, 1), words).output, scores.flatten(0, 1)[torch.arange(6), words])
    texts["valid"] = texts["test"] = "the cat sat on a mat and slept " * 200
    task = Language("wikitext-2-small", 20, 8, 60, 20, cutoffs=(3, 15))  # the second cutoff lies beyond the eight words there are
    assert train(Trial(recipe(task), 0)).metrics["perplexity"] < 1.2
