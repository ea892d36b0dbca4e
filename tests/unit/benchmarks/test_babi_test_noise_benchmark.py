"""The spread over simulated test sets is what arithmetic says.

Each test set is one more file of the kind that a network learned.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import babi_test_noise as benchmark
from reference_results.babi_test_noise import NoiseRow, dumps, parse
from reproductions import tasks
from reproductions.networks import StoryBatch
from reproductions.recipes import BABI_TASKS, Babi
from reproductions.running import process
from reproductions.seeding import numpy_generator
from reproductions.tasks import babi
from reproductions.trials import Trial

SEED = 10_000
BLOCKS, QUESTIONS = 2_000, 100
SAMPLING = 4 / math.sqrt(2 * (BLOCKS - 1))  # four standard errors of a standard deviation, as a share of it


def bernoulli(share: float, *key: str) -> np.ndarray:
    return numpy_generator("test", *key).random((BLOCKS, QUESTIONS)) < share


def by_name(right: dict[str, np.ndarray]) -> dict[str, NoiseRow]:
    return {f"{row.network} {row.minus}".strip(): row for row in benchmark.rows_of(1, SEED, right, 0)}


# --- The estimates ---


def test_independent_questions_have_the_binomial_spread_and_two_test_sets_the_sum_of_two() -> None:
    found = by_name({"rin": bernoulli(0.3, "rin"), "irnn": bernoulli(0.6, "irnn")})
    assert found["rin"].value == pytest.approx(30, abs=0.5)
    assert found["rin"].sd == pytest.approx(100 * math.sqrt(0.3 * 0.7 / QUESTIONS), rel=SAMPLING)
    # networks that err independently of each other: as if each had a test set of its own
    both = 100 * math.sqrt((0.3 * 0.7 + 0.6 * 0.4) / QUESTIONS)
    pair = found["rin irnn"]
    assert pair.sd == pytest.approx(both, rel=SAMPLING)
    assert (pair.binomial_sd, pair.independent_sd) == (pytest.approx(both, rel=0.01), pytest.approx(both, rel=0.01))


def test_what_two_networks_answer_alike_cancels_in_their_difference() -> None:
    one = bernoulli(0.5, "one")
    found = by_name({"rin": one, "irnn": one, "lstm": one ^ bernoulli(0.1, "changed")})
    assert (found["rin irnn"].value, found["rin irnn"].sd, found["rin irnn"].independent_sd) == (0, 0, 0)
    assert found["rin irnn"].binomial_sd == pytest.approx(math.sqrt(2) * found["rin"].binomial_sd)
    # a tenth of the questions is answered otherwise, to either side: McNemar's (p10 + p01) / m
    assert found["rin lstm"].sd == pytest.approx(100 * math.sqrt(0.1 / QUESTIONS), rel=SAMPLING)


def test_stories_of_five_questions_answered_all_alike_have_a_design_effect_of_five() -> None:
    stories = numpy_generator("test", "stories").random((BLOCKS, QUESTIONS // 5)) < 0.4
    row = by_name({"rin": stories.repeat(5, axis=1)})["rin"]
    assert (row.sd / row.binomial_sd) ** 2 == pytest.approx(5, rel=2 * SAMPLING)
    assert row.independent_sd == row.binomial_sd == pytest.approx(100 * math.sqrt(0.24 / QUESTIONS), rel=0.02)


def test_the_estimates_of_a_table_small_enough_to_do_by_hand() -> None:
    rin = np.array([[1, 1, 1, 0], [1, 0, 0, 0]], dtype=bool)  # blocks 75 and 25 %
    lstm = np.array([[1, 1, 0, 1], [0, 0, 0, 1]], dtype=bool)  # blocks 75 and 25 %; differences 0, 0, 1, -1; 1, 0, 0, -1
    found = by_name({"rin": rin, "lstm": lstm})
    assert found["rin"].sd == pytest.approx(math.sqrt(2 * 25**2))
    assert found["rin"].binomial_sd == pytest.approx(25)  # sqrt(0.5 x 0.5 / 4)
    assert (found["rin lstm"].value, found["rin lstm"].sd) == (0, 0)
    assert found["rin lstm"].independent_sd == pytest.approx(100 * math.sqrt(0.5 / 4))  # 4 of 8 questions are discordant
    assert found["rin lstm"].binomial_sd == pytest.approx(25 * math.sqrt(2))


# --- Networks and test sets ---


@pytest.mark.parametrize("task", [1, 19])
def test_a_network_s_words_and_answers_are_those_that_its_problem_gave_numbers_to(task: int) -> None:
    own = dataclasses.replace(small(task), train_size=2, test_size=40)  # the test questions bring words of their own
    problem = tasks.build(own, SEED)
    known = benchmark.vocabulary(own, SEED)
    questions = benchmark.simulated(task, 40, "babi simulator", task, "test", 40, SEED)
    encoded = babi.encode(questions, known)
    assert torch.equal(problem.targets(40), torch.from_numpy(encoded.answer))
    story = problem.samples(40).story
    assert torch.equal(story, torch.from_numpy(encoded.story)[:, : story.shape[1]])


def test_answers_are_scored_as_the_problem_scores_its_own_test_set() -> None:
    own = dataclasses.replace(small(5), train_size=100, test_size=300)
    problem = tasks.build(own, SEED)
    model = problem.network(dataclasses.replace(benchmark.recipe(5, "rin"), task=own), SEED)
    torch.nn.init.normal_(model.readout.weight, generator=torch.Generator().manual_seed(1))  # so that its answers differ
    questions = benchmark.simulated(5, 300, "babi simulator", 5, "test", 300, SEED)
    right, unknown = benchmark.correct([model, constant(0)], questions, benchmark.vocabulary(own, SEED))
    assert unknown == 0
    with torch.no_grad():
        assert 100 * right[0].mean() == pytest.approx(problem.evaluate(model)["test_accuracy"])
    assert right[1].tolist() == (problem.targets(300) == 0).tolist()  # in the order of the questions
    assert 0 < right[0].mean() < 1


def test_a_question_with_a_word_or_an_answer_that_the_network_lacks_counts_as_wrong() -> None:
    stories = (("Mary", "home", "home"), ("Mary", "out", "home"), ("Ann", "home", "home"), ("Mary", "home", "indoors"))
    text = "".join(f"1 {who} went {where}.\n2 Where is {who}?\t{answer}\t1\n" for who, where, answer in stories)
    questions = babi.parse(text, "four stories")
    known = babi.Vocabulary.of(questions[:1])
    right, unknown = benchmark.correct([constant(0)], questions, known)
    assert (right.tolist(), unknown) == ([[True, False, False, False]], 3)
    right, unknown = benchmark.correct([constant(0)], questions[1:], known)  # none that the network could read
    assert (right.any(), unknown) == (False, 3)


def test_every_network_answers_the_same_blocks_each_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the answers counted in each simulated file; the networks always give the first, second and third answer."""
    classes = {"rin": 0, "irnn": 1, "lstm": 2}
    monkeypatch.setattr(benchmark, "trained", lambda chosen, seed: constant(classes[chosen.network.cell]))
    found = {(row.network, row.minus): row for row in benchmark.measure(1, SEED, 4, questions=50)}
    answers = benchmark.vocabulary(small(1), SEED).answers
    files = [benchmark.simulated(1, 50, "babi test noise", 1, block, 50, SEED) for block in range(4)]
    shares = np.array([[100 * sum(q.answer == answer for q in file) / 50 for file in files] for answer in answers])
    for name, number in classes.items():
        assert (found[name, ""].value, found[name, ""].sd) == pytest.approx((shares[number].mean(), shares[number].std(ddof=1)))
    paired = shares[0] - shares[2]
    assert (found["rin", "lstm"].value, found["rin", "lstm"].sd) == pytest.approx((paired.mean(), paired.std(ddof=1)))
    assert (found["rin", ""].blocks, found["rin", ""].questions) == (4, 50)
    other = benchmark.measure(1, SEED + 1, 4, questions=50)
    assert [row.value for row in other] != [row.value for row in found.values()]  # a seed has test sets of its own


def test_the_networks_train_as_compact_says_on_simulated_questions() -> None:
    for cell in benchmark.CELLS:
        chosen, published = benchmark.recipe(3, cell), benchmark.protocol.babi("compact", cell, 3)
        assert isinstance(chosen.task, Babi)
        assert chosen.task == dataclasses.replace(published.task, source="simulated")
        assert (chosen.optimizer, chosen.updates, chosen.network) == (published.optimizer, published.updates, published.network)
    assert tuple(benchmark.CELLS) == benchmark.kept.NETWORKS
    assert (BABI_TASKS, SEED) == (benchmark.kept.TASKS, benchmark.kept.PILOT_SEEDS_FROM)


def test_a_diverged_network_has_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    real = benchmark.trained
    monkeypatch.setattr(benchmark, "trained", lambda chosen, seed: None if chosen.network.cell == "irnn" else real(chosen, seed))
    process.prepare()
    found = benchmark.measure(1, SEED, 2, questions=20, updates=1)
    assert [(row.network, row.minus) for row in found] == [("rin", ""), ("lstm", ""), ("rin", "lstm")]


def test_a_network_whose_loss_overflows_is_not_tested() -> None:
    process.prepare()
    chosen = benchmark.recipe(1, "irnn", updates=5)
    chosen = dataclasses.replace(chosen, optimizer=dataclasses.replace(chosen.optimizer, learning_rate=1e30))
    assert benchmark.trained(chosen, SEED) is None
    assert Trial(chosen, SEED).seed >= benchmark.PILOT_SEEDS_FROM


# --- The command ---


def test_a_stopped_run_goes_on_from_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file, made = tmp_path / "noise.csv", []

    def measure(task: int, seed: int, blocks: int, updates: int | None) -> tuple[NoiseRow, ...]:
        made.append((task, seed))
        cells = ("rin", "lstm") if task == 4 else benchmark.CELLS
        right = {cell: numpy_generator(cell, task, seed).random((blocks, benchmark.QUESTIONS)) < 0.5 for cell in cells}
        return tuple(benchmark.rows_of(task, seed, right, 0))

    monkeypatch.setattr(benchmark, "measure", measure)
    benchmark.main(["--tasks", "4", "--blocks", "3", "--write", str(file)])
    first = parse(file.read_text(encoding="utf-8"))
    assert first.facts["diverged"] == "irnn task 4 seed 10000"
    benchmark.main(["--tasks", "1", "4", "--seeds", "2", "--blocks", "3", "--write", str(file)])
    assert made == [(4, 10_000), (1, 10_000), (1, 10_001), (4, 10_001)]
    both = parse(file.read_text(encoding="utf-8"))
    assert set(first.rows) < set(both.rows)
    assert both.facts["command"] == "python benchmarks/babi_test_noise.py --tasks 1 4 --seeds 2 --blocks 3 --write"
    assert both.facts["diverged"] == "irnn task 4 seed 10000, irnn task 4 seed 10001"
    assert "task 4 seed 10000: measured before" in capsys.readouterr().err
    refusals = {
        ("--blocks", "4"): "has 3 test sets a task; give --blocks 3, or move it away to begin anew",
        ("--blocks", "3", "--updates", "9"): "9 updates",
        ("--blocks", "1"): "--blocks must be at least 2; one test set shows no spread",
    }
    for options, message in refusals.items():
        with pytest.raises(SystemExit) as stopped:
            benchmark.main(["--tasks", "1", *options, "--write", str(file)])
        assert stopped.value.code == 2
        assert message in capsys.readouterr().err
    assert made[4:] == []


def test_a_whole_measurement_makes_a_table_that_is_read_again() -> None:
    process.prepare()
    found = benchmark.measure(15, SEED, 3, questions=24, updates=2)
    facts = benchmark.facts(found, 2, [])
    assert [row.cell for row in parse(dumps(facts, found)).rows] == [row.cell for row in found]
    assert len(found) == 6
    again = benchmark.measure(15, SEED, 3, questions=24, updates=2)
    assert again == found
    assert "2 updates, numerics" in facts["training"]


def small(task: int) -> Babi:
    chosen = benchmark.recipe(task, "rin").task
    assert isinstance(chosen, Babi)
    return chosen


def constant(answer: int):
    """A model that always gives the class ``answer``."""

    def model(batch: StoryBatch) -> torch.Tensor:
        return torch.nn.functional.one_hot(torch.full((len(batch.story),), answer), 50).float()

    return model
