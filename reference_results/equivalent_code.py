"""Reads ``recorded/equivalent_code.csv``: which older numerics code stands for newer one, by which grade, with date and evidence."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from importlib import resources

from reference_results.errors import ReferenceDataError
from reference_results.texts import rows_of, text_of

FILE = "reference_results/recorded/equivalent_code.csv"
COLUMNS = ("old", "new", "grade", "what", "date", "evidence")
# By falling strength: the same numbers to the bit; or numbers that a retrained sample does not tell apart.
IDENTICAL, EQUIVALENT = GRADES = ("identical", "equivalent")
_AGAIN = "make the row with `rin-claims store equivalent`"


@dataclass(frozen=True)
class Equivalence:
    """Outcomes made under the fingerprint ``old`` stand for outcomes of the fingerprint ``new``, by ``grade``.

    ``what`` names task, cell and optimiser, or the probe; ``date`` is the day of the comparison (ISO 8601); ``evidence`` is one line.
    """

    old: str
    new: str
    grade: str
    what: str
    date: str
    evidence: str


def equivalent_code() -> tuple[Equivalence, ...]:
    """Return the rows of this project's ledger. Raises ReferenceDataError."""
    return parse_equivalent_code(text_of(resources.files("reference_results") / "recorded" / "equivalent_code.csv", FILE))


def parse_equivalent_code(text: str, file: str = FILE) -> tuple[Equivalence, ...]:
    """Return the rows in ``text``. Raises ReferenceDataError, which names the line and the remedy."""
    lines = rows_of(text, file)
    if not lines or tuple(lines[0]) != COLUMNS:
        raise ReferenceDataError(f"{file}: the header must read {','.join(COLUMNS)}")
    found: dict[tuple[str, str], Equivalence] = {}
    for number, row in enumerate(lines[1:], start=2):
        made = _checked(row, where := f"{file} line {number}")
        if (made.old, made.new) in found:
            raise ReferenceDataError(f"{where}: repeats an older row of the same two fingerprints; keep one")
        found[made.old, made.new] = made
    return tuple(found.values())


def dumps(rows: Iterable[Equivalence], header: bool = True) -> str:
    """Write the ledger of ``rows``; without a ``header``, what continues one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([COLUMNS] * header + [astuple(row) for row in rows])
    return text.getvalue()


def older(rows: Iterable[Equivalence]) -> dict[str, dict[str, str]]:
    """Return by fingerprint every older one that stands for it, over any number of rows, with its grade.

    A chain of rows is as strong as its weakest row. The identical ones come first, the nearest before the others.
    """
    direct: dict[str, list[Equivalence]] = {}
    for row in rows:
        direct.setdefault(row.new, []).append(row)
    found: dict[str, dict[str, str]] = {}
    for new in direct:
        chain = {new: IDENTICAL}
        for grade in GRADES:
            codes = list(chain)
            for code in codes:  # it grows while it is read
                strong = [row.old for row in direct.get(code, ()) if row.grade == IDENTICAL or grade == EQUIVALENT]
                codes += (further := [old for old in strong if old not in chain])
                chain |= dict.fromkeys(further, grade)
        found[new] = {code: grade for code, grade in chain.items() if code != new}
    return found


def _checked(row: list[str], where: str) -> Equivalence:
    if len(row) != len(COLUMNS):
        raise ReferenceDataError(f"{where}: {len(row)} values for {len(COLUMNS)} columns; {_AGAIN}")
    made = Equivalence(*row)
    for code in (made.old, made.new):
        if not re.fullmatch("[0-9a-f]{64}", code):
            raise ReferenceDataError(f"{where}: {code!r} is no fingerprint of 64 hexadecimal digits; {_AGAIN}")
    if made.grade not in GRADES:
        raise ReferenceDataError(f"{where}: the grade {made.grade!r} is unknown; it must be one of {', '.join(GRADES)}")
    if made.old == made.new:
        raise ReferenceDataError(f"{where}: the two fingerprints are the same; leave the row out")
    try:
        datetime.date.fromisoformat(made.date)
    except ValueError:
        raise ReferenceDataError(f"{where}: {made.date!r} is no date; write it as 2026-01-31") from None
    for name, value in (("what", made.what), ("evidence", made.evidence)):
        if not value.strip():
            raise ReferenceDataError(f"{where}: {name} is empty; {_AGAIN}")
    return made
