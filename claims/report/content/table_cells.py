"""The printed numbers of Tables 1 and 3 of the RIN paper that a report has claims about, each with its claim's entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claims.kinds import MatchesPublished
from claims.report.model import Entry, Report
from reference_results import load_table

PAPER = "rin-2018"
CLAIMS: Mapping[str, str] = {  # the id of the claim about a cell; the row of means has claims of its own
    "table1": f"{PAPER}/pixel-mnist/table1/{{task}}/{{network}}/{{model}}",
    "table3": f"{PAPER}/babi/table3/{{task}}/{{model}}",
    "mean": f"{PAPER}/babi/mean/{{model}}",
}
MEAN = "mean"  # the task of Table 3's last row
TEST_ITEMS: Mapping[str, int] = {"table1": 10_000, "table3": 1_000}  # images, and questions of a task
TASKS = 20  # whose test sets the mean of Table 3 rests on


@dataclass(frozen=True)
class Cell:
    """A printed number that the report has a claim about: where it stands, its digits, its test items, and the claim's entry."""

    row: str
    task: str
    model: str
    printed: str
    items: int
    entry: Entry


def cells(report: Report, name: str) -> tuple[Cell, ...]:
    """The cells of the table ``name`` that ``report`` has claims about, in the table's order. Raises ReferenceDataError."""
    entries = {entry.id: entry for entry in report.entries if entry.kind == MatchesPublished.__name__}
    return tuple(
        Cell(
            _label(record),
            str(record["task"]),
            str(record["model"]),
            str(record["printed"]),
            TEST_ITEMS[name] * (TASKS if record["task"] == MEAN else 1),
            entries[claim],
        )
        for record in load_table(PAPER.replace("-", "_"), name).to_dict("records")
        if (claim := _claim(record, name)) in entries
    )


def _claim(record: Mapping[Any, Any], name: str) -> str:
    """The id of the claim about a row of the reference table ``name``."""
    pattern = CLAIMS[MEAN if record["task"] == MEAN else name]
    return pattern.format(**{str(key): value for key, value in record.items()}).lower()


def _label(record: Mapping[Any, Any]) -> str:
    if "network" in record:
        return f"{record['task']} {record['network']}"
    return str(record["task_name"]) if record["task"] == MEAN else f"{record['task']} {record['task_name']}"
