"""Small repositories that use the plugin, and how to run pytest in them as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

RECORDED = Path(__file__).parents[2] / "reference_results" / "expected_verdicts.csv"
TESTS = """
from conftest import CLAIMS
from claims.pytest_plugin import parametrize
@parametrize(CLAIMS)
def test_claim(claim, judge):
    judge(claim)
"""


def conftest(*claim_ids: str) -> str:
    """A ``conftest.py`` whose registry is the named claims of this project, with this project's verdicts for them on record."""
    return f"""
import csv, pathlib
from claims.papers import find
pytest_plugins = ["claims.pytest_plugin"]
CLAIMS = [find(claim_id) for claim_id in {list(claim_ids)!r}]
def pytest_claims_registry():
    return CLAIMS
def pytest_claims_expected_verdicts():
    table = pathlib.Path(__file__).with_name("expected_verdicts.csv")
    if not table.exists():
        with open({str(RECORDED)!r}, newline="") as whole, table.open("w", newline="") as own:
            rows = csv.reader(whole)
            csv.writer(own).writerows([next(rows), *(row for row in rows if row[0] in {list(claim_ids)!r})])
    return table
"""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """``folder`` with ``files`` in it, texts by name."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def environment(folder: Path) -> dict[str, str]:
    """The environment of a run in ``folder``, with a store and a place for pytest's temporary files of its own there.

    In the common place several sessions of pytest may clear up at once, which one of them then warns of in its summary.
    """
    own = {"RIN_CLAIMS_STORE": str(folder / "store"), "PYTEST_DEBUG_TEMPROOT": str(folder)}
    return {**os.environ, **own, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}


def run_module(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``python -m`` with ``arguments`` in ``folder``."""
    command = [sys.executable, "-m", *arguments]
    encoding, own = os.environ.get("PYTHONIOENCODING"), environment(folder)
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, encoding=encoding, timeout=300, check=False)


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_module(folder, "pytest", "-p", "no:cacheprovider", *arguments)
