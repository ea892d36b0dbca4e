"""The printed numbers that a report has claims about, each with its claim's entry."""

from __future__ import annotations

from claims.report.model import Entry, Report
from claims.report.papers import ReportedTable, TableCell


def cells(report: Report, table: ReportedTable) -> tuple[tuple[TableCell, Entry], ...]:
    """Return the numbers of a table, in its order, each with the entry of its claim."""
    entries = {entry.id: entry for entry in report.entries}
    return tuple((cell, entries[cell.claim]) for cell in table.cells)
