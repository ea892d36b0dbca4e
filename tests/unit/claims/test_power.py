"""Power and seeds needed, against closed forms and simulation through the functions that judge."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from claims.kinds import (
    Above,
    FailsToConverge,
    Greater,
    Identity,
    LearnsFaster,
    LessSensitive,
    MatchesPublished,
    MoreStable,
    Ranking,
    Similar,
)
from claims.kinds.sampled import Sampled
from claims.results import Evidence
from claims.statistics import power
from claims.statistics.intervals import clopper_pearson

WHY = "a test"
GREATER = Greater("m", "u", WHY, better="a", worse="b", smallest_effect=0.0)


@pytest.mark.parametrize("effect", [0.0, 0.5, 1.7, 3.0])
def test_five_seeds_must_all_fall_on_the_right_side(effect: float) -> None:
    assert power.sign_test_power(5, effect) == pytest.approx(stats.norm.cdf(effect) ** 5)


def test_eight_seeds_may_have_one_exception() -> None:
    right = stats.norm.cdf(1.0)
    assert power.sign_test_power(8, 1.0) == pytest.approx(right**8 + 8 * right**7 * (1 - right))


def test_fewer_than_five_seeds_have_no_power() -> None:
    assert power.sign_test_power(4, 100.0) == 0.0
    assert power.minimum_detectable_effect(4) is None


@pytest.mark.parametrize("n", [5, 6, 8, 12])
def test_the_minimum_detectable_effect_has_the_power_it_is_named_for(n: int) -> None:
    effect = power.minimum_detectable_effect(n)
    assert effect is not None
    assert power.sign_test_power(n, effect) == pytest.approx(0.8)
    if n == 5:
        assert effect == pytest.approx(stats.norm.ppf(0.8 ** (1 / 5)))  # all five right: Phi(effect)^5 = 0.8


def test_power_is_the_rate_at_which_simulated_claims_are_reproduced() -> None:
    rng = np.random.default_rng(0)
    effect = power.minimum_detectable_effect(8)
    assert effect is not None
    rows = (effect + rng.standard_normal((1500, 8))).tolist()
    rate = np.mean([GREATER.decide(GREATER.evidence({"a": row, "b": [0.0] * 8})) == "reproduced" for row in rows])
    assert rate == pytest.approx(0.8, abs=0.031)  # three binomial standard errors


@pytest.mark.parametrize(("n", "effect"), [(5, 0.0), (8, 0.5)])
def test_equivalence_power_is_the_rate_of_simulated_similarity(n: int, effect: float) -> None:
    rng = np.random.default_rng(1)
    p = Similar("m", "u", WHY, first="a", second="b", margin=1.8)
    rows = (effect + rng.standard_normal((1500, n))).tolist()
    rate = np.mean([p.decide(p.evidence({"a": row, "b": [0.0] * n})) == "reproduced" for row in rows])
    assert rate == pytest.approx(power.equivalence_power(n, 1.8, effect), abs=0.04)


def test_five_seeds_are_similar_when_all_lie_within_the_margin() -> None:
    assert power.equivalence_power(5, 1.5) == pytest.approx((2 * stats.norm.cdf(1.5) - 1) ** 5)
    assert power.equivalence_power(5, 0.0) == 0.0
    margin = power.minimum_margin(5)
    assert margin is not None
    assert power.equivalence_power(5, margin) == pytest.approx(0.8)


def test_the_power_for_a_share_is_binomial() -> None:
    """Five runs exceed 1/2 only if all fail: 0.05^(1/5) = 0.549 > 0.5, while 4 of 5 give 0.343."""
    assert power.share_power(5, 0.5, 0.9) == pytest.approx(0.9**5)
    assert power.share_power(4, 0.5, 1.0) == 0.0
    assert power.minimum_detectable_share(5, 0.5) == pytest.approx(0.8 ** (1 / 5))
    assert power.minimum_detectable_share(4, 0.5) is None


@pytest.mark.parametrize("effect", [0.6, 1.0, 2.0, 5.0])
def test_seeds_needed_is_the_first_number_with_enough_power(effect: float) -> None:
    n = power.seeds_needed(effect)
    assert n is not None
    assert power.sign_test_power(n, effect) >= 0.8
    assert all(power.sign_test_power(fewer, effect) < 0.8 for fewer in range(1, n))


def test_a_huge_effect_needs_five_seeds_and_none_needs_forever() -> None:
    assert power.seeds_needed(10.0) == 5
    assert power.seeds_needed(0.0) is None
    assert power.seeds_needed(0.001) is None
    assert power.seeds_needed(10.0, finished=0.5) is None
    with_divergence = power.seeds_needed(10.0, finished=0.9)
    assert with_divergence is not None
    assert with_divergence > 5


def test_seeds_for_similarity_and_share() -> None:
    n = power.seeds_needed_for_similarity(1.5, 0.0)
    assert n is not None
    assert power.equivalence_power(n, 1.5) >= 0.8 > power.equivalence_power(n - 1, 1.5)
    assert power.seeds_needed_for_similarity(1.0, 1.5) is None
    assert power.seeds_needed_for_share(1.0, 0.5) == 5
    assert power.seeds_needed_for_share(0.0, 0.5) == 5
    assert power.seeds_needed_for_share(0.5, 0.5) is None


def test_seeds_for_a_useful_width() -> None:
    """2 t_{n-1} sqrt(1 + 1/n) <= 5: n = 8 gives 5.02, n = 9 gives 4.86."""
    assert 2 * stats.t.ppf(0.975, 7) * math.sqrt(1 + 1 / 8) > 5 > 2 * stats.t.ppf(0.975, 8) * math.sqrt(1 + 1 / 9)
    assert power.seeds_needed_for_width(1.0, 0.0, 5.0) == 9
    assert power.seeds_needed_for_width(1.0, 0.0, 3.9) is None  # 2 x 1.96 is never undercut
    assert power.seeds_needed_for_width(0.0, 1.0, 5.0) is not None


def test_fewest_seeds_by_kind() -> None:
    assert GREATER.fewest_seeds() == 5
    assert Identity("m", "u", WHY).within_reach(1) == ("reproduced", "contradicted")
    assert MatchesPublished("m", "u", WHY, arm="a", published=1.0, useful_width=1.0).fewest_seeds() == 2
    # one failing run in nine is 0.05^(1/1) = 0.05 > 0.04
    assert FailsToConverge("m", "u", WHY, arm="a", baseline=0.0, share=0.04).fewest_seeds() == 1
    assert FailsToConverge("m", "u", WHY, arm="a", baseline=0.0, share=0.5).fewest_seeds() == 5


def found(estimate: float, values: tuple[float, ...], diverged: int = 0) -> Evidence:
    return Evidence(estimate, None, None, len(values), diverged, "test", "u", values=values)


def test_a_plan_is_in_the_metrics_unit() -> None:
    """Effects with sd 2 and estimate 2: one sd above the null, so the detectable effect is twice the standard one."""
    values = (0.0, 2.0, 4.0, 2.0 + math.sqrt(2), 2.0 - math.sqrt(2), 2.0)
    sd = float(np.std(values, ddof=1))
    detectable, needed = GREATER.plan(found(2.0, values))
    assert detectable == pytest.approx(sd * (power.minimum_detectable_effect(6) or 0))
    assert needed == power.seeds_needed(2.0 / sd)
    assert Above("m", "u", WHY, arm="a", threshold=1.0).plan(found(2.0, values))[1] == power.seeds_needed(1.0 / sd)


def test_the_easier_of_two_boundaries_is_planned_for() -> None:
    """Estimate 1 between 0 and a smallest effect of 4: contradicting is 3 away, reproducing 1."""
    p = Greater("m", "u", WHY, better="a", worse="b", smallest_effect=4.0)
    values = (0.0, 1.0, 2.0, 1.0, 1.0)
    sd = float(np.std(values, ddof=1))
    assert p.plan(found(1.0, values))[1] == power.seeds_needed(3.0 / sd)


@pytest.mark.parametrize(
    "p",
    [
        MoreStable("m", "u", WHY, steadier="a", rougher="b", smallest_effect=4.0),
        LessSensitive("m", "u", WHY, steadier="a", rougher="b", diverged_value=0.0, smallest_effect=4.0),
        LearnsFaster("m", "u", WHY, faster="a", slower="b", smallest_effect=16.0),  # 4 in log2
        Ranking("m", "u", WHY, order=(("a",), ("b",)), smallest_effect=4.0),
    ],
    ids=lambda p: type(p).__name__,
)
def test_two_level_arms_are_planned_for_too(p: Sampled) -> None:
    """Estimate 0: nothing shows an advantage, and being below a smallest effect of 4 is 4 away."""
    values = (-1.0, 0.0, 1.0, 0.5, -0.5)
    assert p.plan(found(0.0, values))[1] == power.seeds_needed(4.0 / float(np.std(values, ddof=1)))


def test_similarity_is_planned_for_on_the_side_it_lies() -> None:
    p = Similar("m", "u", WHY, first="a", second="b", margin=2.0)
    values = (0.0, 1.0, 2.0, 1.0, 1.0, 2.5)
    sd = float(np.std(values, ddof=1))
    detectable, needed = p.plan(found(1.0, values))
    assert detectable == pytest.approx(sd * (power.minimum_margin(6) or 0))
    assert needed == power.seeds_needed_for_similarity(2.0 / sd, 1.0 / sd)
    assert p.plan(found(3.0, values))[1] == power.seeds_needed(1.0 / sd, alpha=0.025)


def test_no_plan_without_a_spread() -> None:
    assert GREATER.plan(found(1.0, (1.0, 1.0, 1.0))) == (None, None)
    assert GREATER.plan(found(math.inf, (math.inf, math.inf, 1.0), 2)) == (None, None)
    assert Ranking("m", "u", WHY, order=(("a",), ("b",)), smallest_effect=0.5).plan(found(1.0, (1.0,))) == (None, None)


def test_a_printed_number_far_outside_needs_eight_seeds() -> None:
    p = MatchesPublished("m", "u", WHY, arm="a", published=99.0, useful_width=10.0)
    outside = p.evidence({"a": [49.0, 50.0, 51.0, 50.5, 49.5]})
    half_width, needed = p.plan(outside)
    assert half_width == pytest.approx(((outside.upper or 0) - (outside.lower or 0)) / 2)
    assert needed == 8


def test_a_wide_interval_needs_the_seeds_that_make_it_useful() -> None:
    p = MatchesPublished("m", "u", WHY, arm="a", published=50.0, useful_width=4.0)
    wide = p.evidence({"a": [49.0, 50.0, 51.0, 50.5, 49.5]})
    assert p.plan(wide)[1] == power.seeds_needed_for_width(math.sqrt(0.625), 0.0, 4.0)
    assert p.plan(p.evidence({"a": [49.0, None]})) == (None, None)


def test_the_counts_that_show_a_share_are_those_of_the_bound_that_judges() -> None:
    for n in (5, 8, 13):
        for share in (0.2, 0.5):
            needed = next((count for count in range(n + 1) if clopper_pearson(count, n)[0] > share), n + 1)
            assert power.share_power(n, share, 0.7) == pytest.approx(stats.binom.sf(needed - 1, n, 0.7) if needed <= n else 0.0)


def test_a_reversed_ranking_is_planned_for_at_the_corrected_level() -> None:
    """A huge reversal of one of two steps: 1/32 > 0.05 / 2, so it takes six seeds, one more than showing a huge step."""
    p = Ranking("m", "u", WHY, order=(("a",), ("b",), ("c",)), smallest_effect=0.5)
    assert p.plan(found(-100.0, (-99.0, -100.0, -101.0, -100.0, -100.0)))[1] == 6
    assert p.plan(found(100.0, (99.0, 100.0, 101.0, 100.0, 100.0)))[1] == 5


def test_one_of_several_arms_behind_is_planned_for_at_the_corrected_level() -> None:
    """Two faster arms: 1/32 > 0.05 / 2, so showing one of them slower takes six seeds; with one arm five do."""
    behind = found(-100.0, (-99.0, -100.0, -101.0, -100.0, -100.0))
    assert LearnsFaster("m", "u", WHY, faster=("a", "b"), slower="c", smallest_effect=1.1).plan(behind)[1] == 6
    assert LearnsFaster("m", "u", WHY, faster="a", slower="c", smallest_effect=1.1).plan(behind)[1] == 5


def test_a_pair_that_is_behind_is_planned_for_at_the_level_of_all_pairs() -> None:
    """Four pairs: 1/64 > 0.05 / 4, so showing one of them behind takes seven seeds."""
    p = Greater("m", "u", WHY, better="a", worse="b", smallest_effect=0.5, in_all=True)
    behind = found(-100.0, (-99.0, -100.0, -101.0, -100.0, -100.0))
    assert p.plan(dataclasses.replace(behind, arms={f"{arm}, {pair}": (0.0,) * 5 for arm in "ab" for pair in range(4)}))[1] == 7
    assert p.plan(behind)[1] == 5


def test_a_diverged_run_with_a_value_of_its_own_costs_no_seed() -> None:
    """n_diverged counts it for the reader, but its seed has a value in every arm."""
    p = LessSensitive("m", "u", WHY, steadier="a", rougher="b", diverged_value=0.0, smallest_effect=0.5)
    values = (1.0, 2.0, 0.5, 1.5, -0.2)
    valued = dataclasses.replace(found(1.0, values, 3), arms={"a": (1.0,) * 5, "b": (2.0,) * 5})
    lost = dataclasses.replace(valued, arms={"a": (1.0, None, None, 1.0, 1.0), "b": (2.0,) * 5})
    sd = float(np.std(values, ddof=1))
    assert p.plan(valued)[1] == power.seeds_needed(1.0 / sd)
    assert p.plan(lost)[1] == power.seeds_needed(1.0 / sd, finished=0.6)
