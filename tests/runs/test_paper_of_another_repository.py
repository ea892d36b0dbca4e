"""Another repository brings a paper with a protocol, a table and a question: its report is of that paper alone."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from claims.cli import main
from claims.report.model import SCHEMA
from tests.runs.repositories import run_module, run_pytest, write

CONFTEST = """
from pathlib import Path
pytest_plugins = ["claims.pytest_plugin"]
def pytest_claims_papers():
    from selu_claims import PAPER
    return (PAPER,)
def pytest_claims_expected_verdicts():
    return Path(__file__).with_name("expected_verdicts.csv")
"""
CLAIMS = """
from claims import (
    Above, Arm, Claim, Locator, MatchesPublished, NetworkStyle, Paper, PrintedTable, Profile, Protocol, Reading, Remarks, Section,
)
from reproductions.recipes import Probe

RECIPE = Probe("tiny", "selu.measure:accuracy", (("depth", 3),))
MEASURED = {"arms": {"tiny": (Arm("SELU", (RECIPE,)),)}, "seeds": {"tiny": 8}}
ROWS = ({"data": "spam", "net": "SELU", "printed": "70.5", "unit": "percent", "locator": "Table 1"},)
CLAIMS = (
    Claim(
        id="selu-2017/deep-nets/above-chance",
        paper="selu-2017",
        quote="SELU networks learn",
        locator=Locator(section="2"),
        prediction=Above("accuracy", "points", "chance is 50", arm="SELU", threshold=50.0),
        statement="A SELU network ends above chance.",
        **MEASURED,
    ),
    Claim(
        id="selu-2017/deep-nets/table1/spam/selu",
        paper="selu-2017",
        quote="70.5",
        locator=Locator(table="1", cell="spam/SELU"),
        prediction=MatchesPublished("accuracy", "points", "the spread of seeds", arm="SELU", published=70.5, useful_width=20.0),
        statement="The printed accuracy is one more run of ours.",
        **MEASURED,
    ),
)
PAPER = Paper(
    id="selu-2017",
    title="SELU 2017",
    citation="Somebody (2017).",
    implementation="The layers are those of the authors.",
    sections=(Section(name="deep-nets", title="Deep nets", claims=CLAIMS),),
    tables=(
        PrintedTable(
            name="table1",
            number="1",
            title="Table 1, accuracy of deep nets",
            axis="accuracy (%)",
            rows=lambda: ROWS,
            keys=("data", "net"),
            label=lambda row: row["data"],
            column=lambda row: row["net"],
            claim=lambda row: f"selu-2017/deep-nets/table1/{row['data']}/{row['net']}".lower(),
            items=lambda row: 1000,
            remarks=lambda cells: Remarks(sentences=(f"Remarked on {len(cells)} number.",)),
        ),
    ),
    styles=(NetworkStyle(slug="selu", light="#123456", dark="#abcdef", line="-", marker="o"),),
    open_questions=(Reading("Which dropout?", ("none", "alpha"), "none", "It says so.", ("selu-2017/*",)),),
    protocol=Protocol(
        profiles=(
            Profile(name="tiny", meaning="a moment", marker="smoke", looks=(5, 9)),
            Profile(name="huge", meaning="a month on a cluster", marker="full"),
        ),
    ),
)
"""
FILES = {
    "conftest.py": CONFTEST,
    "selu_claims.py": CLAIMS,
    "test_selu.py": "from selu_claims import CLAIMS\nfrom claims import parametrize\n"
    "@parametrize(CLAIMS)\ndef test_claim(claim, judge):\n    judge(claim)\n",
    "expected_verdicts.csv": "claim,profile,expected,date,reason\nselu-2017/deep-nets/above-chance,tiny,reproduced,2026-01-31,seen\n",
}
MEASURE = "def accuracy(seed, depth):\n    return {'accuracy': 70.0 + seed % 3}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = write(tmp_path / "selu-claims", FILES)
    write(folder / "selu", {"__init__.py": "", "measure.py": MEASURE})
    return folder


def committed(folder: Path) -> str:
    """The commit of a fresh checkout of ``folder``."""
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for command in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "x")):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    return subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()


def test_its_report_is_of_its_paper_alone_and_renders_anywhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = committed(repository)
    done = run_pytest(repository, "-m", "smoke", "-n", "0")  # no profile named: the smallest with this marker
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert "profile tiny" in done.stdout
    data = json.loads((repository / "report" / "report.json").read_text())
    assert (data["schema"], data["profile"], [paper["id"] for paper in data["papers"]]) == (SCHEMA, "tiny", ["selu-2017"])
    assert [(entry["verdict"], entry["expected"]) for entry in data["claims"]] == [("reproduced", "reproduced"), ("reproduced", None)]
    assert data["claims"][0]["evidence"]["trace"][0]["seeds"] == 5  # the looks of its protocol
    assert data["provenance"]["git"]["commit"] == commit
    assert data["provenance"]["rin_claims_git"]["commit"] != commit

    monkeypatch.chdir(tmp_path)  # where its code is not
    assert main(["report", "--from", str(repository / "report" / "report.json"), "--to", "elsewhere"]) == 0
    capsys.readouterr()
    for name in ("index.html", "report.md", "summary.md", "table1.tex"):
        assert (tmp_path / "elsewhere" / name).read_text() == (repository / "report" / name).read_text()
    page, pipes = (re.sub(r"\s+", " ", (tmp_path / "elsewhere" / name).read_text()) for name in ("index.html", "report.md"))
    for part in (
        "SELU 2017",
        "Deep nets",
        "Somebody (2017).",
        "Remarked on 1 number.",
        "Which dropout?",
        "a moment",
        "accuracy of deep nets",
    ):
        assert part in page, part
        assert part in pipes.replace("\\", ""), part
    summary = (tmp_path / "elsewhere" / "summary.md").read_text()
    assert "The layers are those of the authors." in summary
    assert "written anew" not in summary
    ours = re.compile(r"\bI?RINs?\b|IRNN|bAbI|MNIST|planted|compact|a month on a cluster", re.IGNORECASE)
    assert ours.findall(re.sub(r"rin-claims|rin claims", "", pipes)) == []
    assert ours.findall(re.sub(r"rin-claims|rin claims|<style>.*?</style>", "", page)) == []
    assert list((tmp_path / "elsewhere" / "figures").glob("*.svg")) != []


def test_its_profiles_are_those_of_the_commands(repository: Path) -> None:
    def told(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_module(repository, "claims.cli", *arguments)

    listed = json.loads(told("list", "--json", "--profile", "tiny").stdout)
    assert next((row["id"], row["profiles"]) for row in listed) == ("selu-2017/deep-nets/above-chance", ["tiny"])
    assert "(Table 1)" in told("show", "selu-2017/deep-nets/table1/spam/selu").stdout
    assert json.loads(told("plan", "--json").stdout)["profile"] == "tiny"
    assert told("run", "--profile", "smoke").stderr == "rin-claims: error: no profile 'smoke'; known: tiny, huge\n"
    refused = run_pytest(repository, "-m", "smoke", "-n", "0", "--claims-profile", "smoke")
    assert refused.returncode == 2
    assert refused.stderr == "Exit: unknown profile 'smoke' for --claims-profile; choose tiny, huge\n"
    ran = told("run", "--", "-n", "0", "-q", "-p", "no:cacheprovider")
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr
