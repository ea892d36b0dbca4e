"""Cells of Tables 1 and 3 as claims: could the printed number, one run, be one more run of ours?"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claims.kinds import MatchesPublished
from claims.model import Arm, Claim, Locator, StandIn
from claims.papers.read_as import PRINTED
from claims.papers.rin_2018.arms import NAMES
from reference_results import load_table
from reproductions.recipes import Cell

Record = Mapping[Any, Any]  # a row of a reference table
SEEDS = 8  # the fewest that can contradict a number from one run (claims.statistics.published.odd_run_out)
CELL_OF: Mapping[str, Cell] = {name: cell for cell, name in NAMES.items()}  # the tables name their columns as the arms are named


@dataclass(frozen=True)
class PrintedCell:
    """One cell of a table.

    ``keys`` name the cell, the network's name last. ``row`` is the row it stands in, as the paper prints it.
    """

    keys: tuple[str, ...]
    printed: str  # percent, with the digits the paper prints
    row: str

    @property
    def model(self) -> str:
        return self.keys[-1]


def table1_cells() -> tuple[PrintedCell, ...]:
    """Return the 38 accuracies of Table 1, keys (task, network, model), in the table's order.

    RIN-DT has a row of its own.
    """
    return _cells(
        load_table("rin_2018", "table1"),
        keys=("task", "network", "model"),
        row=lambda record: (record["network"], record["model"] == "RIN-DT"),
        label=lambda record: str(record["network"]),
        unit="%",
    )


def table3_cells() -> tuple[PrintedCell, ...]:
    """Return the accuracies of Table 3, keys (task, model), in the table's order.

    The last row's task is "mean".
    """
    return _cells(
        load_table("rin_2018", "table3"),
        keys=("task", "model"),
        row=lambda record: record["task"],
        label=lambda record: f"{'' if record['task'] == 'mean' else record['task'] + ': '}{record['task_name']}",
        unit="",
    )


def _cells(
    records: Sequence[Record], keys: Sequence[str], row: Callable[[Record], Hashable], label: Callable[[Record], str], unit: str
) -> tuple[PrintedCell, ...]:
    rows: dict[Hashable, list[str]] = {}  # which cells share a line of the paper, and that line word by word
    for record in records:
        rows.setdefault(row(record), [label(record)]).append(f"{record['printed']}{unit}")
    return tuple(PrintedCell(tuple(str(r[key]) for key in keys), str(r["printed"]), " ".join(rows[row(r)])) for r in records)


def matches_cell(
    claim_id: str,
    cell: PrintedCell,
    locator: Locator,
    statement: str,
    arms: Mapping[str, Sequence[Arm]],
    seeds: Mapping[str, int],
    *,
    useful_width: float,
    test_items: int,
    why: str,
    note: str,
    stand_ins: Mapping[str, StandIn] | None = None,
) -> Claim:
    """Build the claim that ``cell`` could be one more run of the arm of its network.

    Widths are in percentage points.
    """
    return Claim(
        id=claim_id.lower(),
        paper="rin-2018",
        quote=cell.row,
        locator=locator,
        prediction=MatchesPublished(
            "test_accuracy",
            "points",
            why,
            **PRINTED,
            arm=cell.model,
            published=float(cell.printed),
            useful_width=useful_width,
            test_items=test_items,
        ),
        statement=statement,
        arms={profile: tuple(each) for profile, each in arms.items()},
        seeds=seeds,
        family=f"Table {locator.table}",
        note=note,
        stand_ins=stand_ins or {},
    )
