"""The table ``rounding.csv``: the verdict of a claim under each path of the kernels, by machine.

The paths differ in the order of their sums, so in rounding alone. A claim that they give different verdicts is borderline.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from importlib import resources
from pathlib import Path

from reference_results.claim_rows import Known, check_date, check_profile, check_verdict, profiles_of
from reference_results.errors import ReferenceDataError
from reference_results.texts import rows_of, text_of

NAME = "rounding.csv"  # beside the table of recorded verdicts
FILE = f"reference_results/{NAME}"
PATHS = ("avx512", "avx2", "neon", "plain", "torch")  # in full because this package imports nothing of the others
_AGAIN = "make its rows anew with `rin-claims rounding --csv FILE`"
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class RoundingRow:
    """The verdict of a claim under a profile and a kernel path, on a machine, and its day (ISO 8601)."""

    claim: str
    profile: str
    path: str
    verdict: str
    estimate: float | None
    n: int
    machine: str
    date: str

    @property
    def key(self) -> Key:
        """What a table has one row for."""
        return self.claim, self.profile, self.path, self.machine


COLUMNS = tuple(field.name for field in fields(RoundingRow))


def rounding_rows(beside: Path | None = None, known: Known | None = None) -> tuple[RoundingRow, ...]:
    """Return the rows of the table in the folder of ``beside``, () without one; None: of this project. Raises ReferenceDataError.

    ``known`` has the profiles of each claim there is, by its id: a row about anything else is refused.
    """
    if beside is None:
        return parse(text_of(resources.files("reference_results") / NAME, FILE), FILE, known)
    return rows_in(beside.with_name(NAME), known)


def rows_in(table: Path, known: Known | None = None) -> tuple[RoundingRow, ...]:
    """Return the rows of ``table``, () where there is no such file. Raises ReferenceDataError as ``rounding_rows`` does."""
    return parse(text_of(table, str(table)), str(table), known) if table.exists() else ()


def borderline(rows: Iterable[RoundingRow]) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Return what each path gave, as (path, verdict), by claim id and profile, of the claims whose verdicts differ.

    A path is named with its machine where several machines have rows of the claim.
    """
    of_claims: dict[tuple[str, str], list[RoundingRow]] = {}
    for row in rows:
        of_claims.setdefault((row.claim, row.profile), []).append(row)
    found = {}
    for key, of_claim in of_claims.items():
        if len({row.verdict for row in of_claim}) > 1:
            alone = len({row.machine for row in of_claim}) == 1
            found[key] = tuple((row.path if alone else f"{row.path} on {row.machine}", row.verdict) for row in of_claim)
    return found


def updated(rows: Iterable[RoundingRow], new: Iterable[RoundingRow]) -> tuple[RoundingRow, ...]:
    """Return ``rows`` sorted, with each of ``new`` in the place of a row with the same key."""
    found = {row.key: row for row in (*rows, *new)}
    return tuple(found[key] for key in sorted(found))


def dumps(rows: Iterable[RoundingRow]) -> str:
    """Write the file; estimates have six significant digits and are empty where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([f"{value:.6g}" if isinstance(value, float) else value for value in astuple(row)] for row in rows)
    return text.getvalue()


def parse(text: str, file: str = FILE, known: Known | None = None) -> tuple[RoundingRow, ...]:
    """Read the rows in ``text``, which must be sorted by claim, profile, path and machine.

    Raises ReferenceDataError naming line and remedy.
    """
    lines = rows_of(text, file)
    if not lines or tuple(lines[0]) != COLUMNS:
        raise ReferenceDataError(f"{file}: the header must read {','.join(COLUMNS)}; {_AGAIN}")
    found: list[RoundingRow] = []
    for number, values in enumerate(lines[1:], start=2):
        row = _checked(values, f"{file} line {number}", known)
        if found and row.key <= found[-1].key:
            raise ReferenceDataError(f"{file} line {number}: {' '.join(row.key)} is out of order or there twice; {_AGAIN}")
        found.append(row)
    return tuple(found)


def _checked(values: list[str], where: str, known: Known | None) -> RoundingRow:
    if len(values) != len(COLUMNS):
        raise ReferenceDataError(f"{where}: {len(values)} values for {len(COLUMNS)} columns; {_AGAIN}")
    claim, profile, path, verdict, estimate, n, machine, date = values
    check_profile(profile, claim, profiles_of(claim, where, known), where)
    check_verdict(verdict, where)
    check_date(date, where)
    if path not in PATHS:
        raise ReferenceDataError(f"{where}: unknown path {path!r}; known: {', '.join(PATHS)}")
    try:
        value = float(estimate) if estimate else None
    except ValueError:
        value = math.nan
    if value is not None and math.isnan(value):
        raise ReferenceDataError(f"{where}: the estimate {estimate!r} is no number; {_AGAIN}")
    if not (n.isascii() and n.isdecimal()):
        raise ReferenceDataError(f"{where}: {n!r} seeds are no whole number; {_AGAIN}")
    if not machine.strip():
        raise ReferenceDataError(f"{where}: the machine is empty; {_AGAIN}")
    return RoundingRow(claim, profile, path, verdict, value, int(n), machine, date)
