"""Reads ``recorded/equivalent_code.csv``: which older numerics code makes the numbers of newer one, with date and evidence."""

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
COLUMNS = ("old", "new", "what", "date", "evidence")
_AGAIN = "make the row with `rin-claims store equivalent`"


@dataclass(frozen=True)
class Equivalence:
    """Outcomes made under the fingerprint ``old`` are what the code of the fingerprint ``new`` makes.

    ``what`` names task, cell and optimiser, or the probe; ``date`` is the day of the comparison (ISO 8601); ``evidence`` is one line.
    """

    old: str
    new: str
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


def older(rows: Iterable[Equivalence]) -> dict[str, tuple[str, ...]]:
    """Return by fingerprint every older one that is equivalent to it, over any number of rows, the nearest first."""
    direct: dict[str, list[str]] = {}
    for row in rows:
        direct.setdefault(row.new, []).append(row.old)
    found: dict[str, tuple[str, ...]] = {}
    for new in direct:
        chain = [new]
        for code in chain:  # it grows while it is read
            chain += [old for old in direct.get(code, ()) if old not in chain]
        found[new] = tuple(chain[1:])
    return found


def _checked(row: list[str], where: str) -> Equivalence:
    if len(row) != len(COLUMNS):
        raise ReferenceDataError(f"{where}: {len(row)} values for {len(COLUMNS)} columns; {_AGAIN}")
    made = Equivalence(*row)
    for code in (made.old, made.new):
        if not re.fullmatch("[0-9a-f]{64}", code):
            raise ReferenceDataError(f"{where}: {code!r} is no fingerprint of 64 hexadecimal digits; {_AGAIN}")
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
