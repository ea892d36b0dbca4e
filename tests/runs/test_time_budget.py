"""A run with a time budget does what fits and leaves the rest undone without harm.

It says which command goes on.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs.repositories import TESTS, run_module, run_pytest, write

# A trial that takes as long as the whole budget never fits, however fast the machine: some of the budget is over when it is asked for.
CONFTEST = """
from reproductions.running import cost, executor
from tests.unit.claims import look_samples
executor.default_run = look_samples.run  # before the plugin is imported, and in every worker
cost.Calibration.seconds = lambda self, trial, done=0: 3600.0 if trial.recipe.arguments == (("steps", "1"),) else 0.0
pytest_plugins = ["claims.pytest_plugin"]
CLAIMS = (look_samples.CLEAR, look_samples.NINE)
def pytest_claims_registry():
    return CLAIMS
"""
FULL = ("-m", "full", "--claims-profile", "compact")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_does_not_fit_is_not_run_and_a_later_run_goes_on(tmp_path: Path, workers: str) -> None:
    write(tmp_path, {"conftest.py": CONFTEST, "test_claims.py": TESTS})
    done = run_pytest(tmp_path, *FULL, "-n", workers, "--claims-time-budget", "1h")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 skipped" in done.stdout
    clear, nine = json.loads((tmp_path / "report" / "report.json").read_text())["claims"]
    assert (clear["verdict"], nine["verdict"]) == ("reproduced", "not run")
    assert nine["reason"].startswith("time budget: 5 trials missing; pytest -m full --claims-profile compact -k 'rin-2018/looks/nine'")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("time budget 1h: ")]
    assert line.startswith("time budget 1h: 5 trials left, about ")
    again = f"-m full --claims-profile=compact -n {workers} --claims-time-budget=1h"
    assert line.endswith(f"; continue with: pytest -p no:cacheprovider {again}")
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "store" / "outcomes").iterdir()}
    assert len(made) == 10  # both arms of the one claim, which shares its arm "b" with the other

    done = run_pytest(tmp_path, *FULL, "-n", workers)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert {path: path.stat().st_mtime_ns for path in made} == made  # nothing was made again


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_claim_without_time_for_its_next_look_is_undecided_so_far_and_a_later_run_decides_it(tmp_path: Path, workers: str) -> None:
    write(tmp_path, {"conftest.py": CONFTEST, "test_claims.py": TESTS})
    run_pytest(tmp_path, *FULL, "-n", workers, "--claims-seeds-max", "5")
    done = run_pytest(tmp_path, *FULL, "-n", workers, "--claims-time-budget", "1h", "--claims-inconclusive", "fail")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 inconclusive" in done.stdout
    assert "? inconclusive so far" in done.stdout
    _, nine = json.loads((tmp_path / "report" / "report.json").read_text())["claims"]
    assert (nine["verdict"], nine["so_far"], nine["evidence"]["n"], len(nine["trials"])) == ("inconclusive", True, 5, 10)
    assert "; time budget: 4 trials missing; pytest -m full --claims-profile compact -k 'rin-2018/looks/nine'" in nine["reason"]

    done = run_pytest(tmp_path, *FULL, "-n", workers)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    _, nine = json.loads((tmp_path / "report" / "report.json").read_text())["claims"]
    assert (nine["verdict"], nine["so_far"], nine["evidence"]["n"]) == ("reproduced", False, 9)


def test_a_run_by_the_command_has_pytests_output_and_no_warning(tmp_path: Path) -> None:
    write(tmp_path, {"conftest.py": CONFTEST, "test_claims.py": TESTS})
    done = run_module(
        tmp_path, "claims.cli", "run", "--profile", "compact", "--time-budget", "1h", "--", "-n", "0", "-p", "no:cacheprovider"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 skipped" in done.stdout
    assert "warning" not in done.stdout.lower() + done.stderr.lower()


def test_a_budget_that_is_none_ends_the_run_in_one_line_before_any_worker_starts(tmp_path: Path) -> None:
    write(tmp_path, {"conftest.py": CONFTEST, "test_claims.py": TESTS})
    done = run_pytest(tmp_path, *FULL, "-n", "2", "--claims-time-budget=-9m")
    assert done.returncode == 2
    assert done.stderr == "Exit: --claims-time-budget takes a time such as 90s, 9m, 1h30m or 2h, not '-9m'\n"
    assert not (tmp_path / "report").exists()
    assert not (tmp_path / "store").exists()
