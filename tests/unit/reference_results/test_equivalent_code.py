"""The ledger of equivalent code: a row has date and evidence, or it is refused.

A row says that older code makes the numbers of newer code.
"""

from __future__ import annotations

import pytest

from reference_results import ReferenceDataError
from reference_results.equivalent_code import COLUMNS, Equivalence, dumps, equivalent_code, older, parse_equivalent_code

A, B, C, D = (letter * 64 for letter in "abcd")
ROW = Equivalence(A, B, "identical", "adding, rin, adam", "2026-01-31", "trial x-0, 10 updates, bit-identical on a CPU, torch 2.13.0")


def text(*rows: Equivalence, **changes: str) -> str:
    return dumps([Equivalence(**{**vars(row), **changes}) for row in rows or (ROW,)])


def row(old: str, new: str, grade: str = "identical") -> Equivalence:
    return Equivalence(old, new, grade, "x", "2026-01-31", "y")


def test_what_is_written_is_read() -> None:
    rows = (ROW, Equivalence(B, C, "equivalent", "bAbI 1, lstm, adam", "2026-02-01", 'trial "y", 3 updates'))
    assert parse_equivalent_code(dumps(rows)) == rows
    assert parse_equivalent_code(dumps(rows[:1]) + dumps(rows[1:], header=False)) == rows


BAD = {
    "without evidence": ({"evidence": " "}, "line 2: evidence is empty"),
    "without date": ({"date": ""}, "line 2: '' is no date"),
    "with another date": ({"date": "yesterday"}, "line 2: 'yesterday' is no date"),
    "of no grade": ({"grade": ""}, "line 2: the grade '' is unknown; it must be one of identical, equivalent"),
    "of another grade": ({"grade": "similar"}, "line 2: the grade 'similar' is unknown"),
    "about nothing": ({"what": ""}, "line 2: what is empty"),
    "with a short fingerprint": ({"old": "a" * 63}, "is no fingerprint of 64 hexadecimal digits"),
    "with a fingerprint in capitals": ({"new": "B" * 64}, "is no fingerprint of 64 hexadecimal digits"),
    "with a fingerprint of letters": ({"new": "g" * 64}, "is no fingerprint of 64 hexadecimal digits"),
    "of one fingerprint": ({"new": A}, "the two fingerprints are the same"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_row_that_says_less_is_refused_in_one_line(name: str) -> None:
    changes, said = BAD[name]
    with pytest.raises(ReferenceDataError) as refused:
        parse_equivalent_code(text(**changes), "rows.csv")
    assert str(refused.value).startswith("rows.csv line 2: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        ("", "the header must read old,new,grade,what,date,evidence"),
        ("old,new,what,date,evidence\n", "the header must read"),
        (text() + f"{A},{B}\n", "line 3: 2 values for 6 columns"),
        (text() + dumps([ROW], header=False), "line 3: repeats an older row"),
    ],
)
def test_another_table_or_a_row_cut_short_is_refused(damaged: str, said: str) -> None:
    with pytest.raises(ReferenceDataError, match=said):
        parse_equivalent_code(damaged)


def test_equivalence_goes_over_any_number_of_rows_and_only_backwards() -> None:
    rows = [row(old, new) for old, new in ((A, B), (B, C), (D, C))]
    assert {new: list(old) for new, old in older(rows).items()} == {B: [A], C: [B, D, A]}
    circle = [*rows, row(C, A)]  # code that was changed and changed back
    assert {new: set(old) for new, old in older(circle).items()} == {A: {B, C, D}, B: {A, C, D}, C: {A, B, D}}


def test_a_chain_is_as_strong_as_its_weakest_row_and_the_strongest_chain_counts() -> None:
    weak = [row(A, B), row(B, C, "equivalent"), row(C, D)]
    assert older(weak) == {
        B: {A: "identical"},
        C: {B: "equivalent", A: "equivalent"},
        D: {C: "identical", B: "equivalent", A: "equivalent"},
    }
    assert list(older(weak)[D]) == [C, B, A]
    both = older([*weak, row(A, D)])[D]
    assert both == {C: "identical", A: "identical", B: "equivalent"}
    assert list(both) == [C, A, B]  # what is sure comes first


def test_the_ledger_of_this_project_is_read() -> None:
    assert all(row.evidence for row in equivalent_code())
    assert COLUMNS == ("old", "new", "grade", "what", "date", "evidence")
