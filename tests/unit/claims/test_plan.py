"""A plan says of every demanded trial what becomes of it and why, and adds up what that takes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from look_samples import CLEAR, FIXED, NINE, outcome

from claims import papers
from claims.cli import main
from claims.commands import plan as command
from claims.model import Arm, Claim
from claims.paper import Registry, bare_papers
from claims.papers import find
from claims.papers.rin_2018.adding import WITH_ONE_ODD
from claims.run import plan as plans
from claims.run.demands import demanded_trials
from claims.run.plan import Plan, plan
from claims.run.stale import changed_code, differences, leaves
from reproductions.recipes import Training
from reproductions.running.cost import Calibration, shape
from reproductions.store.fingerprint import code_digests
from reproductions.store.outcomes import Entry, Store
from reproductions.trials import Outcome, Trial

ADDING = find("rin-2018/adding/rin-irnn-same-level/T200")
LEVEL = find("rin-2018/adding/below-baseline/rin/T200")
RIN = LEVEL.arms["smoke"][0].recipes[0]
assert isinstance(RIN, Training)
DONE = Outcome("budget", {"final_mse": 0.01}, {"updates": (4000,)}, updates=4000)


def code_of(letter: str) -> Any:
    return lambda recipe: letter * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", code_of("a"))


def planned(store: Store, claims: Sequence[Claim], profile: str = "smoke") -> Plan:
    return plan(claims, profile, store, (recipe for claim in claims for arm in claim.arms[profile] for recipe in arm.recipes))


def whys(found: Plan) -> dict[int, str]:
    """By seed, what becomes of the RIN's trials, and why."""
    return {one.trial.seed: f"{one.state}: {one.why}" for one in found.trials if one.trial.recipe == RIN}


def test_an_empty_store_is_trained_for_every_demanded_trial_once(store: Store) -> None:
    found = planned(store, [ADDING, LEVEL])
    assert [one.trial for one in found.trials] == list(demanded_trials([ADDING, LEVEL], ["smoke"]))
    assert {(one.state, one.why) for one in found.trials} == {("to train", "no outcome stored")}
    assert found.counts() == {"reused": 0, "resumed": 0, "to train": len(found.trials)}
    assert len(found.further) == 12 - WITH_ONE_ODD  # the level is looked at with up to twelve; the first of them are shared


def test_what_is_stored_is_reused_and_what_is_damaged_is_made_anew(store: Store) -> None:
    for seed in (0, 1):
        store.put(Trial(RIN, seed), DONE)
    store.path(Trial(RIN, 1)).write_text("{")
    found = whys(planned(store, [LEVEL]))
    assert (found[0], found[1]) == ("reused: stored", "to train: no outcome stored")
    assert len(store.reports) == 1


def test_a_checkpoint_is_resumed_with_the_updates_it_has_and_a_damaged_one_is_not(store: Store) -> None:
    pytest.importorskip("torch")
    from reproductions.checkpoint import CheckpointFile

    CheckpointFile(store.checkpoint_path(Trial(RIN, 0))).save({"update": 1_000})
    store.checkpoint_path(Trial(RIN, 1)).write_bytes(b"half")
    found = planned(store, [LEVEL])
    assert whys(found)[0] == "resumed: its checkpoint holds 1000 of 4000 updates"
    assert whys(found)[1] == "to train: its checkpoint is damaged"
    assert store.checkpoint_path(Trial(RIN, 1)).exists()  # whoever resumes the trial sets it aside
    calibration = Calibration({shape(RIN): 0.01})
    first, second, *_ = found.seconds(calibration)
    assert first == pytest.approx(0.75 * second)


def test_other_code_is_named_by_the_modules_that_changed(store: Store) -> None:
    then = code_digests(RIN)
    then["training"] = "00000000"
    then["old_module"] = then.pop("cells")
    Store(store.folder, code_of("b")).put(Trial(RIN, 0), dataclasses.replace(DONE, provenance={"code": then, "ended": "2026-01-02"}))
    Store(store.folder, code_of("c")).put(Trial(RIN, 0), dataclasses.replace(DONE, provenance={"ended": "2026-01-01"}))
    Store(store.folder, code_of("c")).put(Trial(RIN, 1), DONE)
    found = whys(planned(store, [LEVEL]))
    assert found[0] == "to train: the numerics code changed: training changed; cells added; old_module removed"  # since the youngest
    assert found[1] == "to train: the numerics code changed"  # it does not say what it was made by
    assert found[2] == "to train: no outcome stored"


def test_data_that_changed_is_named_too() -> None:
    recipe = find("rin-2018/pixel-mnist/lstm-worst/sequential/1-100").arms["smoke"][0].recipes[0]
    then = {**code_digests(recipe), "data": "00000000"}
    entry = Entry(Path("x"), {}, 0, "", Outcome("budget", {}, provenance={"code": then}))
    assert changed_code(entry, recipe) == "the numerics code changed: data changed"


def test_a_changed_recipe_is_named_by_the_settings_that_changed(store: Store) -> None:
    before = dataclasses.replace(RIN, updates=5_000, optimizer=dataclasses.replace(RIN.optimizer, learning_rate=0.01))
    store.put(Trial(before, 0), DONE)
    found = whys(planned(store, [LEVEL]))
    assert found[0] == "to train: its recipe was changed: optimizer.learning_rate was 0.01, is 0.001; updates was 5000, is 4000"


def test_a_recipe_that_another_claim_uses_is_no_older_version(store: Store) -> None:
    other = dataclasses.replace(RIN, updates=5_000)
    store.put(Trial(other, 0), DONE)
    found = plan([LEVEL], "smoke", store, [RIN, other])
    assert whys(found)[0] == "to train: no outcome stored"


def test_leaves_and_differences_name_nested_settings() -> None:
    assert leaves({"task": {"length": 40, "kind": "Adding"}, "updates": 1}) == {"task.length": 40, "task.kind": "Adding", "updates": 1}
    assert differences({"a": 1, "b": 2}, {"a": 1, "c": 3}) == ["b was 2, is absent", "c was absent, is 3"]


# --- Looks ---


def filled(store: Store, claim: Claim, seeds: int) -> None:
    for arm in claim.arms["compact"]:
        for recipe in arm.recipes:
            for seed in range(seeds):
                store.put(Trial(recipe, seed), outcome(recipe, seed))


def test_further_looks_are_counted_at_most_until_the_outcomes_decide(store: Store) -> None:
    assert len(planned(store, [NINE], "compact").further) == 2 * (12 - 5)
    assert planned(store, [FIXED], "compact").further == ()
    filled(store, NINE, 5)
    found = planned(store, [NINE], "compact")  # undecided after five: four seeds more are needed now
    assert found.counts() == {"reused": 10, "resumed": 0, "to train": 8}
    assert {one.why for one in found.missing} == {"undecided so far, a further look; no outcome stored"}
    assert len(found.further) == 2 * 3
    filled(store, NINE, 9)
    assert planned(store, [NINE], "compact").missing == planned(store, [NINE], "compact").further == ()


def test_a_decided_claim_adds_nothing(store: Store) -> None:
    filled(store, CLEAR, 5)
    found = planned(store, [CLEAR], "compact")
    assert (found.missing, found.further) == ((), ())


# --- What it takes ---


def test_sections_sum_to_the_whole_and_shared_trials_count_once(store: Store) -> None:
    found = planned(store, [LEVEL, ADDING])
    calibration = Calibration({shape(RIN): 0.01})
    sections = found.by_section(calibration)
    assert list(sections) == ["rin-2018/adding"]
    assert sections["rin-2018/adding"] == (2 * WITH_ONE_ODD, pytest.approx(sum(found.seconds(calibration))))


def test_the_disk_is_estimated_from_outcomes_of_the_same_kind(store: Store) -> None:
    alone = plans.outcome_bytes(planned(store, [LEVEL]), store)
    store.put(Trial(RIN, 0), DONE)
    found = planned(store, [LEVEL])
    assert plans.outcome_bytes(found, store) == 4 * store.path(Trial(RIN, 0)).stat().st_size
    assert alone > 5 * plans.BYTES


def test_ranges_of_seeds_are_short() -> None:
    assert command.ranges([0, 1, 2, 5, 7, 8]) == "0-2, 5, 7-8"


# --- The command ---


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A registry of two claims, a calibration that measures nothing, and a folder for the store."""
    compact = dataclasses.replace(LEVEL, arms={name: (Arm(arm.name, arm.recipes),) for name, (arm, *_) in LEVEL.arms.items()})
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers([compact, ADDING])))
    monkeypatch.setattr("reproductions.running.cost.calibrate", lambda trials: Calibration({shape(RIN): 0.01}, 2.0))
    return tmp_path / "store"


def run(capsys: pytest.CaptureFixture[str], store: Path, *argv: str) -> str:
    assert main(["plan", "--claims-store", str(store), *argv]) == 0
    return capsys.readouterr().out


def test_the_table_says_what_is_done_why_and_what_it_takes(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store(small).put(Trial(RIN, 0), DONE)
    out = run(capsys, small, "-n", "2")
    assert "adding T=40 rin 1-100, adam 0.001, batch 32" in out
    assert f"1-{WITH_ONE_ODD - 1}" in out
    assert f"profile smoke: {2 * WITH_ONE_ODD} trials, 1 reused, 0 resumed, {2 * WITH_ONE_ODD - 1} to train" in out
    assert "with one worker" in out
    assert "with -n 2" in out
    assert "disk: about " in out


def test_json_has_every_trial_with_its_state_its_reason_and_its_seconds(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store(small).put(Trial(RIN, 0), DONE)
    data = json.loads(run(capsys, small, "--json", "--claim", LEVEL.id, "-n", "3"))
    assert [(row["seed"], row["state"]) for row in data["trials"]] == [(0, "reused")] + [(seed, "to train") for seed in range(1, 6)]
    assert data["trials"][0]["seconds"] == 0
    one = data["trials"][1]["seconds"]
    assert data["seconds"]["one worker"] == pytest.approx(5 * one)
    assert data["counts"] == {"reused": 1, "resumed": 0, "to train": 5}
    assert {"outcomes", "checkpoints", "free"} == set(data["bytes"])
    assert data["sections"] == [{"section": "rin-2018/adding", "missing": 5, "seconds": pytest.approx(5 * one)}]


def test_the_selection_names_the_profile_as_pytest_does(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def profile(*argv: str) -> Any:
        return json.loads(run(capsys, small, "--json", *argv))["profile"]

    assert [profile(), profile("-m", "smoke"), profile("-m", "full", "--profile", "paper")] == ["smoke", "smoke", "paper"]
    for cuda, expected in ((True, "paper"), (False, "compact")):
        monkeypatch.setattr("reproductions.store.environment.cuda_available", lambda cuda=cuda: cuda)
        assert profile("-m", "full") == expected


def test_a_full_store_needs_no_calibration(small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for trial in demanded_trials(papers.all_claims(), ["smoke"]):
        Store(small).put(trial, DONE)
    monkeypatch.setattr("reproductions.running.cost.calibrate", lambda trials: pytest.fail("nothing is missing"))
    out = run(capsys, small)
    assert f"{2 * WITH_ONE_ODD} reused, 0 resumed, 0 to train" in out
    assert "time:" not in out
