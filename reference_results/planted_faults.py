"""The table ``planted_faults.csv``: which planted fault was noticed, and by what.

Comment lines at the top say how the table was made; then one row a fault. A list in a cell is separated by spaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from reference_results import made_tables
from reference_results.errors import ReferenceDataError
from reference_results.texts import text_of

FILE = "reference_results/planted_faults.csv"
FACTS = ("command", "date", "versions", "clean seed sets", "clean alarms")  # of the comment lines, in order
COLUMNS = ("fault", "description", "noticed", "noticed_by")
_AGAIN = f"make the table anew with `rin-claims faults --csv > {FILE}`"


@dataclass(frozen=True)
class FaultRow:
    """A planted fault and what noticed it.

    ``noticed_by`` are the claims whose verdict the fault changed, and the guards that it made fail; none: it went unnoticed.
    """

    fault: str
    description: str
    noticed_by: tuple[str, ...]


@dataclass(frozen=True)
class FaultTable:
    """The table: ``facts`` are FACTS by name, ``rows`` the faults.

    In the ``clean seed sets`` of the facts the guards looked at the code without a fault.
    """

    facts: Mapping[str, str]
    rows: tuple[FaultRow, ...]


def dumps(facts: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Write the file of ``rows``, mappings with at least COLUMNS."""
    noticed = ([row["fault"], row["description"], "yes" if row["noticed"] else "no", " ".join(row["noticed_by"])] for row in rows)
    return made_tables.dumps({name: facts[name] for name in FACTS}, COLUMNS, noticed)


def planted_faults() -> FaultTable:
    """Return the table kept with this version. Raises ReferenceDataError."""
    return parse(text_of(resources.files("reference_results") / "planted_faults.csv", FILE))


def parse(text: str, file: str = FILE) -> FaultTable:
    """Read the table in ``text``. Raises ReferenceDataError, which names the line and the remedy."""
    facts, table = made_tables.parse(text, file, FACTS, COLUMNS, _AGAIN)
    rows: dict[str, FaultRow] = {}
    for where, (fault, description, noticed, noticed_by) in table:
        if fault in rows or noticed != ("yes" if noticed_by else "no"):
            raise ReferenceDataError(f"{where}: {fault!r} repeats, or is noticed by nobody or by somebody unsaid; {_AGAIN}")
        rows[fault] = FaultRow(fault, description, tuple(noticed_by.split()))
    return FaultTable(facts, tuple(rows.values()))
