"""The example of another repository: its own claims, model, printed numbers and recorded verdicts, run as its readers run it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.runs.repositories import run_module, run_pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "indrnn"
SMOKE = ("-m", "smoke")
INDEPENDENT = "indrnn-2018/formal/independent-units"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy outside this repository, with an empty store."""
    ignored = shutil.ignore_patterns("__pycache__", "report", "store")
    return Path(shutil.copytree(EXAMPLE, tmp_path / "indrnn", ignore=ignored))


def outcomes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "store" / "outcomes").iterdir()}


def test_its_claims_are_judged_and_reported_and_measured_anew_only_where_its_package_changes(copy: Path) -> None:
    done = run_pytest(copy, *SMOKE, "-n", "0")
    assert "3 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0, done.stdout
    check_report(copy)
    check_commands(copy)
    before = outcomes(copy)

    model, claims = copy / "indrnn" / "model.py", copy / "indrnn_claims.py"
    model.write_text(model.read_text() + "\n# a comment\n")
    claims.write_text(claims.read_text().replace("is a diagonal matrix", "has nothing beside its diagonal"))
    done = run_pytest(copy, *SMOKE, "-n", "1")
    assert "3 passed" in done.stdout, done.stdout + done.stderr
    assert outcomes(copy) == before

    entangled = model.read_text().replace("self.u * state)", "self.u * state.roll(1, dims=1))")
    assert entangled != model.read_text()
    model.write_text(entangled)
    done = run_pytest(copy, *SMOKE, "-n", "0", "-k", INDEPENDENT)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "contradicted" in done.stdout
    assert "(recorded as reproduced: an identity of the equation)" in done.stdout  # a flip fails
    assert len(outcomes(copy)) == len(before) + 1


def check_report(folder: Path) -> None:
    report = json.loads((folder / "report" / "report.json").read_text())
    assert [(entry["id"], entry["verdict"], entry["expected"]) for entry in report["claims"]] == [
        (INDEPENDENT, "reproduced", "reproduced"),
        ("indrnn-2018/formal/gradient-survives", "reproduced", "reproduced"),
        ("indrnn-2018/adding/trains-with-relu", "reproduced", "reproduced"),
    ]
    assert [len(entry["trials"]) for entry in report["claims"]] == [1, 5, 5]
    page = (folder / "report" / "index.html").read_text()
    assert "neurons in the same layer are independent of each other" in page
    assert "indrnn.measurements:learns_to_add" in page
    assert "5000 steps" in page  # the number in printed.csv


def check_commands(folder: Path) -> None:
    """Every command that speaks of claims speaks of this repository's, and its outcomes go from store to store."""

    def told(*arguments: str) -> str:
        done = run_module(folder, "claims.cli", *arguments)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    listed = json.loads(told("list", "--json"))
    assert [(claim["id"].partition("/")[0], claim["expected"], claim["verdict"]) for claim in listed] == [
        ("indrnn-2018", "reproduced", "reproduced")
    ] * 3
    assert "(2026-11-21): an identity of the equation" in told("show", INDEPENDENT)
    assert json.loads(told("plan", "--json"))["counts"] == {"reused": 11, "resumed": 0, "to train": 0}
    empty = told("plan", "--claim", "indrnn-2018/adding/*", "--claims-store", "empty")
    assert "not timed: 5 measurements of this repository's own" in empty
    assert "11 draws of 3 recipes" in told("store", "export", "draws.jsonl")
    assert "11 trials imported" in told("store", "import", "draws.jsonl", "--claims-store", "other")
    assert len(list((folder / "other" / "outcomes").iterdir())) == 11


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("indrnn_claims.py", "indrnn.measurements:", "nowhere.measurements:", "there is no package 'nowhere' here"),
        ("indrnn/measurements.py", "import math", "import math !", "measurements.py does not parse (invalid syntax, line 5); correct it"),
        ("conftest.py", "expected_verdicts.csv", "missing.csv", "correct pytest_claims_expected_verdicts in conftest.py"),
    ],
)
def test_what_is_wrong_with_a_repository_is_one_line_before_anything_is_measured(
    copy: Path, file: str, old: str, new: str, said: str
) -> None:
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new))
    done = run_pytest(copy, *SMOKE, "-n", "0")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (copy / "report").exists()
