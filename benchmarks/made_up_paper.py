"""A repository with one made-up paper of as many claims as are asked for, and a store with what they measure.

Ten claims share a probe, a pair of networks and a row of a printed table. They are of six kinds, and one of them is not run. Fifty of them
make a section, which has a figure.
"""

from __future__ import annotations

import importlib
import random
import sys
from pathlib import Path

from made_up_store import made_up
from made_up_store import write as write_outcome

from claims.judging.judge import trials_to_cap
from claims.paper import Paper
from reproductions.store.outcomes import Store

CONFTEST = '''"""What pytest needs to know of this repository."""

from pathlib import Path

pytest_plugins = ["claims.pytest_plugin"]


def pytest_claims_papers():
    from made_up_paper_claims import PAPER

    return (PAPER,)


def pytest_claims_expected_verdicts():
    return Path(__file__).with_name("expected_verdicts.csv")
'''
TEST = """from made_up_paper_claims import PAPER

from claims import Claim, Judge, parametrize


@parametrize(PAPER.claims)
def test_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
"""
PROBES = '''"""A measurement that costs nothing."""


def value(seed: int, number: int) -> dict[str, float]:
    return {"value": 1.0 + number / 1e6 + seed / 1e3}
'''
CLAIMS = '''"""A made-up paper."""

from claims import Arithmetic, Arm, Below, Claim, Evidence, Figure, Greater, LearnsFaster, Locator, MatchesPublished, Paper, PrintedTable
from claims import Section
from reproductions.recipes import Adding, Network, Optimizer, Probe, Training

ID, NUMBER = "made-up-2026", {number}


def probe(number):
    return Probe("smoke", "made_up_probes.probes:value", (("number", number),))


def training(cell, number):
    return Training("smoke", Adding(4, None, 32), Network(cell, 1, 4), Optimizer("adam", 1e-3 + number / 1e9), 4, 40, 4)


def check():
    return Evidence(0.0, 0.0, 0.0, 0, 0, "arithmetic on printed numbers", "points")


def claim(number):
    group, place, section = number // 10, number % 10, f"part-{{number // 50}}"
    common = {{
        "id": f"{{ID}}/{{section}}/claim-{{number}}",
        "paper": ID,
        "quote": f"sentence {{number}} of a paper that says a good deal about networks, and says it at some length",
        "locator": Locator(section=str(1 + number // 50)),
        "family": f"part {{number // 50}}" if place in (0, 3) else "",
    }}
    why = f"the margin of group {{group}} is made up"
    arms = {{"seeds": {{"smoke": 8}}, "arms": {{"smoke": (Arm("p", (probe(group),)),)}}}}
    cells = tuple(Arm(cell.upper(), (training(cell, group),)) for cell in ("rin", "lstm"))
    nets = {{"seeds": {{"smoke": 8}}, "arms": {{"smoke": cells}}}}
    if place < 3:
        prediction = Below(metric="value", unit="points", why=why, higher_is_better=False, arm="p", threshold=1.5 + place)
        return Claim(**common, **arms, prediction=prediction, statement=f"The value {{group}} is small.")
    if place < 5:
        two = {{"seeds": {{"smoke": 8}}, "arms": {{"smoke": (Arm("p", (probe(group),)), Arm("q", (probe(group + 1),)))}}}}
        prediction = Greater(metric="value", unit="points", why=why, better="p", worse="q", smallest_effect=1e-4)
        return Claim(**common, **two, prediction=prediction, statement=f"The value {{group}} is greater than the next.")
    if place == 5:
        return Claim(**common, prediction=Arithmetic("value", "points", why, check=check), statement="Nothing is off.")
    if place == 6:
        updates = {{"metric": "updates_to_half_baseline", "unit": "updates", "why": why}}
        prediction = LearnsFaster(**updates, faster="RIN", slower="LSTM", smallest_effect=1.1)
        return Claim(**common, **nets, prediction=prediction, statement=f"The RIN {{group}} is faster.")
    if place == 7:
        prediction = Below(metric="test_mse", unit="MSE", why=why, higher_is_better=False, arm="RIN", threshold=0.2)
        return Claim(**common, **nets, prediction=prediction, statement=f"The RIN {{group}} learns.")
    if place == 8:
        prediction = MatchesPublished(metric="value", unit="points", why=why, arm="p", published=1.0, useful_width=0.8)
        common["locator"] = Locator(table="1", cell=str(group))
        return Claim(**common, **arms, prediction=prediction, statement="As printed.")
    prediction = Below(metric="value", unit="points", why=why, higher_is_better=False, arm="p", threshold=1.5)
    return Claim(**common, prediction=prediction, statement="Nothing measures it.", not_run="no profile measures it")


CLAIMS = tuple(map(claim, range(NUMBER)))
SECTIONS = tuple(dict.fromkeys(claim.section for claim in CLAIMS))
OF_TABLE = {{claim.locator.cell: claim.id for claim in CLAIMS if claim.locator.table}}
PAPER = Paper(
    id=ID,
    title="Made up 2026",
    citation="Nobody (2026), a made-up paper.",
    sections=tuple(Section(name=name, title=name, claims="made_up_paper_claims") for name in SECTIONS),
    tables=(
        PrintedTable(
            name="table1",
            number="1",
            title="Table 1, values",
            axis="value",
            rows=lambda: [{{"cell": cell, "printed": "1.0", "unit": "points", "locator": f"Table 1, {{cell}}"}} for cell in OF_TABLE],
            keys=("cell",),
            label=lambda row: f"row {{int(row['cell']) // 2}}",
            column=lambda row: f"column {{int(row['cell']) % 2}}",
            claim=lambda row: OF_TABLE[row["cell"]],
            items=lambda row: 100,
        ),
    ),
    figures=tuple(
        Figure(
            section=name,
            panels=lambda recipe, name=name: {{"test_mse": f"Figure {{name}}: test error"}} if isinstance(recipe, Training) else {{}},
            y_label="test MSE",
        )
        for name in SECTIONS
    ),
)
'''


def write(folder: Path, claims: int) -> None:
    """Writes the repository, and in ``folder``/store the outcomes of every trial that its claims demand."""
    (folder / "made_up_probes").mkdir(parents=True)
    (folder / "made_up_probes" / "__init__.py").write_text('"""Measurements."""\n')
    (folder / "made_up_probes" / "probes.py").write_text(PROBES)
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "made_up_paper_claims.py").write_text(CLAIMS.format(number=claims))
    (folder / "test_made_up.py").write_text(TEST)
    (folder / "pytest.ini").write_text("[pytest]\n")
    sys.path.insert(0, str(folder))
    try:
        paper = importlib.import_module("made_up_paper_claims").PAPER
        _expected(folder, paper)
        _measure(Store(folder / "store"), paper)
    finally:
        sys.path.remove(str(folder))
        for name in ("made_up_paper_claims", "made_up_probes"):
            sys.modules.pop(name, None)


def _expected(folder: Path, paper: Paper) -> None:
    rows = sorted(f"{claim.id},smoke,reproduced,2026-11-21,as first measured" for claim in paper.claims if claim.arms)
    (folder / "expected_verdicts.csv").write_text("\n".join(["claim,profile,expected,date,reason", *rows]) + "\n")


def _measure(store: Store, paper: Paper) -> None:
    trials = dict.fromkeys(trial for claim in paper.claims for trial in trials_to_cap(claim, "smoke"))
    for number, trial in enumerate(trials):
        write_outcome(store, trial, store.fingerprint(trial.recipe), made_up(trial.recipe, random.Random(number), {}))
