"""Tables 1 and 3 of the RIN paper as printed, ours beside every number, cell by cell; and how much of a difference is test-set noise."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claims.report.content.differences import DifferenceTable, difference_table, differences, summary
from claims.report.content.table_cells import cells
from claims.report.model import Entry, Report
from claims.report.words import SYMBOLS, interval
from claims.results import VERDICTS
from claims.text import number
from reference_results.babi_test_noise import babi_test_noise

NOT_RUN = "not run"
TITLES: Mapping[str, str] = {"table1": "Table 1, test accuracy in percent", "table3": "Table 3, test accuracy in percent"}


@dataclass(frozen=True)
class PrintedTable:
    """``rows`` of text, each a label and for every model of ``models`` the printed number and ours; ``sentences`` sum it up.

    ``name`` is that of the reference table, ``measured`` the number of its cells that were measured. ``differences`` are those between the
    networks of a row, where it was measured what part of them is test-set noise.
    """

    name: str
    title: str
    models: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentences: tuple[str, ...]
    measured: int
    differences: DifferenceTable | None = None

    @property
    def header(self) -> tuple[str, ...]:
        return ("", *itertools.chain.from_iterable((f"{model} printed", f"{model} ours") for model in self.models))


def printed_tables(report: Report) -> tuple[PrintedTable, ...]:
    """The tables that ``report`` has claims about, in the paper's order. Raises ReferenceDataError."""
    return tuple(table for name in TITLES if (table := printed_table(report, name)) is not None)


def printed_table(report: Report, name: str) -> PrintedTable | None:
    """The table ``name``, "table1" or "table3"; None where the report has no claim about it. Raises ReferenceDataError."""
    found = cells(report, name)
    if not found:
        return None
    models = tuple(dict.fromkeys(cell.model for cell in found))
    lines: dict[str, dict[str, tuple[str, str]]] = {}
    for cell in found:
        lines.setdefault(cell.row, {})[cell.model] = (cell.printed, _beside(cell.entry))
    rows = tuple((row, *itertools.chain.from_iterable(line.get(model, ("", "")) for model in models)) for row, line in lines.items())
    measured = [cell.entry for cell in found if cell.entry.evidence is not None]
    noise = babi_test_noise() if name == "table3" else None
    between = differences(found, noise)
    sentences = (_counts(measured, len(found)), *summary(between, noise))
    return PrintedTable(name, TITLES[name], models, rows, sentences, len(measured), difference_table(between))


def _beside(entry: Entry) -> str:
    """Mean over our seeds with the prediction interval for one more run (no mean where one diverged), the number of seeds, the verdict."""
    evidence = entry.evidence
    if evidence is None:
        return NOT_RUN
    ours = "no mean" if evidence.estimate is None else f"{number(evidence.estimate)} {interval(evidence)}"
    diverged = f", {evidence.n_diverged} diverged" if evidence.n_diverged else ""
    return f"{ours}, n = {evidence.n}{diverged}: {SYMBOLS[entry.verdict]} {entry.verdict}"


def _counts(measured: Sequence[Entry], numbers: int) -> str:
    if not measured:
        return f"None of its {numbers} numbers has been measured in this run."
    counted = Counter(entry.verdict for entry in measured)
    verdicts = ", ".join(f"{counted[verdict]} {verdict}" for verdict in VERDICTS if verdict != NOT_RUN)
    return f"{len(measured)} of its {numbers} numbers measured: {verdicts}."
