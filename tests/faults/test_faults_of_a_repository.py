"""A foreign repository plants its own faults and judges its own claims.

A name that is wrong gets one line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from claims.cli import main
from claims.commands import faults as command
from claims.faults import without_training
from claims.faults.known_faults import FaultError, WatchedFault, own_faults, watched
from claims.faults.made_up_outcomes import can_be_made_up, judged
from claims.kinds import Above, Below
from claims.model import Arm, Claim, Locator
from claims.paper import FaultClaims
from reproductions.recipes import Adding, Network, Optimizer, Probe, Training

MEASURES = "def half(seed):\n    return {'half': 0.5}\n\ndef doubled(seed):\n    return {'double': 2 * half(seed)['half']}\n"
PLANTS = """
from reproductions.faults import Fault
from ownpaper import measures

def failing(half):
    raise ZeroDivisionError("no seed")

HALF = Fault("half-is-one", "the half is a whole", ((measures, "half", lambda half: lambda seed: {"half": 1.0}),))
IDLE = Fault("half-is-half", "nothing is changed", ((measures, "half", lambda half: half),))
BROKEN = Fault("half-fails", "the half cannot be had", ((measures, "half", failing),))
SAME = Fault("sgd-for-adam", "the name of another one", ())
"""
CONFTEST = """
from pathlib import Path
from ownpaper.claims_of_it import CLAIMS

def pytest_claims_registry():
    return CLAIMS

def pytest_claims_expected_verdicts():
    return Path(__file__).with_name("recorded.csv")
"""
CLAIMS_OF_IT = """
from claims import Arm, Claim, Locator
from claims.kinds import Identity
from reproductions.recipes import Probe

CLAIMS = (
    Claim(
        id="own-2026/formal/double",
        paper="own-2026",
        quote="Twice a half is one.",
        locator=Locator(section="1"),
        prediction=Identity(metric="double", unit="1", why="it is at most one", tolerance=1.0),
        statement="Twice a half is at most 1.",
        arms={"smoke": (Arm("doubled", (Probe("smoke", "ownpaper.measures:doubled"),)),)},
        seeds={"smoke": 1},
    ),
)
"""
ID = "own-2026/formal/double"
RECORDED = f"claim,profile,expected,date,reason\n{ID},smoke,reproduced,2026-11-01,it is arithmetic\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The current folder is a repository with one claim and a package that brings faults; no guard looks at anything."""
    package = tmp_path / "ownpaper"
    package.mkdir()
    for name, text in {"__init__": "", "measures": MEASURES, "plants": PLANTS, "claims_of_it": CLAIMS_OF_IT, "torn": "1 +\n"}.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "recorded.csv").write_text(RECORDED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(without_training, "_seen", lambda seed: without_training._Seen({}, {}))
    without_training._clean.cache_clear()
    yield monkeypatch
    without_training._clean.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "ownpaper"]:
        del sys.modules[name]


def named(monkeypatch: pytest.MonkeyPatch, *entries: FaultClaims) -> None:
    monkeypatch.setattr(command, "named_in", lambda repository: entries)


def test_a_repository_plants_the_faults_that_it_brings_and_only_its_claims_are_judged(repository, capsys):
    entries = [FaultClaims(fault=f"ownpaper.plants:{name}", claims=(ID,)) for name in ("HALF", "IDLE")]
    named(repository, *entries)
    assert main(["faults", "--json"]) == 1
    half, idle = json.loads(capsys.readouterr().out)
    assert (half["fault"], half["named_claims"], half["noticed_by"]) == ("half-is-one", [ID], [ID])
    assert half["message"] == f"half-is-one: {ID} reproduced -> contradicted"
    assert (idle["fault"], idle["noticed"]) == ("half-is-half", False)
    named(repository, entries[0])
    assert main(["faults", "--only", "half-is-one"]) == 0


def test_with_trained_its_claims_are_held_against_its_own_recorded_verdicts(repository, tmp_path, capsys):
    (tmp_path / "ownpaper" / "torn.py").unlink()  # code that does not parse has no fingerprint
    named(repository, FaultClaims(fault="ownpaper.plants:HALF", trained=(ID,)))
    assert main(["faults", "--trained", "--json"]) == 0
    control, half = json.loads(capsys.readouterr().out)
    assert (control["fault"], control["noticed_by"]) == ("none", [])
    (said,) = half["claims"]
    assert (said["claim"], said["expected"], said["got"], said["noticed"]) == (ID, "reproduced", "contradicted", True)
    assert (said["bits"], said["start"], said["cloud"], said["elsewhere"]) == ("", "", "", False)  # of a probe


def test_a_fault_of_this_project_that_no_paper_there_names_is_planted_when_it_is_asked_for(repository, capsys):
    named(repository, FaultClaims(fault="ownpaper.plants:HALF", claims=(ID,)))
    assert main(["faults", "--only", "sgd-for-adam", "--json"]) == 1  # no guard looks here
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["fault"], row["named_claims"]) == ("sgd-for-adam", [])


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (FaultClaims(fault="sgd-for-adm"), "unknown fault 'sgd-for-adm' in a FaultClaims; did you mean sgd-for-adam?"),
        (
            FaultClaims(fault="sgd-for-adam", claims=("own-2026/formal/duoble",)),
            "the planted fault sgd-for-adam names the unknown claim 'own-2026/formal/duoble'; did you mean own-2026/formal/double?",
        ),
        (FaultClaims(fault="ownpaper.plants:HALFF"), "'ownpaper.plants:HALFF': ownpaper.plants has no Fault 'HALFF'; did you mean HALF?"),
        (
            FaultClaims(fault="ownpaper.lost:HALF"),
            "'ownpaper.lost' cannot be imported (ModuleNotFoundError: No module named 'ownpaper.lost')",
        ),
        (FaultClaims(fault="ownpaper.torn:HALF"), "'ownpaper.torn' cannot be imported (SyntaxError: invalid syntax"),
        (FaultClaims(fault="ownpaper.plants:SAME"), "two planted faults are called 'sgd-for-adam'; rename the one in ownpaper.plants:SAME"),
        (
            FaultClaims(fault="ownpaper.plants:BROKEN", claims=(ID,)),
            "half-fails: with the fault planted something fails (ZeroDivisionError",
        ),
    ],
)
def test_a_wrong_entry_gets_one_line_that_names_it(repository, capsys, entry, said):
    named(repository, entry)
    assert main(["faults"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("rin-claims: error: ")
    assert said in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["faults"], ["faults", "--trained"]])
def test_a_repository_without_faults_gets_one_line_that_says_what_to_do(repository, capsys, arguments):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert "no paper of this repository names a" in captured.err
    assert captured.err.count("\n") == 1


# --- What is joined ---


def claim(name: str, prediction: Below | Above, recipe: Training | Probe) -> Claim:
    return Claim(
        id=f"own-2026/joined/{name}",
        paper="own-2026",
        quote="So it is.",
        locator=Locator(section="1"),
        prediction=prediction,
        statement="So it is.",
        arms={"smoke": (Arm("network", (recipe,)),)},
        seeds={"smoke": 5},
    )


TRAINING = Training("smoke", Adding(2, 64, 100), Network("rin", hidden=8), Optimizer("adam", 1e-2, 100.0), 32, 60, 1)
LOSS = claim("loss", Below(metric="loss", unit="nats", higher_is_better=False, why="w", arm="network", threshold=-2.0), TRAINING)
SCORE = claim("score", Above(metric="score", unit="%", why="w", arm="network", threshold=0.0), TRAINING)
MEASURED = claim("measured", Above(metric="score", unit="%", why="w", arm="network", threshold=0.0), Probe("smoke", "dt-depth"))


def test_several_entries_for_one_fault_become_one():
    entries = [
        FaultClaims(fault="sgd-for-adam", claims=(LOSS.id,)),
        FaultClaims(fault="clip-at-0.1"),
        FaultClaims(fault="sgd-for-adam", claims=(SCORE.id, LOSS.id), trained=(SCORE.id,), kept_because="so"),
    ]
    first, second = watched(entries, [LOSS, SCORE])
    assert (first.name, first.claims, first.trained, first.kept_because) == ("sgd-for-adam", (LOSS, SCORE), (SCORE,), "so")
    assert (second.name, second.claims) == ("clip-at-0.1", ())


def test_a_fault_that_no_paper_names_is_listed_in_this_project_and_left_to_the_guards(monkeypatch):
    named(monkeypatch, FaultClaims(fault="sgd-for-adam"))
    assert {fault.name for fault in command.faults_here()} == {fault.name for fault in own_faults()}


# --- Made-up outcomes ---


def test_outcomes_are_made_up_for_levels_of_trained_networks_alone():
    assert can_be_made_up(LOSS)
    assert can_be_made_up(SCORE)
    assert not can_be_made_up(MEASURED)


@pytest.mark.parametrize("claimed", [LOSS, SCORE], ids=["below a negative threshold", "above zero"])
def test_made_up_outcomes_have_one_diverged_or_one_good_seed_in_six(claimed):
    (diverged, _), (succeeded, _) = judged(claimed)
    (column,) = diverged.verdict.evidence.arms.values()
    assert (len(column), column.count(None)) == (6, 1)
    (column,) = succeeded.verdict.evidence.arms.values()
    sign = 1 if isinstance(claimed.prediction, Above) else -1
    assert len(set(column)) == 6
    assert [sign * (value - claimed.prediction.threshold) > 0 for value in column] == [True, *[False] * 5]
    assert {result.verdict.verdict for result in (diverged, succeeded)} == {"inconclusive"}


@pytest.mark.parametrize("name", ["diverged-runs-dropped", "best-seed-for-all"])
@pytest.mark.parametrize("claimed", [LOSS, SCORE], ids=["below", "above"])
def test_a_fault_of_the_judging_changes_the_verdict_on_made_up_outcomes_and_raises_its_guard_without_a_claim(name, claimed):
    (fault,) = (fault for fault in own_faults() if fault.name == name)
    found = without_training.check(WatchedFault(fault.fault, (claimed,)), without_training.verdicts([claimed]))
    assert found.noticed_by == (claimed.id, "every-run-counts")


def test_a_fault_whose_changes_cannot_be_made_is_named():
    (fault,) = watched([FaultClaims(fault="sgd-for-adam")], ())
    with pytest.raises(FaultError, match=r"^sgd-for-adam: [^\n]*ZeroDivisionError"), fault.planted():
        raise ZeroDivisionError
