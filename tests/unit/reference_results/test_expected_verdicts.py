"""Recorded verdicts are complete, sorted and about claims that exist."""

import csv
import re
from importlib import resources

import pytest

from claims import papers
from claims.judging.looks import design_of
from claims.papers.rin_2018.protocol import PROFILE_NAMES
from claims.results import VERDICTS
from reference_results import ReferenceDataError, claim_rows, expected, expected_verdicts

HEADER = "claim,profile,expected,date,reason"


def test_recorded_verdicts_name_registered_claims_and_profiles_that_run_them() -> None:
    known = {claim.id: claim for claim in papers.all_claims()}
    text = (resources.files("reference_results") / "expected_verdicts.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        assert row["claim"] in known
        assert row["profile"] == "any" or row["profile"] in known[row["claim"]].profiles
    assert {claim for claim, _ in expected_verdicts()} <= set(known)


def test_every_claim_that_no_training_decides_has_a_recorded_verdict_under_every_profile() -> None:
    recorded = expected_verdicts()
    for claim in papers.all_claims():
        if claim.section in ("formal", "tables"):
            assert all((claim.id, profile) in recorded for profile in PROFILE_NAMES), claim.id


def test_every_claim_that_runs_in_smoke_has_a_recorded_verdict() -> None:
    recorded = expected_verdicts()
    missing = [claim.id for claim in papers.all_claims() if "smoke" in claim.profiles and (claim.id, "smoke") not in recorded]
    assert missing == []


def test_a_reason_speaks_of_as_many_seeds_as_its_own_profile_takes() -> None:
    """A row for "any" profile stands for all of them, so its number of seeds must be one of each."""
    known = {claim.id: claim for claim in papers.all_claims()}
    wrong = [
        (claim_id, profile, row.reason)
        for (claim_id, profile), row in expected_verdicts().items()
        if profile in known[claim_id].arms
        for count in re.findall(r"(?<![\w.])(\d+) (?:seeds|draws of U)\b", row.reason)
        if int(count) not in design_of(known[claim_id], profile).looks
    ]
    assert wrong == []


def test_profiles_and_verdicts_are_those_of_the_claims() -> None:
    assert claim_rows.PROFILES == PROFILE_NAMES
    assert (*claim_rows.VERDICTS, "not run") == VERDICTS


def test_any_stands_for_every_profile() -> None:
    found = expected.parse_expected_verdicts(f"{HEADER}\na/b/c,any,reproduced,2026-01-31,exact")
    assert list(found) == [("a/b/c", profile) for profile in PROFILE_NAMES]
    assert found["a/b/c", "smoke"].reason == "exact"


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (["a/b/c,tiny,reproduced,2026-01-31,x"], "line 2: unknown profile 'tiny'"),
        (["a/b/c,smoke,not run,2026-01-31,x"], "unknown verdict 'not run'"),
        (["a/b/c,smoke,reproduced,31.1.2026,x"], "no date"),
        (["a/b/c,smoke,reproduced,2026-01-31, "], "reason is empty"),
        ([",smoke,reproduced,2026-01-31,x"], "claim is empty"),
        (["a/b/c,smoke,reproduced,2026-01-31,x,y"], "6 values for 5 columns"),
        (["a/b/c,smoke,reproduced,2026-01-31,x", "a/b/b,smoke,reproduced,2026-01-31,x"], "line 3: a/b/b smoke is out of order"),
        (["a/b/c,any,reproduced,2026-01-31,x", "a/b/c,smoke,reproduced,2026-01-31,x"], "two verdicts for the profile smoke"),
    ],
)
def test_a_malformed_row_is_refused_in_one_line(rows: list[str], complaint: str) -> None:
    with pytest.raises(ReferenceDataError, match=complaint) as refused:
        expected.parse_expected_verdicts("\n".join([HEADER, *rows]))
    assert "\n" not in str(refused.value)


def test_a_wrong_header_is_refused() -> None:
    with pytest.raises(ReferenceDataError, match=HEADER):
        expected.parse_expected_verdicts("claim,profile,verdict\n")
