"""Levels, paired comparisons and rankings, against hand arithmetic, scipy and enumeration."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from claims.kinds import LearnsFaster
from claims.statistics.censored import UpdatesToLevel, learns_faster
from claims.statistics.comparisons import advantage, similarity
from claims.statistics.effects import paired_differences
from claims.statistics.intervals import StatisticsError
from claims.statistics.levels import level
from claims.statistics.rankings import holm, ranking

RIN = [60.0, 61.0, 62.0, 63.0, 60.0, 59.0]
IRNN = [44.0, 42.0, 43.0, 45.0, 47.0, 41.0]


def test_an_advantage_is_the_median_of_the_paired_differences() -> None:
    """Differences 16, 19, 19, 18, 13, 18: median 18, smallest 13, largest 19."""
    found = advantage(RIN, IRNN, unit="points", smallest_effect=15.0)
    assert found.values == (16.0, 19.0, 19.0, 18.0, 13.0, 18.0)
    assert (found.estimate, found.lower, found.upper) == (18.0, 13.0, 19.0)
    assert found.p_reproduced == pytest.approx(1 / 64)
    assert found.p_contradicted == pytest.approx(stats.binomtest(5, 6, alternative="less").pvalue)  # 5 of 6 reach 15
    assert (found.n, found.n_diverged, found.confidence) == (6, 0, 0.95)


def test_where_lower_is_better_the_advantage_changes_sign() -> None:
    found = advantage([0.01, 0.02], [0.04, 0.03], unit="MSE", higher_is_better=False)
    assert found.values == pytest.approx((0.03, 0.01))


def test_ties_count_against_both_verdicts() -> None:
    """Two of eight pairs are tied, six won: P(Binomial(8, 1/2) <= 2) = 37/256 for the win; all eight are >= 0 for the loss."""
    found = advantage([1.0] * 6 + [0.0] * 2, [0.0] * 8, unit="points")
    assert found.p_reproduced == pytest.approx(37 / 256)
    assert found.p_contradicted == 1.0


def test_a_diverged_run_loses_by_infinity_and_of_two_neither_is_ahead() -> None:
    pairs = paired_differences([1.0, None, None, 3.0], [None, 2.0, None, 1.0], higher_is_better=True)
    assert pairs.low.tolist() == pairs.high.tolist() == [math.inf, -math.inf, 0.0, 2.0]
    unknown = paired_differences([None], [None], higher_is_better=True, both_diverged=math.inf)
    assert (unknown.low.tolist(), unknown.high.tolist(), unknown.values) == ([-math.inf], [math.inf], (0.0,))
    assert pairs.values == (math.inf, -math.inf, 0.0, 2.0)
    lower_better = paired_differences([1.0, None], [None, 2.0], higher_is_better=False)
    assert lower_better.values == (math.inf, -math.inf)


def test_divergence_is_counted_by_seed() -> None:
    assert advantage([1.0, None, None], [None, None, 1.0], unit="points").n_diverged == 3


@pytest.mark.parametrize("wins", list(itertools.product((0, 1), repeat=5)))
def test_the_bound_excludes_zero_exactly_when_the_sign_test_rejects(wins: tuple[int, ...]) -> None:
    found = advantage([w - 0.5 for w in wins], [0.0] * 5, unit="points")
    assert found.lower is not None
    assert found.upper is not None
    assert found.p_reproduced is not None
    assert found.p_contradicted is not None
    assert (found.lower > 0) == (found.p_reproduced <= 0.05)
    assert (found.upper < 0) == (found.p_contradicted <= 0.05)


def test_similarity_is_two_one_sided_tests() -> None:
    """Differences -1, 0, 1, 0, 2, -1.5 against a margin of 2: all six lie above -2, five below 2."""
    found = similarity([9.0, 10.0, 11.0, 10.0, 12.0, 8.5], [10.0] * 6, 2.0, unit="points")
    assert found.p_reproduced == pytest.approx(max(1 / 64, 7 / 64))
    assert (found.lower, found.upper) == (-1.5, 2.0)


def test_contradicting_similarity_is_two_sided() -> None:
    """All six differences beyond the margin: 2 x 1/64. With five it is 2 x 1/32, more than 5 %."""
    assert similarity([13.0] * 6, [10.0] * 6, 2.0, unit="points").p_contradicted == pytest.approx(2 / 64)
    assert similarity([7.0] * 5, [10.0] * 5, 2.0, unit="points").p_contradicted == pytest.approx(2 / 32)
    assert "too few" in similarity([7.0] * 5, [10.0] * 5, 2.0, unit="points").details[0]


def test_two_diverged_runs_are_not_alike() -> None:
    found = similarity([None] * 8, [None] * 8, 2.0, unit="points")
    assert (found.p_reproduced, found.p_contradicted) == (1.0, 1.0)
    assert (found.lower, found.upper) == (-math.inf, math.inf)


def test_a_level_is_judged_about_its_median() -> None:
    """Sorted 1, 2, 3, 4, 5, 6, 7, 9: median 4.5, bounds the second smallest and second largest; one of eight is not below 9."""
    values = [3.0, 1.0, 2.0, 5.0, 4.0, 9.0, 7.0, 6.0]
    found = level("below", values, 9.0, unit="MSE")
    assert (found.estimate, found.lower, found.upper) == (4.5, 2.0, 7.0)
    assert found.p_reproduced == pytest.approx(9 / 256)
    assert found.p_reproduced == pytest.approx(stats.quantile_test(values, q=8.999, alternative="less").pvalue)
    mirrored = level("above", [-value for value in values], -9.0, unit="MSE")
    assert (mirrored.p_reproduced, mirrored.p_contradicted) == (found.p_reproduced, found.p_contradicted)


def test_a_diverged_run_has_the_worst_level() -> None:
    assert level("below", [0.1, None], 0.2, unit="MSE", higher_is_better=False).values == (0.1, math.inf)
    assert level("below", [90.0, None], 95.0, unit="%").values == (90.0, -math.inf)


def test_a_ranking_is_as_sure_as_its_weakest_pair() -> None:
    """rin over lstm: 40, 41, ... (all won); irnn over lstm: 24, 22, 23, 25, 27, 21 (all won, the smallest step)."""
    found = ranking({"rin": RIN, "irnn": IRNN, "lstm": [20.0] * 6}, (("rin", "irnn"), ("lstm",)), unit="points")
    assert (found.estimate, found.lower, found.upper) == (23.5, 21.0, 27.0)
    assert found.values == (24.0, 22.0, 23.0, 25.0, 27.0, 21.0)
    assert found.p_reproduced == pytest.approx(1 / 64)
    assert len(found.details) == 2


def test_tiers_that_are_not_adjacent_are_not_compared() -> None:
    found = ranking({"a": RIN, "b": IRNN, "c": [20.0] * 6}, (("a",), ("b",), ("c",)), unit="points")
    assert [line.split(":")[0] for line in found.details] == ["a over b", "b over c"]


def test_a_reversed_step_is_corrected_for_the_number_of_steps() -> None:
    """Three arms upside down: two pairs, each with p = 1/64 of reversal; Holm's smallest is 2/64. At five seeds 2/32 is no rejection."""
    six = ranking({"a": [1.0] * 6, "b": [2.0] * 6, "c": [3.0] * 6}, (("a",), ("b",), ("c",)), unit="points")
    assert six.p_contradicted == pytest.approx(2 / 64)
    assert six.upper == -1.0
    five = ranking({"a": [1.0] * 5, "b": [2.0] * 5, "c": [3.0] * 5}, (("a",), ("b",), ("c",)), unit="points")
    assert five.p_contradicted == pytest.approx(2 / 32)
    assert five.upper is None
    assert five.lower == -1.0
    assert five.details[-1] == "5 seeds are too few to contradict one of 2 steps"


def test_a_ranking_needs_two_tiers() -> None:
    with pytest.raises(StatisticsError, match=r"^a ranking needs at least two tiers with an arm in each$"):
        ranking({"a": RIN, "b": IRNN}, (("a", "b"),), unit="points")


def test_holm_is_statsmodels_procedure_and_keeps_the_order() -> None:
    p_values = (0.04, 0.01, 0.03)
    assert holm(p_values) == pytest.approx((0.06, 0.03, 0.06))  # 0.01 x 3; 0.03 x 2; then no smaller than the last
    assert holm(p_values) == pytest.approx(tuple(multipletests(p_values, method="holm")[1]))
    for several in ((0.7, 0.9, 0.7), (1 / 32, 1.0, 1 / 32, 1e-3), (0.04,)):
        assert holm(several) == tuple(multipletests(several, method="holm")[1])  # to the bit, and never above 1
    assert holm((0.04,)) == (0.04,)
    assert holm(()) == ()


def test_bad_input_is_refused_in_one_line() -> None:
    with pytest.raises(StatisticsError, match="2 and 1 values; run the same seeds"):
        advantage([1.0, 2.0], [1.0], unit="points")
    with pytest.raises(StatisticsError, match="no seeds"):
        level("below", [], 1.0, unit="points")
    with pytest.raises(StatisticsError, match="a metric is nan"):
        level("below", [math.nan], 1.0, unit="points")
    with pytest.raises(StatisticsError, match="a metric is inf"):
        advantage([math.inf], [1.0], unit="points")


def test_one_lost_pair_keeps_a_ranking_from_being_reproduced() -> None:
    """a over c holds in 6 of 6 (p = 1/64), b over c in 5 of 6 (7/64): every step has to hold, so the larger p value counts."""
    found = ranking({"a": [3.0] * 6, "b": [2.0] * 5 + [0.0], "c": [1.0] * 6}, (("a", "b"), ("c",)), unit="points")
    assert found.p_reproduced == pytest.approx(7 / 64)
    assert found.lower == -1.0
    assert found.p_contradicted == 1.0


# --- A tie that binary fractions hide ---


@given(st.integers(-2000, 2000), st.integers(1, 400), st.sampled_from([0.1, 0.3, 1.0, 2.0]))
def test_a_difference_that_is_the_smallest_effect_in_decimals_counts_against_being_below_it(base: int, steps: int, smallest: float) -> None:
    worse = [(base + 25 * seed * steps) / 1000 for seed in range(9)]  # in floats 0.4 - 0.1 is 0.30000000000000004
    tied = [(base + 25 * seed * steps + round(1000 * smallest)) / 1000 for seed in range(9)]
    found = advantage(tied, worse, unit="points", smallest_effect=smallest)
    assert found.values == (smallest,) * 9
    assert found.p_contradicted == 1.0
    assert found.upper == smallest


def test_a_difference_is_rounded_by_the_larger_number_and_never_lost() -> None:
    """In floats 0.3 - (0.1 + 0.2) is below 0, and 45.2 - 0.001 is 45.199000000000005."""
    level, unequal, tiny, diverged = paired_differences([0.3, 45.2, 1e-300, None], [0.1 + 0.2, 0.001, 3e-300, 1e300], True).values
    assert str(level) == "0.0"
    assert unequal == 45.199
    assert tiny == pytest.approx(-2e-300)
    assert diverged == -math.inf


@given(st.integers(1, 90_000).map(lambda tens: 10 * tens))
def test_updates_in_the_smallest_ratio_count_against_being_below_it(updates: int) -> None:
    claim = LearnsFaster("m", "updates", "w", faster="a", slower="b", smallest_effect=1.1)
    slow, fast = [UpdatesToLevel.reached(1.1 * updates)] * 9, [UpdatesToLevel.reached(updates)] * 9
    exact = [UpdatesToLevel.reached(11 * updates // 10)] * 9
    for slower in (slow, exact):
        assert learns_faster(fast, slower, smallest_effect=claim.edge).p_contradicted == 1.0
