"""A comparison with recorded draws is kept for as long as nothing that it looks at has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from drift_samples import BAD, CLAIM, DRIFTED, HEALTHY, NAME, made_up, put_on_record

from claims.judging.judge import judge_claim, result_not_run, trials_of
from claims.papers import find
from claims.report.drift import NOT_COMPARED, DriftResults
from claims.run import kept_drift
from claims.run.kept_drift import FOLDER, MOST_KEPT, kept_against_record
from reference_results import recorded
from reproductions.store.outcomes import Store

RESULT = judge_claim(CLAIM, "smoke", made_up, {})
OTHER = result_not_run(find("rin-2018/adding/lstm-worst/T200"), "smoke", "not selected", {})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with the outcomes of the claim, beside a record of its recipe."""
    put_on_record(tmp_path, monkeypatch, **{NAME: HEALTHY})
    made = Store(tmp_path / "store")
    for trial in trials_of(CLAIM, "smoke"):
        made.put(trial, made_up(trial.recipe, trial.seed))
    return made


@pytest.fixture
def compared(store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[DriftResults, bool]]:
    """Returns the results on the claim, and whether they were found anew."""
    calls: list[str] = []
    compare = kept_drift.held_against_record

    def counted(results: object, lookup: object, profile: str) -> DriftResults:
        calls.append(profile)
        return compare(results, lookup, profile)  # type: ignore[arg-type]

    monkeypatch.setattr(kept_drift, "held_against_record", counted)

    def run() -> tuple[DriftResults, bool]:
        before = len(calls)
        return kept_against_record(store, [RESULT, OTHER], made_up, "smoke"), len(calls) > before

    return run


def files(store: Store) -> list[Path]:
    return sorted((store.folder / FOLDER).glob("*.json"))


def test_what_was_compared_once_is_not_compared_again(compared) -> None:
    first, anew = compared()
    assert anew
    assert [number.word for number in first.numbers] == ["same bits"]
    assert compared() == (first, False)


@pytest.mark.parametrize("changed", ["record", "outcome", "code"])
def test_a_change_of_what_is_looked_at_is_compared_anew(changed: str, compared, store: Store, tmp_path: Path, monkeypatch) -> None:
    compared()
    if changed == "record":
        (tmp_path / "recorded" / NAME).write_text(DRIFTED)
    elif changed == "outcome":
        os.utime(store.files(trials_of(CLAIM, "smoke")[0])[0], ns=(1, 1))
    else:
        (tmp_path / "other.py").write_text("")
        monkeypatch.setattr(kept_drift, "resources", recorded.resources)  # whose folder stands for the packages
    found, anew = compared()
    assert anew
    assert [number.word for number in found.numbers] == ["drifted" if changed == "record" else "same bits"]
    assert len(files(store)) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"numbers": [1], "refused": ""}'])
def test_a_file_that_is_damaged_is_made_anew(content: str, compared, store: Store) -> None:
    first, _ = compared()
    (file,) = files(store)
    file.write_text(content)
    assert compared() == (first, True)
    assert compared() == (first, False)


def test_a_refusal_is_never_kept(compared, store: Store, tmp_path: Path) -> None:
    (tmp_path / "recorded" / NAME).write_text(BAD["another schema"][0])
    found, _ = compared()
    assert found.refused
    assert compared() == (found, True)
    (tmp_path / "recorded" / NAME).unlink()
    assert compared() == (NOT_COMPARED, False)  # there is nothing to look at
    assert files(store) == []


def test_the_oldest_go(compared, store: Store) -> None:
    (store.folder / FOLDER).mkdir()
    for number in range(MOST_KEPT + 3):
        file = store.folder / FOLDER / f"{number}.json"
        file.write_text("")
        os.utime(file, ns=(number, number))
    compared()
    assert len(files(store)) == MOST_KEPT
    assert (store.folder / FOLDER / f"{MOST_KEPT + 2}.json").exists()


def test_a_folder_that_cannot_be_written_keeps_nothing_and_hides_nothing(compared, store: Store) -> None:
    (store.folder / FOLDER).write_text("in the way")
    assert [number.word for number in compared()[0].numbers] == ["same bits"]
    assert compared()[1]
