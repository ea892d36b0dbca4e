"""The printed numbers that a report has claims about, each with its claim's entry."""

from __future__ import annotations

from claims.report.model import Entry, Report
from claims.report.papers import ReportedTable, TableCell
from claims.results import Evidence


def cells(report: Report, table: ReportedTable) -> tuple[tuple[TableCell, Entry], ...]:
    """Return the numbers of a table, in its order, each with the entry of its claim."""
    entries = {entry.id: entry for entry in report.entries}
    return tuple((cell, entries[cell.claim]) for cell in table.cells)


def at_level(cell: TableCell, entry: Entry) -> Evidence | None:
    """Return the evidence of a claim that holds our level against the printed number.

    Returns None where nothing was measured, or where the claim is judged by something else, say by the order of the table.
    """
    return entry.evidence if cell.held else None
