"""What is asked of a verdict reaches the statistic behind it.

That is the level, the unit, the arms, the size of our test set.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import pytest

from claims.judging.assess import assess, judge
from claims.kinds import (
    Above,
    Arithmetic,
    Below,
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
from claims.model import Arm, Claim, ClaimError, Locator, Prediction
from claims.results import Evidence, Verdict
from claims.statistics.power import minimum_detectable_effect
from claims.statistics.published import binomial_noise
from reproductions.recipes import Adding, Network, Optimizer, Probe, Recipe, Training
from reproductions.trials import Outcome

BASE: dict[str, Any] = {"metric": "m", "unit": "u", "why": "a test"}
GREATER = Greater(**BASE, better="a", worse="b", smallest_effect=0.25)
IN_ALL = dataclasses.replace(GREATER, in_all=True)
SENSITIVE = LessSensitive(**BASE, steadier="a", rougher="b", diverged_value=1.0, smallest_effect=0.5)
FASTER = LearnsFaster(**BASE, faster="a", slower="b", smallest_effect=1.1)
NEAR_ZERO = NearZero(**BASE, arm="a", tolerance=5.0)
PUBLISHED = MatchesPublished(**BASE, arm="a", published=4.0, useful_width=9.0)


def training(arm: str, rate: float) -> Training:
    """A recipe that knows its arm by its size."""
    return Training("smoke", Adding(50, 1000, 200), Network("rin", hidden=ord(arm)), Optimizer("adam", rate), 32, 100, 10)


def claim(prediction: Prediction, arms: Sequence[Arm]) -> Claim:
    return Claim("p/s/x", "p", "q", Locator(section="1"), prediction, "s", arms={"smoke": tuple(arms)}, seeds={"smoke": 8})


def of_nine(prediction: Prediction, alpha: float) -> Evidence:
    """The evidence of nine seeds: arm ``a`` has seed + 1 and any other ten more, in two recipes where a claim asks for a grid."""
    grid = isinstance(prediction, LessSensitive) or prediction == IN_ALL
    arms = [Arm(name, tuple(training(name, rate) for rate in ((0.1, 0.2) if grid else (0.1,)))) for name in prediction.arm_names]

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        assert isinstance(recipe, Training)
        value = (seed + 1.0) * (1 if recipe.optimizer.learning_rate == 0.1 else 2) + (0 if recipe.network.hidden == ord("a") else 10)
        return Outcome("budget", {"m": value}, {"m": (value,)}, updates=100)

    found = assess(claim(prediction, arms), "smoke", range(9), lookup, alpha=alpha).evidence
    assert found is not None
    return found


def nine_or_one(recipe: Recipe, seed: int) -> Outcome:
    assert isinstance(recipe, Probe)
    return Outcome("budget", {"m": 9.0 if recipe.name == "a" else 1.0})


@pytest.mark.parametrize(
    "prediction",
    [
        Below(**BASE, arm="a", threshold=5.0),
        Above(**BASE, arm="a", threshold=5.0),
        GREATER,
        IN_ALL,
        MoreStable(**BASE, steadier="a", rougher="b", smallest_effect=0.5),
        SENSITIVE,
        Similar(**BASE, first="a", second="b", margin=2.0),
        Ranking(**BASE, order=(("a",), ("b",)), smallest_effect=0.5),
        FailsToConverge(**BASE, arm="a", baseline=5.0, share=0.5),
        NEAR_ZERO,
        FASTER,
        LearnsFaster(**BASE, faster=("a", "c"), slower="b", smallest_effect=1.1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_is_judged_at_the_level_that_is_asked_for(prediction: Prediction) -> None:
    assert of_nine(prediction, 0.05).confidence == 0.95
    assert of_nine(prediction, 0.01).confidence == 0.99


def test_a_printed_number_is_judged_at_the_level_that_is_asked_for() -> None:
    assert of_nine(PUBLISHED, 0.05).confidence == 0.975
    assert of_nine(PUBLISHED, 0.01).confidence == 0.995


def test_an_interval_that_is_no_rejection_is_decided_at_the_level_that_is_asked_for() -> None:
    """Six differences beyond the margin: 2/64 is within 0.05 and not within 0.01."""
    similar = Similar(**BASE, first="a", second="b", margin=2.0)
    found = similar.evidence({"a": [9.0] * 6, "b": [1.0] * 6})
    assert similar.decide(found) == "contradicted"
    assert judge(similar, found, 2 / 64).verdict == "contradicted"  # exactly on it
    assert judge(similar, found, 0.01).verdict == "inconclusive"
    arms = [Arm(name, (Probe("any", name),)) for name in "ab"]
    for alpha, verdict in ((0.05, "contradicted"), (0.01, "inconclusive")):
        assert assess(claim(similar, arms), "smoke", range(6), nine_or_one, alpha=alpha).verdict == verdict
    far = PUBLISHED.evidence({"a": [104.0 + 0.1 * seed for seed in range(8)]})
    assert far.p_contradicted == pytest.approx(8**8 / 9**9 / 0.9)
    assert PUBLISHED.decide(far) == "contradicted"
    assert PUBLISHED.decide(far, far.p_contradicted or 0.0) == "contradicted"
    assert judge(PUBLISHED, far, 0.01).verdict == "inconclusive"


def test_an_undecided_claim_is_planned_at_the_level_that_is_asked_for() -> None:
    """Differences -1, 1, ..., 1: sd 2/3 over nine seeds."""
    found = GREATER.evidence({"a": [-1.0, *[1.0] * 8], "b": [0.0] * 9}, alpha=0.01)
    verdict = judge(GREATER, found, 0.01)
    assert verdict.verdict == "inconclusive"
    assert verdict.evidence is not None
    assert verdict.evidence.detectable == pytest.approx((minimum_detectable_effect(9, alpha=0.01) or 0.0) * 2 / 3)


def test_an_arm_that_the_prediction_does_not_name_is_left_out_and_an_identity_speaks_of_all() -> None:
    arms = [Arm(name, (Probe("any", name),)) for name in "abc"]

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        return Outcome("budget", {"m": 1.0 + seed})

    named = assess(claim(GREATER, arms), "smoke", range(5), lookup).evidence
    assert named is not None
    assert set(named.arms) == {"a", "b"}
    every = assess(claim(Identity(**BASE, tolerance=9.0), arms), "smoke", range(2), lookup).evidence
    assert every is not None
    assert every.arms == {"a": (1.0, 2.0), "b": (1.0, 2.0), "c": (1.0, 2.0)}
    several = assess(claim(Identity(**BASE, tolerance=9.0), [Arm("a", (Probe("any", "up"), Probe("any", "down")))]), "smoke", (0,), lookup)
    assert several.evidence is not None
    assert several.evidence.arms == {"a, probe up": (1.0,), "a, probe down": (1.0,)}


def test_an_identity_without_measurements_is_refused() -> None:
    with pytest.raises(ClaimError, match=r"^no seeds; an identity needs at least one measurement$"):
        Identity(**BASE, tolerance=1.0).evidence({"a": []})


def test_no_seeds_are_refused_in_one_line() -> None:
    with pytest.raises(ClaimError, match=r"^claim 'p/s/x': no seeds; a verdict needs at least one trial per arm$"):
        assess(claim(NEAR_ZERO, [Arm("a", (Probe("any", "a"),))]), "smoke", (), lambda recipe, seed: Outcome("budget", {}))


def test_our_test_items_and_the_papers_are_counted_in_the_noise_of_a_printed_accuracy() -> None:
    """200 items a recipe here, 500 there; values 89, 90 and 91."""
    printed = MatchesPublished(**BASE, arm="a", published=88.0, useful_width=9.0, test_items=500)

    def found(prediction: MatchesPublished, arm: Arm) -> Evidence:
        verdict = assess(claim(prediction, [arm]), "smoke", range(3), lambda recipe, seed: Outcome("budget", {"m": 89.0 + seed}))
        assert verdict.evidence is not None
        return verdict.evidence

    for recipes, items in (((training("a", 0.1),), 200), ((training("a", 0.1), training("a", 0.2)), 400), ((Probe("any", "a"),), None)):
        noise = math.sqrt(binomial_noise(90.0, 88.0, items, 500))
        assert found(printed, Arm("a", recipes)).details[0].endswith(f"test-set noise {noise:.3g} (standard deviation)")
    for exact in (
        dataclasses.replace(printed, test_items=None),
        dataclasses.replace(printed, log10=True),  # a loss: no accuracy to be noisy
    ):
        assert "test-set noise 0 (" in found(exact, Arm("a", (training("a", 0.1),))).details[0]


@pytest.mark.parametrize(
    ("prediction", "unit"),
    [
        (NEAR_ZERO, "u"),
        (dataclasses.replace(NEAR_ZERO, scale="s"), "of s"),
        (dataclasses.replace(NEAR_ZERO, scale="s", also=(("n", "t"),)), "of each curve's own scale"),
        (Below(**BASE, arm="a", threshold=5.0, log10=True), "u"),  # a threshold stays in the metric's unit
        (dataclasses.replace(PUBLISHED, log10=True), "log10 u"),
        (dataclasses.replace(PUBLISHED, log10=True, unit="log10 MSE"), "log10 MSE"),
    ],
)
def test_a_number_has_the_unit_it_is_in(prediction: Prediction, unit: str) -> None:
    assert prediction.evidence({"a": [1.0] * 5}).unit == unit


def test_a_contradiction_is_tested_against_the_smallest_effect_of_interest() -> None:
    arms = {"a": [1.5] * 6, "b": [1.0] * 6}
    assert GREATER.evidence(arms).p_contradicted == 1.0
    assert dataclasses.replace(GREATER, smallest_effect=1.0).evidence(arms).p_contradicted == pytest.approx(1 / 64)


def test_an_advantage_in_all_has_its_unit_its_direction_and_its_smallest_effect() -> None:
    rows = {"a": [[1.5] * 6, [3.0] * 6], "b": [[1.0] * 6, [1.0] * 6]}
    found = IN_ALL.evidence_in_all(rows, ["x", "y"])
    assert (found.unit, found.values, found.p_contradicted) == ("u", (0.5,) * 6, 1.0)
    assert dataclasses.replace(IN_ALL, smallest_effect=1.0).evidence_in_all(rows, ["x", "y"]).p_contradicted == pytest.approx(2 / 64)
    assert dataclasses.replace(IN_ALL, higher_is_better=False).evidence_in_all(rows, ["x", "y"]).values == (-2.0,) * 6


@pytest.mark.parametrize("prediction", [IN_ALL, SENSITIVE])
def test_what_has_no_logarithm_is_named(prediction: Prediction) -> None:
    arms = [Arm(name, (training(name, 0.1), training(name, 0.2))) for name in "ab"]
    with pytest.raises(ClaimError, match=r"^claim 'p/s/x': metric 'm' is 0\.0, which has no logarithm"):
        assess(claim(dataclasses.replace(prediction, log10=True), arms), "smoke", (0,), lambda recipe, seed: Outcome("budget", {"m": 0.0}))


def test_the_pairs_of_an_advantage_in_all_are_told_apart_as_the_better_arms_recipes_are() -> None:
    arms = [Arm("a", (training("a", 0.1), training("a", 0.2))), Arm("b", (training("b", 0.3), training("b", 0.4)))]
    found = assess(claim(IN_ALL, arms[::-1]), "smoke", (0,), lambda recipe, seed: Outcome("budget", {"m": 1.0})).evidence
    assert found is not None
    assert [line.split(":")[0] for line in found.details[:2]] == ["learning rate 0.1", "learning rate 0.2"]


def test_a_check_that_is_no_function_is_refused() -> None:
    with pytest.raises(ClaimError, match=r"^claim 'p/s/x': `check` must be a function that returns Evidence, not 'sum'$"):
        claim(Arithmetic(**BASE, check="sum"), ())  # type: ignore[arg-type]


def test_what_is_not_run_says_the_claims_own_reason_or_else_that_the_profile_does_not_measure_it() -> None:
    plain = claim(NEAR_ZERO, [Arm("a", (Probe("any", "a"),))])

    def nothing(recipe: Recipe, seed: int) -> Outcome:
        raise AssertionError("nothing was to be looked up")

    assert assess(plain, "paper", (0,), nothing) == Verdict("not run", "the paper profile does not measure this claim")
    licensed = dataclasses.replace(plain, not_run="the data are licensed")
    assert assess(licensed, "paper", (0,), nothing) == Verdict("not run", "the data are licensed")
