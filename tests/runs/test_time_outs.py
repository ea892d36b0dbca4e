"""A time-out costs the claim whose test hangs, and not the training; ``-x`` is said in the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs.repositories import run_pytest, write
from tests.runs.test_failure_stays_with_its_claim import MEASURE, reported, repository

pytest.importorskip("pytest_timeout", reason="needs pytest-timeout, of the extra dev")

HANGING = """
import pathlib, pytest
def pytest_collection_modifyitems(items):
    for item in items:
        if "hangs" in item.name:
            item.add_marker(pytest.mark.timeout(0.5))
def pytest_runtest_logstart():
    print(len(list(pathlib.Path("store", "outcomes").glob("*.json"))), file=pathlib.Path("stored").open("a"))
"""
HANGS = "    'hangs' in claim.id and __import__('time').sleep(100)"


def with_a_test_that_hangs(folder: Path) -> Path:
    repository(folder, ("fine", "hangs", "last"), HANGING, before=HANGS.strip())
    write(folder / "own", {"measure.py": MEASURE + "hangs = last = fine\n"})
    return folder


def test_a_time_out_by_signal_fails_its_claim_and_x_stops_there(tmp_path: Path) -> None:
    folder = with_a_test_that_hangs(tmp_path)
    done = run_pytest(folder, "-m", "smoke", "-n", "0", "-x", "--timeout-method", "signal")
    assert done.returncode == 1, done.stdout + done.stderr
    assert (folder / "stored").read_text().split()[0] == "24"  # all is trained before the first test
    found = reported(folder)
    assert found["fine"][0] == "reproduced"
    assert found["hangs"] == ("not run", "ended with an error: Failed: Timeout (>0.5s) from pytest-timeout.")
    assert found["last"] == ("not run", "the run ended before its test: stopping after 1 failures")
    notes = json.loads((folder / "report" / "report.json").read_text())["notes"]
    assert "The run ended early (stopping after 1 failures): 2 of its 3 claims got no verdict." in notes


def test_a_time_out_that_kills_a_worker_fails_its_claim_alone(tmp_path: Path) -> None:
    folder = with_a_test_that_hangs(tmp_path)
    done = run_pytest(folder, "-m", "smoke", "-n", "2", "--timeout-method", "thread")
    assert done.returncode == 1, done.stdout + done.stderr
    found = reported(folder)
    assert found["fine"][0] == found["last"][0] == "reproduced"
    verdict, reason = found["hangs"]
    assert (verdict, reason.partition(":")[0]) == ("not run", "ended with an error")
    assert "crashed" in reason
