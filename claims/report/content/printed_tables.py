"""The printed tables of a report's papers with ours beside every number, and the papers' remarks."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from claims.model import READ_AS
from claims.report.content.table_cells import at_level, cells
from claims.report.model import Entry, Report
from claims.report.papers import Level, ReportedTable, TableCell
from claims.report.words import interval, verdict_words
from claims.results import VERDICTS, VerdictName
from claims.text import number, plural

NOT_RUN: VerdictName = "not run"


@dataclass(frozen=True)
class ShownCell:
    """A number of a table: its digits as printed, our level, and the entry of its claim.

    ``ours`` and ``bounds`` are text, "" without one. ``kept`` says how many of its pairs keep the printed order, "" where no order was
    judged.
    """

    printed: str
    ours: str
    bounds: str
    kept: str
    entry: Entry

    @property
    def is_judged(self) -> bool:
        return self.entry.verdict != NOT_RUN


@dataclass(frozen=True)
class ShownPart:
    """A part of a table whose order a claim is about.

    It has a name, the claim's entry, and its numbers in the table's order.
    """

    name: str
    entry: Entry
    cells: tuple[TableCell, ...]


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
    parts: tuple[ShownPart, ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        return ("", *itertools.chain.from_iterable((f"{column} printed", f"{column} ours") for column in self.columns))

    @property
    def by_order(self) -> bool:
        """Whether its numbers are judged by their order, and not by their levels."""
        return any(cell.level is not None and (cell.level.pairs or not cell.held) for cell in self.data.cells)


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
    shown: dict[str, dict[str, ShownCell]] = {}
    for cell, entry in found:
        lines.setdefault(cell.label, {})[cell.column] = (cell.printed, _beside(cell, entry))
        shown.setdefault(cell.label, {})[cell.column] = _cell(cell, entry)
    rows = tuple((row, *itertools.chain.from_iterable(line.get(name, ("", "")) for name in columns)) for row, line in lines.items())
    by_column = tuple((label, tuple(line.get(name) for name in columns)) for label, line in shown.items())
    measured = [entry for cell, entry in found if cell.level is not None or at_level(cell, entry) is not None]
    sentences = (_counts(measured, len(found)), *table.remarks.sentences)
    return ShownTable(paper, file, columns, rows, sentences, len(measured), table, by_column, parts(report, table))


def parts(report: Report, table: ReportedTable) -> tuple[ShownPart, ...]:
    """Return the parts of a table whose order a claim of the report is about.

    Of a part some numbers were measured.
    """
    entries = {entry.id: entry for entry in report.entries}
    by_claim: dict[str, list[TableCell]] = {}
    names: dict[str, str] = {}
    for cell in table.cells:
        if cell.in_order is not None:
            by_claim.setdefault(cell.in_order.claim, []).append(cell)
            names[cell.in_order.claim] = cell.in_order.part
    measured = {claim: own for claim, own in by_claim.items() if any(cell.level is not None for cell in own)}
    return tuple(ShownPart(names[claim], entries[claim], tuple(own)) for claim, own in measured.items())


def _cell(cell: TableCell, entry: Entry) -> ShownCell:
    level, evidence = cell.level, at_level(cell, entry)
    kept = f"{level.kept} of {level.pairs} kept" if level is not None and level.pairs else ""
    if evidence is not None:
        mean = evidence.estimate
        ours = f"{evidence.n_diverged} of {evidence.n} diverged" if mean is None or not math.isfinite(mean) else number(mean)
        return ShownCell(cell.printed, ours, "" if (shown := interval(entry)) == "–" else shown, kept, entry)
    if level is None:
        return ShownCell(cell.printed, "", "", "", entry)
    return ShownCell(cell.printed, _median(level), _bounds(level), kept, entry)


def _median(level: Level) -> str:
    """Write the median, or how many of the seeds diverged where it falls on one of them."""
    if level.median is None or not math.isfinite(level.median):
        return f"{level.n_diverged} of {level.n} diverged"
    return number(level.median)


def _bounds(level: Level) -> str:
    lower = -math.inf if level.lower is None else level.lower
    upper = math.inf if level.upper is None else level.upper
    return f"[{number(lower)}, {number(upper)}]"


def _beside(cell: TableCell, entry: Entry) -> str:
    """Write our level, its bounds, the number of seeds and the verdict.

    Where the claim holds the level against the printed number, that is the mean and the prediction interval for one more run. There is no
    mean where a seed diverged. The means in other readings of the runs' curves follow. Else it is the median, with how many of its pairs
    keep the printed order.
    """
    evidence, level = at_level(cell, entry), cell.level
    if evidence is not None:
        ours = "no mean" if evidence.estimate is None else f"{number(evidence.estimate)} {interval(entry)}"
        diverged = f", {evidence.n_diverged} diverged" if evidence.n_diverged else ""
        return f"{ours}, n = {evidence.n}{diverged}: {verdict_words(entry)}{_otherwise_read(entry)}"
    if level is None:
        return NOT_RUN
    diverged = f", {level.n_diverged} diverged" if level.n_diverged else ""
    kept = f", {level.kept} of {plural(level.pairs, 'pair')} as printed" if level.pairs else ""
    verdict = "level not judged" if entry.verdict == NOT_RUN else verdict_words(entry)
    return f"{_median(level)} {_bounds(level)}, n = {level.n}{diverged}{kept}: {verdict}"


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
    judged = len(measured) - counted[NOT_RUN]
    found = f"{len(measured)} of its {numbers} numbers measured"
    if not judged:
        return f"{found}, none of them with a verdict of its own."
    verdicts = ", ".join(f"{counted[verdict]} {verdict}" for verdict in VERDICTS if verdict != NOT_RUN)
    return f"{found}: {verdicts}{f', {counted[NOT_RUN]} without a verdict of its own' if counted[NOT_RUN] else ''}."
