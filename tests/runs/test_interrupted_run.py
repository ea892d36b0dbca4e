"""Ctrl-C and SIGTERM end a run in order: what is kept, what is lost, how to go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.runs.repositories import environment, run_pytest, write
from tests.runs.test_failure_stays_with_its_claim import MEASURE, reported, repository

INTERRUPT, TERMINATE = signal.SIGINT, signal.SIGTERM
WAITING = """
import os, pathlib, time
def wait():
    pathlib.Path("waits-" + str(os.getpid())).touch()
    while not pathlib.Path("go").exists():
        time.sleep(0.05)
"""


def interrupted(folder: Path, workers: str, *signals: signal.Signals, together: bool, after: str = "") -> str:
    """What a run prints that is sent ``signals``, a moment apart, once one of its processes waits and ``after`` is printed.

    It has that many ``workers``, or it is the driver of a cluster: "ray". A terminal sends Ctrl-C to all processes ``together``. None of
    them is left when the run has ended.
    """
    where = ("--claims-executor", "ray") if workers == "ray" else ("-n", workers)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "smoke", "-v", *where]
    with (folder / "printed").open("w") as file:
        run = subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=file, stderr=file, start_new_session=True)
    ends = time.monotonic() + 100
    while not list(folder.glob("waits-*")) or after not in (folder / "printed").read_text():
        assert run.poll() is None, (folder / "printed").read_text()
        assert time.monotonic() < ends
        time.sleep(0.05)
    for each in signals:
        (os.killpg if together else os.kill)(run.pid, each)
        time.sleep(0.2)
    code = run.wait(timeout=100)
    printed = (folder / "printed").read_text()
    assert code == pytest.ExitCode.INTERRUPTED, printed
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)
    assert "Traceback" not in printed
    assert "INTERNALERROR" not in printed
    assert "execnet" not in printed
    return printed


@pytest.mark.parametrize(
    ("workers", "signals", "together"),
    [("0", (TERMINATE,), False), ("2", (INTERRUPT, INTERRUPT), True)],
    ids=["SIGTERM to one process", "Ctrl-C twice to three"],
)
def test_a_run_that_is_interrupted_while_it_trains_keeps_its_trials_and_goes_on(
    tmp_path: Path, workers: str, signals: tuple[signal.Signals, ...], together: bool
) -> None:
    folder = repository(tmp_path, ("fine", "slow"))
    write(folder / "own", {"measure.py": WAITING + MEASURE + "def slow(seed):\n    seed == 1 and wait()\n    return {'score': 70.0}\n"})
    printed = interrupted(folder, workers, *signals, together=together)
    stored = len(list((folder / "store" / "outcomes").glob("*.json")))
    assert "no report: the run ended before a claim was judged\n" in printed
    assert f"kept: {stored} of 16 trials, in the store {folder / 'store'}\n" in printed
    assert "lost: of a trial that was training, what is newer than its last saved state, at most 30 s\n" in printed
    assert f"continue with: pytest -p no:cacheprovider -m smoke -v -n {workers}\n" in printed
    assert not (folder / "report").exists()

    if workers != "0":
        return  # it goes on in the same way
    (folder / "go").touch()
    done = run_pytest(folder, "-m", "smoke", "-n", "0")
    assert "2 passed" in done.stdout
    report = json.loads((folder / "report" / "report.json").read_text())
    assert not [note for note in report["notes"] if "ended early" in note]


@pytest.mark.parametrize(
    ("workers", "signals", "together"),
    [("0", (INTERRUPT,), True), ("2", (TERMINATE, TERMINATE), False)],
    ids=["Ctrl-C to one process", "SIGTERM twice to the first of three"],
)
def test_the_report_of_a_run_that_was_interrupted_among_its_tests_says_so(
    tmp_path: Path, workers: str, signals: tuple[signal.Signals, ...], together: bool
) -> None:
    folder = repository(tmp_path, ("fine", "slow"), before="'slow' in claim.id and wait()")
    (folder / "test_own.py").write_text("from own.measure import wait\n" + (folder / "test_own.py").read_text())
    write(folder / "own", {"measure.py": WAITING + MEASURE + "slow = fine\n"})
    printed = interrupted(folder, workers, *signals, together=together, after="PASSED")
    assert "continue with: pytest " in printed
    assert "1 claim ended without a verdict: own-2026/results/slow" in printed
    assert reported(folder)["slow"] == ("not run", "the run ended before its test: interrupted")
    assert reported(folder)["fine"][0] == "reproduced"
    report = json.loads((folder / "report" / "report.json").read_text())
    (note,) = (note for note in report["notes"] if "ended early" in note)
    assert note == "The run ended early (interrupted): 1 of its 2 claims got no verdict."
    for page in ("index.html", "report.md", "summary.md"):
        assert note in (folder / "report" / page).read_text()
