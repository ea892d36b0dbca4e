"""Everything an evidence of several comparisons says, field by field, at another level than the usual.

Eight seeds bound a median by their extremes at alpha = 0.01 and by the second values at 0.05, nine likewise (1/512 and 10/512).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from claims.results import Evidence
from claims.statistics.censored import UpdatesToLevel, all_learn_faster, learns_faster
from claims.statistics.comparisons import advantage_in_all
from claims.statistics.effects import Effects
from claims.statistics.intervals import StatisticsError
from claims.statistics.rankings import least_sure, ranking
from tests.unit.claims.evidence_samples import says

reached, censored, never = UpdatesToLevel.reached, UpdatesToLevel.censored, UpdatesToLevel.never
INF = math.inf


def test_an_advantage_in_all() -> None:
    """Nine seeds. Pair a: 1 to 9. Pair b: 0 in one seed, 10 in eight: the least sure. Holm doubles the smaller p value."""
    a, b = [float(seed) for seed in range(1, 10)], [0.0, *[10.0] * 8]
    says(
        advantage_in_all([a, b], [[0.0] * 9] * 2, ["a", "b"], unit="points", alpha=0.01),
        Evidence(
            estimate=5.0,
            lower=0.0,
            upper=9.0,
            n=9,
            n_diverged=0,
            method="intersection-union of exact sign tests on differences paired by seed; contradiction by Holm",
            unit="points",
            confidence=0.99,
            values=(0.0, *[10.0] * 8),
            p_reproduced=10 / 512,
            p_contradicted=1.0,
            details=(
                "a: better in 9 of 9 seeds, median advantage 5, p 0.00195, Holm-adjusted p of a contradiction 1",
                "b: better in 8 of 9 seeds, median advantage 10, p 0.0195, Holm-adjusted p of a contradiction 1",
            ),
        ),
    )
    usual = advantage_in_all([a, b], [[0.0] * 9] * 2, ["a", "b"], unit="points")
    assert (usual.lower, usual.upper) == (2.0, 8.0)
    mild = advantage_in_all([[0.5] * 9], [[0.0] * 9], ["a"], unit="points")
    assert mild.p_contradicted == 1.0  # without a smallest effect of interest any advantage will do


def test_an_advantage_in_all_counts_the_seeds_of_both_sides_that_diverged_and_says_what_is_undecided() -> None:
    found = advantage_in_all([[None, 1.0], [1e-5, 1e-5]], [[1.0, None], [0.0, 0.0]], ["a", "b"], unit="points")
    assert found.n_diverged == 2
    assert found.details[:2] == (
        "a: better in 1 of 2 seeds, median advantage undecided, p 0.75, Holm-adjusted p of a contradiction 1",
        "b: better in 2 of 2 seeds, median advantage 1e-05, p 0.25, Holm-adjusted p of a contradiction 1",
    )


def test_a_ranking() -> None:
    """Nine seeds. a over c: 11 to 19. b over c: 0 in one seed, 4 in eight: the smaller median, and the least sure."""
    arms = {"a": [float(seed) for seed in range(11, 20)], "b": [0.0, *[4.0] * 8], "c": [0.0] * 9}
    says(
        ranking(arms, (("a", "b"), ("c",)), unit="points", alpha=0.01),
        Evidence(
            estimate=4.0,
            lower=0.0,
            upper=4.0,
            n=9,
            n_diverged=0,
            method="intersection-union of exact sign tests on differences paired by seed; contradiction by Holm",
            unit="points",
            confidence=0.99,
            values=(0.0, *[4.0] * 8),
            p_reproduced=10 / 512,
            p_contradicted=1.0,
            details=(
                "a over c: better in 9 of 9 seeds, median advantage 15, p 0.00195, Holm-adjusted p of a contradiction 1",
                "b over c: better in 8 of 9 seeds, median advantage 4, p 0.0195, Holm-adjusted p of a contradiction 1",
            ),
        ),
    )
    usual = ranking(arms, (("a", "b"), ("c",)), unit="points")
    assert (usual.lower, usual.upper) == (4.0, 4.0)


def test_a_ranking_of_losses_counts_the_seeds_that_diverged() -> None:
    found = ranking({"a": [1.0, None], "b": [2.0, 2.0]}, (("a",), ("b",)), unit="MSE", higher_is_better=False)
    assert (found.values, found.n_diverged, found.estimate) == ((1.0, -INF), 1, -INF)


def test_a_ranking_whose_median_is_undecided_has_no_estimate() -> None:
    found = ranking({"a": [None, 1.0], "b": [1.0, None]}, (("a",), ("b",)), unit="points")
    assert (found.estimate, found.values) == (None, (-INF, INF))


def test_an_arm_that_is_better_by_little_is_better_and_not_reversed() -> None:
    found = ranking({"a": [0.5] * 6, "b": [0.0] * 6}, (("a",), ("b",)), unit="points")
    assert found.details == ("a over b: better in 6 of 6 seeds, median advantage 0.5, p 0.0156, Holm-adjusted p of a contradiction 1",)


def test_the_least_sure_step_has_the_largest_p_value_and_of_equal_ones_the_smallest_median() -> None:
    def step(*values: float) -> Effects:
        return Effects(np.array(values), np.array(values))

    sure, unsure = step(0.5, 0.5, 0.5, 0.5), step(-1.0, 2.0, 2.0, 2.0)
    assert least_sure([sure, unsure, sure]) == 1
    half, none = step(-1.0, 0.0, 1.0, 1.0), step(-1.0, -1.0, 1.0, 1.0)  # two of four above 0 in both, medians 0.5 and 0
    assert least_sure([half, none]) == 1
    assert least_sure([none, half]) == 0


def test_every_pair_has_a_name() -> None:
    with pytest.raises(ValueError, match="zip"):
        advantage_in_all([[1.0]] * 2, [[0.0]] * 2, ["a"], unit="points")


@pytest.mark.parametrize("steps", [2, 3])
def test_what_is_too_few_depends_on_the_level_and_the_number_of_comparisons(steps: int) -> None:
    """At alpha = 0.01, eight seeds (1/256) show one of two reversed (0.005), and none of three (0.0033)."""
    names = [f"arm {step}" for step in range(steps)]
    eight = [0.0] * 8
    together = (
        (advantage_in_all([eight] * steps, [eight] * steps, names, unit="u", alpha=0.01), "pairs"),
        (ranking({"best": eight} | dict.fromkeys(names, eight), (("best",), names), unit="u", alpha=0.01), "steps"),
        (all_learn_faster(dict.fromkeys(names, [reached(1)] * 8), [reached(1)] * 8, alpha=0.01), "comparisons"),
    )
    for found, what in together:
        assert (found.upper is None) == (steps == 3)
        assert (found.details[-1] == f"8 seeds are too few to contradict one of {steps} {what}") == (steps == 3)


def test_a_faster_arm() -> None:
    """Nine seeds, updates of the slower 2^1 to 2^6 times as many; in two seeds it diverged, in one neither arm got there."""
    slower = [*(reached(100 * 2**power) for power in range(1, 7)), never(), never(), censored(100)]
    says(
        learns_faster([*[reached(100)] * 8, censored(100)], slower, alpha=0.01),
        Evidence(
            estimate=4.0,
            lower=0.0,
            upper=INF,
            n=9,
            n_diverged=2,
            method="exact sign test on updates to the level paired by seed, censored at the budget",
            unit="log2 ratio of updates",
            confidence=0.99,
            values=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, INF, INF, 0.0),
            p_reproduced=10 / 512,
            p_contradicted=1.0,
            details=("reached the level: 8 and 6 of 9 runs; neither run in 1 seeds",),
        ),
    )


def test_several_faster_arms() -> None:
    """Nine seeds. a: twice to 2^9 times as fast. b: as fast in one seed, 8 times in eight: the smaller median, and the least sure."""
    slower = [*(reached(2.0**power) for power in range(4, 13))]
    b = [slower[0], *(reached(run.least / 8) for run in slower[1:])]
    faster = {"a": [reached(8.0)] * 9, "b": b}
    says(
        all_learn_faster(faster, slower, alpha=0.01),
        Evidence(
            estimate=3.0,
            lower=0.0,
            upper=3.0,
            n=9,
            n_diverged=0,
            method="intersection-union of exact sign tests on updates to the level paired by seed, censored at the budget; "
            "contradiction by Holm",
            unit="log2 ratio of updates",
            confidence=0.99,
            values=(0.0, *[3.0] * 8),
            p_reproduced=10 / 512,
            p_contradicted=1.0,
            details=(
                "the slower arm reached the level in 9 of 9 runs",
                "a: reached it in 9 of 9 runs, better in 9 of 9 seeds, median advantage 5, p 0.00195, Holm-adjusted p of a contradiction 1",
                "b: reached it in 9 of 9 runs, better in 8 of 9 seeds, median advantage 3, p 0.0195, Holm-adjusted p of a contradiction 1",
            ),
        ),
    )
    usual = all_learn_faster(faster, slower)
    assert (usual.lower, usual.upper) == (2.0, 3.0)


def test_several_faster_arms_under_an_allowance_with_runs_that_never_arrive() -> None:
    """a diverges in the second seed, the slower arm in the third: those two count."""
    hundred = reached(100)
    arms = {"a": [hundred, never(), hundred, hundred], "b": [hundred] * 4}
    found = all_learn_faster(arms, [hundred, hundred, never(), hundred], allowance=2.0)
    assert (found.unit, found.n_diverged, found.estimate) == ("log2 ratio of updates, 2 times as many allowed", 2, 1.0)
    assert found.details[:2] == (
        "the slower arm reached the level in 3 of 4 runs",
        "a: reached it in 3 of 4 runs, better in 3 of 4 seeds, median advantage 1, p 0.312, Holm-adjusted p of a contradiction 1",
    )


def test_an_arm_that_is_faster_by_less_than_twice_is_not_slower() -> None:
    found = all_learn_faster({"a": [reached(100)] * 6, "b": [reached(100)] * 6}, [reached(150)] * 6)
    assert found.details[1] == (
        "a: reached it in 6 of 6 runs, better in 6 of 6 seeds, median advantage 0.585, p 0.0156, Holm-adjusted p of a contradiction 1"
    )


@pytest.mark.parametrize("runs", [never(), censored(800)])
def test_where_neither_run_gets_there_neither_is_ahead(runs: UpdatesToLevel) -> None:
    found = learns_faster([runs] * 8, [runs] * 8, smallest_effect=0.1)
    assert (found.estimate, found.lower, found.upper, found.p_reproduced) == (0.0, 0.0, 0.0, 1.0)
    assert found.p_contradicted == pytest.approx(1 / 256)
    assert learns_faster([runs] * 8, [runs] * 8).p_contradicted == 1.0


def test_several_faster_arms_whose_medians_are_undecided_have_no_estimate() -> None:
    one = [never(), reached(100)]
    found = all_learn_faster({"a": one, "b": one}, [reached(100), never()])
    assert (found.estimate, found.lower, found.values) == (None, None, (-INF, INF))


def test_no_arm_that_learns_faster_is_refused() -> None:
    with pytest.raises(StatisticsError, match=r"^no arm is said to learn faster; name at least one$"):
        all_learn_faster({}, [reached(1)])
