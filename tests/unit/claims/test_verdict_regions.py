"""Where a region ends: a bound that lies exactly on its boundary, and one just beyond it, for every kind."""

from __future__ import annotations

import math
from typing import Any

import pytest

from claims.kinds import (
    Above,
    Arithmetic,
    Below,
    Closer,
    FailsToConverge,
    Greater,
    Identity,
    LearnsFaster,
    LessSensitive,
    MatchesPublished,
    MoreStable,
    NearZero,
    Ranking,
    Similar,
)
from claims.model import Prediction
from claims.results import Evidence

BASE: dict[str, Any] = {"metric": "m", "unit": "u", "why": "a test"}
PAIR = {"steadier": "a", "rougher": "b"}
BELOW, ABOVE = Below(**BASE, arm="a", threshold=1.0), Above(**BASE, arm="a", threshold=1.0)
GREATER = Greater(**BASE, better="a", worse="b", smallest_effect=1.0)
SIMILAR = Similar(**BASE, first="a", second="b", margin=1.0)
SHARE = FailsToConverge(**BASE, arm="a", baseline=1.0, share=0.5)
NEAR_ZERO = NearZero(**BASE, arm="a", tolerance=1.0)
PUBLISHED = MatchesPublished(**BASE, arm="a", published=4.0, useful_width=2.0)
LOGGED = MatchesPublished(**BASE, log10=True, arm="a", published=100.0, useful_width=2.0)


def found(lower: float | None, upper: float | None, p_contradicted: float | None = None, estimate: float | None = None) -> Evidence:
    return Evidence(estimate, lower, upper, 8, 0, "a method", "u", p_contradicted=p_contradicted)


@pytest.mark.parametrize(
    ("prediction", "lower", "upper", "verdict"),
    [
        (BELOW, 0.0, 0.99, "reproduced"),
        (BELOW, 0.0, 1.0, "inconclusive"),
        (BELOW, 1.0, 2.0, "inconclusive"),
        (BELOW, 1.01, 2.0, "contradicted"),
        (ABOVE, 1.01, 2.0, "reproduced"),
        (ABOVE, 1.0, 2.0, "inconclusive"),
        (ABOVE, 0.0, 1.0, "inconclusive"),
        (ABOVE, 0.0, 0.99, "contradicted"),
        (GREATER, 0.01, 9.0, "reproduced"),
        (GREATER, 0.01, 0.5, "reproduced"),  # better, though by less than is of interest
        (GREATER, 0.0, 9.0, "inconclusive"),
        (GREATER, -1.0, 1.0, "inconclusive"),
        (GREATER, -1.0, 0.99, "contradicted"),
        (SHARE, 0.51, 1.0, "reproduced"),
        (SHARE, 0.5, 1.0, "inconclusive"),
        (SHARE, 0.0, 0.5, "inconclusive"),
        (SHARE, 0.0, 0.49, "contradicted"),
        (NEAR_ZERO, 0.0, 1.0, "reproduced"),  # on the tolerance is within it
        (NEAR_ZERO, 0.0, 1.01, "inconclusive"),
        (NEAR_ZERO, 1.0, 2.0, "inconclusive"),
        (NEAR_ZERO, 1.01, 2.0, "contradicted"),
        (SIMILAR, -0.99, 0.99, "reproduced"),
        (SIMILAR, -1.0, 0.0, "inconclusive"),
        (SIMILAR, 0.0, 1.0, "inconclusive"),
        (PUBLISHED, 3.0, 5.0, "reproduced"),  # just as wide as is useful
        (PUBLISHED, 3.0, 5.01, "inconclusive"),
        (PUBLISHED, 4.0, 5.0, "reproduced"),  # the number on an end of the interval is in it
        (PUBLISHED, 3.0, 4.0, "reproduced"),
        (PUBLISHED, 4.01, 5.0, "inconclusive"),
        (PUBLISHED, 3.0, 3.99, "inconclusive"),
        (LOGGED, 2.0, 3.0, "reproduced"),  # 100 is 2 decades
        (LOGGED, 2.01, 3.0, "inconclusive"),
    ],
)
def test_a_bound_on_the_boundary_counts_against_either_verdict_but_where_it_is_said_to_be_within(
    prediction: Prediction, lower: float, upper: float, verdict: str
) -> None:
    assert prediction.decide(found(lower, upper)) == verdict


@pytest.mark.parametrize(
    "prediction",
    [
        Ranking(**BASE, order=(("a",), ("b",)), smallest_effect=0.5),
        LearnsFaster(**BASE, faster="a", slower="b", smallest_effect=math.sqrt(2)),  # half a doubling
        MoreStable(**BASE, **PAIR, smallest_effect=0.5),
        LessSensitive(**BASE, **PAIR, diverged_value=0.0, smallest_effect=0.5),
        Greater(**BASE, better="a", worse="b", smallest_effect=0.5),
        Closer(**BASE, arm="a", near="b", far="c", smallest_effect=0.5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_order_holds_above_0_and_fails_below_its_smallest_effect_of_interest(prediction: Prediction) -> None:
    edge = prediction.region().outside[0][1]
    assert edge == pytest.approx(0.5)
    for lower, upper, verdict in (
        (0.01, 9.0, "reproduced"),
        (0.01, 0.2, "reproduced"),
        (0.0, edge, "inconclusive"),
        (0.0, 0.49, "contradicted"),
        (-9.0, -0.01, "contradicted"),
    ):
        assert prediction.decide(found(lower, upper)) == verdict
        assert ("worth the name" in prediction.reason(verdict, found(lower, upper, estimate=0.1))) == (upper == 0.49)


@pytest.mark.parametrize(
    "prediction", [BELOW, ABOVE, GREATER, SHARE, NEAR_ZERO, SIMILAR, PUBLISHED], ids=lambda value: type(value).__name__
)
def test_without_bounds_nothing_is_decided(prediction: Prediction) -> None:
    assert prediction.decide(found(None, None)) == "inconclusive"


@pytest.mark.parametrize("prediction", [SIMILAR, PUBLISHED], ids=lambda value: type(value).__name__)
def test_a_p_value_just_at_the_level_contradicts(prediction: Prediction) -> None:
    assert prediction.decide(found(8.0, 9.0, p_contradicted=0.05)) == "contradicted"
    assert prediction.decide(found(8.0, 9.0, p_contradicted=0.0501)) == "inconclusive"
    assert prediction.decide(found(8.0, 9.0, p_contradicted=0.05), 0.01) == "inconclusive"


def test_what_is_not_sampled_is_never_inconclusive() -> None:
    identity, arithmetic = Identity(**BASE, tolerance=1.0), Arithmetic(**BASE, check=found, arguments=())
    for prediction, estimate, verdict in (
        (identity, 1.0, "reproduced"),
        (identity, 1.01, "contradicted"),
        (identity, None, "contradicted"),
        (arithmetic, 0.0, "reproduced"),
        (arithmetic, 0.01, "contradicted"),
        (arithmetic, None, "contradicted"),
    ):
        assert prediction.decide(found(None, None, estimate=estimate)) == verdict


@pytest.mark.parametrize(
    ("kind", "given", "missing"),
    [
        (Below, {"arm": "a"}, "threshold"),
        (Above, {"threshold": 1.0}, "arm"),
        (Greater, {"better": "a", "worse": "b"}, "smallest_effect"),
        (Similar, {"first": "a", "second": "b"}, "margin"),
        (Ranking, {"smallest_effect": 1.0}, "order"),
        (Ranking, {"order": (("a",), ("b",))}, "smallest_effect"),
        (LearnsFaster, {"slower": "b", "smallest_effect": 2.0}, "faster"),
        (FailsToConverge, {"arm": "a"}, "baseline"),
        (MoreStable, {"steadier": "a", "smallest_effect": 1.0}, "rougher"),
        (LessSensitive, {**PAIR, "smallest_effect": 1.0}, "diverged_value"),
        (NearZero, {"arm": "a"}, "tolerance"),
        (MatchesPublished, {"arm": "a", "published": 1.0}, "useful_width"),
        (Arithmetic, {}, "check"),
    ],
)
def test_what_a_kind_needs_is_asked_for_where_the_prediction_is_written(kind: Any, given: dict[str, Any], missing: str) -> None:
    with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{missing}'"):
        kind(**BASE, **given)


@pytest.mark.parametrize(("higher_is_better", "worst"), [(True, -math.inf), (False, math.inf)])
@pytest.mark.parametrize(
    "kind",
    [
        lambda **how: Below(**BASE, **how, arm="a", threshold=1.0),
        lambda **how: Above(**BASE, **how, arm="a", threshold=1.0),
    ],
)
def test_a_diverged_run_is_worst_on_the_metrics_own_side(kind: Any, higher_is_better: bool, worst: float) -> None:
    assert kind(higher_is_better=higher_is_better).evidence({"a": [1.0, None]}).values == (1.0, worst)


@pytest.mark.parametrize(
    "kind",
    [
        lambda **how: Greater(**BASE, **how, better="a", worse="b", smallest_effect=0.0),
        lambda **how: Similar(**BASE, **how, first="a", second="b", margin=1.0),
        lambda **how: Ranking(**BASE, **how, order=(("a",), ("b",)), smallest_effect=0.5),
    ],
)
def test_an_advantage_is_on_the_metrics_own_side(kind: Any) -> None:
    for higher_is_better, difference in ((True, 2.0), (False, -2.0)):
        assert kind(higher_is_better=higher_is_better).evidence({"a": [3.0], "b": [1.0]}).values == (difference,)


def test_a_run_fails_on_the_metrics_own_side() -> None:
    for higher_is_better, failed in ((True, 0.0), (False, 1.0)):
        share = FailsToConverge(**BASE, higher_is_better=higher_is_better, arm="a", baseline=1.0, share=0.5)
        assert share.evidence({"a": [2.0]}).values == (failed,)


@pytest.mark.parametrize(
    "prediction", [MoreStable(**BASE, **PAIR, smallest_effect=0.5), LessSensitive(**BASE, **PAIR, diverged_value=0.0, smallest_effect=0.5)]
)
def test_a_roughness_is_better_where_it_is_lower_whatever_the_metric_says(prediction: Prediction) -> None:
    assert prediction.evidence({"a": [1.0], "b": [3.0]}).values == (2.0,)
