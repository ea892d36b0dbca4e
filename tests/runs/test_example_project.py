"""The example of another repository: a paper with everything of its own, run as its readers run it."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.runs.repositories import run_module, run_pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "indrnn"
SMOKE = ("-m", "smoke")
INDEPENDENT = "indrnn-2018/formal/independent-units"
GRADIENT = "indrnn-2018/formal/gradient-survives"
TRAINS = "indrnn-2018/adding/trains-with-relu"
FASTER = "indrnn-2018/adding/faster-than-lstm"
BETTER = "indrnn-2018/pixel-mnist/better-than-lstm"
PRINTED = {("sequential", "IndRNN"): "99.0", ("sequential", "LSTM"): "98.2", ("permuted", "IndRNN"): "96.0", ("permuted", "LSTM"): "88.0"}
CELLS = {f"indrnn-2018/pixel-mnist/table1/{task}/{network}": printed for (task, network), printed in PRINTED.items()}
TRIALS = 1 + 5 + 8 + 8  # the two claims about the adding problem share the trainings of the IndRNN


def copied(to: Path) -> Path:
    """A copy outside this repository, with an empty store."""
    ignored = shutil.ignore_patterns("__pycache__", "report", "store")
    return Path(shutil.copytree(EXAMPLE, to, ignore=ignored))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copied(tmp_path / "indrnn")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that is a repository of git with one commit, after a run of its smoke profile. To be read and not changed."""
    folder = copied(tmp_path_factory.mktemp("example") / "indrnn")
    for command in (("init", "-q"), ("add", "-A"), ("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x")):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    (folder / ".git" / "info" / "exclude").write_text("pytest-of-*\n")  # where run_pytest puts temporary files
    done = run_pytest(folder, *SMOKE, "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report" / "report.json").read_text())
    return found


def entry(folder: Path, claim: str) -> dict[str, Any]:
    return next(one for one in report(folder)["claims"] if one["id"] == claim)


def texts(folder: Path) -> dict[str, str]:
    """The formats that people read, without style, pictures' data and escapes, white space as one space."""
    files = {name: (folder / "report" / name).read_text() for name in ("index.html", "report.md", "summary.md")}
    plain = {name: re.sub(r'<style>.*?</style>|href="data:[^"]*"', "", text, flags=re.DOTALL) for name, text in files.items()}
    return {name: re.sub(r"\s+", " ", text.replace("\\", "")) for name, text in plain.items()}


def told(folder: Path, *arguments: str) -> str:
    done = run_module(folder, "claims.cli", *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def outcomes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "store" / "outcomes").iterdir()}


def test_the_whole_example_has_at_most_300_lines() -> None:
    files = [path for pattern in ("*.py", "indrnn/*.py", "*.csv") for path in EXAMPLE.glob(pattern)]
    assert len(files) > 8
    assert sum(path.read_text().count("\n") for path in files) <= 300


# --- Its report ---


def test_its_claims_are_judged_as_recorded(measured: Path) -> None:
    found = report(measured)
    assert [paper["id"] for paper in found["papers"]] == ["indrnn-2018"]
    assert [one["id"] for one in found["claims"]] == [INDEPENDENT, GRADIENT, TRAINS, FASTER, BETTER, *CELLS]
    assert [len(one["trials"]) for one in found["claims"]] == [1, 5, 8, 16, 0, 0, 0, 0, 0]
    for claim in (INDEPENDENT, GRADIENT, TRAINS, BETTER):
        assert (entry(measured, claim)["verdict"], entry(measured, claim)["expected"]) == ("reproduced", "reproduced"), claim


def test_its_training_is_judged_by_the_updates_of_its_own_curves(measured: Path) -> None:
    """Checked by hand arithmetic: with 8 seeds the sign test decides for 7 or 8 on one side, as (1 + 8) / 2^8 is below 0.05."""
    claim = entry(measured, FASTER)
    ours, lstm = (claim["evidence"]["arms"][arm] for arm in ("IndRNN", "LSTM"))
    (picture,) = report(measured)["pictures"]
    reached = {arm: [] for arm in ("IndRNN", "LSTM")}
    for curve in picture["curves"]:
        reached[curve["arm"]].append(next((x for x, y in zip(curve["x"], curve["y"], strict=True) if y <= 1 / 12), None))
    assert reached == {"IndRNN": ours, "LSTM": lstm}
    wins, losses = (sum(one < other for one, other in zip(*pair, strict=True)) for pair in ((ours, lstm), (lstm, ours)))
    assert claim["verdict"] == ("reproduced" if wins >= 7 else "contradicted" if losses >= 7 else "inconclusive")
    assert (claim["evidence"]["n"], claim["evidence"]["n_diverged"], claim["expected"]) == (8, 0, "reproduced")


def test_its_figure_shows_every_training(measured: Path) -> None:
    (picture,) = report(measured)["pictures"]
    assert picture["title"] == "Test error of the adding problem, 20 numbers"
    assert {(curve["arm"], curve["seed"]) for curve in picture["curves"]} == {
        (arm, seed) for arm in ("IndRNN", "LSTM") for seed in range(8)
    }
    assert all(curve["x"][-1] == 1000 and len(curve["x"]) == 50 for curve in picture["curves"])
    (drawn,) = (measured / "report" / "figures").glob("*.svg")
    assert "IndRNN" in drawn.read_text()
    assert picture["title"] in texts(measured)["index.html"]


def test_its_printed_table_stands_beside_ours_and_says_what_was_not_run(measured: Path) -> None:
    with (EXAMPLE / "table1.csv").open() as lines:
        assert {(row["task"], row["network"]): row["printed"] for row in csv.DictReader(lines)} == PRINTED
    for claim, printed in CELLS.items():
        assert entry(measured, claim)["verdict"] == "not run"
        assert entry(measured, claim)["quote"] == printed
    assert "| sequential MNIST | 99.0 | not run | 98.2 | not run |" in texts(measured)["report.md"]
    words = re.sub(r"<[^>]+>", " ", texts(measured)["index.html"])
    assert re.search(r"permuted MNIST\s+96\.0\D*not run\s+88\.0\D*not run", words)
    assert "IndRNN 96.0 percent (Table 1)" in told(measured, "show", "indrnn-2018/pixel-mnist/table1/permuted/IndRNN")


def test_its_arithmetic_is_exact_and_shown(measured: Path) -> None:
    evidence = entry(measured, BETTER)["evidence"]
    assert (evidence["estimate"], evidence["n"]) == (0.0, 0)
    assert evidence["details"] == ["sequential: 99.0 - 98.2 = 0.8", "permuted: 96.0 - 88.0 = 8.0"]


def test_its_arithmetic_is_contradicted_by_other_numbers(copy: Path) -> None:
    table = copy / "table1.csv"
    table.write_text(table.read_text().replace("88.0", "96.0"))
    done = run_pytest(copy, *SMOKE, "-n", "0", "-k", BETTER)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "by 0.1 percentage points beyond rounding: sequential: 99.0 - 98.2 = 0.8" in done.stdout


def test_its_open_question_is_reported_with_what_was_measured_on_pilot_seeds(measured: Path) -> None:
    (question,) = report(measured)["addendum"]
    (comparison,) = question["comparisons"]
    assert min(comparison["seeds"]) >= 10_000
    assert (measured / comparison["command"].removeprefix("python ")).exists()
    for text in texts(measured).values():
        assert "How does the recurrent weight u of a unit start?" in text
    assert "How does the recurrent weight u of a unit start?" in told(measured, "show", FASTER)


def test_its_report_is_of_its_paper_alone(measured: Path) -> None:
    others = re.compile(r"RIN 2018|\bI?RINs?\b|recurrent identity|IRNN|planted|Table 3|bAbI|compact", re.IGNORECASE)
    for name, text in texts(measured).items():
        assert others.findall(re.sub(r"rin[- ]claims", "", text)) == [], name
        assert "the adding problem with 20 numbers in place of hundreds" in text, name
        assert "task, LSTM and training are those of rin-claims" in text, name


def test_its_provenance_names_its_own_commit_and_that_of_rin_claims(measured: Path) -> None:
    def commit(folder: Path) -> str:
        command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    provenance = report(measured)["provenance"]
    assert provenance["git"] == {"commit": commit(measured), "dirty": False}
    assert provenance["rin_claims_git"]["commit"] == commit(EXAMPLE)


# --- Its commands ---


def test_every_command_speaks_of_its_claims_and_its_outcomes_go_from_store_to_store(measured: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(measured, tmp_path / "indrnn"))
    listed = json.loads(told(folder, "list", "--json"))
    assert [claim["id"] for claim in listed] == [INDEPENDENT, GRADIENT, TRAINS, FASTER, BETTER, *CELLS]
    assert "(2026-11-21): an identity of the equation" in told(folder, "show", INDEPENDENT)
    assert json.loads(told(folder, "plan", "--json"))["counts"] == {"reused": TRIALS, "resumed": 0, "to train": 0}
    empty = json.loads(told(folder, "plan", "--json", "--claim", "indrnn-2018/adding/*", "--claims-store", "empty"))
    assert empty["counts"] == {"reused": 0, "resumed": 0, "to train": 16}
    assert f"{TRIALS} draws of 4 recipes" in told(folder, "store", "export", "draws.jsonl")
    assert f"{TRIALS} trials imported" in told(folder, "store", "import", "draws.jsonl", "--claims-store", "other")
    assert len(list((folder / "other" / "outcomes").iterdir())) == TRIALS


def test_a_claim_of_its_own_notices_the_fault_that_it_plants(copy: Path) -> None:
    (found,) = json.loads(told(copy, "faults", "--quick", "--json"))
    assert (found["fault"], found["noticed"], found["noticed_by"]) == ("indrnn-entangled", True, [INDEPENDENT])
    assert f"{INDEPENDENT} reproduced -> contradicted" in found["message"]


# --- A change ---


def test_its_outcomes_are_measured_anew_only_where_its_package_changes(measured: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(measured, tmp_path / "indrnn"))
    before = outcomes(folder)
    model, claims = folder / "indrnn" / "model.py", folder / "indrnn_claims.py"
    model.write_text(model.read_text() + "\n# a comment\n")
    claims.write_text(claims.read_text().replace("is a diagonal matrix", "has nothing beside its diagonal"))
    done = run_pytest(folder, *SMOKE, "-n", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcomes(folder) == before

    entangled = model.read_text().replace("self.u * state[0]", "self.u * state[0].roll(1, dims=1)")
    assert entangled != model.read_text()
    model.write_text(entangled)
    done = run_pytest(folder, *SMOKE, "-n", "0", "-k", INDEPENDENT)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "contradicted" in done.stdout
    assert "(recorded as reproduced: an identity of the equation)" in done.stdout  # a flip fails
    assert len(outcomes(folder)) == len(before) + 1


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("indrnn_claims.py", "indrnn.measurements:", "nowhere.measurements:", "there is no package 'nowhere' here"),
        ("indrnn_claims.py", "indrnn.model:", "nowhere.model:", "there is no package 'nowhere' here"),
        ("indrnn_claims.py", 'faster="IndRNN"', 'faster="IndRN"', "has no arm named 'IndRN'"),
        (
            "indrnn/measurements.py",
            "import torch\n",
            "import torch !\n",
            "measurements.py does not parse (invalid syntax, line 3); correct it",
        ),
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
