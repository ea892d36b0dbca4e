"""Every kind decides: with more seeds the share of decided claims goes to 1.

That is so whatever the truth, as long as it is off the boundary.
The reason for the kinds of an order: an effect above 0 speaks for the claim, one below the smallest effect of interest against it. Every
effect does one or the other, so one of the two has a probability of a half at least, and more than that off the boundary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import stats

from claims.kinds import (
    KINDS,
    Above,
    Below,
    Closer,
    FailsToConverge,
    Greater,
    LearnsFaster,
    LessSensitive,
    MatchesPublished,
    MoreStable,
    NearZero,
    Ranking,
    Similar,
    TableAgreement,
    load,
)
from claims.kinds.sampled import Sampled
from claims.results import TablePlace
from claims.statistics.censored import UpdatesToLevel
from claims.statistics.effects import Effects
from claims.statistics.intervals import bound_rank, clopper_pearson, median_bounds

BASE: dict[str, Any] = {"metric": "m", "unit": "sd", "why": "a test"}
CLAIMS, SEEDS = 80, (8, 32, 128)
FOR, AGAINST, EITHER = {"reproduced"}, {"contradicted"}, {"reproduced", "contradicted"}
CLOSER = Closer(**BASE, arm="a", near="b", far="c", smallest_effect=1.0)
GREATER = Greater(**BASE, better="a", worse="b", smallest_effect=1.0)
IN_ALL = Greater(**BASE, better="a", worse="b", smallest_effect=1.0, in_all=True)
RANKING = Ranking(**BASE, order=(("a",), ("b",), ("c",)), smallest_effect=1.0)
FASTER = LearnsFaster(**BASE, faster="a", slower="b", smallest_effect=2.0)
BOTH_FASTER = LearnsFaster(**BASE, faster=("a", "c"), slower="b", smallest_effect=2.0)
AS_GOOD = LearnsFaster(**BASE, faster="a", slower="b", allowance=1.5, smallest_effect=1.01)
STABLE = MoreStable(**BASE, steadier="a", rougher="b", smallest_effect=1.0)
SENSITIVE = LessSensitive(**BASE, steadier="a", rougher="b", diverged_value=0.0, smallest_effect=1.0)
SIMILAR = Similar(**BASE, first="a", second="b", margin=1.0)
BELOW, ABOVE = Below(**BASE, arm="a", threshold=1.0), Above(**BASE, arm="a", threshold=1.0)
NEAR_ZERO = NearZero(**BASE, arm="a", tolerance=10.0)
HALF, FIFTH = (FailsToConverge(**BASE, arm="a", baseline=0.0, share=share) for share in (0.5, 0.2))
PUBLISHED = MatchesPublished(**BASE, arm="a", published=0.0, useful_width=9.0)
TABLE = TableAgreement(**BASE, cells=(TablePlace("a", 3.0), TablePlace("b", 2.0), TablePlace("c", 1.0)), margin=0.5, share=0.75)

Draw = Callable[[int, np.random.Generator], Any]


def at(**medians: float) -> Draw:
    """Arms that are normal about ``medians``, with differences of sd 1."""

    def draw(n: int, rng: np.random.Generator) -> Mapping[str, Sequence[float]]:
        return {arm: (median + rng.standard_normal(n) / np.sqrt(len(medians))).tolist() for arm, median in medians.items()}

    return draw


def always(**values: float | None) -> Draw:
    """Arms that have the same number in every seed, None where they diverge."""
    return lambda n, rng: {arm: [value] * n for arm, value in values.items()}


def tied(share: float, gap: float) -> Draw:
    """Two arms that are exactly level in a ``share`` of the seeds and ``gap`` apart in the others."""
    return lambda n, rng: {"a": np.where(rng.random(n) < share, 0.0, gap).tolist(), "b": [0.0] * n}


def failing(share: float) -> Draw:
    return lambda n, rng: {"a": [None if lost else 1.0 for lost in rng.random(n) < share]}


def updates(**arms: UpdatesToLevel) -> Draw:
    return lambda n, rng: {arm: [runs] * n for arm, runs in arms.items()}


def arriving(a: float, b: float) -> Draw:
    """Two arms whose runs reach the level with these chances, at the same update."""
    reached, never = UpdatesToLevel.reached(100), UpdatesToLevel.censored(400)

    def draw(n: int, rng: np.random.Generator) -> Any:
        return {name: [reached if there else never for there in rng.random(n) < chance] for name, chance in (("a", a), ("b", b))}

    return draw


def unlucky_pairs(chance: float) -> Draw:
    """Three pairs of recipes, each ahead in its own seeds with this ``chance``."""

    def draw(n: int, rng: np.random.Generator) -> Any:
        return {"a": np.where(rng.random((3, n)) < chance, 1.0, -1.0).tolist(), "b": [[0.0] * n] * 3}

    return draw


reached, censored, never = UpdatesToLevel.reached, UpdatesToLevel.censored, UpdatesToLevel.never
ORDERS = (GREATER, STABLE, SENSITIVE)
SIGN = {GREATER: 1.0, STABLE: -1.0, SENSITIVE: -1.0}  # a roughness is better where it is lower
STATES: list[tuple[Sampled, str, Draw, set[str]]] = [
    *((kind, "behind", at(a=-SIGN[kind], b=0.0), AGAINST) for kind in ORDERS),
    *((kind, "level", at(a=0.0, b=0.0), AGAINST) for kind in ORDERS),
    *((kind, "ahead by half of what is of interest", at(a=SIGN[kind] / 2, b=0.0), EITHER) for kind in ORDERS),
    *((kind, "ahead by what is of interest", at(a=SIGN[kind], b=0.0), FOR) for kind in ORDERS),
    *((kind, "exactly level", always(a=0.0, b=0.0), AGAINST) for kind in ORDERS),
    *((kind, "exactly level in most seeds", tied(0.7, 9 * SIGN[kind]), AGAINST) for kind in ORDERS),
    *((kind, "both diverged", always(a=None, b=None), AGAINST) for kind in ORDERS),
    *((kind, "the other diverged", always(a=0.0, b=None), FOR) for kind in ORDERS),
    (IN_ALL, "every pair ahead in its own seeds", unlucky_pairs(0.7), FOR),
    (IN_ALL, "no pair ahead", unlucky_pairs(0.3), AGAINST),
    (IN_ALL, "exactly level", lambda n, rng: {"a": [[0.0] * n] * 3, "b": [[0.0] * n] * 3}, AGAINST),
    (CLOSER, "on one of them", at(a=0.0, b=0.0, c=4.0), FOR),
    (CLOSER, "on the other one", at(a=0.0, b=4.0, c=0.0), AGAINST),
    (CLOSER, "between them", at(a=0.0, b=-4.0, c=4.0), AGAINST),
    (CLOSER, "exactly level", always(a=1.0, b=1.0, c=1.0), AGAINST),
    (RANKING, "in order", at(a=3.0, b=1.5, c=0.0), FOR),
    (RANKING, "level", at(a=0.0, b=0.0, c=0.0), AGAINST),
    (RANKING, "one step level", at(a=3.0, b=3.0, c=0.0), AGAINST),
    (RANKING, "exactly level", always(a=1.0, b=1.0, c=1.0), AGAINST),
    (RANKING, "all diverged", always(a=None, b=None, c=None), AGAINST),
    (FASTER, "faster", updates(a=reached(100), b=reached(300)), FOR),
    (FASTER, "as fast", updates(a=reached(100), b=reached(100)), AGAINST),
    (FASTER, "slower", updates(a=reached(300), b=reached(100)), AGAINST),
    (FASTER, "neither reaches the level", updates(a=censored(100), b=censored(100)), AGAINST),
    (FASTER, "both diverge", updates(a=never(), b=never()), AGAINST),
    (FASTER, "the other never reaches it", updates(a=reached(100), b=censored(100)), FOR),
    (FASTER, "it never reaches it", updates(a=censored(100), b=reached(100)), AGAINST),
    (FASTER, "both reach it in a third of the seeds", arriving(0.3, 0.3), AGAINST),
    (FASTER, "mostly it alone reaches it", arriving(0.9, 0.2), FOR),
    (BOTH_FASTER, "one of two as fast", updates(a=reached(100), c=reached(300), b=reached(300)), AGAINST),
    (BOTH_FASTER, "no arm reaches the level", updates(a=censored(9), c=censored(9), b=censored(9)), AGAINST),
    (AS_GOOD, "within the allowance", updates(a=reached(140), b=reached(100)), FOR),
    (AS_GOOD, "beyond it", updates(a=reached(160), b=reached(100)), AGAINST),
    (AS_GOOD, "neither reaches the level", updates(a=censored(100), b=censored(100)), AGAINST),
    (SIMILAR, "level", at(a=0.0, b=0.0), FOR),
    (SIMILAR, "half a margin apart", at(a=0.5, b=0.0), FOR),
    (SIMILAR, "beyond the margin", at(a=-1.5, b=0.0), AGAINST),
    (SIMILAR, "exactly level", always(a=0.0, b=0.0), FOR),
    *((kind, "below", at(a=0.5), verdict) for kind, verdict in ((BELOW, FOR), (ABOVE, AGAINST))),
    *((kind, "above", at(a=1.5), verdict) for kind, verdict in ((BELOW, AGAINST), (ABOVE, FOR))),
    (ABOVE, "diverged", always(a=None), AGAINST),
    (NEAR_ZERO, "inside", at(a=9.5), FOR),
    (NEAR_ZERO, "outside", at(a=10.5), AGAINST),
    (NEAR_ZERO, "exactly 0", always(a=0.0), FOR),
    (NEAR_ZERO, "exactly on the tolerance", always(a=10.0), FOR),
    (NEAR_ZERO, "diverged", always(a=None), AGAINST),
    *((kind, f"{share} fail", failing(share), verdict) for kind, share, verdict in ((HALF, 0.3, AGAINST), (HALF, 0.7, FOR))),
    *((kind, f"{share} fail", failing(share), verdict) for kind, share, verdict in ((FIFTH, 0.0, AGAINST), (FIFTH, 0.4, FOR))),
    (PUBLISHED, "the printed number is typical", at(a=0.0), FOR),
    (PUBLISHED, "the printed number is far off", at(a=9.0), AGAINST),
    (PUBLISHED, "diverged", always(a=None), AGAINST),
    (TABLE, "in order", at(a=3.0, b=1.5, c=0.0), FOR),
    (TABLE, "two cells changed", at(a=1.5, b=3.0, c=0.0), AGAINST),
    (TABLE, "level", at(a=0.0, b=0.0, c=0.0), AGAINST),  # one order of six is the printed one
    (TABLE, "exactly level", always(a=1.0, b=1.0, c=1.0), AGAINST),
    (TABLE, "all diverged", always(a=None, b=None, c=None), AGAINST),
    (TABLE, "the lowest diverged", always(a=3.0, b=2.0, c=None), FOR),
]


def verdicts(prediction: Sampled, draw: Draw, n: int) -> list[str]:
    rng = np.random.default_rng(n)

    def judged(arms: Any) -> str:
        in_all = isinstance(prediction, Greater) and prediction.in_all
        evidence = IN_ALL.evidence_in_all(arms, ["1", "2", "3"]) if in_all else prediction.evidence(arms)
        return prediction.decide(evidence)

    return [judged(draw(n, rng)) for _ in range(CLAIMS)]


@pytest.mark.parametrize(("prediction", "state", "draw", "right"), STATES, ids=[f"{one.kind}, {state}" for one, state, *_ in STATES])
def test_with_more_seeds_nearly_every_claim_is_decided_and_rightly(prediction: Sampled, state: str, draw: Draw, right: set[str]) -> None:
    found = [verdicts(prediction, draw, n) for n in SEEDS]
    shares = [sum(name != "inconclusive" for name in names) / CLAIMS for names in found]
    assert all(after >= before - 0.1 for before, after in pairwise(shares)), shares
    assert shares[-1] > 0.95
    wrong = sum(name not in {*right, "inconclusive"} for name in found[-1])
    assert clopper_pearson(wrong, CLAIMS, 0.01)[0] <= 0.05  # where two arms are level a false "better" keeps its error of 0.05


def test_every_kind_that_compares_seeds_is_among_them() -> None:
    assert {one.kind for one, *_ in STATES} == {name for name in KINDS if load(name).basis == "measured"}


@pytest.mark.parametrize("ahead", [0.0, 0.2, 0.4, 0.6, 1.0])
@pytest.mark.parametrize("between", [0.0, 0.2, 0.6])
def test_the_share_of_decided_claims_of_an_order_is_binomial_and_goes_to_1(ahead: float, between: float) -> None:
    """An effect lies above 1 with chance ``ahead``, at 0.5 with chance ``between`` and else at 0; 1 is of interest.

    It speaks for the claim with chance ahead + between, and against it with chance 1 - ahead: together never less than 1.
    """
    between = min(between, 1 - ahead)

    def shares(n: int) -> list[float]:
        return [float(stats.binom.cdf(bound_rank(n) - 1, n, wrong)) for wrong in (1 - ahead - between, ahead)]

    assert max(shares(500)) > 0.95
    rng = np.random.default_rng(0)
    effects = rng.choice([2.0, 0.5, 0.0], (2000, 32), p=[ahead, between, 1 - ahead - between])
    bounds = [median_bounds(row, row) for row in effects]
    found = [(lower > 0, upper < GREATER.edge) for lower, upper in bounds if lower is not None and upper is not None]
    for index, exact in enumerate(shares(32)):
        assert np.mean([one[index] for one in found]) == pytest.approx(exact, abs=0.04)


@pytest.mark.parametrize(
    ("prediction", "draw"),
    [
        (PUBLISHED, lambda n, rng: {"a": (9 * rng.standard_normal(n)).tolist()}),  # one run scatters by more than the useful width
        (PUBLISHED, at(a=2.5)),  # outside 95 % of our runs and inside 99.5 %
        (SIMILAR, always(a=None, b=None)),  # no numbers that could be alike
    ],
    ids=["too wide", "odd but not far", "no difference"],
)
def test_what_no_number_of_seeds_decides_is_what_the_rules_name(prediction: Sampled, draw: Draw) -> None:
    """docs/verdict_rules.md, "What stays open"."""
    assert sum(name == "inconclusive" for name in verdicts(prediction, draw, 128)) > 0.9 * CLAIMS


def test_without_a_smallest_effect_of_interest_level_arms_would_stay_open_for_ever() -> None:
    level = Effects(np.zeros(1000), np.zeros(1000))
    assert (level.p_above(0.0), level.p_below(0.0)) == (1.0, 1.0)
    assert level.p_below(1e-9) < 1e-300
