"""The file ``expected_verdicts.csv``: the verdict recorded for a claim under a profile, with date and reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from reference_results.claim_rows import Known, check_date, check_profile, check_verdict, profiles_of
from reference_results.errors import ReferenceDataError
from reference_results.rounding import borderline, rounding_rows
from reference_results.texts import rows_of, text_of

FILE = "reference_results/expected_verdicts.csv"
COLUMNS = ("claim", "profile", "expected", "date", "reason")
ANY = "any"  # a claim that measures the same under every profile: arithmetic on printed numbers, formal probes


@dataclass(frozen=True)
class ExpectedVerdict:
    """A recorded verdict.

    ``expected`` is one of VERDICTS, ``date`` the day it was recorded (ISO 8601), ``reason`` one line. Of a borderline claim ``moves`` are
    the kernel paths, each with the verdict that it gave.
    """

    expected: str
    date: str
    reason: str
    moves: tuple[tuple[str, str], ...] = ()


def expected_verdicts(table: Path | None = None, known: Known | None = None) -> dict[tuple[str, str], ExpectedVerdict]:
    """Return ``{(claim id, profile): verdict}``. Raises ReferenceDataError.

    A row recorded for the profile "any" is given for every profile. ``table`` is a file of another repository; None: this project's own.
    ``known`` has the profiles of each claim there is, by its id: a row about anything else is refused. None: every id is taken, with the
    profiles of this project. What moves with rounding is read from the table beside it.
    """
    if table is None:
        found = parse_expected_verdicts(text_of(resources.files("reference_results") / "expected_verdicts.csv", FILE), FILE, known)
    elif not table.is_file():
        raise ReferenceDataError(f"there is no table of recorded verdicts {table}; correct pytest_claims_expected_verdicts in conftest.py")
    else:
        found = parse_expected_verdicts(text_of(table, str(table)), str(table), known)
    moves = borderline(rounding_rows(table, known))
    return found | {key: replace(found[key], moves=moved) for key, moved in moves.items() if key in found}


def parse_expected_verdicts(text: str, file: str = FILE, known: Known | None = None) -> dict[tuple[str, str], ExpectedVerdict]:
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
        profiles = profiles_of(claim, where, known)
        check_profile(profile, claim, (*profiles, ANY), where)
        if (claim, profile) < previous:
            raise ReferenceDataError(f"{where}: {claim} {profile} is out of order; sort the rows by claim, then profile")
        previous = (claim, profile)
        for name in profiles if profile == ANY else (profile,):
            if (claim, name) in found:
                raise ReferenceDataError(f"{where}: {claim} has two verdicts for the profile {name}; keep one")
            found[claim, name] = verdict
    return found


def _checked(row: list[str], where: str) -> tuple[str, str, ExpectedVerdict]:
    if len(row) != len(COLUMNS):
        raise ReferenceDataError(f"{where}: {len(row)} values for {len(COLUMNS)} columns; quote a reason that holds a comma")
    claim, profile, expected, date, reason = row
    check_verdict(expected, where)
    check_date(date, where)
    if not reason.strip():
        raise ReferenceDataError(f"{where}: the reason is empty; say in one line why this is expected")
    return claim, profile, ExpectedVerdict(expected, date, reason)
