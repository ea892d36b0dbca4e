"""The printed numbers that a claim touches, with the place of each: what a reader holds a claim's result against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claims.model import Claim
from claims.paper import Paper, PrintedTable
from claims.text import number


@dataclass(frozen=True)
class PrintedNumber:
    """``what`` names the cell or quantity; ``printed`` has the digits that the paper prints."""

    what: str
    printed: str
    unit: str
    locator: str

    def __str__(self) -> str:
        return f"{self.what} {self.printed} {self.unit} ({self.locator})"


def printed_numbers(claim: Claim, paper: Paper) -> tuple[PrintedNumber, ...]:
    """Find the printed numbers that the claim touches.

    These are the table cells that the claim's locator names and the single numbers that stand in its quote; without any, the number to
    match. A locator that names a table without a cell means all of its cells; ``row/A-B`` means the cells of both.
    """
    tables = (table for table in paper.tables if table.number == claim.locator.table)
    found = [*(cell for table in tables for cell in _cells(claim, table)), *_quantities(claim, paper)]
    prediction = claim.prediction
    if not found and prediction.printed is not None:
        found.append(PrintedNumber("published", number(prediction.printed), prediction.unit, str(claim.locator)))
    return tuple(found)


def _cells(claim: Claim, table: PrintedTable) -> Iterator[PrintedNumber]:
    rows = table.rows()
    wanted = claim.locator.cell.split("/") if claim.locator.cell else []
    names = [[str(row[key]) for key in table.keys] for row in rows]
    for row, name in zip(rows, names, strict=True):
        if _names(wanted, name, names):
            yield PrintedNumber("/".join(name), str(row["printed"]), str(row["unit"]), str(row["locator"]))


def _names(wanted: Sequence[str], name: Sequence[str], names: Sequence[Sequence[str]]) -> bool:
    """Return whether the cell path ``wanted``, of a locator, names the cell ``name`` of a table that has ``names``."""
    if list(name[: len(wanted)]) == list(wanted):
        return True
    if len(wanted) != len(name) or list(name[:-1]) != list(wanted[:-1]) or list(wanted) in names:
        return False
    return name[-1] in wanted[-1].split("-")  # "A-B" compares two cells; one that is called "A-B" was found above


def _quantities(claim: Claim, paper: Paper) -> Iterator[PrintedNumber]:
    for row in paper.numbers() if paper.numbers is not None else ():
        percent = r" ?(%|percent)" if row["unit"] == "percent" else ""
        if re.search(rf"(?<![\d.]){re.escape(str(row['printed']))}{percent}(?!\.?\d)", claim.quote):
            yield PrintedNumber(str(row["quantity"]), str(row["printed"]), str(row["unit"]), str(row["locator"]))
