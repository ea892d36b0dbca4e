"""Censored updates, failing shares, printed numbers and curves, against hand arithmetic and scipy."""

import math
import statistics

import numpy as np
import pytest
from scipy import stats

from claims.statistics.censored import UpdatesToLevel, learns_faster
from claims.statistics.curves import near_zero, supremum
from claims.statistics.intervals import StatisticsError
from claims.statistics.published import binomial_noise, matches_published, odd_run_out
from claims.statistics.shares import failing_share

reached, censored, never = UpdatesToLevel.reached, UpdatesToLevel.censored, UpdatesToLevel.never


def test_learning_twice_as_fast_is_one_in_log2() -> None:
    found = learns_faster([reached(100)] * 5, [reached(u) for u in (200, 400, 200, 800, 200)])
    assert found.values == (1.0, 2.0, 1.0, 3.0, 1.0)
    assert (found.estimate, found.lower, found.upper) == (1.0, 1.0, 3.0)
    assert found.p_reproduced == pytest.approx(1 / 32)


def test_a_censored_run_loses_by_at_least_the_ratio_to_its_budget() -> None:
    """The slower arm did not get there in 799 updates, so it needs at least 800: 8 times as many, and there is no upper bound."""
    found = learns_faster([reached(100)] * 5, [censored(799)] * 5)
    assert found.lower == pytest.approx(3.0)
    assert (found.estimate, found.upper) == (math.inf, math.inf)
    assert found.p_reproduced == pytest.approx(1 / 32)


def test_reaching_the_level_with_the_last_update_still_beats_never_reaching_it() -> None:
    found = learns_faster([reached(800)] * 5, [censored(800)] * 5)
    assert found.lower is not None
    assert found.lower > 0
    mirrored = learns_faster([censored(800)] * 5, [reached(800)] * 5)
    assert mirrored.upper is not None
    assert mirrored.upper < 0


def test_without_a_smallest_effect_two_censored_runs_count_against_both_verdicts() -> None:
    found = learns_faster([censored(800)] * 8, [censored(800)] * 8)
    assert (found.p_reproduced, found.p_contradicted) == (1.0, 1.0)
    assert (found.estimate, found.lower, found.upper) == (0.0, 0.0, 0.0)


def test_a_censored_run_may_still_be_the_faster_one_under_unequal_budgets() -> None:
    """Censored at 100, the other got there at 500: anything between 101 updates and infinity, so nothing is known."""
    found = learns_faster([censored(100)] * 5, [reached(500)] * 5)
    assert found.p_reproduced == 1.0
    assert found.p_contradicted == 1.0
    assert found.upper == pytest.approx(math.log2(500 / 101))


def test_a_diverged_run_never_learns() -> None:
    found = learns_faster([reached(100)] * 5, [never()] * 5)
    assert (found.lower, found.n_diverged) == (math.inf, 5)
    neither = learns_faster([never()] * 5, [censored(10)] * 5)
    assert (neither.p_reproduced, neither.p_contradicted) == (1.0, 1.0)


def test_updates_are_positive() -> None:
    with pytest.raises(StatisticsError, match="updates to a level are positive, not 0"):
        reached(0)
    with pytest.raises(StatisticsError, match="1 and 2 values"):
        learns_faster([reached(1)], [reached(1)] * 2)


def test_a_run_fails_when_it_diverges_or_is_no_better_than_the_baseline() -> None:
    found = failing_share([None, 9.0, 10.0, 10.1, 50.0], 10.0, 0.5)
    assert found.values == (1.0, 1.0, 1.0, 0.0, 0.0)
    assert (found.estimate, found.n_diverged) == (0.6, 1)
    lower_better = failing_share([None, 0.167, 0.166], 0.167, 0.5, higher_is_better=False)
    assert lower_better.values == (1.0, 1.0, 0.0)


def test_a_failing_share_has_clopper_pearson_bounds_and_binomial_p_values() -> None:
    found = failing_share([None] * 5, 10.0, 0.5)
    assert found.lower == pytest.approx(0.05 ** (1 / 5))
    assert found.upper == 1.0
    assert found.p_reproduced == pytest.approx(1 / 32)
    partly = failing_share([0.0, 0.0, 20.0, 20.0, 20.0, 20.0], 10.0, 0.2)
    assert partly.p_contradicted == pytest.approx(stats.binom.cdf(2, 6, 0.2))
    with pytest.raises(StatisticsError, match="no seeds"):
        failing_share([], 10.0, 0.5)


def test_the_prediction_interval_is_the_textbook_one() -> None:
    """Mean 91, s^2 = 2.5, n = 5: 91 +- t_4(0.975) sqrt(2.5 x 1.2)."""
    found = matches_published([89.0, 90.0, 91.0, 92.0, 93.0], 91.6, unit="%")
    half_width = 2.7764451051977987 * math.sqrt(3.0)
    assert (found.estimate, found.lower, found.upper) == pytest.approx((91.0, 91 - half_width, 91 + half_width))
    assert found.confidence == 0.975
    assert found.p_reproduced is None


def test_both_test_sets_add_binomial_noise_in_percent_squared() -> None:
    """p = 90 %: 90 x 10 / 1000 + 90 x 10 / 500 = 0.9 + 1.8 (percent^2)."""
    assert binomial_noise(90.0, 90.0, 1000, 500) == pytest.approx(2.7)
    assert binomial_noise(90.0, 90.0, None, 500) == pytest.approx(1.8)
    assert binomial_noise(90.0, 90.0, 1000, None) == 0.0
    found = matches_published([90.0] * 5, 90.0, unit="%", our_items=1000, test_items=500)
    assert found.upper == pytest.approx(90 + stats.t.ppf(0.975, 4) * math.sqrt(2.7))


def test_binomial_noise_is_the_variance_of_the_difference_of_two_test_sets() -> None:
    rng = np.random.default_rng(0)
    ours, printed = 100 * rng.binomial(400, 0.8, 40_000) / 400, 100 * rng.binomial(1000, 0.8, 40_000) / 1000
    assert binomial_noise(80.0, 80.0, 400, 1000) == pytest.approx(np.var(ours - printed), rel=0.03)


def test_perfect_seeds_do_not_contradict_an_almost_perfect_printed_number() -> None:
    """100 % on 500 items in all seeds, 99.9 % printed from 10,000: pooled p = 99.905 %, so the difference has sd 0.14."""
    found = matches_published([100.0] * 10, 99.9, unit="%", our_items=500, test_items=10_000)
    assert found.lower is not None
    assert found.lower < 99.9
    assert found.p_contradicted is not None
    assert found.p_contradicted > 0.05


def test_noise_is_for_percentages() -> None:
    with pytest.raises(StatisticsError, match="accuracies in percent"):
        matches_published([-3.0, -3.1], -3.0, unit="log10 MSE", test_items=10_000)


def test_equal_seeds_have_exactly_their_own_value_as_mean() -> None:
    """The float sum of three 0.1 divided by 3 is not 0.1; a printed 0.1 must still lie in the interval, which is a point."""
    found = matches_published([0.1] * 3, 0.1, unit="")
    assert found.lower == found.estimate == found.upper == 0.1
    assert matches_published([0.1] * 8, 0.2, unit="").p_contradicted == pytest.approx(odd_run_out(8) / 0.9)


def test_the_odd_run_out_is_the_worst_share_of_odd_runs() -> None:
    shares = np.linspace(0, 1, 100_001)
    for n in range(3, 12):
        assert odd_run_out(n) == pytest.approx(float(np.max(shares * (1 - shares) ** n)), rel=1e-6)


def test_it_takes_eight_seeds_to_contradict_one_printed_run() -> None:
    """However far away: seven equal seeds meet an odd printed run in up to 4.9 % of cases, which leaves no error for anything else."""
    p_values = {n: matches_published([50.0 + 0.1 * i for i in range(n)], 90.0, unit="%").p_contradicted for n in (5, 7, 8)}
    assert p_values[5] == pytest.approx(5**5 / 6**6 / 0.9)
    assert p_values[7] is not None
    assert p_values[7] > 0.05
    assert p_values[8] is not None
    assert p_values[8] <= 0.05


def test_far_outside_is_counted_by_the_t_test() -> None:
    """Ten seeds, the printed number three standard errors off: ten times the two-sided p value of t = 3 with 9 degrees of freedom."""
    values = [float(i) for i in range(10)]
    error = statistics.stdev(values) * math.sqrt(1.1)
    found = matches_published(values, statistics.mean(values) + 3 * error, unit="%")
    assert found.p_contradicted == pytest.approx(10 * 2 * stats.t.sf(3, 9))


def test_a_diverged_run_leaves_no_interval() -> None:
    some = matches_published([90.0] * 9 + [None], 90.0, unit="%")
    assert (some.estimate, some.lower, some.p_contradicted, some.n_diverged) == (None, None, None, 1)
    none_finished = matches_published([None] * 8, 90.0, unit="%")
    assert none_finished.p_contradicted == pytest.approx(odd_run_out(8) / 0.9)
    assert matches_published([90.0], 90.0, unit="%").lower is None
    with pytest.raises(StatisticsError, match="no seeds"):
        matches_published([], 90.0, unit="%")


def test_the_supremum_is_over_all_steps_in_units_of_the_scale() -> None:
    assert supremum([0.1, -0.4, 0.2], 2.0) == pytest.approx(0.2)
    with pytest.raises(StatisticsError, match="no value at step 1"):
        supremum([0.1, None])
    with pytest.raises(StatisticsError, match="scale must be positive, not 0"):
        supremum([0.1], 0.0)
    with pytest.raises(StatisticsError, match="no value at step 0"):
        supremum([])


def test_a_supremum_on_the_tolerance_is_within_it() -> None:
    found = near_zero([0.2] * 5, 0.2, unit="of scale")
    assert (found.upper, found.p_reproduced, found.p_contradicted) == (0.2, pytest.approx(1 / 32), 1.0)
    outside = near_zero([0.3, 0.4, 0.5, 0.6, None], 0.2, unit="of scale")
    assert (outside.lower, outside.upper, outside.p_contradicted) == (0.3, math.inf, pytest.approx(1 / 32))
