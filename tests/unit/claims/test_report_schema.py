"""``report.json`` is what its published schema says, and the schema says enough to refuse what is no report."""

from __future__ import annotations

import dataclasses
import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator
from report_samples import DIVERGED, NOT_RUN, RESULTS, UNBOUNDED, identities, report

from claims import papers
from claims.judging.result import Result
from claims.report.build import build_report
from claims.report.formats import json as report_json
from claims.report.guards import Alarm, GuardResults
from claims.report.model import SCHEMA
from claims.results import Look, Verdict

FILE = files("claims.report") / "report.schema.json"


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    data = json.loads(FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(data)
    return Draft202012Validator(data)


def problems(schema, data):
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in schema.iter_errors(data)]


LOOKS = (Look(3, 0.0, None, None, "inconclusive"), Look(6, 0.04, -1.0, 2.0, "inconclusive"))
LOOKED = dataclasses.replace(
    UNBOUNDED, verdict=dataclasses.replace(UNBOUNDED.verdict, evidence=dataclasses.replace(UNBOUNDED.verdict.evidence, trace=LOOKS))
)
GUARDS = GuardResults(("finite loss",), (Alarm("finite loss", "adding", "lost", (DIVERGED.claim.id,)),))


@pytest.mark.parametrize(
    "whole",
    [
        report([*(result for result in RESULTS if result is not UNBOUNDED), LOOKED], guards=GUARDS),
        report([]),
        report([NOT_RUN]),
        report(identities(3)),
        build_report(
            [Result(claim, "smoke", Verdict("not run", "x")) for claim in papers.all_claims()],
            {},
            "2026-01-02",
            profile="smoke",
            papers=papers.registry().papers,
        ),
    ],
    ids=["all", "none", "not run", "identities", "registry"],
)
def test_every_report_is_valid(schema, whole):
    assert problems(schema, json.loads(report_json.dumps(whole))) == []


def test_the_schema_is_of_this_version(schema):
    assert schema.schema["properties"]["schema"]["const"] == SCHEMA


def spoil(data, path, value):
    *places, last = path
    for place in places:
        data = data[place]
    data[last] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 1),
        (("claims", 0, "verdict"), "perhaps"),
        (("claims", 0, "id"), "no id"),
        (("claims", 0, "evidence", "lower"), "infinite"),
        (("claims", 0, "evidence", "n"), -1),
        (("claims", 0, "region", "inside"), [[1, 2, 3]]),
        (("claims", 0, "unknown"), 1),
        (("pictures", 0, "curves", 0, "y"), ["inf"]),
        (("counts", "smoke", "perhaps"), {}),
        (("counts", "smoke", "exact", "perhaps"), 1),
        (("claims", 0, "basis"), "guessed"),
        (("claims", 0, "counterparts"), ["no id"]),
        (("guards",), None),
    ],
)
def test_what_is_no_report_is_refused(schema, path, value):
    data = json.loads(report_json.dumps(report()))
    spoil(data, path, value)
    assert problems(schema, data) != []


def test_every_field_is_required(schema):
    whole = json.loads(report_json.dumps(report()))
    for place in (whole, whole["claims"][0], whole["claims"][0]["evidence"], whole["pictures"][0], whole["papers"][0]):
        for name in list(place):
            value = place.pop(name)
            assert problems(schema, whole) != [], name
            place[name] = value
    assert problems(schema, whole) == []
