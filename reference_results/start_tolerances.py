"""The table ``start_tolerances.csv``: how far the starts of a recipe's runs lie apart between the kernel paths of a machine.

The paths differ in rounding alone. A run whose start lies much further from the recorded one was not made by the same computation.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from importlib import resources

from reference_results.claim_rows import check_date
from reference_results.errors import ReferenceDataError
from reference_results.texts import rows_of, text_of

NAME = "start_tolerances.csv"
FILE = f"reference_results/{NAME}"
_AGAIN = "make its rows anew with `rin-claims starts FILE`"


@dataclass(frozen=True)
class StartTolerance:
    """How far the starts of two runs of one recipe and seed may lie apart.

    ``recipe`` is the recipe's digest. Of the first losses and gradient norms those until the update ``through`` count (0: none), and of
    the first evaluation the metrics in ``curves``. ``largest`` is the largest relative difference that was measured in them between
    ``paths``, over ``seeds`` seeds on ``machine``; ``tolerance`` is what is allowed.
    """

    recipe: str
    label: str
    through: int
    curves: tuple[str, ...]
    largest: float
    tolerance: float
    paths: tuple[str, ...]
    seeds: int
    machine: str
    date: str


COLUMNS = tuple(field.name for field in fields(StartTolerance))


def start_tolerances() -> dict[str, StartTolerance]:
    """Return the rows of this project's table by recipe. Raises ReferenceDataError."""
    return parse(text_of(resources.files("reference_results") / NAME, FILE))


def dumps(rows: Iterable[StartTolerance]) -> str:
    """Write the file, sorted by recipe; differences have three significant digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_written, values) for values in map(astuple, sorted(rows, key=lambda row: row.recipe)))
    return text.getvalue()


def parse(text: str, file: str = FILE) -> dict[str, StartTolerance]:
    """Read the rows in ``text`` by recipe. Raises ReferenceDataError naming line and remedy."""
    lines = rows_of(text, file)
    if not lines or tuple(lines[0]) != COLUMNS:
        raise ReferenceDataError(f"{file}: the header must read {','.join(COLUMNS)}; {_AGAIN}")
    found: dict[str, StartTolerance] = {}
    for number, values in enumerate(lines[1:], start=2):
        row = _checked(values, f"{file} line {number}")
        if row.recipe in found:
            raise ReferenceDataError(f"{file} line {number}: the recipe {row.recipe[:16]} is there twice; {_AGAIN}")
        found[row.recipe] = row
    return found


def _written(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else f"{value:.3g}" if isinstance(value, float) else str(value)


def _checked(values: list[str], where: str) -> StartTolerance:
    if len(values) != len(COLUMNS):
        raise ReferenceDataError(f"{where}: {len(values)} values for {len(COLUMNS)} columns; {_AGAIN}")
    recipe, label, through, curves, largest, tolerance, paths, seeds, machine, date = values
    if not (len(recipe) == 64 and set(recipe) <= set("0123456789abcdef")):
        raise ReferenceDataError(f"{where}: {recipe!r} is no digest of 64 hexadecimal digits; {_AGAIN}")
    for name, count in (("through", through), ("seeds", seeds)):
        if not (count.isascii() and count.isdecimal()):
            raise ReferenceDataError(f"{where}: {name} is {count!r}, not a whole number; {_AGAIN}")
    differences = [_number(value) for value in (largest, tolerance)]
    if not 0 <= differences[0] <= differences[1] < math.inf:
        raise ReferenceDataError(f"{where}: largest {largest!r} and tolerance {tolerance!r} do not rise from 0; {_AGAIN}")
    check_date(date, where)
    return StartTolerance(recipe, label, int(through), tuple(curves.split()), *differences, tuple(paths.split()), int(seeds), machine, date)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
