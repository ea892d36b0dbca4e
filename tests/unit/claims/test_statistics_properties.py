"""Properties every comparison keeps whatever the numbers: hypothesis looks for the exception."""

from __future__ import annotations

import dataclasses
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from claims.kinds import Greater, LearnsFaster, Ranking, Similar
from claims.model import Prediction
from claims.statistics.censored import UpdatesToLevel
from claims.statistics.comparisons import advantage, similarity
from claims.statistics.levels import level
from claims.statistics.rankings import ranking

WHY = "a property"
FAST = settings(max_examples=60, deadline=None)
ORDER = {"contradicted": 0, "inconclusive": 1, "reproduced": 2}  # from worst to best for the arm that is claimed to be better


# quarters add and subtract exactly, so that a shift can be checked without tolerance
numbers = st.integers(-400, 400).map(lambda quarters: quarters / 4)
run = st.none() | numbers
pairs = st.lists(st.tuples(run, run), min_size=1, max_size=12)
triples = st.lists(st.tuples(run, run, run), min_size=1, max_size=12)
updates = st.integers(1, 300).map(UpdatesToLevel.reached) | st.just(UpdatesToLevel.censored(300)) | st.just(UpdatesToLevel.never())


def within(lower: float | None, estimate: float | None, upper: float | None) -> bool:
    if estimate is None:
        return True
    return (lower is None or lower <= estimate) and (upper is None or estimate <= upper)


def greater(smallest_effect: float = 0.0) -> Greater:
    return Greater("m", "u", WHY, better="a", worse="b", smallest_effect=smallest_effect)


def columns(rows: list[tuple[float | None, ...]]) -> dict[str, list[float | None]]:
    return {name: list(column) for name, column in zip("abc", zip(*rows, strict=True), strict=False)}


def verdict_of(p: Prediction, rows: list[tuple[float | None, ...]]) -> str:
    return p.decide(p.evidence(columns(rows)))


@FAST
@given(pairs)
def test_the_interval_brackets_the_estimate(rows: list[tuple[float | None, float | None]]) -> None:
    a, b = columns(rows)["a"], columns(rows)["b"]
    for found in (
        advantage(a, b, unit="u"),
        similarity(a, b, 1.0, unit="u"),
        level("above", a, 0.0, unit="u"),
        ranking({"a": a, "b": b}, (("a",), ("b",)), unit="u"),
    ):
        assert within(found.lower, found.estimate, found.upper)


@FAST
@given(triples)
def test_the_interval_of_a_ranking_brackets_its_smallest_step(rows: list[tuple[float | None, ...]]) -> None:
    found = ranking(columns(rows), (("a", "b"), ("c",)), unit="u")
    assert within(found.lower, found.estimate, found.upper)


@FAST
@given(st.lists(st.tuples(updates, updates), min_size=1, max_size=12))
def test_the_interval_of_censored_ratios_brackets_the_estimate_and_mirrors(rows: list[tuple[UpdatesToLevel, UpdatesToLevel]]) -> None:
    arms = {"a": [row[0] for row in rows], "b": [row[1] for row in rows]}
    p = LearnsFaster("m", "u", WHY, faster="a", slower="b", smallest_effect=1.0)
    found = p.evidence(arms)
    assert within(found.lower, found.estimate, found.upper)
    mirrored = p.evidence({"a": arms["b"], "b": arms["a"]})
    assert (mirrored.p_reproduced, mirrored.p_contradicted) == (found.p_contradicted, found.p_reproduced)


@FAST
@given(pairs, st.randoms())
def test_the_order_of_the_seeds_does_not_matter(rows: list[tuple[float | None, ...]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for p in (
        greater(1.0),
        Similar("m", "u", WHY, first="a", second="b", margin=2.0),
        Ranking("m", "u", WHY, order=(("a",), ("b",)), smallest_effect=0.0),
    ):
        before, after = (dataclasses.replace(p.evidence(columns(r)), values=()) for r in (rows, shuffled))
        assert before == after


@FAST
@given(pairs, numbers)
def test_adding_a_constant_to_one_arm_shifts_the_advantage(rows: list[tuple[float | None, ...]], shift: float) -> None:
    a, b = columns(rows)["a"], columns(rows)["b"]
    before = advantage(a, b, unit="u")
    after = advantage([None if value is None else value + shift for value in a], b, unit="u")
    if (None, None) in rows:  # of two diverged runs neither is ahead, whatever is added
        return
    for bound in ("lower", "upper"):
        old, new = getattr(before, bound), getattr(after, bound)
        assert new == (None if old is None else old + shift)


@FAST
@given(pairs)
def test_swapping_the_arms_mirrors_the_verdict(rows: list[tuple[float | None, ...]]) -> None:
    mirror = {"reproduced": "contradicted", "contradicted": "reproduced", "inconclusive": "inconclusive"}
    assert verdict_of(greater(), [row[::-1] for row in rows]) == mirror[verdict_of(greater(), rows)]


@FAST
@given(pairs, st.data())
def test_a_diverged_run_never_helps_its_arm(rows: list[tuple[float | None, ...]], data: st.DataObject) -> None:
    seed, arm = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.sampled_from([0, 1]))
    worse = list(rows)
    worse[seed] = tuple(None if i == arm else value for i, value in enumerate(rows[seed]))
    before, after = advantage(*columns(rows).values(), unit="u"), advantage(*columns(worse).values(), unit="u")
    assert before.p_reproduced is not None
    assert after.p_reproduced is not None
    assert before.p_contradicted is not None
    assert after.p_contradicted is not None
    if arm == 0:
        assert after.p_reproduced >= before.p_reproduced
    else:  # the other side's run was lost, so nothing speaks more strongly against the claim
        assert after.p_contradicted >= before.p_contradicted
    # and two arms do not become alike by failing
    p = Similar("m", "u", WHY, first="a", second="b", margin=200.0)
    assert not (verdict_of(p, worse) == "reproduced" and verdict_of(p, rows) != "reproduced")


@FAST
@given(triples, st.integers(0, 11))
def test_a_diverged_run_of_the_best_arm_never_helps_a_ranking(rows: list[tuple[float | None, ...]], seed: int) -> None:
    p = Ranking("m", "u", WHY, order=(("a",), ("b",), ("c",)), smallest_effect=0.0)
    worse = list(rows)
    worse[seed % len(rows)] = (None, *rows[seed % len(rows)][1:])
    assert ORDER[verdict_of(p, worse)] <= ORDER[verdict_of(p, rows)]


@FAST
@given(st.lists(numbers, min_size=1, max_size=12), numbers)
def test_a_larger_threshold_is_harder_to_exceed(values: list[float], threshold: float) -> None:
    low, high = level("above", values, threshold, unit="u"), level("above", values, threshold + 1, unit="u")
    assert low.p_reproduced is not None
    assert high.p_reproduced is not None
    assert low.p_reproduced <= high.p_reproduced
    assert math.isclose(low.estimate or 0.0, high.estimate or 0.0)
