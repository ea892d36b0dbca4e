"""The file ``expected_verdicts.csv``: the verdict recorded for a claim under a profile, with date and reason."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from reference_results.errors import ReferenceDataError
from reference_results.texts import rows_of, text_of

FILE = "reference_results/expected_verdicts.csv"
COLUMNS = ("claim", "profile", "expected", "date", "reason")
PROFILES = ("smoke", "compact", "paper")  # written in full here because this package imports nothing of the others
VERDICTS = ("reproduced", "contradicted", "inconclusive")  # "not run" is no result, so it is never recorded
ANY = "any"  # a claim that measures the same under every profile: arithmetic on printed numbers, formal probes


@dataclass(frozen=True)
class ExpectedVerdict:
    """A recorded verdict.

    ``expected`` is one of VERDICTS, ``date`` the day it was recorded (ISO 8601), ``reason`` one line.
    """

    expected: str
    date: str
    reason: str


def expected_verdicts(table: Path | None = None) -> dict[tuple[str, str], ExpectedVerdict]:
    """Return ``{(claim id, profile): verdict}``. Raises ReferenceDataError.

    A row recorded for the profile "any" is given for every profile. ``table`` is a file of another repository; None: this project's own.
    """
    if table is not None:
        if not table.is_file():
            raise ReferenceDataError(
                f"there is no table of recorded verdicts {table}; correct pytest_claims_expected_verdicts in conftest.py"
            )
        return parse_expected_verdicts(text_of(table, str(table)), str(table))
    return parse_expected_verdicts(text_of(resources.files("reference_results") / "expected_verdicts.csv", FILE))


def parse_expected_verdicts(text: str, file: str = FILE) -> dict[tuple[str, str], ExpectedVerdict]:
    """Read the verdicts in ``text``; rows must be sorted by claim, then profile.

    Raises ReferenceDataError naming line and remedy.
    """
    lines = rows_of(text, file)
    if not lines or tuple(lines[0]) != COLUMNS:
        raise ReferenceDataError(f"{file}: the header must read {','.join(COLUMNS)}")
    found: dict[tuple[str, str], ExpectedVerdict] = {}
    previous = ("", "")
    for number, row in enumerate(lines[1:], start=2):
        where = f"{file} line {number}"
        claim, profile, verdict = _checked(row, where)
        if (claim, profile) < previous:
            raise ReferenceDataError(f"{where}: {claim} {profile} is out of order; sort the rows by claim, then profile")
        previous = (claim, profile)
        for name in PROFILES if profile == ANY else (profile,):
            if (claim, name) in found:
                raise ReferenceDataError(f"{where}: {claim} has two verdicts for the profile {name}; keep one")
            found[claim, name] = verdict
    return found


def _checked(row: list[str], where: str) -> tuple[str, str, ExpectedVerdict]:
    if len(row) != len(COLUMNS):
        raise ReferenceDataError(f"{where}: {len(row)} values for {len(COLUMNS)} columns; quote a reason that holds a comma")
    claim, profile, expected, date, reason = row
    if not claim:
        raise ReferenceDataError(f"{where}: the claim is empty; write its id")
    if profile not in (*PROFILES, ANY):
        raise ReferenceDataError(f"{where}: unknown profile {profile!r}; known: {', '.join((*PROFILES, ANY))}")
    if expected not in VERDICTS:
        raise ReferenceDataError(f"{where}: unknown verdict {expected!r}; known: {', '.join(VERDICTS)}")
    try:
        datetime.date.fromisoformat(date)
    except ValueError:
        raise ReferenceDataError(f"{where}: {date!r} is no date; write it as 2026-01-31") from None
    if not reason.strip():
        raise ReferenceDataError(f"{where}: the reason is empty; say in one line why this is expected")
    return claim, profile, ExpectedVerdict(expected, date, reason)
