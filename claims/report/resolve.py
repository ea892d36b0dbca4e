"""A paper resolved to what a report says of it: its tables read, its recipes put into words."""

from __future__ import annotations

from collections.abc import Mapping

from claims.paper import MeasuredCell, Paper, PrintedTable, Remarks
from claims.report.content import planted_faults, scaling
from claims.report.papers import ReportedPaper, ReportedTable, TableCell
from claims.results import Evidence


def reported(paper: Paper, evidence: Mapping[str, Evidence | None], profile: str) -> ReportedPaper:
    """Resolve ``paper`` for a report of ``profile``.

    ``evidence`` is the evidence of its claims about printed numbers, None for a claim that was not run. Profiles that no claim of the paper
    is measured with are left out. Raises ReferenceDataError for a malformed table of the paper.
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
        tables=tuple(made for table in paper.tables if (made := _table(table, evidence)) is not None),
        profiles=profiles,
        scaling=scaling.rows(paper.protocol, [one.name for one in profiles]),
        reasons=paper.protocol.reasons,
        planted_faults=planted_faults.resolved(paper),
        styles=paper.styles,
    )


def _table(table: PrintedTable, evidence: Mapping[str, Evidence | None]) -> ReportedTable | None:
    rows = [row for row in table.rows() if table.claim(row) in evidence]
    if not rows:
        return None
    cells = tuple(
        TableCell(
            label=table.label(row), column=table.column(row), printed=str(row["printed"]), items=table.items(row), claim=table.claim(row)
        )
        for row in rows
    )
    measured = [
        MeasuredCell(row, cell.label, cell.column, cell.printed, cell.items, evidence[cell.claim])
        for row, cell in zip(rows, cells, strict=True)
    ]
    remarks = table.remarks(measured) if table.remarks is not None else Remarks()
    return ReportedTable(name=table.name, title=table.title, axis=table.axis, cells=cells, remarks=remarks)
