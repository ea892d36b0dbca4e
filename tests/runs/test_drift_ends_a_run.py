"""A number that drifted from its recorded draws is named, and fails a run that is asked to.

The controller compares; the workers judge.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from drift_samples import BAD, CLAIM, DRIFTED, METRIC, NAME, RECIPE, made_up

from claims.judging.judge import trials_of
from reproductions.store.outcomes import Store
from tests.runs.repositories import TESTS, conftest, run_pytest, write

ON_RECORD = """
import types
from reference_results import recorded
recorded.resources = types.SimpleNamespace(files=lambda package: pathlib.Path(__file__).parent)
"""


def repository(folder: Path, records: Mapping[str, str]) -> Path:
    """A repository with one claim that is measured already, whose recorded draws are ``records``, texts by name."""
    write(folder, {"conftest.py": conftest(CLAIM.id) + ON_RECORD, "test_claims.py": TESTS})
    (folder / "recorded").mkdir()
    write(folder / "recorded", records)
    store = Store(folder / "store")
    for trial in trials_of(CLAIM, "smoke"):
        store.put(trial, made_up(trial.recipe, trial.seed))
    return folder


@pytest.mark.parametrize(("fail", "code"), [("report", 0), ("fail", 1)])
def test_a_number_that_drifted_is_named_and_fails_a_run_that_is_asked_to(fail: str, code: int, tmp_path: Path) -> None:
    done = run_pytest(repository(tmp_path, {NAME: DRIFTED}), "-n", "2", "-m", "smoke", f"--claims-drift={fail}")
    assert done.returncode == code, done.stdout + done.stderr
    assert "failed" not in done.stdout.splitlines()[-1], done.stdout
    assert "1 number held against recorded draws: 1 drifted\n" in done.stdout
    assert f"drifted: {RECIPE.label}, {METRIC}: told apart from the recorded seeds" in done.stdout
    assert ("--claims-drift=fail: 1 number drifted, so the exit code is 1" in done.stdout) is (fail == "fail")
    (number,) = json.loads((tmp_path / "report" / "report.json").read_text())["drift"]["numbers"]
    assert (number["word"], number["claims"]) == ("drifted", [CLAIM.id])


def test_a_run_without_recorded_draws_passes_and_says_so_where_it_is_asked_to_fail(tmp_path: Path) -> None:
    done = run_pytest(repository(tmp_path, {}), "-m", "smoke", "--claims-drift=fail")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "--claims-drift=fail: nothing to compare with" in done.stdout


def test_a_record_that_cannot_be_used_is_one_line_and_exit_code_2_beside_a_whole_report(tmp_path: Path) -> None:
    text, said = BAD["another schema"]
    done = run_pytest(repository(tmp_path, {NAME: text}), "-m", "smoke")
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "recorded draws" in line]
    assert line.startswith(f"not held against recorded draws: reference_results/recorded/{NAME} line 1: {said}")
    assert json.loads((tmp_path / "report" / "report.json").read_text())["claims"][0]["evidence"] is not None
