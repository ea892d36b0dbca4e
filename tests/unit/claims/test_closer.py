"""Closer sets the distance to one arm against the distance to another, seed by seed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.kinds import Closer
from claims.model import Arm, Claim, ClaimError, Locator
from reproductions.recipes import Probe

P = Closer("loss", "nats", "because", arm="x", near="l", far="t", smallest_effect=0.5)


def effects(x: list[float | None], near: list[float | None], far: list[float | None]) -> tuple[float, ...]:
    return tuple(P.evidence({"x": x, "l": near, "t": far}).values)


def test_the_effect_is_the_excess_of_one_distance_over_the_other() -> None:
    """By hand: between them nearer to l, between them nearer to t, beyond l, beyond t, in the middle."""
    assert effects([2.0, 3.5, 0.0, 9.0, 2.5], [1.0] * 5, [4.0] * 5) == (1.0, -2.0, 3.0, -3.0, 0.0)


def test_a_diverged_run_is_the_worst_of_its_arm() -> None:
    assert effects([None, 2.0, 2.0, None, 2.0], [1.0, None, 1.0, None, None], [4.0, 4.0, None, None, None]) == (
        -math.inf,
        -math.inf,
        math.inf,
        -math.inf,
        0.0,  # of two distances that nobody knows neither is the greater
    )


@given(st.lists(st.tuples(*[st.floats(-99, 99)] * 3), min_size=1, max_size=9))
def test_between_two_others_closer_is_on_the_near_side_of_their_middle(seeds: list[tuple[float, float, float]]) -> None:
    """|x - t| - |x - l| = (t + l) - 2 x for l <= x <= t: the comparison with the mean of the two that it generalises."""
    low, x, high = zip(*map(sorted, seeds), strict=True)
    found = effects(list(x), list(low), list(high))
    assert found == pytest.approx([a + b - 2 * own for a, own, b in zip(low, x, high, strict=True)], abs=1e-9)


@given(st.lists(st.tuples(*[st.floats(-99, 99)] * 3), min_size=1, max_size=9), st.booleans())
def test_neither_the_direction_of_the_metric_nor_a_mirror_changes_it(seeds: list[tuple[float, float, float]], better: bool) -> None:
    x, near, far = map(list, zip(*seeds, strict=True))
    turned = Closer("loss", "nats", "because", better, arm="x", near="l", far="t", smallest_effect=0.5)
    mirrored = {"x": [-v for v in x], "l": [-v for v in near], "t": [-v for v in far]}
    assert tuple(turned.evidence(mirrored).values) == effects(x, near, far)


@pytest.mark.parametrize(
    ("x", "verdict"),
    [([1.5, 1.4, 1.3, 1.6, 1.5], "reproduced"), ([3.5, 3.4, 3.6, 3.5, 3.3], "contradicted"), ([2.4, 2.4, 2.4, 2.6, 2.0], "inconclusive")],
)
def test_five_seeds_decide_either_way(x: list[float], verdict: str) -> None:
    evidence = P.evidence({"x": x, "l": [1.0] * 5, "t": [4.0] * 5})
    assert P.decide(evidence) == verdict
    assert "x is closer to l than to t" in P.reason(verdict, evidence)  # type: ignore[arg-type]


def test_a_claim_of_it_needs_its_three_arms_and_a_smallest_effect() -> None:
    recipe = Probe("smoke", "eq8-identity")

    def claim(prediction: Closer, *arms: str) -> Claim:
        return Claim("a/b/c", "a", "q", Locator("1"), prediction, "s.", {"smoke": tuple(Arm(a, (recipe,)) for a in arms)}, {"smoke": 5})

    assert claim(P, "x", "l", "t").prediction.region().inside == ((0.0, math.inf),)
    with pytest.raises(ClaimError, match="no arm named 't'"):
        claim(P, "x", "l")
    with pytest.raises(ClaimError, match="`smallest_effect` must be a finite number > 0"):
        claim(Closer("loss", "nats", "because", arm="x", near="l", far="t", smallest_effect=0.0), "x", "l", "t")
