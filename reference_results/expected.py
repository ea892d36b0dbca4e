"""The file ``expected_verdicts.csv``: the verdict recorded for a claim under a profile, with date and reason."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from reference_results.errors import ReferenceDataError
from reference_results.texts import rows_of, text_of

FILE = "reference_results/expected_verdicts.csv"
COLUMNS = ("claim", "profile", "expected", "date", "reason")
PROFILES = ("smoke", "compact", "paper")  # of this project, in full because this package imports nothing of the others
VERDICTS = ("reproduced", "contradicted", "inconclusive")  # "not run" is no result, so it is never recorded
FEW = 8  # names that an error lists
ANY = "any"  # a claim that measures the same under every profile: arithmetic on printed numbers, formal probes


@dataclass(frozen=True)
class ExpectedVerdict:
    """A recorded verdict.

    ``expected`` is one of VERDICTS, ``date`` the day it was recorded (ISO 8601), ``reason`` one line.
    """

    expected: str
    date: str
    reason: str


def expected_verdicts(
    table: Path | None = None, known: Mapping[str, Collection[str]] | None = None
) -> dict[tuple[str, str], ExpectedVerdict]:
    """Return ``{(claim id, profile): verdict}``. Raises ReferenceDataError.

    A row recorded for the profile "any" is given for every profile. ``table`` is a file of another repository; None: this project's own.
    ``known`` has the profiles of each claim there is, by its id: a row about anything else is refused. None: every id is taken, with the
    profiles of this project.
    """
    if table is None:
        return parse_expected_verdicts(text_of(resources.files("reference_results") / "expected_verdicts.csv", FILE), FILE, known)
    if not table.is_file():
        raise ReferenceDataError(f"there is no table of recorded verdicts {table}; correct pytest_claims_expected_verdicts in conftest.py")
    return parse_expected_verdicts(text_of(table, str(table)), str(table), known)


def parse_expected_verdicts(
    text: str, file: str = FILE, known: Mapping[str, Collection[str]] | None = None
) -> dict[tuple[str, str], ExpectedVerdict]:
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
        profiles = _profiles(claim, where, known)
        if profile not in (*profiles, ANY):
            raise ReferenceDataError(f"{where}: unknown profile {profile!r} of {claim}; {_near(profile, (*profiles, ANY))}")
        if (claim, profile) < previous:
            raise ReferenceDataError(f"{where}: {claim} {profile} is out of order; sort the rows by claim, then profile")
        previous = (claim, profile)
        for name in profiles if profile == ANY else (profile,):
            if (claim, name) in found:
                raise ReferenceDataError(f"{where}: {claim} has two verdicts for the profile {name}; keep one")
            found[claim, name] = verdict
    return found


def _profiles(claim: str, where: str, known: Mapping[str, Collection[str]] | None) -> Collection[str]:
    if known is None:
        return PROFILES
    if claim not in known:
        raise ReferenceDataError(f"{where}: there is no claim {claim!r}; {_near(claim, known)}")
    return known[claim]


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}" if len(names) <= FEW else "remove the row"


def _checked(row: list[str], where: str) -> tuple[str, str, ExpectedVerdict]:
    if len(row) != len(COLUMNS):
        raise ReferenceDataError(f"{where}: {len(row)} values for {len(COLUMNS)} columns; quote a reason that holds a comma")
    claim, profile, expected, date, reason = row
    if not claim:
        raise ReferenceDataError(f"{where}: the claim is empty; write its id")
    if expected not in VERDICTS:
        raise ReferenceDataError(f"{where}: unknown verdict {expected!r}; known: {', '.join(VERDICTS)}")
    try:
        datetime.date.fromisoformat(date)
    except ValueError:
        raise ReferenceDataError(f"{where}: {date!r} is no date; write it as 2026-01-31") from None
    if not reason.strip():
        raise ReferenceDataError(f"{where}: the reason is empty; say in one line why this is expected")
    return claim, profile, ExpectedVerdict(expected, date, reason)
