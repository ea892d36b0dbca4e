"""The printed tables of a report's papers with ours beside every number, and the papers' remarks."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from claims.model import READ_AS
from claims.report.content.table_cells import cells
from claims.report.model import Entry, Report
from claims.report.papers import ReportedTable
from claims.report.words import interval, with_symbol
from claims.results import VERDICTS
from claims.text import number

NOT_RUN = "not run"


@dataclass(frozen=True)
class ShownCell:
    """A number of a table: its digits as printed, our mean ("" without one), and the entry of its claim."""

    printed: str
    ours: str
    entry: Entry


@dataclass(frozen=True)
class ShownTable:
    """A printed table as text, with ours beside it.

    Each of ``rows`` is a label and, for every one of ``columns``, the printed number and ours. ``sentences`` sum the table up, ``file`` is
    what its files are called, ``measured`` the number of its cells that were measured, ``data`` what it was made from.
    """

    paper: str
    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentences: tuple[str, ...]
    measured: int
    data: ReportedTable
    cells: tuple[tuple[str, tuple[ShownCell | None, ...]], ...]  # by label, one for each of ``columns``

    @property
    def header(self) -> tuple[str, ...]:
        return ("", *itertools.chain.from_iterable((f"{column} printed", f"{column} ours") for column in self.columns))


def printed_tables(report: Report) -> tuple[ShownTable, ...]:
    """Return the tables that ``report`` has claims about, paper by paper.

    A name that two papers use is told apart by the paper's id.
    """
    names = Counter(table.name for paper in report.papers for table in paper.tables)
    return tuple(
        _shown(report, paper.id, table.name if names[table.name] == 1 else f"{paper.id}-{table.name}", table)
        for paper in report.papers
        for table in paper.tables
    )


def _shown(report: Report, paper: str, file: str, table: ReportedTable) -> ShownTable:
    found = cells(report, table)
    columns = tuple(dict.fromkeys(cell.column for cell, _ in found))
    lines: dict[str, dict[str, tuple[str, str]]] = {}
    for cell, entry in found:
        lines.setdefault(cell.label, {})[cell.column] = (cell.printed, _beside(entry))
    rows = tuple((row, *itertools.chain.from_iterable(line.get(name, ("", "")) for name in columns)) for row, line in lines.items())
    shown: dict[str, dict[str, ShownCell]] = {}
    for cell, entry in found:
        shown.setdefault(cell.label, {})[cell.column] = ShownCell(cell.printed, _mean(entry), entry)
    by_column = tuple((label, tuple(line.get(name) for name in columns)) for label, line in shown.items())
    measured = [entry for _, entry in found if entry.evidence is not None]
    sentences = (_counts(measured, len(found)), *table.remarks.sentences)
    return ShownTable(paper, file, columns, rows, sentences, len(measured), table, by_column)


def _mean(entry: Entry) -> str:
    """Write our mean, or how many of the seeds diverged; "" where nothing was measured."""
    evidence = entry.evidence
    if evidence is None:
        return ""
    if evidence.estimate is None or not math.isfinite(evidence.estimate):
        return f"{evidence.n_diverged} of {evidence.n} diverged"
    return number(evidence.estimate)


def _beside(entry: Entry) -> str:
    """Write the mean over our seeds, the prediction interval for one more run, the number of seeds and the verdict.

    There is no mean where one diverged. The means in other readings of the runs' curves follow.
    """
    evidence = entry.evidence
    if evidence is None:
        return NOT_RUN
    ours = "no mean" if evidence.estimate is None else f"{number(evidence.estimate)} {interval(entry)}"
    diverged = f", {evidence.n_diverged} diverged" if evidence.n_diverged else ""
    return f"{ours}, n = {evidence.n}{diverged}: {with_symbol(entry.verdict)}{_otherwise_read(entry)}"


def _otherwise_read(entry: Entry) -> str:
    """Write the mean over all runs in every reading of their curves that does not decide.

    Returns "" where a run diverged or has no curve.
    """
    texts = []
    for reading, prefix in READ_AS.items():
        values = [value for run in entry.trials if isinstance(value := run.get(f"{prefix}{entry.metric}"), int | float)]
        if reading != entry.reading and values and len(values) == len(entry.trials):
            texts.append(f"; {reading} {number(fmean(values))}")
    return "".join(texts)


def _counts(measured: Sequence[Entry], numbers: int) -> str:
    if not measured:
        return f"None of its {numbers} numbers has been measured in this run."
    counted = Counter(entry.verdict for entry in measured)
    verdicts = ", ".join(f"{counted[verdict]} {verdict}" for verdict in VERDICTS if verdict != NOT_RUN)
    return f"{len(measured)} of its {numbers} numbers measured: {verdicts}."
