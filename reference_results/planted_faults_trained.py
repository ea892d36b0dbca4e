"""The table ``planted_faults_trained.csv``: what planted faults made of trained networks, by verdict, guard and drift.

Comment lines at the top say how the table was made; then one row for each fault and claim. The fault ``none`` is the control: the same
claims, trained without any fault. A list in a cell is separated by spaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from reference_results import made_tables
from reference_results.errors import ReferenceDataError
from reference_results.planted_faults import check_drift
from reference_results.texts import text_of

FILE = "reference_results/planted_faults_trained.csv"
FACTS = ("command", "date", "versions", "control", "numbers")  # of the comment lines, in order
COLUMNS = (
    *("fault", "description", "claim", "expected", "got", "verdict", "guards", "bits", "start", "cloud", "elsewhere", "kept_because"),
)
CONTROL = "none"
ALPHA = 0.05  # of a p value that tells two clouds apart
NOT_RUN = "not run"  # of guards and drift in a row that was made before they were looked at
WAYS = ("verdict", "guard", "drift: bits", "drift: start or cloud")
_AGAIN = f"make the table anew with `rin-claims faults --trained --csv > {FILE}`"


@dataclass(frozen=True)
class TrainedVerdict:
    """What a fault made of one claim's networks.

    ``expected`` is the recorded verdict and ``got`` the one given, ``noticed`` if the fault made the difference. ``guards`` failed. Of the
    runs that should have the bits of healthy ones ``bits`` says how many do not, as "5 of 5". ``start`` says how far off the farthest start
    lies in units of its tolerance, ``cloud`` is the p value of "one cloud" adjusted over a whole run; "" was not compared. ``elsewhere``
    says whether start or cloud would notice the fault on another processor too.
    """

    claim: str
    expected: str
    got: str
    noticed: bool
    guards: tuple[str, ...] = ()
    bits: str = ""
    start: str = ""
    cloud: str = ""
    elsewhere: bool = False

    @property
    def ways(self) -> tuple[str, ...]:
        """The WAYS by which the fault was noticed."""
        other_bits = self.bits not in ("", NOT_RUN) and not self.bits.startswith("0 ")
        return tuple(way for way, noticed in zip(WAYS, (self.noticed, self.guards, other_bits, self.elsewhere), strict=True) if noticed)


@dataclass(frozen=True)
class TrainedRow:
    """A fault, or the control; ``kept_because`` says why no trained verdict notices the fault, where known."""

    fault: str
    description: str
    verdicts: tuple[TrainedVerdict, ...]
    kept_because: str = ""

    @property
    def noticed_by(self) -> tuple[str, ...]:
        """The claims whose verdict noticed the fault."""
        return tuple(verdict.claim for verdict in self.verdicts if verdict.noticed)

    @property
    def ways(self) -> tuple[str, ...]:
        """The WAYS by which the fault was noticed in some claim."""
        found = {way for verdict in self.verdicts for way in verdict.ways}
        return tuple(way for way in WAYS if way in found)

    @property
    def compared(self) -> bool:
        """Whether guards looked, and drift was looked for."""
        return all(verdict.bits != NOT_RUN for verdict in self.verdicts)


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
    cells: list[tuple[Any, ...]] = [(row.fault, row.description, *_cells(one), row.kept_because) for row in rows for one in row.verdicts]
    return made_tables.dumps({name: facts[name] for name in FACTS}, COLUMNS, cells)


def _cells(one: TrainedVerdict) -> tuple[str, ...]:
    ran = one.bits != NOT_RUN
    guards, elsewhere = (" ".join(one.guards), _yes(one.elsewhere)) if ran else (NOT_RUN, NOT_RUN)
    return one.claim, one.expected, one.got, _yes(one.noticed), guards, one.bits, one.start, one.cloud, elsewhere


def _yes(noticed: bool) -> str:
    return "yes" if noticed else "no"


def planted_faults_trained() -> TrainedTable:
    """Return the table kept with this version. Raises ReferenceDataError."""
    return parse(text_of(resources.files("reference_results") / "planted_faults_trained.csv", FILE))


def parse(text: str, file: str = FILE) -> TrainedTable:
    """Read the table in ``text``. Raises ReferenceDataError, which names the line and the remedy."""
    facts, table = made_tables.parse(text, file, FACTS, COLUMNS, _AGAIN)
    found: dict[str, tuple[str, str, dict[str, TrainedVerdict]]] = {}
    for where, (fault, description, *cells, kept_because) in table:
        said = found.setdefault(fault, (description, kept_because, {}))
        one = _read(cells, where)
        if one.claim in said[2] or said[:2] != (description, kept_because):
            raise ReferenceDataError(f"{where}: {one.claim!r} repeats under {fault!r}, or the fault is described otherwise; {_AGAIN}")
        if one.noticed and (fault == CONTROL or not tells(one.expected, one.got)):
            raise ReferenceDataError(f"{where}: {one.got!r} for {one.expected!r} is no verdict that noticed {fault!r}; {_AGAIN}")
        said[2][one.claim] = one
    rows = {
        fault: TrainedRow(fault, description, tuple(verdicts.values()), kept_because)
        for fault, (description, kept_because, verdicts) in found.items()
    }
    if CONTROL not in rows:
        raise ReferenceDataError(f"{file}: there is no control, no row of the fault {CONTROL!r}; {_AGAIN}")
    return TrainedTable(facts, rows.pop(CONTROL), tuple(rows.values()))


def _read(cells: Sequence[str], where: str) -> TrainedVerdict:
    claim, expected, got, verdict, guards, bits, start, cloud, elsewhere = cells
    if verdict not in ("yes", "no"):
        raise ReferenceDataError(f"{where}: {verdict!r} does not say whether the verdict of {claim!r} noticed the fault; {_AGAIN}")
    if NOT_RUN in (guards, bits, start, cloud, elsewhere):
        if {guards, bits, start, cloud, elsewhere} != {NOT_RUN}:
            raise ReferenceDataError(f"{where}: guards and drift of {claim!r} were in part {NOT_RUN}; {_AGAIN}")
        return TrainedVerdict(claim, expected, got, verdict == "yes", (), NOT_RUN, NOT_RUN, NOT_RUN)
    check_drift(where, bits, (start, cloud), _AGAIN)
    seen = (bool(start) and float(start) > 1) or (bool(cloud) and float(cloud) <= ALPHA)
    if elsewhere != _yes(seen):
        raise ReferenceDataError(f"{where}: {elsewhere!r} does not fit the start {start!r} and the cloud {cloud!r}; {_AGAIN}")
    return TrainedVerdict(claim, expected, got, verdict == "yes", tuple(guards.split()), bits, start, cloud, seen)
