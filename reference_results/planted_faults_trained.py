"""The table ``planted_faults_trained.csv``: what planted faults made of the verdicts of trained networks.

Comment lines at the top say how the table was made; then one row for each fault and claim. The fault ``none`` is the control: the same
claims, trained without any fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from reference_results import made_tables
from reference_results.errors import ReferenceDataError
from reference_results.texts import text_of

FILE = "reference_results/planted_faults_trained.csv"
FACTS = ("command", "date", "versions", "control")  # of the comment lines, in order
COLUMNS = ("fault", "description", "claim", "expected", "got", "noticed", "kept_because")
CONTROL = "none"
_AGAIN = f"make the table anew with `rin-claims faults --trained --csv > {FILE}`"


@dataclass(frozen=True)
class TrainedVerdict:
    """A recorded verdict and the one that its claim ``got``; ``noticed`` if the fault made the difference."""

    claim: str
    expected: str
    got: str
    noticed: bool


@dataclass(frozen=True)
class TrainedRow:
    """A fault, or the control; ``kept_because`` says why no trained verdict notices the fault, where known."""

    fault: str
    description: str
    verdicts: tuple[TrainedVerdict, ...]
    kept_because: str = ""

    @property
    def noticed_by(self) -> tuple[str, ...]:
        return tuple(verdict.claim for verdict in self.verdicts if verdict.noticed)


@dataclass(frozen=True)
class TrainedTable:
    """The table: ``facts`` are FACTS by name, ``control`` is the row without a fault, ``rows`` are the faults."""

    facts: Mapping[str, str]
    control: TrainedRow
    rows: tuple[TrainedRow, ...]


def tells(expected: str, got: str) -> bool:
    """Return whether a verdict that says the claim holds came or went: a change from or to ``reproduced``."""
    return expected != got and "reproduced" in (expected, got)


def dumps(facts: Mapping[str, str], rows: Iterable[TrainedRow]) -> str:
    """Write the file of ``rows``, the control among them."""
    cells: list[tuple[Any, ...]] = [
        (row.fault, row.description, one.claim, one.expected, one.got, "yes" if one.noticed else "no", row.kept_because)
        for row in rows
        for one in row.verdicts
    ]
    return made_tables.dumps({name: facts[name] for name in FACTS}, COLUMNS, cells)


def planted_faults_trained() -> TrainedTable:
    """Return the table kept with this version. Raises ReferenceDataError."""
    return parse(text_of(resources.files("reference_results") / "planted_faults_trained.csv", FILE))


def parse(text: str, file: str = FILE) -> TrainedTable:
    """Read the table in ``text``. Raises ReferenceDataError, which names the line and the remedy."""
    facts, table = made_tables.parse(text, file, FACTS, COLUMNS, _AGAIN)
    found: dict[str, tuple[str, str, dict[str, TrainedVerdict]]] = {}
    for where, (fault, description, claim, expected, got, noticed, kept_because) in table:
        said = found.setdefault(fault, (description, kept_because, {}))
        if claim in said[2] or said[:2] != (description, kept_because):
            raise ReferenceDataError(f"{where}: {claim!r} repeats under {fault!r}, or the fault is described otherwise; {_AGAIN}")
        if noticed not in ("yes", "no") or (noticed == "yes" and (fault == CONTROL or not tells(expected, got))):
            raise ReferenceDataError(f"{where}: {noticed!r} does not say whether {claim!r} noticed {fault!r}; {_AGAIN}")
        said[2][claim] = TrainedVerdict(claim, expected, got, noticed == "yes")
    rows = {
        fault: TrainedRow(fault, description, tuple(verdicts.values()), kept_because)
        for fault, (description, kept_because, verdicts) in found.items()
    }
    if CONTROL not in rows:
        raise ReferenceDataError(f"{file}: there is no control, no row of the fault {CONTROL!r}; {_AGAIN}")
    return TrainedTable(facts, rows.pop(CONTROL), tuple(rows.values()))
