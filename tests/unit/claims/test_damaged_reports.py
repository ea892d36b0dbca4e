"""Any damage to any field of report.json ends in one line, or in a page without a warning."""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from report_samples import PICTURE, QUESTION, SAME_LEVEL, UNBOUNDED, report

from claims.cli import main
from claims.paper import NetworkStyle, Remarks
from claims.protocol import Profile
from claims.readings import Comparison, Option
from claims.report.formats import json as report_json
from claims.report.guards import Alarm, GuardResults
from claims.report.model import Report, ReportError
from claims.report.papers import PlantedFaults, ReportedPaper, ReportedTable, TableCell
from claims.report.write import FILES, figures
from claims.results import Evidence, Look

CELLS = tuple(
    TableCell(label="T = 200", column=column, printed=printed, items=100, claim=result.claim.id)
    for column, printed, result in (("RIN", "91.6", SAME_LEVEL), ("IRNN", "1", UNBOUNDED))
)
PAPER = ReportedPaper(
    id="rin-2018",
    title="RIN 2018",
    citation="A paper.",
    implementation="Ours.",
    sections={"adding": "Adding"},
    tables=(
        ReportedTable(
            name="table1",
            title="Table 1, made up",
            axis="percent",
            cells=CELLS,
            remarks=Remarks(sentences=("A remark.",), title="t", explanation="e", header=("h", "i"), rows=(("1", "2"),), csv="h,i\n1,2\n"),
        ),
    ),
    profiles=(Profile(name="smoke", meaning="small", marker="smoke", looks=(5, 9, 12)),),
    scaling=(("adding", "100 numbers"),),
    reasons=(("length", "time"),),
    planted_faults=PlantedFaults(("One was noticed.",), (("fault", "what", "who", "verdict"),)),
    styles=(NetworkStyle(slug="rin", light="#112233", dark="#445566", line="-", marker="o"),),
)
LOOKS = (Look(3, 0.0, None, None, "inconclusive"), Look(6, 0.04, -1.0, 2.0, "inconclusive"))


def whole() -> dict[str, Any]:
    """A small report with something in every field, as JSON data."""
    evidence = UNBOUNDED.verdict.evidence
    assert evidence is not None
    looked: Evidence = dataclasses.replace(evidence, trace=LOOKS, seeds=(0, 1))
    results = [SAME_LEVEL, dataclasses.replace(UNBOUNDED, verdict=dataclasses.replace(UNBOUNDED.verdict, evidence=looked))]
    measured = Comparison("adding", "mse", "MSE", (10_000,), (Option("a", (1.0,)), Option("b", (None,))), "python x.py", "2026-01-02")
    made = dataclasses.replace(
        report(results, guards=GuardResults(("finite loss",), (Alarm("finite loss", "adding", "lost"),)), papers=()),
        papers=(PAPER,),
        addendum=(dataclasses.replace(QUESTION, comparisons=(measured,)),),
        pictures=(dataclasses.replace(PICTURE, curves=PICTURE.curves[::2]),),
    )
    data: dict[str, Any] = json.loads(report_json.dumps(made))
    return data


DATA = whole()
DERIVED = ("outcome", "counts", "changes", "project")  # for readers; not read
SCHEMA = Draft202012Validator(json.loads((files("claims.report") / "report.schema.json").read_text(encoding="utf-8")))


def places(data: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        yield (*way, key)
        yield from places(value, (*way, key))


def damaged(way: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The report with ``value`` in one place, or without it for DROPPED."""
    data = copy.deepcopy(DATA)
    inside = functools.reduce(lambda data, key: data[key], way[:-1], data)
    if value is DROPPED:
        del inside[way[-1]]
    else:
        inside[way[-1]] = json.loads("[" * 900 + "]" * 900) if value is DEEP else value
    return data


def read_or_refusal(data: Any) -> Report | str:
    try:
        return report_json.loads(json.dumps(data))
    except ReportError as refused:
        return str(refused)


def render(read: Report) -> None:
    for dumps in FILES.values():
        dumps(read)
    figures(read)


DROPPED, DEEP = "(dropped)", "(deep)"  # stand-ins: hypothesis cannot print what is deep
PLACES = [way for way in places(DATA) if way[0] not in DERIVED]
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([10**400, -(10**400), 1e308, -1e308, 10**18])
VALUES = (
    st.sampled_from([DROPPED, None, True, "", "inf", "-inf", "nan", "\x1b[2J", DEEP, [], {}])
    | NUMBERS
    | st.lists(NUMBERS | st.text(max_size=3), max_size=3)
    | st.dictionaries(st.text(max_size=3), NUMBERS, max_size=2)
)
CLAIM, CURVE, STYLE = ("claims", 0), ("pictures", 0, "curves", 0), ("papers", 0, "styles", 0)


@given(way=st.sampled_from(PLACES), value=VALUES)
@example(way=("papers", 0, "profiles", 0, "looks"), value=[9, 5])
@example(way=("papers", 0, "profiles", 0, "looks"), value=[5, 10**9])
@example(way=("papers", 0, "profiles", 0, "looks", 0), value=10**400)
@example(way=("papers", 0, "tables", 0, "cells", 0, "printed"), value="")
@example(way=("papers", 0, "tables", 0, "cells", 0, "claim"), value="rin-2018/adding/none")
@example(way=("papers", 0, "scaling", 0), value=[])
@example(way=("papers", 0, "planted_faults", "rows", 0), value=["a"])
@example(way=(*STYLE, "light"), value="no colour")
@example(way=(*STYLE, "line"), value="wavy")
@example(way=(*STYLE, "marker"), value="star")
@example(way=(*CLAIM, "evidence", "n"), value=10**400)
@example(way=(*CLAIM, "evidence", "values", 0), value=1e308)
@example(way=(*CLAIM, "evidence", "lower"), value=-1e308)
@example(way=(*CLAIM, "evidence", "seeds"), value=[0])
@example(way=(*CLAIM, "region", "mark"), value="inf")
@example(way=(*CLAIM, "region", "inside"), value=[[-1e308, 1e308]])
@example(way=("claims", 1, "evidence", "trace", 0, "seeds"), value=10**400)
@example(way=(*CLAIM, "trials", 0, "seed"), value=DROPPED)
@example(way=(*CLAIM, "trials", 0, "seed"), value=[0])
@example(way=(*CLAIM, "trials", 0), value={})
@example(way=(*CURVE, "y", 1), value=1e308)
@example(way=(*CURVE, "y"), value=[1e308, -1e308, 1e308])
@example(way=(*CURVE, "x"), value=[-1e308, 0, 1e308])
@example(way=(*CURVE, "x", 1), value=1e308)
@example(way=(*CURVE, "x", 1), value=100.0)
@example(way=("pictures", 0, "baseline"), value=1e308)
@example(way=("pictures", 0, "curves"), value=[])
@example(way=("provenance", "cpu"), value=DEEP)
@example(way=("schema",), value=DEEP)
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_damage_to_any_field_is_refused_in_one_line_or_rendered_without_a_warning(way: tuple[str | int, ...], value: Any) -> None:
    data = damaged(way, value)
    read = read_or_refusal(data)
    if isinstance(read, str):
        assert len(read.splitlines()) == 1
        assert len(read) < 500
        assert "; " in read
        return
    render(read)  # a warning fails every ordinary test
    assert [error.message for error in SCHEMA.iter_errors(json.loads(report_json.dumps(read)))] == []


@pytest.mark.parametrize("option", ["--from", "--compare"])
def test_the_command_refuses_a_damaged_report_with_exit_code_2_and_leaves_what_is_there(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in (("whole.json", DATA), ("damaged.json", damaged((*CLAIM, "trials", 0, "seed"), [0]))):
        (tmp_path / name).write_text(json.dumps(data))
    named = {"--from": "whole.json", "--compare": "whole.json"} | {option: "damaged.json"}
    assert main(["report", *(part for pair in named.items() for part in (pair[0], str(tmp_path / pair[1])))]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert "damaged.json is not a complete report (claims[0].trials[0]['seed']: [0] is no number); write it anew" in line
    assert {path.name for path in tmp_path.iterdir()} == {"whole.json", "damaged.json"}


def test_the_whole_report_is_valid_and_rendered() -> None:
    assert list(SCHEMA.iter_errors(DATA)) == []
    render(report_json.loads(json.dumps(DATA)))
