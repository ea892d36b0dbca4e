"""Tables 1 and 3 and the single numbers of the RIN paper, to be shown with ours beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from claims.paper import InOrder, MeasuredCell, PrintedTable, Remarks, Row
from reference_results import load_table

TEST_IMAGES, QUESTIONS, TASKS = 10_000, 1_000, 20  # MNIST's test set; the questions of a bAbI task; the tasks that the mean rests on


def _read(name: str) -> Callable[[], Sequence[Row]]:
    return lambda: load_table("rin_2018", name)


def _table1_remarks(cells: Sequence[MeasuredCell]) -> Remarks:
    from claims.papers.rin_2018.test_noise import remarks

    return remarks(cells, None)


def _table3_remarks(cells: Sequence[MeasuredCell]) -> Remarks:
    from claims.papers.rin_2018.test_noise import remarks
    from reference_results.babi_test_noise import babi_test_noise

    return remarks(cells, babi_test_noise())


def _is_mean(row: Row) -> bool:
    return bool(row["task"] == "mean")


def _in_table1(row: Row) -> InOrder:
    from claims.papers.rin_2018 import printed_orders  # here, as above, because the kinds take their time

    order = str(row["task"])
    arm = printed_orders.table1_arm(str(row["network"]), str(row["model"]))
    return InOrder(claim=f"rin-2018/pixel-mnist/table1-order/{order}", arm=arm, part=f"{order} MNIST", block=order)


def _in_table3(row: Row) -> InOrder | None:
    """Return where a task's number stands; None for the means and for the numbers of other papers."""
    from claims.papers.rin_2018 import printed_orders

    task, model = str(row["task"]), str(row["model"])
    if _is_mean(row) or model not in printed_orders.MODELS:
        return None
    return InOrder(claim="rin-2018/babi/table3-order", arm=printed_orders.table3_arm(task, model), part="bAbI", block=task)


def _task(row: Row) -> str:
    return str(row["task_name"]) if _is_mean(row) else f"{row['task']} {row['task_name']}"


TABLES = (
    PrintedTable(
        name="table1",
        number="1",
        title="Table 1, test accuracy in percent",
        axis="test accuracy (%)",
        rows=_read("table1"),
        keys=("task", "network", "model"),
        label=lambda row: f"{row['task']} {row['network']}",
        column=lambda row: str(row["model"]),
        claim=lambda row: f"rin-2018/pixel-mnist/table1/{row['task']}/{row['network']}/{row['model']}".lower(),
        items=lambda row: TEST_IMAGES,
        in_order=_in_table1,
        remarks=_table1_remarks,
    ),
    PrintedTable(
        name="table3",
        number="3",
        title="Table 3, test accuracy in percent",
        axis="test accuracy (%)",
        rows=_read("table3"),
        keys=("task", "model"),
        label=_task,
        column=lambda row: str(row["model"]),
        claim=lambda row: f"rin-2018/babi/{'mean' if _is_mean(row) else 'table3/' + row['task']}/{row['model']}".lower(),
        items=lambda row: QUESTIONS * (TASKS if _is_mean(row) else 1),
        in_order=_in_table3,
        remarks=_table3_remarks,
    ),
)
numbers = _read("results")
