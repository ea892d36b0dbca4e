"""``rin-claims rounding`` judges a repository under real kernel paths, and its table makes a verdict that moves no alarm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reference_results.rounding import rows_in
from tests.runs.repositories import environment, run_module, run_pytest, write
from tests.runs.test_failure_stays_with_its_claim import MEASURE, repository

# What measures by its path stands for a network whose outcome hangs on rounding.
BY_PATH = """
from reproductions.recurrence import build
def moving(seed):
    return {"score": (70.0 if build.path_taken() == "plain" else 30.0) + seed}
def waiting(seed):
    import os, pathlib, time
    pathlib.Path("waits-" + str(os.getpid())).touch()
    while build.path_taken() == "torch" and not pathlib.Path("go").exists():
        time.sleep(0.05)
    return {"score": 70.0 + seed}
"""
TABLE = """
import pathlib
def pytest_claims_expected_verdicts():
    return pathlib.Path(__file__).with_name("expected_verdicts.csv")
"""
COMMAND = ("claims.cli", "rounding", "--path", "plain", "torch", "-n", "1", "--csv", "rounding.csv")
FINE, MOVING = "own-2026/results/fine", "own-2026/results/moving"


def of(folder: Path, *names: str) -> Path:
    repository(folder, names, TABLE)
    write(folder / "own", {"measure.py": MEASURE + BY_PATH})
    rows = "".join(f"own-2026/results/{name},smoke,reproduced,2026-01-31,as it was\n" for name in sorted(names))
    write(folder, {"expected_verdicts.csv": f"claim,profile,expected,date,reason\n{rows}"})
    return folder


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = of(tmp_path_factory.mktemp("rounding"), "fine", "moving")
    return folder, run_module(folder, *COMMAND, "--json")


def test_the_command_tells_which_verdicts_move_and_keeps_the_paths_apart(compared) -> None:
    folder, done = compared
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {one["claim"]: (one["moves"], [row["verdict"] for row in one["verdicts"]]) for one in found["claims"]} == {
        FINE: (False, ["reproduced", "reproduced"]),
        MOVING: (True, ["reproduced", "contradicted"]),
    }
    assert (found["paths"], found["lacking"]) == (["plain", "torch"], {})
    assert not (folder / "store").exists()  # the ordinary store is left alone
    for path in ("plain", "torch"):
        outcomes = (folder / "store-rounding" / path / "store" / "outcomes").glob("*.json")
        assert {json.loads(file.read_text())["payload"]["outcome"]["provenance"]["recurrence"] for file in outcomes} == {path}
    rows = rows_in(folder / "rounding.csv")
    assert [(row.claim, row.path, row.verdict, row.n) for row in rows] == [
        (FINE, "plain", "reproduced", 8),
        (FINE, "torch", "reproduced", 8),
        (MOVING, "plain", "reproduced", 8),
        (MOVING, "torch", "contradicted", 8),
    ]


def test_what_a_path_has_stored_is_not_made_again_and_the_table_keeps_the_other_paths(compared) -> None:
    folder, _ = compared
    table = (folder / "rounding.csv").read_bytes()
    made = {file: file.stat().st_mtime_ns for file in folder.glob("store-rounding/*/store/outcomes/*.json")}
    assert len(made) == 32
    done = run_module(folder, *(word for word in COMMAND if word != "torch"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "profile smoke: 2 measured claims judged under plain; with rounding none of the verdicts moves\n"
    assert {file: file.stat().st_mtime_ns for file in folder.glob("store-rounding/*/store/outcomes/*.json")} == made
    assert (folder / "rounding.csv").read_bytes() == table


def test_a_flip_that_the_table_has_seen_is_no_failure(compared, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = compared
    monkeypatch.setenv("RIN_CLAIMS_KERNELS", "torch")
    arguments = ("-m", "smoke", "-n", "0", "--claims-store", "store-rounding/torch/store")
    done = run_pytest(folder, *arguments)
    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 xfailed" in done.stdout
    cause = "borderline: moves with rounding; plain gave reproduced and torch gave contradicted"
    assert f"{MOVING}: recorded reproduced, now contradicted: {cause}" in " ".join(done.stdout.split())
    assert "changed" not in done.stdout
    report = json.loads((folder / "report" / "report.json").read_text())
    assert (report["changes"], [one["id"] for one in report["moved"]]) == ([], [MOVING])


def test_an_interrupted_comparison_ends_every_process_and_says_what_goes_on(tmp_path: Path) -> None:
    folder = of(tmp_path, "waiting")
    with (folder / "printed").open("w") as file:
        command = [sys.executable, "-m", "claims.cli", "rounding", "--path", "torch", "plain", "-n", "2"]
        run = subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=file, stderr=file, start_new_session=True)
    ends = time.monotonic() + 100
    while not list(folder.glob("waits-*")):
        assert run.poll() is None, (folder / "printed").read_text()
        assert time.monotonic() < ends
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGTERM)
    assert run.wait(timeout=100) == 130
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)
    printed = (folder / "printed").read_text()
    assert "rin-claims: the outcomes so far are kept; continue with: rin-claims rounding --path torch plain -n 2\n" in printed
    assert "Traceback" not in printed


def test_a_time_budget_that_is_over_leaves_the_other_paths_and_says_what_goes_on(tmp_path: Path) -> None:
    done = run_module(of(tmp_path, "fine"), *COMMAND, "--time-budget", "1s")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "profile smoke: 0 measured claims judged under plain and torch; with rounding none of the verdicts moves\n"
    assert f"rin-claims: not judged under torch for want of trials: {FINE}\n" in done.stderr
    assert "rin-claims: continue with: rin-claims rounding --path plain torch -n 1 --csv rounding.csv --time-budget 1s\n" in done.stderr
    assert rows_in(tmp_path / "rounding.csv") == ()
