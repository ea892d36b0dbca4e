"""Verdicts have the error rates they state and the power they promise: simulated through the functions that judge."""

from __future__ import annotations

import math

import numpy as np
import pytest

from claims.calibration.rates import (
    LOOKS,
    CalibrationError,
    Row,
    both_designs,
    cells,
    generator,
    operating_characteristics,
    sequential_design,
    simulate,
)
from claims.calibration.simulated_claims import SimulationError, all_simulations, false_verdicts, prediction
from claims.judging.looks import design_of
from claims.kinds.simulating import SCENARIOS, SHAPES
from claims.papers import all_claims
from claims.statistics.intervals import clopper_pearson
from claims.statistics.sequential import SequentialDesign

KINDS = tuple(all_simulations())
HYPOTHESES = {name: made.claim("null").hypotheses(made.recipes) for name, made in all_simulations().items()}
SIMULATIONS = 2000  # the exact rate of a sign test of eight seeds, 9/256, then stays below MONTE_CARLO_LIMIT with chance 0.9999
SEED = 1  # not that of the committed table, so that its rates are found again with other random numbers
ERROR_RATE = 0.05
MONTE_CARLO_LIMIT = 0.06  # upper 95 % bound of a simulated rate (issue "Verdicts")
QUICK = ("null", "edge", "clear effect", "heavy tails", "two-point", "10 % divergence")  # the others, and n: the committed table


@pytest.fixture(scope="module", params=KINDS)
def rows(request: pytest.FixtureRequest) -> list[Row]:
    kind: str = request.param
    return list(operating_characteristics(SIMULATIONS, SEED, [*cells([kind], QUICK, (8,)), (kind, "clear effect", 5)]))


def test_false_verdicts_stay_below_five_percent(rows: list[Row]) -> None:
    for row in rows:
        for name in false_verdicts(row["kind"], row["scenario"]):
            rate = row[name]  # type: ignore[literal-required]
            assert rate <= ERROR_RATE, row
            assert clopper_pearson(round(rate * SIMULATIONS), SIMULATIONS)[1] <= MONTE_CARLO_LIMIT, row


def test_a_clear_effect_is_reproduced_with_five_seeds_or_more(rows: list[Row]) -> None:
    clear = [row for row in rows if row["scenario"] == "clear effect"]
    assert [(row["n"], row["design"]) for row in clear] == [(8, "fixed"), (8, "sequential"), (5, "fixed"), (5, "sequential")]
    for row in clear:
        assert clopper_pearson(round(row["reproduced"] * SIMULATIONS), SIMULATIONS)[0] >= 0.8, row


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "MatchesPublished"])
def test_three_seeds_are_never_enough(kind: str) -> None:
    for row in operating_characteristics(20, SEED, cells([kind], SCENARIOS, (3,))):
        assert (row["inconclusive"], row["mean_seeds"]) == (1.0, 3.0)
        assert row["out_of_reach"] == ["reproduced", "contradicted"]


@pytest.mark.parametrize("kind", ["Below", "Greater", "LearnsFaster"])
def test_simulated_rates_of_the_sign_test_are_the_binomial_ones(kind: str) -> None:
    """At a null without ties P(all five on one side) = 1/32. Greater tests its null and its smallest effect apart."""
    row = simulate(kind, "null", 5, 3000, np.random.default_rng(7))
    assert row["reproduced"] == pytest.approx(1 / 32, abs=3 * math.sqrt((1 / 32) * (31 / 32) / 3000))


@pytest.mark.parametrize(("kind", "scenario"), [("Above", "null"), ("MoreStable", "heavy tails")])
def test_simulated_rates_of_seeds_bought_look_by_look_are_the_exact_ones(kind: str, scenario: str) -> None:
    """On the one boundary: six of six seeds on one side, 1/64, or one exception in the first six and none in the next two, 6/256."""
    row = both_designs(kind, scenario, 8, 4000, SEED)[1]
    assert row["looks"] == [6, 8]
    exact = 1 / 64 + 6 / 256
    assert sequential_design(kind, "null", 8).stopping(0.5).sum(axis=0) == pytest.approx([exact, exact])
    assert row["reproduced"] == pytest.approx(exact, abs=3 * math.sqrt(exact * (1 - exact) / 4000))
    assert row["mean_seeds"] == pytest.approx(8 - 2 * 2 / 64, abs=0.03)


def test_a_look_at_five_of_eight_seeds_would_leave_the_last_nothing_to_decide() -> None:
    assert SequentialDesign((5, 8)).limits == (0, 0)  # eight of eight seeds on one side: the first five were too
    assert sequential_design("Greater", "null", 8).limits == (0, 1)


def test_the_schedule_of_the_profiles_errs_as_often_as_it_is_enumerated_to() -> None:
    stated = next(claim for claim in all_claims() if claim.prediction.sequential and claim.seeds.get("compact") == LOOKS[12][0])
    design = design_of(stated, "compact")
    assert design == sequential_design("Greater", "null", 12)
    row, stopping = simulate("Greater", "heavy tails", 12, 6000, np.random.default_rng(6), design), design.stopping(0.5).sum(axis=0)
    assert design.error() <= ERROR_RATE
    for name, exact in zip(("reproduced", "contradicted"), stopping, strict=True):
        assert row[name] == pytest.approx(exact, abs=3 * math.sqrt(exact * (1 - exact) / 6000))  # type: ignore[literal-required]


SEVERAL_TESTS = frozenset({"Similar", "Ranking", "LearnsFaster, several", "Greater, in all", "MatchesPublished"})


def test_kinds_that_are_no_single_sign_test_have_one_look() -> None:
    for kind in KINDS:
        fixed, sequential = both_designs(kind, "heavy tails", 8, 25, SEED)
        assert (len(sequential["looks"]) == 1) == (kind in SEVERAL_TESTS)
        if kind in SEVERAL_TESTS:
            assert sequential == {**fixed, "design": "sequential"}
        assert fixed == simulate(kind, "heavy tails", 8, 25, generator(SEED, kind, "heavy tails", 8))


@pytest.mark.parametrize("kind", sorted(kind for kind, number in HYPOTHESES.items() if number > 1))
def test_the_hypotheses_that_share_an_error_are_those_that_the_judging_code_counts(kind: str) -> None:
    """One seed fewer than 0.05 / hypotheses takes, and not one of many claims is contradicted; with that seed some are."""
    enough = math.ceil(math.log2(HYPOTHESES[kind] / 0.05))  # the smallest n with 2^-n <= 0.05 / hypotheses
    rates = [simulate(kind, "30 % divergence", n, 2000, np.random.default_rng(5))["contradicted"] for n in (enough - 1, enough)]
    assert rates[0] == 0 < rates[1]


def test_rates_add_up_and_carry_their_cell() -> None:
    row = simulate("Greater", "10 % divergence", 8, 50, np.random.default_rng(1))
    assert row["reproduced"] + row["contradicted"] + row["inconclusive"] == pytest.approx(1.0)
    assert (row["kind"], row["scenario"], row["n"], row["design"], row["simulations"]) == ("Greater", "10 % divergence", 8, "fixed", 50)


def test_a_row_depends_on_the_seed_and_its_own_cell_alone() -> None:
    alone = list(operating_characteristics(30, 3, [("Ranking", "skew", 8)]))
    among_others = list(operating_characteristics(30, 3, cells(["Below", "Ranking"], ["null", "skew"], (8,))))
    assert alone == among_others[-2:]
    assert alone != list(operating_characteristics(30, 4, [("Ranking", "skew", 8)]))


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
    with pytest.raises(SimulationError, match="'Nicer' under 'null' is not simulated; kinds: Below"):
        prediction("Nicer", "null")
    with pytest.raises(SimulationError, match="is not simulated"):
        simulate("Greater", "sunny", 5, 1, np.random.default_rng(0))
    with pytest.raises(CalibrationError, match="cap is 9 seeds, not n=8"):
        simulate("Greater", "null", 8, 1, np.random.default_rng(0), SequentialDesign((5, 9)))


def test_every_shape_is_an_error_either_way_but_for_printed_numbers() -> None:
    for shape in SHAPES:
        assert false_verdicts("Greater", shape) == {"reproduced", "contradicted"}
        assert false_verdicts("MatchesPublished", shape) == {"contradicted"}
