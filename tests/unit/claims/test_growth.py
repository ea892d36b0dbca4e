"""A large store or registry is gone through once.

What is counted are looks at folders, files read and questions asked, and never seconds.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from report_samples import claim, evidence, training

from claims.cli import main
from claims.judging.result import Result
from claims.kinds import Below
from claims.model import Arm, Claim
from claims.paper import Figure, Paper, Section
from claims.report.content.pictures import pictures
from claims.results import Verdict
from claims.run.plan import plan
from claims.run.stale import Stale
from reproductions.guards import of_outcomes
from reproductions.recipes import Adding, Network, Optimizer, Probe, Recipe, Training
from reproductions.running.executor import LocalExecutor
from reproductions.store import upkeep
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

OUTCOME = Outcome("budget", {"mse": 0.1}, {"updates": (5, 10)}, updates=10)
RECIPE = Training("smoke", Adding(50, 100, 10), Network("rin"), Optimizer("adam", 1e-3), 32, 10, 2)
FEW, MANY = 4, 40
BELOW = Below("mse", "MSE", "a test", higher_is_better=False, arm="a", threshold=1.0)


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a folder was looked through, and a stored outcome read, since the last ``clear``."""
    counted: Counter[str] = Counter()

    def counting(name: str, real: Any) -> Any:
        def call(*args: Any) -> Any:
            counted[name] += "outcomes" in str(args[0])
            return real(*args)

        return call

    monkeypatch.setattr(os, "listdir", counting("looks", os.listdir))
    monkeypatch.setattr(os, "scandir", counting("looks", os.scandir))
    monkeypatch.setattr(Path, "read_bytes", counting("reads", Path.read_bytes))
    return counted


def store_of(folder: Path, trials: Sequence[Trial], code: str = "a") -> Store:
    """A store with an outcome of each trial by ``code``, opened by code "a"."""
    maker = Store(folder, lambda recipe: code * 64)
    for trial in trials:
        maker.put(trial, OUTCOME)
    return Store(folder, lambda recipe: "a" * 64)


def seeds(recipe: Recipe, number: int) -> list[Trial]:
    return [Trial(recipe, seed) for seed in range(number)]


def at_rates(number: int) -> list[Training]:
    return [dataclasses.replace(RECIPE, optimizer=Optimizer("adam", 0.01 + index / 1e4)) for index in range(number)]


def test_missing_trials_are_looked_up_in_one_look_at_the_folder(tmp_path: Path, counts: Counter[str]) -> None:
    for number in (FEW, MANY):
        trials = seeds(RECIPE, number)
        stale = Stale(store_of(tmp_path / str(number), trials, "b"), [RECIPE])
        counts.clear()
        assert {stale.why(trial) for trial in trials} == {"the numerics code changed"}
        assert counts == {"looks": 1, "reads": number}  # one file a trial, which says what changed


def test_a_plan_looks_once_however_many_trials_are_missing(tmp_path: Path, counts: Counter[str]) -> None:
    for number in (FEW, MANY):
        demanding = claim("x/y/z", BELOW, arms={"smoke": (Arm("a", (RECIPE,)),)}, seeds={"smoke": number})
        store = store_of(tmp_path / str(number), seeds(RECIPE, number), "b")
        counts.clear()
        assert len(plan([demanding], "smoke", store, [RECIPE]).missing) == number
        assert counts["looks"] == 1


def test_changed_recipes_are_found_by_one_outcome_of_each(tmp_path: Path, counts: Counter[str]) -> None:
    for number in (FEW, MANY):
        changed = [Trial(recipe, seed) for recipe in at_rates(3) for seed in range(number)]
        stale = Stale(store_of(tmp_path / str(number), [*changed, *seeds(training("lstm"), number)]), [RECIPE, training("lstm")])
        counts.clear()
        (why,) = {stale.why(trial) for trial in seeds(RECIPE, number)}
        assert why.startswith("its recipe was changed: optimizer.learning_rate was 0.01")
        assert counts == {"looks": 1, "reads": 3}


def test_status_reads_one_outcome_of_the_present_code_a_recipe_and_each_of_other_code(tmp_path: Path, counts: Counter[str]) -> None:
    for number in (FEW, MANY):
        store = store_of(tmp_path / str(number), seeds(RECIPE, number))
        counts.clear()
        assert list(upkeep.removable(store, [RECIPE], other_code=True)) == []
        assert counts["reads"] == 1
        store = store_of(tmp_path / str(number), seeds(RECIPE, number), "b")
        counts.clear()
        assert len(upkeep.removable(store, [RECIPE], other_code=True)) == number
        assert counts["reads"] == 1 + number


def test_entries_are_read_one_at_a_time_so_that_a_large_store_needs_little_memory(tmp_path: Path, counts: Counter[str]) -> None:
    entries = store_of(tmp_path, seeds(RECIPE, FEW)).entries()
    counts.clear()
    assert next(iter(entries)).seed == 0
    assert counts["reads"] == 1


def test_list_and_show_look_once_and_read_no_outcome_of_a_store_that_they_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counts: Counter[str], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RIN_CLAIMS_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    store_of(tmp_path / "store", seeds(RECIPE, FEW))
    assert main(["list"]) == 0  # what no run has judged is judged once
    capsys.readouterr()
    counts.clear()
    assert main(["list", "--json"]) == 0
    assert counts == Counter(looks=1)
    assert main(["show", json.loads(capsys.readouterr().out)[0]["id"]]) == 0
    assert counts == Counter(looks=2)


def test_a_run_asks_for_each_trial_a_fixed_number_of_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[int] = Counter()
    real = Store.has
    for number in (FEW, MANY):
        monkeypatch.setattr(Store, "has", lambda store, trial, number=number: (asked.update([number]), real(store, trial))[1])
        store = Store(tmp_path / str(number), lambda recipe: "a" * 64)
        LocalExecutor(store, lambda trial, checkpoint: OUTCOME).run_unclaimed(seeds(RECIPE, number))
        assert all(real(store, trial) for trial in seeds(RECIPE, number))
    assert asked[MANY] * FEW == asked[FEW] * MANY


def test_networks_are_told_apart_without_a_look_at_every_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[int] = Counter()
    real = of_outcomes._content
    for number in (FEW, MANY):
        outcomes = {
            Trial(recipe, 0): Outcome("budget", {}, {"train_loss": (float(index), 0.5), "test_mse": (0.5, 0.5)})
            for index, recipe in enumerate(at_rates(number))
        }
        content = lambda *args, number=number: (asked.update([number]), real(*args))[1]  # noqa: E731
        monkeypatch.setattr(of_outcomes, "_content", content)
        of_outcomes.findings(outcomes)
    assert asked[MANY] * FEW == asked[FEW] * MANY


@pytest.mark.parametrize(("second", "alarms"), [((0.4, 0.2), 1), ((0.4, 0.3), 0)], ids=["in every seed", "in one seed of two"])
def test_two_cells_that_are_one_run_are_an_alarm(second: tuple[float, ...], alarms: int) -> None:
    other = dataclasses.replace(RECIPE, network=Network("lstm"))

    def run(*losses: float) -> Outcome:
        return Outcome("budget", {}, {"train_loss": losses, "test_mse": losses})

    outcomes = {
        **{Trial(RECIPE, 0): run(0.5, 0.1), Trial(RECIPE, 1): run(0.4, 0.2)},
        **{Trial(other, 0): run(0.5, 0.1), Trial(other, 1): run(*second)},
    }
    found = [one for one in of_outcomes.findings(outcomes) if one.guard == of_outcomes.DISTINCT_NETWORKS and one.message]
    assert [one.recipes for one in found] == [(RECIPE, other)] * alarms


@pytest.fixture
def sections_asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    asked: Counter[str] = Counter()

    def section(of: Claim) -> str:
        asked["section"] += 1
        return of.id.split("/")[1]

    monkeypatch.setattr(Claim, "section", property(section))
    return asked


def test_a_module_of_claims_is_gone_through_once_however_many_sections_name_it(
    monkeypatch: pytest.MonkeyPatch, sections_asked: Counter[str]
) -> None:
    found = {}
    for number in (FEW, MANY):
        claims = tuple(claim(f"made-up/part-{index}/claim", BELOW) for index in range(number))
        monkeypatch.setattr("claims.paper._claims_of", lambda name, claims=claims: claims)
        sections = tuple(Section(name=f"part-{index}", title="A part", claims="made.up") for index in range(number))
        sections_asked.clear()
        assert [one.id for one in Paper(id="made-up", title="Made up", citation="", sections=sections).claims] == [one.id for one in claims]
        found[number] = sections_asked["section"]
    assert found[MANY] * FEW == found[FEW] * MANY


def test_results_are_gone_through_once_however_many_figures_there_are(sections_asked: Counter[str]) -> None:
    found = {}
    for number in (FEW, MANY):
        figures = tuple(Figure(section=f"part-{index}", panels=lambda recipe: {}, y_label="y") for index in range(number))
        paper = Paper(id="made-up", title="Made up", citation="", sections=(), figures=figures)
        verdict = Verdict("reproduced", "", evidence(1.0, 0.5, 1.5))
        results = [Result(claim(f"made-up/part-{index}/claim", BELOW), "smoke", verdict) for index in range(number)]
        sections_asked.clear()
        assert pictures([paper], results, lambda recipe, seed: OUTCOME) == ()
        found[number] = sections_asked["section"]
    assert found[MANY] * FEW == found[FEW] * MANY


def test_a_digest_is_kept_by_recipe_and_not_by_equal_recipes() -> None:
    from reproductions.recipe_data import digest

    whole, real = Probe("smoke", "p", (("steps", 1),)), Probe("smoke", "p", (("steps", 1.0),))
    assert whole == real
    assert len({digest(whole), digest(real), digest(whole)}) == 2
    assert digest(dataclasses.replace(RECIPE, updates=11)) != digest(RECIPE) == digest(dataclasses.replace(RECIPE))
