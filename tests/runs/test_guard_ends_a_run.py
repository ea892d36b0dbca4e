"""A guard that fails ends a run with exit code 1, though every claim is as recorded."""

from __future__ import annotations

import json
from pathlib import Path

from claims.judging.judge import trials_of
from reproductions.store.outcomes import Store
from tests.runs.repositories import TESTS, conftest, run_pytest, write
from tests.unit.claims.test_run_guards import CLAIM, copies


def test_a_failing_guard_fails_a_run_whose_claims_are_as_recorded(tmp_path: Path) -> None:
    write(tmp_path, {"conftest.py": conftest(CLAIM.id), "test_claims.py": TESTS})
    store = Store(tmp_path / "store")
    for trial in trials_of(CLAIM, "smoke"):
        store.put(trial, copies(trial.recipe, trial.seed))
    done = run_pytest(tmp_path, "-n", "2", "-m", "smoke")
    assert "failed" not in done.stdout.splitlines()[-1], done.stdout
    assert done.returncode == 1, done.stdout + done.stderr
    assert "passed, 1 failed with 1 alarm" in done.stdout
    assert "guard distinct-runs: adding T=40 rin 1-100: the seeds 0, 1, 2, 3, 4, 5 gave one and the same run" in done.stdout
    (alarm,) = json.loads((tmp_path / "report" / "report.json").read_text())["guards"]["alarms"]
    assert (alarm["guard"], alarm["claims"]) == ("distinct-runs", [CLAIM.id])
