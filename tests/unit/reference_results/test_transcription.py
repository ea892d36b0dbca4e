"""What the RIN paper prints twice agrees with itself in our copy, so a slip of the pen would show."""

import re
from collections.abc import Callable

import pytest

from reference_results import load_table

MEANS = {"RIN": 52.6, "IRNN": 48.9, "LSTM": 51.0, "Jing": 52.3, "Weston": 49.2}  # Table 3, last row
COLUMNS = ["RIN", "IRNN", "LSTM", "Jing", "Weston"]


@pytest.mark.parametrize("model", MEANS)
def test_the_mean_of_each_column_of_table_3_rounds_to_the_printed_one(model: str) -> None:
    column = [row["value"] for row in load_table("rin_2018", "table3") if row["model"] == model and row["task"] != "mean"]
    assert len(column) == 20
    tenths = round(sum(column) * 10)  # exact: every cell has at most one decimal
    mean_in_hundredths = tenths / 2  # x 10 / 20, in hundredths
    assert abs(mean_in_hundredths - 100 * MEANS[model]) <= 5 + 1e-9


def test_tables_1_and_3_are_copied_digit_by_digit_from_the_text(paper_text: Callable[[str], str]) -> None:
    text = paper_text("rin_2018.txt")
    rows = re.findall(r"^(\d-\d00)\t((?:[\d.]+%\t?){6})$", text, re.MULTILINE)
    assert len(rows) == 6
    printed = {(row["network"], row["task"], row["model"]): row["printed"] for row in load_table("rin_2018", "table1")}
    for network, cells in rows:
        ours = [printed[network, task, model] for task in ("sequential", "permuted") for model in ("RIN", "IRNN", "LSTM")]
        assert ours == [cell.rstrip("%") for cell in cells.split("\t")]
    found = re.findall(r"^(\d+|Mean)(?::| Performance)[^\t]*\t([\d.]+)\t([\d.]+)\t([\d.]+)\t([\d.]+)\t([\d.]+)$", text, re.MULTILINE)
    assert len(found) == 21
    printed3 = {(row["task"], row["model"]): row["printed"] for row in load_table("rin_2018", "table3")}
    for task, *cells in found:
        assert [printed3[task.lower(), model] for model in COLUMNS] == cells
