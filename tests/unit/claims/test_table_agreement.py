"""A table's agreement is the share of printed pairs that our cells order the same way, seed by seed."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from claims.judging.assess import judge
from claims.kinds import TableAgreement
from claims.papers import find
from claims.papers.rin_2018 import printed_orders
from claims.papers.rin_2018.printed_cells import table1_cells
from claims.results import TablePlace
from claims.statistics.intervals import StatisticsError
from claims.statistics.tables import pairs_kept

BASE = {"metric": "accuracy", "unit": "points", "why": "a test"}
CELLS = (
    TablePlace("a small", 90.0, row="small", column="a"),
    TablePlace("b small", 80.0, row="small", column="b"),
    TablePlace("a large", 95.0, row="large", column="a"),
    TablePlace("b large", 94.0, row="large", column="b"),
)
TABLE = TableAgreement(**BASE, cells=CELLS, margin=2.0, share=0.75)  # type: ignore[arg-type]
OF_A_SMALL = dataclasses.replace(TABLE, about="a small", share=0.7)
KEPT = {"a small": [70.0] * 6, "b small": [50.0] * 6, "a large": [80.0] * 6, "b large": [79.0] * 6}


def test_pairs_are_further_apart_than_the_margin_the_widest_first() -> None:
    """95 - 94 is within 2 points; the gaps of the others are 15, 14, 10, 5 and 4."""
    assert TABLE.pairs == (
        ("a large", "b small"),
        ("b large", "b small"),
        ("a small", "b small"),
        ("a large", "a small"),
        ("b large", "a small"),
    )


def test_cells_printed_the_margin_apart_are_no_pair_whatever_floats_make_of_their_difference() -> None:
    """0.4 - 0.1 is 0.30000000000000004."""
    near = (TablePlace("a small", 0.4, row="small", column="a"), TablePlace("b small", 0.1, row="small", column="b"))
    far = TablePlace("a large", 0.8, row="large", column="a")
    assert TableAgreement(**BASE, cells=(*near, far), margin=0.3, share=0.75).pairs == (("a large", "b small"), ("a large", "a small"))  # type: ignore[arg-type]


def test_cells_that_end_level_in_decimals_are_tied_whatever_floats_make_of_them() -> None:
    """0.1 + 0.2 is 0.30000000000000004."""
    assert pairs_kept({"x": [0.1 + 0.2], "y": [0.3]}, [("x", "y")]).tolist() == [[0.5]]


def test_a_cell_is_compared_with_its_row_and_its_column() -> None:
    assert OF_A_SMALL.pairs == (("a small", "b small"), ("a large", "a small"))
    assert OF_A_SMALL.arm_names == ("a small", "b small", "a large")


def test_cells_of_two_blocks_are_not_compared() -> None:
    apart = dataclasses.replace(TABLE, cells=tuple(cell._replace(block=cell.row) for cell in CELLS))
    assert apart.pairs == (("a small", "b small"),)


def test_the_share_is_counted_by_hand() -> None:
    """The second seed loses 95 above 80 and 95 above 90, is level in 90 above 80, and keeps 94 above both: 2.5 of 5."""
    arms = {"a small": [70.0, 65.0], "b small": [50.0, 65.0], "a large": [80.0, 60.0], "b large": [79.0, 79.0]}
    assert TABLE.evidence(arms).values == (1.0, 2.5 / 5)


@given(st.lists(st.integers(0, 6), min_size=3, max_size=9), st.randoms(use_true_random=False))
def test_without_a_margin_it_is_kendalls_tau_of_scipy(ours: list[int], random: object) -> None:
    """With c pairs kept, d lost and t level of ours, tau-b is (c - d) / sqrt(all (all - t)); the printed numbers have no ties."""
    printed = list(range(len(ours)))
    random.shuffle(printed)  # type: ignore[attr-defined]
    cells = tuple(TablePlace(str(place), float(number)) for place, number in enumerate(printed))
    one = TableAgreement(**BASE, cells=cells, margin=0.0, share=0.5)  # type: ignore[arg-type]
    (share,) = one.evidence({str(place): [float(value)] for place, value in enumerate(ours)}).values
    every = len(one.pairs)
    level = sum(a == b for a, b in itertools.combinations(ours, 2))
    if level < every:
        tau = stats.kendalltau(printed, ours).statistic
        assert 2 * share - 1 == pytest.approx(tau * np.sqrt(every * (every - level)) / every)
    else:
        assert share == 0.5


@pytest.mark.parametrize(
    ("above", "below", "kept"), [(None, 1.0, 0.0), (1.0, None, 1.0), (None, None, 0.5), (1.0, 1.0, 0.5), (2.0, 1.0, 1.0)]
)
@pytest.mark.parametrize("higher_is_better", [True, False])
def test_a_diverged_run_has_the_worst_rank(above: float | None, below: float | None, kept: float, higher_is_better: bool) -> None:
    found = pairs_kept({"x": [above], "y": [below]}, [("x", "y")], higher_is_better=higher_is_better)
    lost = None in (above, below) and above != below
    assert found.tolist() == [[1 - kept if lost and not higher_is_better else kept]]


def test_it_is_decided_over_seeds_and_says_what_it_saw() -> None:
    found = judge(TABLE, TABLE.evidence(KEPT))
    assert found.verdict == "reproduced"
    assert found.reason == "of 5 pairs of printed cells, a median share of 1 (at least 1) is ordered as printed; stated: 0.75"
    turned = dict(zip(KEPT, reversed(KEPT.values()), strict=True))
    evidence = TABLE.evidence(turned)
    assert judge(TABLE, evidence).verdict == "contradicted"
    assert evidence.values == (0.0,) * 6
    assert evidence.details[:2] == (
        "5 pairs more than 2 apart in print; most seeds order 5 otherwise",
        "otherwise than printed: a large (95) above b small (80)",
    )
    assert len(evidence.details) == 6


def test_a_cell_says_where_its_own_runs_end_beside_the_printed_number() -> None:
    evidence = dataclasses.replace(OF_A_SMALL.evidence(KEPT), arms={name: tuple(values) for name, values in KEPT.items()})
    assert judge(OF_A_SMALL, evidence).reason == (
        "a small ends at 70 points (between 70 and 70), printed 90; of 2 pairs of printed cells, a median share of 1 (at least 1) is "
        "ordered as printed; stated: 0.7"
    )


def test_every_cell_stands_beside_the_printed_one_with_the_pairs_that_it_keeps() -> None:
    """Of 60, 80, 50 and 70 the one pair that is kept is 94 above 90, by 70 and 60; a diverged run bounds nothing."""
    arms = {"a small": (60.0,) * 5, "b small": (80.0,) * 5, "a large": (50.0,) * 4 + (None,), "b large": (70.0, 70.0, 70.0, 69.0, 75.0)}
    beside = TABLE.beside(dataclasses.replace(TABLE.evidence(arms), arms=arms))
    assert [one.cell for one in beside] == list(CELLS)
    assert [(one.kept, one.pairs) for one in beside] == [(1, 3), (0, 3), (0, 2), (1, 2)]
    assert beside[2][1:4] == (50.0, -np.inf, 50.0)
    assert beside[3][1:4] == (70.0, 69.0, 75.0)
    assert TABLE.beside(TABLE.evidence(arms)) == ()  # evidence without runs


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"cells": CELLS + CELLS[:1]}, "two cells have the arm 'a small'; give every cell an arm of its own"),
        ({"about": "c"}, "`about` names no cell: 'c'; write the arm of one of the cells"),
        ({"share": 1.0}, "`share` must lie between 0 and 1, not 1.0"),
        ({"margin": -1.0}, "`margin` must be a finite number >= 0, not -1.0"),
        ({"margin": 20.0}, "no two cells are further apart than the margin, 20; lower it"),
    ],
)
def test_a_malformed_table_is_said_in_one_line(change: dict[str, object], problem: str) -> None:
    assert dataclasses.replace(TABLE, **change).problem() == problem  # type: ignore[arg-type]
    assert TABLE.problem() == ""


def test_nothing_to_compare_and_unequal_seeds_are_refused() -> None:
    with pytest.raises(StatisticsError, match="lower the margin"):
        pairs_kept({"x": [1.0]}, [])
    with pytest.raises(StatisticsError, match="different numbers of seeds"):
        pairs_kept({"x": [1.0], "y": [1.0, 2.0]}, [("x", "y")])


def test_a_whole_table_has_one_look_and_a_cell_several() -> None:
    assert not TABLE.sequential
    assert OF_A_SMALL.sequential


# --- The printed tables ---


@pytest.mark.parametrize("order", ["sequential", "permuted"])
def test_the_order_of_table_1_compares_all_its_cells_of_one_order(order: str) -> None:
    claim = find(f"rin-2018/pixel-mnist/table1-order/{order}")
    prediction = printed_orders.table1_order(order)
    assert len(prediction.cells) == len(prediction.arm_names) == 19
    assert [arm.name for arm in claim.arms["paper"]] == [cell.arm for cell in prediction.cells]
    gaps = [abs(float(a.printed) - float(b.printed)) for a, b in itertools.combinations(printed_orders.cells_of(order), 2)]
    assert len(prediction.pairs) == sum(gap > 2 for gap in gaps)


def test_the_order_of_table_3_compares_networks_on_one_task() -> None:
    prediction = printed_orders.table3_order()
    assert len(prediction.cells) == 60
    assert all(above.split(" on ")[1] == below.split(" on ")[1] for above, below in prediction.pairs)
    assert ("RIN on task 15", "LSTM on task 15") in prediction.pairs  # 54.8 and 26.7
    assert pytest.approx(printed_orders.TABLE3_MARGIN, abs=0.05) == 2 * (2 * 50 * 50 / 1000) ** 0.5


def test_the_share_of_a_cell_is_met_by_no_number_of_neighbours() -> None:
    counts = {len(printed_orders.cell_order(cell).pairs) for cell in table1_cells()}
    assert min(counts) >= 2
    assert all(kept / pairs != printed_orders.OF_A_CELL for pairs in counts for kept in range(pairs + 1))
