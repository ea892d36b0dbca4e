"""A network trained on simulated questions scores on the published test set what it scores on simulated ones."""

from __future__ import annotations

import pytest
import torch
from numpy import mean, std
from scipy.stats import t

from claims.papers.rin_2018 import protocol
from reproductions import data_files, datasets
from reproductions.recipes import Babi
from reproductions.running import process
from reproductions.tasks import babi
from reproductions.tasks.babi_problem import BabiProblem
from reproductions.training import Run
from reproductions.trials import PILOT_SEEDS_FROM

SEED = PILOT_SEEDS_FROM + 500
TEST_SETS = 12  # simulated test sets: their spread holds the dependence between the questions of one story
CONFIDENCE = 0.99  # of the prediction interval for one more test set


def score(run: Run, monkeypatch: pytest.MonkeyPatch, test: list[babi.Question]) -> float:
    """The test accuracy of the trained network of ``run`` on other questions, encoded with the vocabulary it was trained with."""
    simulated = BabiProblem._questions

    def questions(task: Babi, split: str, size: int, seed: int) -> list[babi.Question]:
        return test if split == "test" else simulated(task, split, size, seed)

    with monkeypatch.context() as patch, torch.no_grad():
        patch.setattr(BabiProblem, "_questions", staticmethod(questions))
        problem = BabiProblem(run.recipe.task, SEED)
        assert (problem.words, problem.classes) == (run.problem.words, run.problem.classes)
        return problem.evaluate(run.model)["test_accuracy"]


@pytest.mark.parametrize("task", protocol.SMOKE_BABI_TASKS)
def test_a_network_scores_the_same_on_published_and_simulated_questions(monkeypatch: pytest.MonkeyPatch, task: int) -> None:
    monkeypatch.setenv("RIN_CLAIMS_OFFLINE", "1")
    try:
        published = babi.parse(datasets.babi_text(task, "test"), f"task {task}")
    except data_files.DataError as error:
        pytest.skip(f"the published bAbI files are not here: {error}")
    process.prepare()
    recipe = protocol.babi("smoke", "rin", task)
    run = Run(recipe, SEED)
    for update in range(1, recipe.updates + 1):
        run.advance(update)
    fresh = [BabiProblem._questions(recipe.task, "test", len(published), SEED + k) for k in range(1, TEST_SETS + 1)]
    simulated = [score(run, monkeypatch, questions) for questions in fresh]
    half_width = t.ppf((1 + CONFIDENCE) / 2, TEST_SETS - 1) * std(simulated, ddof=1) * (1 + 1 / TEST_SETS) ** 0.5
    assert abs(score(run, monkeypatch, published) - mean(simulated)) < half_width
    assert half_width < 15  # points: the comparison can fail
