"""Verdicts have the error rates they state and the power they promise: simulated through the functions that judge."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator

import numpy as np
import pytest

from claims.calibration import (
    KINDS,
    SCENARIOS,
    SHAPES,
    CalibrationError,
    Row,
    false_verdicts,
    operating_characteristics,
    prediction,
    simulate,
)
from claims.sequential import SequentialDesign
from claims.statistics.intervals import clopper_pearson

SIMULATIONS = 2000  # the exact rate of a sign test of eight seeds, 9/256, then stays below MONTE_CARLO_LIMIT with chance 0.9999
ERROR_RATE = 0.05
MONTE_CARLO_LIMIT = 0.06  # upper 95 % bound of a simulated rate (issue "Verdicts")
QUICK = ("null", "edge", "clear effect", "heavy tails", "two-point", "10 % divergence", "unequal variances", "ties")


@pytest.fixture(scope="module", autouse=True)
def _frozen_heap() -> Iterator[None]:
    """statsmodels' Holm collects garbage at every call; with the heap of a test run set aside that costs next to nothing."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module", params=KINDS)
def rows(request: pytest.FixtureRequest) -> list[Row]:
    kind: str = request.param
    rng = np.random.default_rng(KINDS.index(kind))
    return operating_characteristics(SIMULATIONS, rng, [kind], QUICK, (5, 8))


def test_false_verdicts_stay_below_five_percent(rows: list[Row]) -> None:
    for row in rows:
        for name in false_verdicts(row["kind"], row["scenario"]):
            rate = row[name]  # type: ignore[literal-required]
            assert rate <= ERROR_RATE, row
            assert clopper_pearson(round(rate * SIMULATIONS), SIMULATIONS)[1] <= MONTE_CARLO_LIMIT, row


def test_a_clear_effect_is_reproduced_with_five_seeds_or_more(rows: list[Row]) -> None:
    clear = [row for row in rows if row["scenario"] == "clear effect"]
    assert len(clear) == 2
    for row in clear:
        assert clopper_pearson(round(row["reproduced"] * SIMULATIONS), SIMULATIONS)[0] >= 0.8, row


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "MatchesPublished"])
def test_three_seeds_are_never_enough(kind: str) -> None:
    for row in operating_characteristics(20, np.random.default_rng(0), [kind], SCENARIOS, (3,)):
        assert (row["inconclusive"], row["mean_seeds"]) == (1.0, 3.0)


@pytest.mark.parametrize("kind", ["Below", "Greater", "LearnsFaster"])
def test_simulated_rates_of_the_sign_test_are_the_binomial_ones(kind: str) -> None:
    """At a null without ties P(all five on one side) = 1/32. Greater tests its null and its smallest effect apart."""
    row = simulate(kind, "null", 5, 3000, np.random.default_rng(7))
    assert row["reproduced"] == pytest.approx(1 / 32, abs=3 * math.sqrt((1 / 32) * (31 / 32) / 3000))


def test_rates_add_up_and_carry_their_cell() -> None:
    row = simulate("Greater", "10 % divergence", 8, 50, np.random.default_rng(1))
    assert row["reproduced"] + row["contradicted"] + row["inconclusive"] == pytest.approx(1.0)
    assert (row["kind"], row["scenario"], row["n"], row["design"], row["simulations"]) == ("Greater", "10 % divergence", 8, "fixed", 50)


def test_the_same_generator_gives_the_same_table() -> None:
    once, again = (operating_characteristics(30, np.random.default_rng(3), ["Ranking"], ["ties"], (8,)) for _ in range(2))
    assert once == again


@pytest.mark.parametrize("kind", ["Below", "Greater", "LearnsFaster", "FailsToConverge"])
def test_a_sequential_design_keeps_its_error_and_saves_seeds(kind: str) -> None:
    design = SequentialDesign((6, 9, 12, 15))
    null = simulate(kind, "heavy tails", 15, 500, np.random.default_rng(2), design)
    clear = simulate(kind, "clear effect", 15, 200, np.random.default_rng(2), design)
    for name in ("reproduced", "contradicted"):
        assert clopper_pearson(round(null[name] * 500), 500)[0] <= design.error()  # type: ignore[literal-required]
    assert (null["design"], clear["design"]) == ("sequential", "sequential")
    assert clear["reproduced"] >= 0.95
    assert clear["mean_seeds"] <= 6.5


def test_unknown_kinds_and_mismatched_designs_are_refused() -> None:
    with pytest.raises(CalibrationError, match="'Nicer' under 'null' is not simulated; kinds: Below"):
        prediction("Nicer", "null")
    with pytest.raises(CalibrationError, match="is not simulated"):
        simulate("Greater", "sunny", 5, 1, np.random.default_rng(0))
    with pytest.raises(CalibrationError, match="cap is 9 seeds, not n=8"):
        simulate("Greater", "null", 8, 1, np.random.default_rng(0), SequentialDesign((5, 9)))


def test_every_shape_is_an_error_either_way_but_for_printed_numbers() -> None:
    for shape in SHAPES:
        assert false_verdicts("Greater", shape) == {"reproduced", "contradicted"}
        assert false_verdicts("MatchesPublished", shape) == {"contradicted"}
