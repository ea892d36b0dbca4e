"""Guards that passed are kept for exactly what they looked at.

An alarm is not kept, and a run that trains asks all guards."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from pathlib import Path

import pytest

import reproductions
from claims.faults.made_up_outcomes import one_diverged
from claims.judging.judge import trials_of
from claims.papers import find
from claims.protocol import STANDARD
from claims.run import kept_guards
from claims.run.kept_guards import KeptGuards
from claims.run.session import ClaimsRun
from reproductions import data_files
from reproductions.guards.alarm import Finding
from reproductions.recipe_data import digest
from reproductions.running.deadline import Deadline
from reproductions.store import environment
from reproductions.store.exchange import IMPORTED
from reproductions.store.outcomes import Store
from reproductions.trials import Trial

CLAIM = find("rin-2018/adding/below-baseline/rin/T200").under(STANDARD)  # one look, at six seeds
TRIALS = trials_of(CLAIM, "smoke")
PASSED = (Finding("two-markers", ()), Finding("no-leak", ()), Finding("no-leak", ()))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_guards_that_passed_are_known_again_until_one_raises_an_alarm(store: Store) -> None:
    assert KeptGuards(store, TRIALS).passed() == ()
    KeptGuards(store, TRIALS).keep(PASSED)
    assert KeptGuards(store, reversed(TRIALS)).passed() == ("two-markers", "no-leak")
    KeptGuards(store, TRIALS).keep((*PASSED, Finding("one-permutation", (), "it is redrawn")))
    assert KeptGuards(store, TRIALS).passed() == ()


def test_other_trials_other_code_and_another_machine_are_not_known(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    KeptGuards(store, TRIALS).keep(PASSED)
    assert KeptGuards(store, TRIALS[1:]).passed() == ()
    assert KeptGuards(Store(store.folder, lambda recipe: "a" * 64), TRIALS).passed() == ()
    with monkeypatch.context() as changed:
        changed.setattr(environment, "cpu_model", lambda: "another")
        assert KeptGuards(store, TRIALS).passed() == ()
    with monkeypatch.context() as changed:
        changed.setenv("RIN_CLAIMS_KERNELS", "torch")
        assert KeptGuards(store, TRIALS).passed() == ()
    with monkeypatch.context() as changed:
        changed.setenv("CXX", "another-compiler")
        assert KeptGuards(store, TRIALS).passed() == ()
    with monkeypatch.context() as changed:
        changed.setattr(environment.importlib.metadata, "version", lambda package: "99")
        assert KeptGuards(store, TRIALS).passed() == ()
    assert KeptGuards(store, TRIALS).passed() != ()


def test_one_byte_in_any_source_is_noticed(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path(reproductions.__file__).parent
    copy = tmp_path / own.name
    shutil.copytree(own, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(reproductions, "__file__", str(copy / "__init__.py"))
    KeptGuards(store, TRIALS).keep(PASSED)
    assert KeptGuards(store, TRIALS).passed() != ()
    for name in ("guards/data.py", "tasks/adding.py", "recurrence/kernels/plain.cpp", "tasks/data/SHA256SUMS"):
        before = (copy / name).read_bytes()
        (copy / name).write_bytes(before + b"\n")
        assert KeptGuards(store, TRIALS).passed() == (), name
        (copy / name).write_bytes(before)
    assert KeptGuards(store, TRIALS).passed() != ()


def test_a_data_file_that_was_replaced_is_noticed(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "babi.tar.gz"
    file.write_bytes(b"text")
    monkeypatch.setattr(data_files, "find", lambda wanted: file if wanted.dataset == "babi" else None)
    KeptGuards(store, TRIALS).keep(PASSED)
    assert KeptGuards(store, TRIALS).passed() != ()
    file.write_bytes(b"taxt")  # of the same length
    os.utime(file, ns=(1, 1))  # a file system's clock may be too coarse to tell the two writes apart
    assert KeptGuards(store, TRIALS).passed() == ()


def test_data_that_cannot_be_looked_at_is_guarded_and_not_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIN_CLAIMS_DATA", "/no/such/folder")
    KeptGuards(store, TRIALS).keep(PASSED)
    assert KeptGuards(store, TRIALS).passed() == ()


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]", "null"])
def test_a_file_that_is_none_of_ours_counts_as_nothing(store: Store, content: str) -> None:
    KeptGuards(store, TRIALS).keep(PASSED)
    (path,) = (store.folder / kept_guards.FOLDER).iterdir()
    path.write_text(content)
    assert KeptGuards(store, TRIALS).passed() == ()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Trial, ...]]:
    """The trials that the guards were asked about, each time that they ran; all pass."""
    found: list[tuple[Trial, ...]] = []
    monkeypatch.setattr("claims.run.guards.static_findings", lambda trials: found.append(tuple(trials)) or PASSED)
    return found


def guarded(store: Store, *, beside: bool = False, deadline: Deadline | None = None) -> set[str]:
    """The names of the guards of a run that passed, or are known to have passed."""
    run = ClaimsRun("smoke", store)
    run.plan([CLAIM])
    run.deadline = deadline
    run.guard(beside=beside)
    assert run._static is not None
    return {finding.guard for finding in run._static.findings()}


@pytest.mark.parametrize("beside", [False, True])
def test_only_a_run_that_trains_nothing_takes_guards_as_passed(store: Store, asked: list[tuple[Trial, ...]], beside: bool) -> None:
    KeptGuards(store, TRIALS).keep(PASSED)
    for trial in TRIALS[1:]:
        store.put(trial, one_diverged(CLAIM)(trial.recipe, trial.seed))
    assert guarded(store, beside=beside) == {"two-markers", "no-leak"}
    assert [set(trials) for trials in asked] == [set(TRIALS)]
    store.put(TRIALS[0], one_diverged(CLAIM)(TRIALS[0].recipe, TRIALS[0].seed))
    assert guarded(store, beside=beside) == {"two-markers", "no-leak"}
    assert len(asked) == 1


def test_guards_of_training_look_neither_at_imported_draws_nor_at_what_a_budget_leaves_no_time_for(
    store: Store, asked: list[tuple[Trial, ...]]
) -> None:
    made, imported, missing = TRIALS[0], TRIALS[1:-1], TRIALS[-1]
    for trial in (made, *imported):
        outcome = one_diverged(CLAIM)(trial.recipe, trial.seed)
        origin = {} if trial == made else {IMPORTED: "from a file"}
        store.put(trial, dataclasses.replace(outcome, provenance={**outcome.provenance, **origin}))
    guarded(store)
    guarded(store, deadline=Deadline(time.monotonic() + 3600, 3600, {digest(missing.recipe): 10.0}))
    guarded(store, deadline=Deadline(time.monotonic() - 1, 3600, {digest(missing.recipe): 10.0}))
    assert [set(trials) for trials in asked] == [{made, missing}, {made, missing}, {made}]
