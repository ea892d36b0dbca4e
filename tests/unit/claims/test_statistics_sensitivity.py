"""The sensitivity to a setting, against hand arithmetic and the properties its definition promises."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.statistics.intervals import StatisticsError
from claims.statistics.sensitivity import filled, sensitivity

CHANCE = 10.0
FAST = settings(max_examples=60, deadline=None)
values = st.floats(-1e3, 1e3)
grids = st.lists(st.one_of(values, st.none()), min_size=2, max_size=6).filter(lambda grid: any(value is not None for value in grid))


def of(grid: list[float | None], lost: float, higher_is_better: bool = True) -> float:
    found = sensitivity(grid, lost, higher_is_better=higher_is_better)
    assert found is not None
    return found


def test_a_flat_grid_has_none() -> None:
    assert sensitivity([63.0, 63.0, 63.0], CHANCE) == 0.0


def test_one_good_setting_among_four_costs_three_quarters_of_its_lead() -> None:
    """Shortfalls 53, 53, 0, 53: mean 39.75."""
    assert sensitivity([10.0, 10.0, 63.0, 10.0], CHANCE) == 39.75


def test_a_diverged_setting_falls_short_as_one_that_learned_nothing() -> None:
    """Shortfalls 63 - 10, 0 and 63 - 60: mean 56/3."""
    assert sensitivity([None, 63.0, 60.0], CHANCE) == pytest.approx(56 / 3)


def test_lower_is_better_turns_the_shortfall_round() -> None:
    """Losses 0.1, 0.3 and a diverged run at 0.167: excesses over 0.1 are 0, 0.2 and 0.067."""
    assert sensitivity([0.1, 0.3, None], 0.167, higher_is_better=False) == pytest.approx(0.267 / 3)


def test_a_grid_that_diverged_throughout_is_not_insensitive() -> None:
    assert sensitivity([None, None], CHANCE) is None


def test_a_finished_run_worse_than_a_diverged_one_leaves_no_negative_shortfall() -> None:
    assert sensitivity([8.0, None], CHANCE) == 1.0


def test_what_is_no_grid_or_no_number_is_refused() -> None:
    with pytest.raises(StatisticsError, match="at least two settings, not 1"):
        sensitivity([63.0], CHANCE)
    for number in (math.nan, math.inf):
        with pytest.raises(
            StatisticsError, match=r"^a grid holds a number that is not finite; outcomes hold finite metrics or count as diverged$"
        ):
            sensitivity([63.0, number], CHANCE)


def test_a_grid_is_filled_only_where_there_is_something_to_fill_it_with() -> None:
    assert filled([1.0, None], None) is None
    assert filled([1.0, None], 5.0) == (1.0, 5.0)
    assert filled([1.0, 2.0], None) == (1.0, 2.0)


@FAST
@given(grids, values)
def test_it_is_the_best_run_minus_the_mean(grid: list[float | None], lost: float) -> None:
    runs = [lost if value is None else value for value in grid]
    assert of(grid, lost) == pytest.approx(max(runs) - statistics.fmean(runs), abs=1e-9)
    assert 0 <= of(grid, lost) <= (max(runs) - min(runs)) * (1 - 1 / len(runs)) + 1e-9


@FAST
@given(grids, values, st.integers(-1000, 1000))
def test_adding_a_constant_changes_nothing(grid: list[float | None], lost: float, shift: int) -> None:
    shifted = [None if value is None else value + shift for value in grid]
    assert of(shifted, lost + shift) == pytest.approx(of(grid, lost), abs=1e-9)


@FAST
@given(grids, values, st.floats(0.01, 100))
def test_it_is_in_the_metrics_unit(grid: list[float | None], lost: float, factor: float) -> None:
    scaled = [None if value is None else value * factor for value in grid]
    assert of(scaled, lost * factor) == pytest.approx(of(grid, lost) * factor, rel=1e-9, abs=1e-9)


@FAST
@given(grids, values)
def test_a_loss_is_an_accuracy_seen_in_the_mirror(grid: list[float | None], lost: float) -> None:
    mirrored = [None if value is None else -value for value in grid]
    assert of(mirrored, -lost, higher_is_better=False) == of(grid, lost)


@FAST
@given(grids, values, st.randoms())
def test_the_order_of_the_settings_does_not_matter(grid: list[float | None], lost: float, random: object) -> None:
    shuffled = list(grid)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert of(shuffled, lost) == of(grid, lost)


@FAST
@given(grids, values)
def test_a_further_setting_as_good_as_the_best_never_adds_to_it(grid: list[float | None], lost: float) -> None:
    best = max(lost if value is None else value for value in grid)
    assert of([*grid, best], lost) <= of(grid, lost) + 1e-9
