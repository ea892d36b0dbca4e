"""The printed numbers beside a claim are the paper's own, with their places."""

from __future__ import annotations

import csv
from importlib import resources

import pytest
from report_samples import BASE, claim

from claims import papers
from claims.kinds import MatchesPublished, Similar
from claims.model import Locator
from claims.paper import Paper
from claims.papers.rin_2018.paper import PAPER
from claims.report.content.printed_numbers import PrintedNumber, printed_numbers

ANOTHER = Paper(id="another-2020", title="Another", citation="", sections=())
SIMILAR = Similar(**BASE, first="a", second="b", margin=1.0)


def texts(**place: str) -> list[str]:
    quote = place.pop("quote", "A quote.")
    return [str(cell) for cell in printed_numbers(claim("rin-2018/tables/one", SIMILAR, quote, locator=Locator(**place)), PAPER)]


def test_a_cell_is_the_paper_s_number_with_its_digits_unit_and_place() -> None:
    assert texts(table="1", cell="sequential/1-100/LSTM") == ["sequential/1-100/LSTM 24.10 percent (Table 1 [sequential/1-100/LSTM])"]
    assert texts(table="3", cell="20/RIN") == ["20/RIN 98 percent (Table 3 [20/RIN])"]


def test_a_row_gives_the_numbers_of_the_row_in_its_order() -> None:
    row = texts(table="1", cell="permuted/2-100")
    assert [text.split(" (")[0] for text in row] == [
        "permuted/2-100/RIN 83.37 percent",
        "permuted/2-100/IRNN 76.31 percent",
        "permuted/2-100/LSTM 41.31 percent",
    ]


def test_a_pair_of_models_gives_both_and_rin_dt_is_one_model() -> None:
    assert [text.split()[0] for text in texts(table="3", cell="mean/RIN-IRNN")] == ["mean/RIN", "mean/IRNN"]
    assert [text.split()[0] for text in texts(table="1", cell="sequential/1-100/RIN-DT")] == ["sequential/1-100/RIN-DT"]


def test_a_table_without_a_cell_gives_all_of_it() -> None:
    assert len(texts(table="1")) == 38
    assert len(texts(table="3")) == 105


def test_a_single_number_goes_with_the_quotes_that_print_it() -> None:
    assert texts(section="3.1", quote="The baseline MSE of the task is 0.167.") == ["baseline-mse 0.167 squared error (section 3.1)"]
    assert [text.split()[1] for text in texts(section="abstract", quote="12%-67% higher accuracy")] == ["12", "67"]
    assert texts(section="3.1", quote="0.1675, 10.167 or 112 % in 67 tasks, 12 of them") == []


def test_a_number_that_is_in_no_table_is_the_one_to_match() -> None:
    match = MatchesPublished(**{**BASE, "unit": "points"}, arm="irnn", published=97.0, useful_width=2.0)
    assert printed_numbers(claim("another-2020/pixels/one", match), ANOTHER) == (
        PrintedNumber("published", "97", "points", "section 3.1, Fig. 2"),
    )
    assert printed_numbers(claim("another-2020/pixels/two", SIMILAR, locator=Locator(table="9")), ANOTHER) == ()


def test_every_cell_that_a_registered_claim_names_is_printed() -> None:
    unknown = [one.id for one in papers.all_claims() if one.locator.table and not printed_numbers(one, papers.registry().paper_of(one))]
    assert unknown == []


@pytest.mark.parametrize(("table", "keys"), [("1", 3), ("3", 2)])
def test_every_printed_cell_is_found_by_its_own_path(table: str, keys: int) -> None:
    text = (resources.files("reference_results") / "rin_2018" / f"table{table}.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        path = "/".join([row["task"], row["network"], row["model"]] if keys == 3 else [row["task"], row["model"]])
        assert texts(table=table, cell=path) == [f"{path} {row['value']} percent ({row['locator']})"]


def test_a_published_number_of_the_registry_is_among_its_printed_ones() -> None:
    for one in papers.all_claims():
        if isinstance(one.prediction, MatchesPublished) and one.locator.cell:
            assert one.prediction.published in [float(cell.printed) for cell in printed_numbers(one, papers.registry().paper_of(one))], (
                one.id
            )
