"""The loader of printed tables gives the paper's numbers.

It refuses a file that departs from its schema, in one line.
"""

import math
from importlib import resources
from typing import Any

import pytest

import reference_results
from reference_results import ReferenceDataError, load_table
from reference_results.tables import _schemas, parse_table

FILE = "table1.csv"
SCHEMA = _schemas()["rin_2018", "table1"]


@pytest.fixture
def lines() -> list[str]:
    return (resources.files(reference_results) / "rin_2018" / "table1.csv").read_text(encoding="utf-8").splitlines()


def refusal(lines: list[str]) -> str:
    with pytest.raises(ReferenceDataError) as refused:
        parse_table("\n".join(lines), FILE, SCHEMA)
    message = str(refused.value)
    assert FILE in message
    assert "\n" not in message
    return message


def replaced(lines: list[str], cell: str, old: str, new: str) -> list[str]:
    """``lines`` with ``old`` changed to ``new`` in the one row whose locator names ``cell``."""
    hits = [line for line in lines if f"[{cell}]" in line]
    assert len(hits) == 1
    assert old in hits[0]
    return [line.replace(old, new, 1) if line in hits else line for line in lines]


def column(table: str, keys: list[str], name: str) -> dict[tuple[str, ...], Any]:
    return {tuple(row[key] for key in keys): row[name] for row in load_table("rin_2018", table)}


def test_cells_are_those_the_paper_prints() -> None:
    table1 = column("table1", ["task", "network", "model"], "value")
    assert len(table1) == 38
    assert table1["sequential", "1-100", "RIN"] == 91.64
    assert table1["permuted", "3-200", "IRNN"] == 84.24
    assert table1["permuted", "1-100", "RIN-DT"] == 86.23
    table3 = column("table3", ["task", "model"], "value")
    assert len(table3) == 21 * 5
    assert table3["5", "Weston"] == 70
    assert table3["18", "IRNN"] == 46.9
    assert table3["mean", "RIN"] == 52.6


def test_every_value_keeps_the_digits_it_was_printed_with() -> None:
    table3 = column("table3", ["task", "model"], "printed")
    assert table3["20", "RIN"] == "98"
    assert table3["mean", "LSTM"] == "51.0"
    table1 = column("table1", ["task", "network", "model"], "printed")
    assert table1["permuted", "1-200", "LSTM"] == "30.63"
    assert table1["sequential", "1-100", "LSTM"] == "24.10"


def test_single_numbers_of_the_text_are_there() -> None:
    assert reference_results.number("rin_2018", "baseline-mse") == 0.167
    assert reference_results.number("irnn_2015", "irnn-1-100-test-error") == 3.0


def test_an_unknown_number_or_table_is_refused_with_those_there_are() -> None:
    with pytest.raises(ReferenceDataError, match="baseline-mse"):
        reference_results.number("rin_2018", "base-line")
    with pytest.raises(ReferenceDataError, match="rin_2018/table3"):
        load_table("rin_2018", "table2")


@pytest.mark.parametrize("value", ["0.9164", "0.9164 %", "nan", "inf", "1e2", "-91.64", "", "9l.64", "91,64", "101"])
def test_a_value_that_is_no_printed_percentage_is_refused(lines: list[str], value: str) -> None:
    message = refusal(replaced(lines, "sequential/1-100/RIN", "91.64", f'"{value}"'))
    assert "sequential/1-100/RIN" in message
    assert "line 2" in message


def test_a_wrong_unit_is_refused(lines: list[str]) -> None:
    assert "'percent'" in refusal(replaced(lines, "permuted/2-200/LSTM", "percent", "share"))


def test_an_unknown_model_is_refused_with_those_there_are(lines: list[str]) -> None:
    assert "unknown model 'GRU'; known: RIN, IRNN, LSTM, RIN-DT" in refusal(replaced(lines, "permuted/2-200/LSTM", ",LSTM,", ",GRU,"))


def test_a_cell_the_table_does_not_have_is_refused(lines: list[str]) -> None:
    assert "no such cell" in refusal(replaced(lines, "permuted/2-200/LSTM", ",LSTM,", ",RIN-DT,"))


def test_a_missing_cell_is_refused_by_name(lines: list[str]) -> None:
    assert "sequential/2-100/RIN is missing (37 cells instead of 38)" in refusal(
        [line for line in lines if "[sequential/2-100/RIN]" not in line]
    )


def test_a_cell_given_twice_is_refused(lines: list[str]) -> None:
    assert "there twice" in refusal([*lines, lines[1]])


def test_a_missing_or_foreign_column_is_refused(lines: list[str]) -> None:
    assert "'unit' is missing" in refusal([lines[0].replace("unit", "units"), *lines[1:]])
    assert "'note'" in refusal([lines[0] + ",note", *(line + ",x" for line in lines[1:])])
    assert "'task' is missing" in refusal([])


def test_a_row_with_too_few_values_is_refused(lines: list[str]) -> None:
    assert "5 values for 6 columns" in refusal([*lines[:3], lines[3].rsplit(",", 1)[0], *lines[4:]])


def test_a_missing_locator_is_refused(lines: list[str]) -> None:
    assert "locator is empty" in refusal(replaced(lines, "permuted/2-200/LSTM", "Table 1 [permuted/2-200/LSTM]", " "))


def test_the_order_of_columns_is_free(lines: list[str]) -> None:
    swapped = [",".join([cells[1], cells[0], *cells[2:]]) for cells in (line.split(",") for line in lines)]
    assert parse_table("\n".join(swapped), FILE, SCHEMA) == parse_table("\n".join(lines), FILE, SCHEMA)


def test_every_table_loads_with_finite_values_and_a_locator() -> None:
    for paper, name in _schemas():
        assert all(math.isfinite(row["value"]) and row["locator"] for row in load_table(paper, name))
