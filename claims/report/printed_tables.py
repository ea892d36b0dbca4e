"""Tables 1 and 3 of the RIN paper as printed, ours beside every number, cell by cell; and how much of a difference is test-set noise."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claims.model import VERDICTS
from claims.report.model import Entry, Report
from claims.report.words import SYMBOLS, interval, number
from reference_results import load_table

PAPER = "rin-2018"
NOT_RUN = "not run"
TEST_ITEMS = {"table1": 10_000, "table3": 1_000}  # images, and questions of a task
TASKS = 20  # whose test sets the mean of Table 3 rests on
CERTAIN = 1.959964  # two-sided 95 % normal quantile


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
    entries = {entry.id: entry for entry in report.entries}
    tables = (
        _table("Table 1, test accuracy in percent", "table1", f"{PAPER}/pixel-mnist/table1/{{task}}/{{network}}/{{model}}", entries),
        _table("Table 3, test accuracy in percent", "table3", f"{PAPER}/babi/table3/{{task}}/{{model}}", entries),
    )
    return tuple(table for table in tables if table is not None)


def _table(title: str, name: str, claim: str, entries: Mapping[str, Entry]) -> PrintedTable | None:
    """The printed table ``name``; None where no claim about it is among ``entries``. ``claim`` is the pattern of a cell's claim id."""
    printed = load_table(PAPER.replace("-", "_"), name).to_dict("records")
    ours = [(record, entry) for record in printed if (entry := _ours(claim, record, entries)) is not None]
    if not ours:
        return None
    models = tuple(dict.fromkeys(str(record["model"]) for record, _ in ours))
    lines: dict[str, dict[str, tuple[str, str]]] = {}
    for record, entry in ours:
        lines.setdefault(_label(record), {})[str(record["model"])] = (str(record["printed"]), _beside(entry))
    rows = tuple((label, *itertools.chain.from_iterable(cells.get(model, ("", "")) for model in models)) for label, cells in lines.items())
    measured = [entry for _, entry in ours if entry.evidence is not None]
    sentences = (_counts(measured, len(ours)), _noise_of_test_sets([record for record, _ in ours], name))
    return PrintedTable(name, title, models, rows, sentences, len(measured))


def _ours(claim: str, record: Mapping[Any, Any], entries: Mapping[str, Entry]) -> Entry | None:
    """The entry of the claim about a printed cell."""
    if record["task"] == "mean":
        claim = f"{PAPER}/babi/mean/{{model}}"
    return entries.get(claim.format(**{str(key): value for key, value in record.items()}).lower())


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


def _noise_of_test_sets(records: Sequence[Mapping[Any, Any]], name: str) -> str:
    """How many of the printed differences between two models of a row two finite test sets alone could make.

    The difference of two accuracies on test sets of m items has standard error sqrt(p (100 - p) / m + q (100 - q) / m) in points, which
    is an upper limit where both networks answer the same items: what they get right alike then cancels. No seed noise is in it.
    """
    rows: dict[Hashable, list[tuple[float, int]]] = {}
    for record in records:
        items = TEST_ITEMS[name] * (TASKS if record["task"] == "mean" else 1)
        rows.setdefault(_label(record), []).append((float(record["value"]), items))
    pairs = [pair for row in rows.values() for pair in itertools.combinations(row, 2)]
    inside = sum(abs(p - q) <= CERTAIN * _standard_error(p, q, items) for (p, items), (q, _) in pairs)
    return (
        f"Of the {len(pairs)} differences between two networks of a row, {inside} are no larger than two test sets of this size alone can "
        "make them (95 %); that counts no differences between seeds."
    )


def _standard_error(p: float, q: float, items: int) -> float:
    return math.sqrt((p * (100 - p) + q * (100 - q)) / items)
