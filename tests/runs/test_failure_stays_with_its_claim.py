"""A trial, a set-up or a worker that fails costs its own claim alone; the report says how it ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs.repositories import run_pytest, write

CONFTEST = """
pytest_plugins = ["claims.pytest_plugin"]
def pytest_claims_registry():
    from own_claims import CLAIMS
    return CLAIMS
"""
CLAIMS = """
from claims import Above, Arm, Claim, Locator
from reproductions.recipes import Probe

def measured(name):
    return Claim(
        id=f"own-2026/results/{name}",
        paper="own-2026",
        quote="it works",
        locator=Locator(section="1"),
        prediction=Above("score", "points", "chance is 50", arm="ours", threshold=50.0),
        statement="It works.",
        arms={"smoke": (Arm("ours", (Probe("smoke", f"own.measure:{name}", ()),)),)},
        seeds={"smoke": 8},
    )

CLAIMS = tuple(map(measured, NAMES))
"""
MEASURE = """
import sys
def fine(seed):
    return {"score": 70.0 + seed % 3}
def broken(seed):
    raise RuntimeError("shapes (3,) and (4,)\\ndo not fit")
def greedy(seed):
    raise MemoryError
def leaving(seed):
    sys.exit("good bye")
"""
TEST = """
from own_claims import CLAIMS
from claims import parametrize
@parametrize(CLAIMS)
def test_claim(claim, judge{more}):
    {before}
    judge(claim)
"""


def repository(folder: Path, names: tuple[str, ...], conftest: str = "", **test: str) -> Path:
    """A repository with one claim for each of the named measurements."""
    files = {"conftest.py": CONFTEST + conftest, "own_claims.py": CLAIMS.replace("NAMES", repr(names))}
    write(folder, files | {"test_own.py": TEST.format(**{"more": "", "before": "", **test})})
    write(folder / "own", {"__init__.py": "", "measure.py": MEASURE})
    return folder


def reported(folder: Path) -> dict[str, tuple[str, str]]:
    """Each claim's verdict and its reason, from the report in ``folder``."""
    report = json.loads((folder / "report" / "report.json").read_text())
    return {entry["id"].rsplit("/", 1)[1]: (entry["verdict"], entry["reason"]) for entry in report["claims"]}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_trial_that_raises_fails_the_test_of_its_claim_alone(tmp_path: Path, workers: str) -> None:
    folder = repository(tmp_path, ("fine", "broken", "greedy", "leaving"))
    done = run_pytest(folder, "-m", "smoke", "-n", workers)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "3 failed, 1 passed" in done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert "another exception occurred" not in done.stdout
    found = reported(folder)
    assert found["fine"][0] == "reproduced"
    for name, said in (("broken", "RuntimeError: shapes (3,) and (4,)"), ("greedy", "MemoryError"), ("leaving", "good bye")):
        verdict, reason = found[name]
        assert verdict == "not run"
        assert reason.startswith("ended with an error: ")
        assert said in reason, reason
        assert "measure.py" in reason or name == "leaving", reason
    assert "3 claims ended without a verdict: " in done.stdout


@pytest.mark.parametrize(
    ("fixture", "said"),
    [
        ("raise RuntimeError('no database')", "ended with an error: RuntimeError: no database"),
        ("pytest.skip('no database here')", "ended without a verdict: Skipped: no database here"),
    ],
)
def test_a_set_up_that_ends_the_test_is_the_reason_in_the_report(tmp_path: Path, fixture: str, said: str) -> None:
    conftest = f"import pytest\n@pytest.fixture\ndef database():\n    {fixture}\n"
    folder = repository(tmp_path, ("fine",), conftest, more=", database")
    done = run_pytest(folder, "-m", "smoke", "-n", "0")
    verdict, reason = reported(folder)["fine"]
    assert verdict == "not run"
    assert reason == said, done.stdout
    assert "1 claim ended without a verdict: own-2026/results/fine" in done.stdout


def test_a_worker_that_is_killed_costs_the_claim_that_it_judged(tmp_path: Path) -> None:
    before = "import os, signal\n    'broken' in claim.id and os.kill(os.getpid(), signal.SIGKILL)"
    folder = repository(tmp_path, ("fine", "broken"), before=before)
    write(folder / "own", {"measure.py": MEASURE.replace("raise RuntimeError", "return {'score': 60.0}  # ")})
    done = run_pytest(folder, "-m", "smoke", "-n", "2")
    assert done.returncode == 1, done.stdout + done.stderr
    found = reported(folder)
    assert found["fine"][0] == "reproduced"
    assert found["broken"][0] == "not run"
    assert found["broken"][1].startswith("ended with an error: "), found
    assert "crashed" in found["broken"][1]


def test_a_trial_that_kills_every_worker_that_trains_it_costs_its_claim_alone(tmp_path: Path) -> None:
    folder = repository(tmp_path, ("fine", "broken"))
    killed = "import os, signal; seed == 3 and os.kill(os.getpid(), signal.SIGKILL); return {'score': 60.0}  # "
    write(folder / "own", {"measure.py": MEASURE.replace("raise RuntimeError", killed)})
    done = run_pytest(folder, "-m", "smoke", "-n", "2")
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    found = reported(folder)
    assert found["fine"][0] == "reproduced"
    assert "probe own.measure:broken seed 3 failed: the 2 processes that ran it were killed" in found["broken"][1]
    stored = len(list((folder / "store" / "outcomes").glob("*.json")))
    assert 8 <= stored <= 15  # those of the other claim at least, and not that one
