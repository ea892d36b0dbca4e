"""The picture of a claim: interval, region and seeds on one axis, whatever is open or diverged."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import (
    DIVERGED,
    MANY_SEEDS,
    NOT_RUN,
    SAME_LEVEL,
    TABLE,
    UNBOUNDED,
    evidence,
)

from claims.report.build import entry_of
from claims.report.drawings.effect_plot import LEFT, RIGHT, effect_plot, ticks
from claims.results import Verdict


def test_interval_region_and_seeds_share_one_axis():
    plot = effect_plot(entry_of(SAME_LEVEL))
    assert plot is not None
    ((left, right),) = plot.inside
    assert plot.bar is not None
    assert LEFT < left < plot.bar[0] < plot.estimate < plot.bar[1] < right < RIGHT
    # linear: positions of the region's edges +-0.5 and the estimate 0.03 fix the scale, by which the seed 0.1 must stand
    scale = (right - left) / 1.0
    assert plot.dots[0][0] == pytest.approx((left + right) / 2 + 0.1 * scale, abs=0.11)
    assert plot.estimate == pytest.approx((left + right) / 2 + 0.03 * scale, abs=0.11)
    assert [x for x, text in plot.ticks if text == "0"] == [pytest.approx((left + right) / 2, abs=0.11)]


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e4))
def test_an_axis_has_two_to_five_round_numbers_inside_it(low: float, width: float) -> None:
    found = ticks(low, low + width)
    assert 2 <= len(found) <= 5
    assert low <= found[0]
    assert found[-1] <= low + width
    steps = np.diff(found)
    assert f"{steps[0]:.3e}"[:5] in {"1.000", "2.000", "5.000"}
    assert steps == pytest.approx(steps[0])


def test_the_axis_of_accuracies_has_a_number_every_twenty_points():
    assert ticks(3.2, 102.2) == [20, 40, 60, 80, 100]


def test_diverged_seeds_and_open_bounds_are_drawn_at_the_edge():
    plot = effect_plot(entry_of(DIVERGED))
    assert plot is not None
    assert plot.beyond == (2, 0)
    assert len(plot.dots) == 2
    assert (plot.open_left, plot.open_right, plot.estimate) == (True, False, None)
    unbounded = effect_plot(entry_of(UNBOUNDED))
    assert unbounded is not None
    assert (unbounded.bar, unbounded.beyond) == (None, (0, 1))


def test_two_hundred_seeds_stay_inside_the_picture():
    plot = effect_plot(entry_of(MANY_SEEDS))
    assert plot is not None
    assert len(plot.dots) == 200
    assert all(LEFT <= x <= RIGHT and 0 < y < 68 for x, y in plot.dots)


def test_no_picture_without_anything_to_set_against_a_region():
    assert effect_plot(entry_of(NOT_RUN)) is None
    assert effect_plot(entry_of(TABLE)) is None
    endless = dataclasses.replace(DIVERGED, verdict=Verdict("contradicted", "", evidence(-np.inf, -np.inf, None, values=(-np.inf,))))
    assert effect_plot(entry_of(endless)) is None
