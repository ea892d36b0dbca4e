"""The order in which Tables 1 and 3 print their cells, as predictions of whole tables and of single cells.

Margins and shares were set from the printed numbers and the sizes of test sets, before our tables were looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.kinds import TableAgreement
from claims.papers.read_as import LEVEL
from claims.papers.rin_2018.printed_cells import PrintedCell, table1_cells, table3_cells
from claims.results import TablePlace

MODELS = ("RIN", "IRNN", "LSTM")  # of Table 3 the columns that were trained for the paper
TABLE1_MARGIN = 2.0  # points
WHY_TABLE1 = (
    "the paper calls networks similar of which six of eight pairs are less than 2 points apart, and 2 points are five standard deviations "
    "of the binomial noise of two accuracies on 10,000 images near 90 %, so only larger gaps are an order"
)
TABLE3_MARGIN = 4.5  # points
WHY_TABLE3 = (
    "two accuracies of 1,000 questions near 50 % differ with a standard deviation of 2.24 points by the binomial noise of their test sets "
    "alone, so only gaps of more than two of them, 4.5 points, are an order; cells of two tasks say which task is harder, so the pairs are "
    "of one task"
)
HALF_WAY = 0.75
WHY_HALF_WAY = "a table without any order keeps half of the pairs and the printed one keeps all: three quarters lie half-way"
# A cell has 2 to 8 pairs.
OF_A_CELL = 0.7
WHY_OF_A_CELL = "0.7 lies between two of three pairs, which do not keep the order, and three of four, which do"
ACCURACY: Mapping[str, Any] = {"metric": "test_accuracy", "unit": "points", **LEVEL}


def table1_arm(network: str, model: str) -> str:
    """Name the arm of a cell of Table 1, of one order of the pixels."""
    return f"{model} {network}"


def table3_arm(task: str, model: str) -> str:
    """Name the arm of a cell of Table 3."""
    return f"{model} on task {task}"


def cells_of(order: str) -> tuple[PrintedCell, ...]:
    """Return the cells of one of the two blocks of Table 1, "sequential" or "permuted"."""
    return tuple(cell for cell in table1_cells() if cell.keys[0] == order)


def task_cells() -> tuple[PrintedCell, ...]:
    """Return the cells of Table 3 that were trained for the paper, without the means."""
    return tuple(cell for cell in table3_cells() if cell.keys[0] != "mean" and cell.model in MODELS)


def _table1_places(order: str) -> tuple[TablePlace, ...]:
    """Return the places of one block of Table 1.

    The RIN-DT 1-100, printed below the table, stands in the row of the network 1-100.
    """
    return tuple(
        TablePlace(table1_arm(network, model), float(cell.printed), block=order, row=network, column=model)
        for cell in cells_of(order)
        for _, network, model in (cell.keys,)
    )


def table1_order(order: str) -> TableAgreement:
    """Predict the order of one block of Table 1."""
    return TableAgreement(
        **ACCURACY, cells=_table1_places(order), margin=TABLE1_MARGIN, share=HALF_WAY, why=f"{WHY_HALF_WAY}; {WHY_TABLE1}"
    )


def cell_order(cell: PrintedCell) -> TableAgreement:
    """Predict how a cell of Table 1 stands to the cells in its row and its column."""
    order, network, model = cell.keys
    return TableAgreement(
        **ACCURACY,
        cells=_table1_places(order),
        margin=TABLE1_MARGIN,
        share=OF_A_CELL,
        about=table1_arm(network, model),
        why=f"{WHY_OF_A_CELL}; {WHY_TABLE1}",
    )


def table3_order() -> TableAgreement:
    """Predict the order of the three networks on each bAbI task of Table 3."""
    places = (
        TablePlace(table3_arm(task, model), float(cell.printed), block=task, row=task, column=model)
        for cell in task_cells()
        for task, model in (cell.keys,)
    )
    return TableAgreement(**ACCURACY, cells=tuple(places), margin=TABLE3_MARGIN, share=HALF_WAY, why=f"{WHY_HALF_WAY}; {WHY_TABLE3}")
