"""The table ``calibration.csv``: how often each kind of verdict is false, by simulation.

It is written and read here; the simulation uses this project's own judging code. Comment lines at the top say how the table was made; then
one row a kind, scenario, number of seeds and design. A list in a cell is separated by spaces.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

from reference_results import made_tables
from reference_results.errors import ReferenceDataError
from reference_results.texts import text_of

FILE = "reference_results/calibration.csv"
VERDICTS = ("reproduced", "contradicted", "inconclusive")
FACTS = ("command", "date", "seed", "versions")  # of the comment lines, in order
_AGAIN = f"make the table anew with `rin-claims calibrate --csv > {FILE}`"


@dataclass(frozen=True)
class CalibrationRow:
    """The rates of the three verdicts in ``simulations`` simulated claims whose truth is known.

    ``looks`` are the numbers of seeds at which a verdict is sought, ``mean_seeds`` how many were used. ``false_rate`` is the larger rate
    of the verdicts that would be false here, ``false_verdicts``, and ``false_upper`` its upper 95 % limit. ``out_of_reach``: the verdicts
    that no outcome of ``n`` seeds brings for this kind.
    """

    kind: str
    scenario: str
    n: int
    design: str  # "fixed" or "sequential"
    looks: tuple[int, ...]
    simulations: int
    reproduced: float
    contradicted: float
    inconclusive: float
    mean_seeds: float
    false_verdicts: tuple[str, ...]
    false_rate: float
    false_upper: float
    out_of_reach: tuple[str, ...]

    @property
    def cell(self) -> tuple[str, str, int, str]:
        return self.kind, self.scenario, self.n, self.design


COLUMNS = tuple(field.name for field in fields(CalibrationRow))


@dataclass(frozen=True)
class CalibrationTable:
    """The table: ``facts`` are FACTS by name, the command, day, seed and versions that made the rows."""

    facts: Mapping[str, str]
    rows: tuple[CalibrationRow, ...]


def dumps(facts: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Write the file of ``rows``, mappings with at least COLUMNS.

    Numbers have six significant digits, which is every digit of a rate.
    """
    written = ([_text(row[column]) for column in COLUMNS] for row in rows)
    return made_tables.dumps({name: facts[name] for name in FACTS}, COLUMNS, written)


def calibration_table() -> CalibrationTable:
    """Return the table kept with this version. Raises ReferenceDataError."""
    return parse(text_of(resources.files("reference_results") / "calibration.csv", FILE))


def parse(text: str, file: str = FILE) -> CalibrationTable:
    """Read the table in ``text``. Raises ReferenceDataError, which names the line and the remedy."""
    facts, table = made_tables.parse(text, file, FACTS, COLUMNS, _AGAIN)
    rows: dict[tuple[str, str, int, str], CalibrationRow] = {}
    for where, values in table:
        try:
            row = _row(values)
            if row.cell in rows:
                raise ValueError("repeats an earlier row")
        except ValueError as problem:
            raise ReferenceDataError(f"{where}: {problem}; {_AGAIN}") from None
        rows[row.cell] = row
    return CalibrationTable(facts, tuple(rows.values()))


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _row(values: list[str]) -> CalibrationRow:
    """Read one row. Raises ValueError, which says what is wrong."""
    cell = dict(zip(COLUMNS, values, strict=True))
    row = CalibrationRow(
        kind=cell["kind"],
        scenario=cell["scenario"],
        n=int(cell["n"]),
        design=cell["design"],
        looks=tuple(map(int, cell["looks"].split())),
        simulations=int(cell["simulations"]),
        reproduced=float(cell["reproduced"]),
        contradicted=float(cell["contradicted"]),
        inconclusive=float(cell["inconclusive"]),
        mean_seeds=float(cell["mean_seeds"]),
        false_verdicts=tuple(cell["false_verdicts"].split()),
        false_rate=float(cell["false_rate"]),
        false_upper=float(cell["false_upper"]),
        out_of_reach=tuple(cell["out_of_reach"].split()),
    )
    rates = {name: float(getattr(row, name)) for name in VERDICTS}
    if not all(0 <= rate <= 1 for rate in rates.values()) or not math.isclose(sum(rates.values()), 1, abs_tol=1e-5):
        raise ValueError(f"the rates {', '.join(map(str, rates.values()))} are not three shares of one whole")
    if not set(row.false_verdicts) <= set(VERDICTS) or row.false_rate != max(rates[name] for name in row.false_verdicts):
        raise ValueError(f"the false rate {row.false_rate} is not the largest of {' and '.join(row.false_verdicts) or 'no verdict'}")
    if row.design not in ("fixed", "sequential") or not row.looks or row.looks[-1] != row.n or not row.looks[0] <= row.mean_seeds <= row.n:
        raise ValueError(f"a {row.design} design with looks at {row.looks} does not use {row.mean_seeds} of {row.n} seeds")
    return row
