"""A paper resolved to what a report says of it: its tables read, its recipes put into words."""

from __future__ import annotations

from collections.abc import Mapping

from claims.judging.result import Result
from claims.paper import MeasuredCell, Paper, PrintedTable, Remarks, Row
from claims.report.content import planted_faults, scaling
from claims.report.content.levels import Levels
from claims.report.papers import ReportedPaper, ReportedTable, TableCell


def reported(paper: Paper, results: Mapping[str, Result], profile: str) -> ReportedPaper:
    """Resolve ``paper`` for a report of ``profile``.

    ``results`` are the results of the report by claim. Profiles that no claim of the paper is measured with are left out. Raises
    ReferenceDataError for a malformed table of the paper.
    """
    used = {name for claim in paper.claims for name in claim.arms} | {profile}
    profiles = tuple(one for one in paper.protocol.profiles if one.name in used)
    return ReportedPaper(
        id=paper.id,
        title=paper.title,
        citation=paper.citation,
        link=paper.link,
        implementation=paper.implementation,
        sections={section.name: section.title for section in paper.sections},
        tables=tuple(made for table in paper.tables if (made := _table(table, results)) is not None),
        profiles=profiles,
        scaling=scaling.rows(paper.protocol, [one.name for one in profiles]),
        reasons=paper.protocol.reasons,
        planted_faults=planted_faults.resolved(paper),
        styles=paper.styles,
    )


def _table(table: PrintedTable, results: Mapping[str, Result]) -> ReportedTable | None:
    levels = Levels(results)
    made = [(row, cell) for row in table.rows() if (cell := _cell(table, row, levels)) is not None]
    if not made:
        return None
    measured = [
        MeasuredCell(row, cell.label, cell.column, cell.printed, cell.items, results[cell.claim].verdict.evidence if cell.held else None)
        for row, cell in made
    ]
    remarks = table.remarks(measured) if table.remarks is not None else Remarks()
    return ReportedTable(name=table.name, title=table.title, axis=table.axis, cells=tuple(cell for _, cell in made), remarks=remarks)


def _cell(table: PrintedTable, row: Row, levels: Levels) -> TableCell | None:
    """Resolve a row of a table; None where the report has no claim about its number."""
    place = table.in_order(row) if table.in_order is not None else None
    if (result := levels.results.get(claim := table.claim(row))) is None:
        return None
    level, held = levels.of(claim, place), result.claim.prediction.printed is not None
    if not held and level is None and result.verdict.evidence is not None:  # the claim is about something else
        return None
    return TableCell(
        label=table.label(row),
        column=table.column(row),
        printed=str(row["printed"]),
        items=table.items(row),
        claim=claim,
        held=held,
        in_order=place if place is not None and place.claim in levels.results else None,
        level=level,
    )
