"""Workers that share the trials of claims with several looks report what one process reports."""

from __future__ import annotations

import json
from pathlib import Path

from tests.runs.repositories import TESTS, run_pytest, write

CONFTEST = """
from reproductions import executors
from tests.unit.claims import look_samples
executors.default_run = look_samples.run  # before the plugin is imported, and in every worker
pytest_plugins = ["claims.pytest_plugin"]
CLAIMS = look_samples.CLAIMS
def pytest_claims_registry():
    return CLAIMS
"""


def report_of(folder: Path, workers: int) -> object:
    """What a pytest run with ``workers`` reports of the claims, but for when and where it ran."""
    write(folder, {"conftest.py": CONFTEST, "test_claims.py": TESTS})
    done = run_pytest(folder, "-m", "full", "--claims-profile", "compact", "-n", str(workers))
    assert "3 passed, 2 inconclusive" in done.stdout, done.stdout + done.stderr
    return json.loads((folder / "report" / "report.json").read_text())["claims"]


def test_workers_that_share_the_trials_report_the_looks_that_one_process_does(tmp_path: Path) -> None:
    assert report_of(tmp_path / "one", 0) == report_of(tmp_path / "two", 2)
