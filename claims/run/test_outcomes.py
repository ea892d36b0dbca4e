"""The tests of claims: which they are, what a verdict makes of one, and what it carries of the verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NoReturn

import pytest

from claims import text
from claims.json_data import encode
from claims.judging.result import Result
from claims.report.words import cause_of_change

VERDICT = "claim verdict"  # the user property that carries a verdict from a worker to the controller


def properties(result: Result) -> list[tuple[str, str]]:
    """Return the user properties of a claim's test, which JUnit XML has too."""
    evidence = result.verdict.evidence
    data = "null" if evidence is None else json.dumps(encode(evidence), sort_keys=True)
    return [
        ("claim", result.claim.id),
        ("profile", result.profile),
        ("basis", result.claim.prediction.basis),
        (VERDICT, result.verdict.verdict),
        ("reason", result.verdict.reason),
        ("evidence", data),
    ]


def said(ended: object) -> str:
    """Return in one line what a failure or a reason to skip says, without the place of its raising."""
    if crash := getattr(ended, "reprcrash", None):  # of an exception: the last line of its picture is only a place
        return (str(crash.message).strip().splitlines() or ["nothing was said"])[0]
    return (str(ended[-1] if isinstance(ended, tuple) else ended).strip().splitlines() or ["nothing was said"])[-1]


def conclude(result: Result, inconclusive: str) -> None:
    """Map a verdict to the outcome of its test (design, section 4: expected verdicts)."""
    verdict, expected = result.verdict.verdict, result.expected
    cause = cause_of_change(verdict, expected, result.moves)  # drift is known when the run ends
    note = f"recorded {expected}, now {verdict}{f': {cause}' if cause else ''}" if expected not in (None, verdict) else ""
    line = text.one_line(f"{result.claim.id}: {verdict}: {result.verdict.reason}")
    if verdict == "not run" or result.so_far:
        pytest.skip(result.verdict.reason)
    if {verdict, expected} == {"reproduced", "contradicted"} and not result.moved:
        pytest.fail(f"{line} (recorded as {expected}: {text.one_line(result.expected_reason)})", pytrace=False)
    if verdict == "contradicted":
        if expected is None:
            pytest.fail(f"{line} (no expected verdict is recorded; if this is a finding, record it with date and reason)", pytrace=False)
        _expect(f"{note or f'recorded as {expected}'}: {result.verdict.reason}")
    if verdict == "inconclusive":
        if inconclusive == "fail":
            pytest.fail(line, pytrace=False)
        _expect(f"{note or 'inconclusive'}: {result.verdict.reason}")


def _expect(reason: str) -> NoReturn:
    """Make a test end as expected to fail, so that JUnit XML has it as skipped."""
    raise pytest.xfail.Exception(reason, pytrace=False)  # pytest.xfail would have the source of every frame parsed, for nobody to see


def judges_claims(path: Path) -> bool:
    """Return whether a test file takes its tests from ``parametrize``."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    # another test file may use claim ids as the names of its cases
    return re.search(r"^from claims(\.pytest_plugin)? import .*\bparametrize\b", source, re.MULTILINE) is not None
