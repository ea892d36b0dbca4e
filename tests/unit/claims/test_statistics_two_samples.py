"""Two samples are told apart by exact rank sums: against enumeration, hand arithmetic and scipy."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from claims.statistics.two_samples import TwoSamples, largest_shift, p_told_apart

APART = TwoSamples((1.0, 2.0, 3.0, 4.0, 5.0), (6.0, 7.0, 8.0, 9.0, 10.0))
ALIKE = TwoSamples((1.0, 4.0, 5.0, 8.0), (2.0, 3.0, 6.0, 7.0))

few = st.lists(st.none() | st.integers(0, 4).map(float), min_size=1, max_size=4)
pairs = st.builds(TwoSamples, few, few)


def choices(one: TwoSamples) -> list[float]:
    """The squared standard distance of the rank sum for every choice of ranks for the second sample, the observed one first."""
    values = [math.inf if value is None else value for value in (*one.first, *one.second)]
    ranks, n = stats.rankdata(values), len(one.first)
    sums = [ranks[n:].sum(), *(ranks[list(chosen)].sum() for chosen in itertools.combinations(range(len(values)), len(one.second)))]
    mean, variance = np.mean(sums[1:]), np.var(sums[1:])
    return [(total - mean) ** 2 / variance if variance > 1e-12 else 0.0 for total in sums]


@given(st.lists(pairs, min_size=1, max_size=2))
def test_p_is_the_share_of_all_choices_that_lie_as_far_out(recipes: list[TwoSamples]) -> None:
    observed, *_ = zip(*map(choices, recipes), strict=False)
    as_far = [sum(chosen) >= sum(observed) - 1e-6 for chosen in itertools.product(*(choices(one)[1:] for one in recipes))]
    assert p_told_apart(recipes) == pytest.approx(sum(as_far) / len(as_far))


def test_two_samples_that_do_not_overlap_have_the_smallest_p_there_is() -> None:
    assert p_told_apart([APART]) == pytest.approx(2 / math.comb(10, 5))
    assert p_told_apart([APART] * 3) == pytest.approx((2 / math.comb(10, 5)) ** 3)
    opposite = TwoSamples(APART.second, APART.first)
    assert p_told_apart([APART, opposite]) == pytest.approx((2 / math.comb(10, 5)) ** 2)  # whichever way
    assert largest_shift([APART]) == math.inf


def test_two_samples_that_interleave_are_not_told_apart_and_the_bound_is_their_own_error() -> None:
    assert (ALIKE.superiority, p_told_apart([ALIKE])) == (0.5, 1.0)
    error = math.sqrt((4 + 4 + 1) / (12 * 4 * 4))  # of A, without ties
    assert ALIKE.superiority_variance == pytest.approx(error**2)
    assert largest_shift([ALIKE]) == pytest.approx(1.6449 * 2 * math.sqrt(math.pi) * error, rel=1e-4)
    assert largest_shift([ALIKE] * 4) == pytest.approx(largest_shift([ALIKE]) / 2)


def test_a_shift_is_read_in_standard_deviations() -> None:
    generator = np.random.default_rng(0)
    far = [TwoSamples(generator.normal(size=10), generator.normal(size=10) + 1.5) for _ in range(400)]
    assert largest_shift(far) == pytest.approx(1.5, abs=0.15)


@given(pairs)
def test_superiority_is_scipy_s_and_a_run_without_a_number_stands_above_all(one: TwoSamples) -> None:
    first, second = ([math.inf if value is None else value for value in values] for values in (one.first, one.second))
    assert one.superiority == pytest.approx(stats.mannwhitneyu(second, first).statistic / (len(first) * len(second)))


def test_where_all_is_tied_nothing_is_told_apart() -> None:
    tied = TwoSamples((1.0, 1.0, 1.0), (1.0, 1.0))
    assert (p_told_apart([tied]), largest_shift([tied])) == (1.0, 0.0)
    assert p_told_apart([tied, APART]) == pytest.approx(2 / math.comb(10, 5))
