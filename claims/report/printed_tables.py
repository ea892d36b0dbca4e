"""Tables 1 and 3 of the RIN paper as printed, ours beside every number, cell by cell; and how much of a difference is test-set noise."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claims.model import VERDICTS, MatchesPublished
from claims.report.model import Entry, Report
from claims.report.words import SYMBOLS, interval, number
from reference_results import load_table

PAPER = "rin-2018"
NOT_RUN = "not run"
TITLES: Mapping[str, str] = {"table1": "Table 1, test accuracy in percent", "table3": "Table 3, test accuracy in percent"}
CLAIMS: Mapping[str, str] = {  # the id of the claim about a cell; the row of means has claims of its own
    "table1": f"{PAPER}/pixel-mnist/table1/{{task}}/{{network}}/{{model}}",
    "table3": f"{PAPER}/babi/table3/{{task}}/{{model}}",
    "mean": f"{PAPER}/babi/mean/{{model}}",
}
TEST_ITEMS: Mapping[str, int] = {"table1": 10_000, "table3": 1_000}  # images, and questions of a task
TASKS = 20  # whose test sets the mean of Table 3 rests on
CERTAIN = 1.959964  # two-sided 95 % normal quantile


@dataclass(frozen=True)
class Cell:
    """A printed number that the report has a claim about: where it stands, its digits, its test items, and the claim's entry."""

    row: str
    model: str
    printed: str
    items: int
    entry: Entry


@dataclass(frozen=True)
class PrintedTable:
    """``rows`` of text, each a label and for every model of ``models`` the printed number and ours; ``sentences`` sum it up.

    ``name`` is that of the reference table, ``measured`` the number of its cells that were measured.
    """

    name: str
    title: str
    models: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentences: tuple[str, ...]
    measured: int

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
    return PrintedTable(name, TITLES[name], models, rows, (_counts(measured, len(found)), _noise_of_test_sets(found)), len(measured))


def cells(report: Report, name: str) -> tuple[Cell, ...]:
    """The cells of the table ``name`` that ``report`` has claims about, in the table's order. Raises ReferenceDataError."""
    entries = {entry.id: entry for entry in report.entries if entry.kind == MatchesPublished.__name__}
    return tuple(
        Cell(_label(record), str(record["model"]), str(record["printed"]), TEST_ITEMS[name] * _tasks(record), entries[claim])
        for record in load_table(PAPER.replace("-", "_"), name).to_dict("records")
        if (claim := _claim(record, name)) in entries
    )


def _claim(record: Mapping[Any, Any], name: str) -> str:
    """The id of the claim about a row of the reference table ``name``."""
    pattern = CLAIMS["mean" if record["task"] == "mean" else name]
    return pattern.format(**{str(key): value for key, value in record.items()}).lower()


def _tasks(record: Mapping[Any, Any]) -> int:
    return TASKS if record["task"] == "mean" else 1


def _label(record: Mapping[Any, Any]) -> str:
    if "network" in record:
        return f"{record['task']} {record['network']}"
    return str(record["task_name"]) if record["task"] == "mean" else f"{record['task']} {record['task_name']}"


def _beside(entry: Entry) -> str:
    """Mean over our seeds with the prediction interval for one more run, the number of seeds and the verdict."""
    evidence = entry.evidence
    if evidence is None:
        return NOT_RUN
    diverged = f", {evidence.n_diverged} diverged" if evidence.n_diverged else ""
    return f"{number(evidence.estimate)} {interval(evidence)} n = {evidence.n}{diverged} {SYMBOLS[entry.verdict]} {entry.verdict}"


def _counts(measured: Sequence[Entry], numbers: int) -> str:
    if not measured:
        return f"None of its {numbers} numbers has been measured in this run."
    counted = Counter(entry.verdict for entry in measured)
    verdicts = ", ".join(f"{counted[verdict]} {verdict}" for verdict in VERDICTS if verdict != NOT_RUN)
    return f"{len(measured)} of its {numbers} numbers measured: {verdicts}."


def _noise_of_test_sets(found: Sequence[Cell]) -> str:
    """How many of the printed differences between two models of a row two finite test sets alone could make.

    The difference of two accuracies on test sets of m items has standard error sqrt(p (100 - p) / m + q (100 - q) / m) in points, which
    is an upper limit where both networks answer the same items: what they get right alike then cancels. No seed noise is in it.
    """
    rows: dict[str, list[tuple[float, int]]] = {}
    for cell in found:
        rows.setdefault(cell.row, []).append((float(cell.printed), cell.items))
    pairs = [pair for row in rows.values() for pair in itertools.combinations(row, 2)]
    inside = sum(abs(p - q) <= CERTAIN * _standard_error(p, q, items) for (p, items), (q, _) in pairs)
    return (
        f"Of the {len(pairs)} differences between two networks of a row, {inside} are no larger than two test sets of this size alone can "
        "make them (95 %); that counts no differences between seeds."
    )


def _standard_error(p: float, q: float, items: int) -> float:
    return math.sqrt((p * (100 - p) + q * (100 - q)) / items)
