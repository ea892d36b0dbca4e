"""The table ``planted_faults.csv``: which planted fault was noticed without training, and by what.

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
COLUMNS = ("fault", "description", "noticed", "verdicts", "guards", "bits", "start")
_AGAIN = f"make the table anew with `rin-claims faults --csv > {FILE}`"


@dataclass(frozen=True)
class FaultRow:
    """A planted fault and what noticed it.

    ``verdicts`` are the claims whose verdict the fault changed, ``guards`` the guards that it made fail; none of either: it went unnoticed.
    ``bits`` says how many tiny runs have other bits than healthy ones, as "3 of 35". ``start`` says how far their farthest start lies off,
    in units of the largest tolerance that there is.
    """

    fault: str
    description: str
    verdicts: tuple[str, ...]
    guards: tuple[str, ...]
    bits: str
    start: str

    @property
    def noticed_by(self) -> tuple[str, ...]:
        return (*self.verdicts, *self.guards)


@dataclass(frozen=True)
class FaultTable:
    """The table: ``facts`` are FACTS by name, ``rows`` the faults.

    In the ``clean seed sets`` of the facts the guards looked at the code without a fault.
    """

    facts: Mapping[str, str]
    rows: tuple[FaultRow, ...]


def dumps(facts: Mapping[str, str], rows: Iterable[FaultRow]) -> str:
    """Write the file of ``rows``."""
    cells: list[tuple[Any, ...]] = [
        (row.fault, row.description, _yes(bool(row.noticed_by)), " ".join(row.verdicts), " ".join(row.guards), row.bits, row.start)
        for row in rows
    ]
    return made_tables.dumps({name: facts[name] for name in FACTS}, COLUMNS, cells)


def planted_faults() -> FaultTable:
    """Return the table kept with this version. Raises ReferenceDataError."""
    return parse(text_of(resources.files("reference_results") / "planted_faults.csv", FILE))


def parse(text: str, file: str = FILE) -> FaultTable:
    """Read the table in ``text``. Raises ReferenceDataError, which names the line and the remedy."""
    facts, table = made_tables.parse(text, file, FACTS, COLUMNS, _AGAIN)
    rows: dict[str, FaultRow] = {}
    for where, (fault, description, noticed, verdicts, guards, bits, start) in table:
        row = FaultRow(fault, description, tuple(verdicts.split()), tuple(guards.split()), bits, start)
        if fault in rows or noticed != _yes(bool(row.noticed_by)):
            raise ReferenceDataError(f"{where}: {fault!r} repeats, or is noticed by nobody or by somebody unsaid; {_AGAIN}")
        check_drift(where, bits, (start,), _AGAIN)
        rows[fault] = row
    return FaultTable(facts, tuple(rows.values()))


def check_drift(where: str, bits: str, numbers: Iterable[str], again: str) -> None:
    """Check the cells that say how runs with a fault differ from healthy ones.

    Raises ReferenceDataError at ``where`` with the remedy ``again``, unless ``bits`` reads "3 of 35" and ``numbers`` are numbers, or "".
    """
    some, _, every = bits.partition(" of ")
    counted = not bits or (some.isdecimal() and every.isdecimal() and int(some) <= int(every))
    if not counted or any(number and not is_number(number) for number in numbers):
        raise ReferenceDataError(f"{where}: {bits!r} counts no runs, or one of {', '.join(map(repr, numbers))} is no number; {again}")


def is_number(text: str) -> bool:
    """Return whether the text is a number of at least 0."""
    try:
        return float(text) >= 0
    except ValueError:
        return False


def _yes(noticed: bool) -> str:
    return "yes" if noticed else "no"
