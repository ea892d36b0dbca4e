"""Draws trained anew stand for recorded ones where they are not told apart: simulated rates, trained faults."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_samples import training

from claims.kinds import Below
from claims.run import equivalence, retrained
from claims.run.retrained import MARGIN, Retrained, as_read, compare_sample, judged
from reference_results import Draw
from reproductions import kernel_choice
from reproductions.checkpoint import CheckpointFile
from reproductions.recipe_data import as_data
from reproductions.recipes import Adding, Network, Recipe
from reproductions.running.executor import default_run
from reproductions.store.fingerprint import recipe_fingerprint
from reproductions.store.outcomes import outcome_as_data
from reproductions.trials import Trial

RUNS = 400
# Recipes, recorded seeds of each, fresh seeds of each.
DESIGNS = [(1, 5, 15), (1, 14, 15), (2, 6, 7), (3, 5, 5), (3, 12, 5)]
METRICS = ("a", "b", "c", "d")


def refused(design: tuple[int, int, int], shift: float, shifted: int | None = None) -> float:
    """The share of simulated rows that are refused; ``shift``, in sd, moves one metric in ``shifted`` recipes (None: in all)."""
    recipes, recorded, fresh = design
    generator = np.random.default_rng(17)

    def outcomes(count: int, moved: float) -> list[dict[str, Any]]:
        common = generator.normal(size=(count, 1))
        values = 0.7 * common + 0.7 * generator.normal(size=(count, len(METRICS)))  # the metrics of a run are related
        return [{"status": "budget", "metrics": dict(zip(METRICS, (*row[:-1], row[-1] + moved), strict=True))} for row in values.tolist()]

    def row() -> list[Retrained]:
        moved = [shift if shifted is None or number < shifted else 0.0 for number in range(recipes)]
        return [Retrained(outcomes(recorded, 0.0), outcomes(fresh, one)) for one in moved]

    return sum(bool(judged(row(), METRICS)[0]) for _ in range(RUNS)) / RUNS


@pytest.mark.parametrize("design", DESIGNS)
def test_a_healthy_change_is_refused_in_one_row_of_twenty_at_most(design: tuple[int, int, int]) -> None:
    assert refused(design, 0.0) <= 0.05 + 2 * (0.05 * 0.95 / RUNS) ** 0.5


@pytest.mark.parametrize("design", DESIGNS)
def test_a_fault_that_shifts_a_metric_by_two_standard_deviations_is_refused_most_of_the_time(design: tuple[int, int, int]) -> None:
    assert refused(design, 2.0) >= 0.7
    assert refused(design, -3.0) >= 0.95


def test_a_fault_in_one_recipe_of_three_is_refused_less_often_and_a_large_one_always() -> None:
    assert refused((3, 12, 5), 2.0, shifted=1) >= 0.4
    assert refused((3, 12, 5), 4.0, shifted=1) >= 0.8


def test_a_shift_of_the_level_alone_is_refused_where_a_claim_reads_the_level() -> None:
    """The last evaluations stay where they were, the ones before rise by 10, so the mean of the last two rises by 5."""

    def outcomes(shift: float) -> list[dict[str, Any]]:
        ends = [(1.0 + seed / 100, 1.0 + seed / 50) for seed in range(12)]
        curves = ({"updates": [10, 20, 30, 40, 50], "test_mse": [2.0, 2.0, 2.0, before + shift, last]} for before, last in ends)
        return [{"status": "budget", "metrics": {"test_mse": curve["test_mse"][-1]}, "curves": curve} for curve in curves]

    final = Below("test_mse", **LOSS)
    of_level = Below("test_mse", **LOSS, reading="level", why_reading="a test")
    for prediction, refused in ((final, False), (of_level, True)):
        metrics = {prediction.metric_as_read: prediction}
        recorded, new = ([as_read(outcome, metrics) for outcome in outcomes(shift)] for shift in (0.0, 10.0))
        differing, _ = judged([Retrained(recorded, new)], metrics)
        assert bool(differing) == refused
    assert new[0]["metrics"]["level of test_mse"] == 6.0


def runs(*values: float | None, status: str = "budget") -> list[dict[str, Any]]:
    return [{"status": "diverged", "metrics": {}} if value is None else {"status": status, "metrics": {"a": value}} for value in values]


@pytest.mark.parametrize(
    ("recorded", "new", "said"),
    [
        (runs(1, 2, 3), runs(4, 5), f"a may have shifted by inf sd, margin {MARGIN}"),  # too few to be told apart: the margin refuses them
        (runs(0, 1, 2), runs(1.5, 3, 4), f"a may have shifted by 3.2 sd, margin {MARGIN}"),
        (runs(*range(12)), runs(20, 21, 22, 23, 24), "a is told apart (p 0.00032, Holm over 1)"),
        (runs(*range(12)), runs(1, 3, None, None, None, None, None), "diverged is told apart"),
        (runs(1, 1, 1, 1), runs(1, 1, 1, 1), "no metric that a claim looks at differs between runs"),
    ],
)
def test_what_is_told_apart_or_too_few_is_refused_by_name(recorded: Any, new: Any, said: str) -> None:
    assert said in judged([Retrained(recorded, new)], {"a", "not recorded"})[0]


def test_what_was_compared_is_said() -> None:
    differing, found = judged([Retrained(runs(*range(12)), runs(0.5, 3.5, 5.5, 7.5, 11.5))] * 3, {"a"})
    assert differing == ""
    assert found == "not told apart in a, smallest p 1 (exact rank sums, Holm), shift at most 0.59 sd (95 %, margin 2.5)"


# --- Trained ---

SEEDS = 10
SMALL = {"task": Adding(2, 200, 100), "network": Network("rin", 1, 16), "updates": 40, "evaluations": 20}
RECIPES = [dataclasses.replace(training("rin", rate), **SMALL) for rate in (3e-3, 1e-2, 3e-2)]  # type: ignore[arg-type]
LOSS: dict[str, Any] = {"unit": "MSE", "why": "a test", "higher_is_better": False, "arm": "a", "threshold": 1.0}
JUDGED = {name: Below(name, **LOSS) for name in ("test_mse", "early_loss")}


def outcome(trial: Trial) -> dict[str, Any]:
    return outcome_as_data(default_run(trial, CheckpointFile(Path("unused.pt"))), trial.label)


@pytest.fixture(scope="module")
def pair() -> equivalence.Pair:
    """Draws of three small recipes, recorded on the compiled kernels or what this machine has."""
    trials = [Trial(recipe, seed) for recipe in RECIPES for seed in range(SEEDS)]
    return equivalence.Pair(
        "0" * 64,
        recipe_fingerprint(RECIPES[0]),
        tuple((trial, Draw(as_data(trial.recipe), trial.seed, "0" * 64, outcome(trial))) for trial in trials),
    )


def changed(recipe: Callable[[Recipe], Recipe] = lambda recipe: recipe, **factors: float) -> Callable[[Iterable[Trial]], Iterator[Any]]:
    """A maker of trials of another recipe, whose metrics it reports times ``factors``."""

    def report(made: Mapping[str, Any]) -> dict[str, Any]:
        return {**made, "metrics": {name: value and value * factors.get(name, 1) for name, value in made["metrics"].items()}}

    return lambda trials: (report(outcome(Trial(recipe(trial.recipe), trial.seed))) for trial in trials)


def test_a_changed_rounding_is_admitted_with_its_evidence(pair: equivalence.Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    trial, draw = pair.draws[0]
    monkeypatch.setenv(kernel_choice.VARIABLE, "torch")
    if outcome(trial)["curves"] == draw.outcome["curves"]:
        pytest.skip("this machine has no compiled kernels, so there is no other rounding")
    row, line = compare_sample(pair, JUDGED, changed())
    assert row is not None, line
    assert (row.old, row.new, row.grade, row.what) == (pair.old, pair.new, "equivalent", "adding T=2, rin, adam")
    assert row.evidence.startswith("3 recipes trained anew (")
    for recipe in RECIPES:
        assert f"{Trial(recipe, 0).address.removesuffix('-0')} seeds 10 to 14 against 10 recorded" in row.evidence
    assert "not told apart in early_loss and test_mse, smallest p " in row.evidence
    assert ", torch, torch 2" in row.evidence  # what ran, and its version


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (changed(test_mse=0.5), "test_mse is told apart"),
        (changed(lambda recipe: dataclasses.replace(recipe, updates=80)), "is told apart"),  # type: ignore[type-var]
    ],
    ids=["the errors are halved", "twice the updates"],
)
def test_a_fault_is_refused(pair: equivalence.Pair, fault: Any, said: str) -> None:
    row, line = compare_sample(pair, JUDGED, fault)
    assert row is None
    assert line.startswith("adding T=2, rin, adam: ")
    assert said in line


def test_the_sample_is_spread_over_the_recipes_and_leaves_out_the_one_that_diverges() -> None:
    recipes = [training("rin", 10.0**-power) for power in range(1, 7)]

    def draws(recipe: Recipe, seconds: float, status: str, seeds: int = 5) -> list[tuple[Trial, Draw]]:
        data = {"status": status, "seconds": seconds}
        return [(Trial(recipe, seed), Draw(as_data(recipe), seed, "0" * 64, data)) for seed in range(seeds)]

    found = [
        pair for number, recipe in enumerate(recipes) for pair in draws(recipe, 10.0 - number, "diverged" if number == 5 else "budget")
    ]
    chosen = retrained._chosen(equivalence.Pair("0" * 64, "1" * 64, tuple(found)))
    assert list(chosen) == [recipes[0], recipes[2], recipes[4]]
    assert [trial.seed for trial in retrained._fresh(recipes[0], chosen[recipes[0]], 3)] == [5, 6, 7]
    alone = equivalence.Pair("0" * 64, "1" * 64, tuple(draws(recipes[5], 1.0, "diverged")))
    assert list(retrained._chosen(alone)) == [recipes[5]]
    few = equivalence.Pair("0" * 64, "1" * 64, tuple(draws(recipes[0], 1.0, "budget", seeds=4)))
    assert compare_sample(few, JUDGED, changed()) == (None, "adding T=50, rin, adam: no recipe has 5 recorded seeds to compare with")
