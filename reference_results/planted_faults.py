"""Writes and reads ``planted_faults.csv``: which planted fault was noticed, and by what.

Comment lines at the top say how the table was made; then one row a fault. A list in a cell is separated by spaces.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from reference_results.errors import ReferenceDataError

FILE = "reference_results/planted_faults.csv"
FACTS = ("command", "date", "versions", "clean seed sets", "clean alarms")  # of the comment lines, in order
COLUMNS = ("fault", "description", "noticed", "noticed_by")
_AGAIN = f"make the table anew with `rin-claims faults --csv > {FILE}`"


@dataclass(frozen=True)
class FaultRow:
    """``noticed_by`` are the claims whose verdict the fault changed, and the guards that it made fail; none: it went unnoticed."""

    fault: str
    description: str
    noticed_by: tuple[str, ...]


@dataclass(frozen=True)
class FaultTable:
    """``facts`` are FACTS by name; in the ``clean seed sets`` the guards looked at the code without a fault."""

    facts: Mapping[str, str]
    rows: tuple[FaultRow, ...]


def dumps(facts: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> str:
    """The file of ``rows``, mappings with at least COLUMNS."""
    text = io.StringIO()
    text.writelines(f"# {name}: {facts[name]}\n" for name in FACTS)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([row["fault"], row["description"], "yes" if row["noticed"] else "no", " ".join(row["noticed_by"])])
    return text.getvalue()


def planted_faults() -> FaultTable:
    """The table kept with this version. Raises ReferenceDataError."""
    return parse((resources.files("reference_results") / "planted_faults.csv").read_text(encoding="utf-8"))


def parse(text: str, file: str = FILE) -> FaultTable:
    """The table in ``text``. Raises ReferenceDataError, which names the line and the remedy."""
    lines = text.splitlines()
    facts = dict(line.removeprefix("# ").split(": ", 1) for line in lines[: len(FACTS)] if line.startswith("# ") and ": " in line)
    if tuple(facts) != FACTS or not all(facts.values()):
        raise ReferenceDataError(f"{file}: the first lines must tell {', '.join(FACTS)}; {_AGAIN}")
    table = list(csv.reader(lines[len(FACTS) :]))
    if not table or tuple(table[0]) != COLUMNS:
        raise ReferenceDataError(f"{file} line {len(FACTS) + 1}: the header must read {','.join(COLUMNS)}; {_AGAIN}")
    rows: dict[str, FaultRow] = {}
    for number, values in enumerate(table[1:], start=len(FACTS) + 2):
        if len(values) != len(COLUMNS):
            raise ReferenceDataError(f"{file} line {number}: {len(values)} values for {len(COLUMNS)} columns; {_AGAIN}")
        fault, description, noticed, noticed_by = values
        if fault in rows or noticed != ("yes" if noticed_by else "no"):
            raise ReferenceDataError(f"{file} line {number}: {fault!r} repeats, or is noticed by nobody or by somebody unsaid; {_AGAIN}")
        rows[fault] = FaultRow(fault, description, tuple(noticed_by.split()))
    return FaultTable(facts, tuple(rows.values()))
