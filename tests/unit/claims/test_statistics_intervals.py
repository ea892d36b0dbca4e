"""Bounds for a median and a share, against scipy, closed forms and enumeration."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from claims.statistics.intervals import bound_rank, clopper_pearson, extended_median, median_bounds, sign_tail


@pytest.mark.parametrize("n", range(1, 31))
def test_median_bounds_are_those_of_scipys_quantile_test(n: int) -> None:
    values = np.random.default_rng(n).standard_normal(n)
    lower, upper = median_bounds(values, values)
    expected_lower = stats.quantile_test(values, p=0.5, alternative="greater").confidence_interval(0.95).low
    expected_upper = stats.quantile_test(values, p=0.5, alternative="less").confidence_interval(0.95).high
    if n < 5:
        assert (lower, upper) == (None, None)
        assert math.isnan(expected_lower)
        assert math.isnan(expected_upper)
    else:
        assert (lower, upper) == (expected_lower, expected_upper)


@pytest.mark.parametrize("alpha", [0.05, 0.025, 0.05 / 3])
@pytest.mark.parametrize("n", range(1, 13))
def test_the_bound_misses_the_median_in_at_most_alpha_of_all_sign_patterns(n: int, alpha: float) -> None:
    """Enumerates all 2^n equally likely patterns of seeds below (0) and above (1) the median."""
    below = [n - sum(pattern) for pattern in itertools.product((0, 1), repeat=n)]
    rank = bound_rank(n, alpha)

    def missed(k: int) -> float:  # the k-th smallest lies above the median when fewer than k seeds lie below it
        return sum(count < k for count in below) / len(below)

    assert missed(rank) <= alpha
    assert missed(rank + 1) > alpha


def test_ranks_at_the_numbers_of_seeds_that_the_profiles_use() -> None:
    assert {n: bound_rank(n) for n in (3, 4, 5, 6, 7, 8, 10)} == {3: 0, 4: 0, 5: 1, 6: 1, 7: 1, 8: 2, 10: 2}


def test_a_level_that_is_attained_exactly_is_enough_for_the_bound() -> None:
    for n in range(1, 31):
        for count in range(n):
            assert bound_rank(n, sign_tail(count, n)) == count + 1


@pytest.mark.parametrize(("count", "n"), [(0, 5), (1, 8), (3, 6), (6, 6)])
def test_sign_tail_is_the_p_value_of_scipys_binomial_test(count: int, n: int) -> None:
    assert sign_tail(count, n) == pytest.approx(stats.binomtest(count, n, 0.5, alternative="less").pvalue, rel=1e-12)


def test_what_was_not_measured_counts_against_either_bound() -> None:
    low, high = [1.0, 2.0, 3.0, 4.0, -math.inf], [1.0, 2.0, 3.0, 4.0, math.inf]
    assert median_bounds(low, high) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("values", "median"),
    [
        ([3.0, 1.0, 2.0], 2.0),
        ([1.0, 4.0], 2.5),
        ([-math.inf, 1.0, 2.0], 1.0),
        ([math.inf, math.inf, 1.0], math.inf),
        ([math.inf, math.inf], math.inf),
        ([-math.inf, 1.0], -math.inf),
        ([-math.inf, math.inf], None),
    ],
)
def test_the_median_takes_diverged_runs_by_rank(values: list[float], median: float | None) -> None:
    assert extended_median(values) == median


@pytest.mark.parametrize(("count", "n"), [(0, 5), (1, 5), (5, 5), (7, 20)])
def test_clopper_pearson_bounds_are_beta_quantiles(count: int, n: int) -> None:
    """Clopper and Pearson's bounds in closed form: beta quantiles."""
    lower, upper = clopper_pearson(count, n)
    assert lower == pytest.approx(stats.beta.ppf(0.05, count, n - count + 1) if count else 0.0, abs=1e-9)
    assert upper == pytest.approx(stats.beta.ppf(0.95, count + 1, n - count) if count < n else 1.0, abs=1e-9)
