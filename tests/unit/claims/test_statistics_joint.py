"""Several comparisons decided together: an advantage in all of them, several arms that learn faster, an allowance on the updates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from claims.statistics.censored import UpdatesToLevel, all_learn_faster, learns_faster
from claims.statistics.comparisons import advantage, advantage_in_all
from claims.statistics.effects import Effects
from claims.statistics.intervals import StatisticsError
from claims.statistics.rankings import holm, ranking, some_below

reached, censored, never = UpdatesToLevel.reached, UpdatesToLevel.censored, UpdatesToLevel.never
FAST = settings(max_examples=60, deadline=None)
FEW = settings(max_examples=20, deadline=None)
runs = st.one_of(st.integers(1, 50).map(reached), st.integers(1, 50).map(censored), st.just(never()))
numbers = st.integers(-20, 20).map(float)
ZERO = [0.0] * 6


def in_all(better: list[list[float | None]], worse: list[list[float | None]], smallest: float = 0.0):
    return advantage_in_all(better, worse, [f"task {i}" for i in range(len(better))], unit="u", smallest_effect=smallest)


# --- An advantage in all pairs ---


def test_the_effect_is_that_of_the_least_sure_pair_of_the_smallest_median() -> None:
    found = in_all([[3.0, 1.0, 5.0, 5.0, 5.0, 5.0], [2.0, 4.0, 4.0, 4.0, 6.0, 6.0]], [ZERO, ZERO])
    assert found.values == (2.0, 4.0, 4.0, 4.0, 6.0, 6.0)
    assert (found.estimate, found.lower) == (4.0, 1.0)
    assert found.p_reproduced == pytest.approx(1 / 64)


def test_one_pair_that_fails_in_one_seed_spoils_its_test() -> None:
    found = in_all([[1.0] * 5, [1.0, 1.0, -1.0, 1.0, 1.0]], [ZERO[:5], ZERO[:5]])
    assert found.lower == -1.0
    assert found.p_reproduced == pytest.approx(stats.binomtest(1, 5, alternative="less").pvalue)


def test_it_is_decided_pair_by_pair_and_not_by_bad_luck_spread_over_the_pairs() -> None:
    """Three pairs better in seven of eight seeds each: some pair is unlucky in three seeds, but each of them is shown to be ahead."""
    unlucky = [[-1.0 if seed == pair else 1.0 for seed in range(8)] for pair in range(3)]
    spread = in_all(unlucky, [[0.0] * 8] * 3)
    assert (spread.lower, spread.upper) == (1.0, 1.0)
    assert spread.p_reproduced == pytest.approx(9 / 256)
    assert spread.p_contradicted == 1.0
    behind = in_all([[1.0] * 6, [-1.0] * 6], [ZERO, ZERO])
    assert behind.upper == -1.0
    assert behind.p_contradicted == pytest.approx(2 / 64)  # Holm over two pairs


def test_a_contradiction_is_held_against_the_smallest_effect_of_interest() -> None:
    found = in_all([[5.0] * 6, [0.5] * 6], [ZERO, ZERO], smallest=1.0)
    assert (found.lower, found.upper) == (0.5, 0.5)
    assert found.p_contradicted == pytest.approx(2 / 64)
    assert any("task 1: better in 6 of 6 seeds, median advantage 0.5" in line for line in found.details)


def test_too_few_seeds_for_many_pairs_say_so() -> None:
    found = in_all([[-1.0] * 5] * 2, [ZERO[:5]] * 2)
    assert found.upper is None
    assert found.details[-1] == "5 seeds are too few to contradict one of 2 pairs"


def test_lower_is_better_and_a_diverged_run_loses_its_pair() -> None:
    found = advantage_in_all([[0.1, 0.1], [0.1, None]], [[0.2, 0.2], [0.2, 0.2]], ["a", "b"], unit="u", higher_is_better=False)
    assert found.values == (0.1, -math.inf)
    assert found.n_diverged == 1


def test_unequal_numbers_of_recipes_are_refused() -> None:
    with pytest.raises(StatisticsError, match="they have 2 and 1 recipes; give both as many"):
        in_all([ZERO, ZERO], [ZERO])


@FAST
@given(st.lists(numbers, min_size=1, max_size=10), st.lists(numbers, min_size=1, max_size=10))
def test_one_pair_alone_is_an_ordinary_advantage(a: list[float], b: list[float]) -> None:
    n = min(len(a), len(b))
    one, plain = in_all([a[:n]], [b[:n]]), advantage(a[:n], b[:n], unit="u")
    for field in ("estimate", "lower", "upper", "values", "n", "n_diverged", "p_reproduced", "p_contradicted"):
        assert getattr(one, field) == getattr(plain, field)


@FEW
@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=10))
def test_a_further_pair_never_makes_an_advantage_in_all_surer_and_the_interval_brackets_it(rows: list[tuple[float, ...]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    zero = [0.0] * len(rows)
    two, three = in_all(columns[:2], [zero] * 2), in_all(columns, [zero] * 3)
    assert three.p_reproduced >= two.p_reproduced
    assert three.estimate <= two.estimate
    assert three.lower is None or three.lower <= three.estimate
    assert three.upper is None or three.upper >= three.estimate


# --- Some step reversed ---


def test_a_reversal_has_the_bound_at_which_holm_rejects_first() -> None:
    """Of three steps one is below 0 in all seven seeds: 3/128 < 0.05; in six, 3/64 < 0.05; in five, 3/32 > 0.05."""
    for n, rejected in ((7, True), (6, True), (5, False)):
        low = np.full(n, -1.0)
        steps = [Effects(low, low), Effects(-low, -low), Effects(-low, -low)]
        upper, p = some_below(steps, 0.0)
        assert p == pytest.approx(3 / 2**n) == min(holm(tuple(step.p_below(0.0) for step in steps)))
        assert (upper is not None and upper < 0) == rejected == (p <= 0.05)


# --- Several arms that learn faster ---


def test_every_arm_must_be_faster() -> None:
    slow = [reached(400)] * 6
    found = all_learn_faster({"RIN": [reached(100)] * 6, "IRNN": [reached(200)] * 6}, slow)
    assert (found.estimate, found.lower, found.upper) == (1.0, 1.0, 1.0)  # IRNN: half the updates
    assert found.p_reproduced == pytest.approx(1 / 64)
    one_behind = all_learn_faster({"RIN": [reached(100)] * 6, "IRNN": [reached(800)] * 6}, slow)
    assert (one_behind.estimate, one_behind.lower, one_behind.upper) == (-1.0, -1.0, -1.0)
    assert one_behind.p_contradicted == pytest.approx(2 / 64)
    assert one_behind.p_reproduced == 1.0
    assert "IRNN: reached it in 6 of 6 runs, better in 0 of 6 seeds" in one_behind.details[2]


def test_one_arm_that_is_level_with_the_slower_contradicts_the_claim() -> None:
    arms, slower = {"RIN": [reached(100)] * 6, "IRNN": [censored(500)] * 6}, [censored(500)] * 6
    found = all_learn_faster(arms, slower, smallest_effect=0.1)
    assert (found.lower, found.upper) == (0.0, 0.0)
    assert (found.p_reproduced, found.p_contradicted) == (1.0, pytest.approx(2 / 64))
    assert all_learn_faster(arms, slower).p_contradicted == 1.0


@FAST
@given(st.lists(st.tuples(runs, runs), min_size=1, max_size=10))
def test_one_arm_alone_is_the_ordinary_comparison(rows: list[tuple[UpdatesToLevel, UpdatesToLevel]]) -> None:
    a, b = [row[0] for row in rows], [row[1] for row in rows]
    assert all_learn_faster({"a": a}, b) == learns_faster(a, b)


@FEW
@given(st.lists(st.tuples(*[st.integers(1, 50)] * 3), min_size=1, max_size=10))
def test_uncensored_updates_are_a_ranking_of_their_logarithms(rows: list[tuple[int, int, int]]) -> None:
    a, b, c = ([float(value) for value in column] for column in zip(*rows, strict=True))
    found = all_learn_faster({"a": list(map(reached, a)), "b": list(map(reached, b))}, list(map(reached, c)))
    logs = {name: [math.log2(value) for value in column] for name, column in (("a", a), ("b", b), ("c", c))}
    expected = ranking(logs, (("a", "b"), ("c",)), unit="u", higher_is_better=False)
    assert (found.p_reproduced, found.p_contradicted, found.n) == (expected.p_reproduced, expected.p_contradicted, expected.n)
    for field in ("estimate", "lower", "upper"):
        assert getattr(found, field) == (None if getattr(expected, field) is None else pytest.approx(getattr(expected, field), abs=1e-8))


# --- An allowance ---


def test_as_good_as_allows_the_stated_multiple_and_no_more() -> None:
    """150 updates against 100: within twice as many by a factor of 4/3, beyond 1.25 times."""
    slower, faster = [reached(100)] * 6, [reached(150)] * 6
    within = learns_faster(faster, slower, allowance=2.0)
    assert within.lower == pytest.approx(math.log2(4 / 3))
    assert within.p_reproduced == pytest.approx(1 / 64)
    assert within.unit == "log2 ratio of updates, 2 times as many allowed"
    beyond = learns_faster(faster, slower, allowance=1.25)
    assert beyond.p_contradicted == pytest.approx(1 / 64)


@pytest.mark.parametrize(("slow", "fast", "allowance"), [(100, 110, 1.1), (100, 125, 1.25), (300, 330, 1.1), (70, 98, 1.4)])
def test_exactly_the_allowed_updates_count_for_neither_side(slow: int, fast: int, allowance: float) -> None:
    found = learns_faster([reached(fast)] * 6, [reached(slow)] * 6, allowance=allowance)
    assert (found.estimate, found.p_reproduced, found.p_contradicted) == (0.0, 1.0, 1.0)


def test_a_censored_run_stays_censored_under_an_allowance() -> None:
    """The slower arm needs at least 101 updates, so 1.5 times that are allowed, or more: 150 are within, 153 may be or not."""
    assert censored(100).times(1.5) == UpdatesToLevel(151.5, math.inf)
    assert not censored(100).times(1.5).is_reached
    assert never().times(2.0) == never()
    within = learns_faster([reached(150)] * 6, [censored(100)] * 6, allowance=1.5)
    assert within.lower == pytest.approx(math.log2(151.5 / 150))
    assert within.upper == math.inf
    unknown = learns_faster([reached(153)] * 6, [censored(100)] * 6, allowance=1.5)
    assert (unknown.p_reproduced, unknown.p_contradicted) == (1.0, 1.0)


def test_a_run_that_never_gets_there_is_not_as_good_as_one_that_does() -> None:
    found = learns_faster([never()] * 6, [reached(100)] * 6, allowance=100.0)
    assert (found.upper, found.p_contradicted) == (-math.inf, pytest.approx(1 / 64))
    both = learns_faster([censored(500)] * 6, [never()] * 6, allowance=2.0)
    assert (both.p_reproduced, both.p_contradicted) == (1.0, 1.0)


@FAST
@given(st.lists(st.tuples(runs, runs), min_size=1, max_size=10), st.sampled_from([1.0, 1.5, 2.0, 4.0]))
def test_a_larger_allowance_is_easier_to_meet(rows: list[tuple[UpdatesToLevel, UpdatesToLevel]], allowance: float) -> None:
    a, b = [row[0] for row in rows], [row[1] for row in rows]
    strict, lenient = (learns_faster(a, b, allowance=factor) for factor in (allowance, 2 * allowance))
    assert strict.p_reproduced is not None
    assert lenient.p_reproduced is not None
    assert strict.p_contradicted is not None
    assert lenient.p_contradicted is not None
    assert lenient.p_reproduced <= strict.p_reproduced
    assert lenient.p_contradicted >= strict.p_contradicted
