"""From outcomes to verdicts where a claim takes several runs of a seed, several arms or several curves together."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from claims.judging.assess import assess
from claims.kinds import (
    Above,
    FailsToConverge,
    Greater,
    Identity,
    LearnsFaster,
    LessSensitive,
    MatchesPublished,
    MoreStable,
    NearZero,
    Ranking,
)
from claims.measurements.values import arm_means, arm_sensitivities, arm_suprema
from claims.model import Arm, Claim, ClaimError, Locator, Prediction
from claims.results import Verdict
from reproductions.recipes import Adding, Network, Optimizer, Probe, Recipe, Training
from reproductions.trials import Outcome

WHY = "a test"
Rows = Sequence[Sequence[float | None]]  # recipes x seeds
RATES = (1e-5, 1e-4, 1e-3, 1e-2)


def training(arm: str, position: int) -> Training:
    """A recipe that knows its arm by its size and its place in the grid by its learning rate."""
    return Training("smoke", Adding(50, 1000, 200), Network("rin", hidden=ord(arm[0])), Optimizer("adam", RATES[position]), 32, 100, 10)


def verdict(prediction: Prediction, columns: Mapping[str, Rows], make: Callable[[float], Outcome] | None = None) -> Verdict:
    """The verdict where recipe i of an arm gives ``columns[arm][i][seed]``, None for a diverged run."""
    make = make or (lambda value: Outcome("budget", {prediction.metric: value}))
    arms = tuple(Arm(name, tuple(training(name, i) for i in range(len(rows)))) for name, rows in columns.items())
    of = {training(name, i): row for name, rows in columns.items() for i, row in enumerate(rows)}
    seeds = range(len(next(iter(columns.values()))[0]))

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        assert isinstance(recipe, Training)
        value = of[recipe][seed]
        return Outcome("diverged", {}, diverged_at=1) if value is None else make(value)

    claim = Claim(
        "paper/section/slug", "paper", "quote", Locator(section="1"), prediction, "statement", arms={"smoke": arms}, seeds={"smoke": 8}
    )
    return assess(claim, "smoke", seeds, lookup)


SENSITIVE = LessSensitive("accuracy", "points", WHY, steadier="RIN", rougher="IRNN", diverged_value=10.0, smallest_effect=0.5)
FLAT, PEAKED = [[60.0] * 5, [62.0] * 5, [61.0] * 5], [[20.0] * 5, [50.0] * 5, [None] * 5]


# --- Sensitivity over a grid ---


def test_the_less_sensitive_arm_wins_by_the_difference_of_the_mean_shortfalls() -> None:
    """RIN: (2 + 0 + 1)/3 = 1. IRNN, with 10 for the diverged run: (30 + 0 + 40)/3."""
    found = verdict(SENSITIVE, {"RIN": FLAT, "IRNN": PEAKED})
    assert found.verdict == "reproduced"
    assert found.reason == (
        "RIN is less sensitive than IRNN in all 5 seeds: the median advantage is 22.3 points (at least 22.3); "
        "a run diverged in 5 of 5 seeds, counted as 10 points"
    )
    assert found.evidence is not None
    assert found.evidence.values == pytest.approx((70 / 3 - 1,) * 5)
    assert found.evidence.arms["RIN, sensitivity"] == (1.0,) * 5
    assert found.evidence.n_diverged == 5
    assert "diverged, counted as 10 points: IRNN, learning rate 0.001, seeds 0, 1, 2, 3, 4" in found.evidence.details
    assert "IRNN: accuracy 50 at the best of 3 settings, 10 at the worst (medians over seeds)" in found.evidence.details
    assert verdict(SENSITIVE, {"RIN": PEAKED, "IRNN": FLAT}).verdict == "contradicted"
    level = verdict(SENSITIVE, {"RIN": FLAT, "IRNN": FLAT})
    assert level.verdict == "contradicted"
    assert level.reason.endswith("(at most 0), below the smallest effect of interest, 0.5: no difference worth the name")


def test_a_grid_that_diverged_throughout_has_the_worst_rank() -> None:
    found = verdict(SENSITIVE, {"RIN": [[None] * 5] * 2, "IRNN": [[20.0] * 5, [90.0] * 5]})
    assert found.verdict == "contradicted"
    assert "diverged runs count as the worst: RIN, sensitivity 5" in found.reason
    assert found.evidence is not None
    assert "every setting diverged, so the seed has the worst rank: RIN, seeds 0, 1, 2, 3, 4" in found.evidence.details


def test_the_sensitivity_of_a_loss_is_taken_in_decades_where_the_claim_asks_for_them() -> None:
    """RIN 0.001 and 0.01: one decade of excess over two settings. IRNN 0.0001 and a diverged run at 0.1: three decades."""
    p = LessSensitive(
        "mse", "MSE", WHY, higher_is_better=False, log10=True, steadier="RIN", rougher="IRNN", diverged_value=0.1, smallest_effect=0.5
    )
    found = verdict(p, {"RIN": [[0.001] * 5, [0.01] * 5], "IRNN": [[0.0001] * 5, [None] * 5]})
    assert found.verdict == "reproduced"
    assert found.evidence is not None
    assert found.evidence.arms["RIN, sensitivity"] == pytest.approx((0.5,) * 5)
    assert found.evidence.arms["IRNN, sensitivity"] == pytest.approx((1.5,) * 5)
    assert found.evidence.unit == "log10 MSE"
    assert "RIN: mse 0.001 at the best of 2 settings, 0.01 at the worst (medians over seeds)" in found.evidence.details
    with pytest.raises(ClaimError, match=r"the claim's own number 0\.0 has no logarithm"):
        verdict(dataclasses.replace(p, diverged_value=0.0), {"RIN": [[0.1] * 5] * 2, "IRNN": [[0.1] * 5] * 2})


# --- What a diverged run counts as in a mean ---


def test_a_diverged_run_enters_a_mean_over_settings_with_its_stated_value() -> None:
    p = MoreStable("spiked", "share", WHY, steadier="RIN", rougher="IRNN", diverged_value=1.0, smallest_effect=0.5)
    found = verdict(p, {"RIN": [[0.0] * 6, [0.0] * 5 + [None]], "IRNN": [[1.0] * 6, [None] * 6]})
    assert found.verdict == "reproduced"
    assert found.evidence is not None
    assert found.evidence.arms == {"RIN": (0.0, 0.0, 0.0, 0.0, 0.0, 0.5), "IRNN": (1.0,) * 6}
    assert found.reason.endswith("; a run diverged in 6 of 6 seeds, counted as 1 share")
    without = verdict(dataclasses.replace(p, diverged_value=None), {"RIN": [[0.0] * 6] * 2, "IRNN": [[1.0] * 6, [None] * 6]})
    assert without.evidence is not None
    assert without.evidence.values == (math.inf,) * 6
    assert "diverged runs count as the worst: IRNN 6" in without.reason


def test_an_arm_of_one_recipe_keeps_the_worst_rank() -> None:
    assert arm_means([[1.0, None]], 0.5) == (1.0, None)
    assert arm_means([[1.0, None], [2.0, 2.0]], 0.5) == (1.5, 1.25)
    assert arm_means([[1.0, None], [2.0, 2.0]]) == (1.5, None)
    assert arm_sensitivities([[1.0, None], [3.0, None]], 0.0, higher_is_better=True) == (1.0, None)


def test_a_printed_mean_is_held_against_means_with_a_value_for_diverged_runs() -> None:
    p = MatchesPublished("accuracy", "%", WHY, arm="a", published=50.0, useful_width=20.0, diverged_value=0.0)
    found = verdict(p, {"a": [[98.0, 100.0, 102.0, 100.0, 100.0], [None, 0.0, 0.0, 0.0, 0.0]]})
    assert found.verdict == "reproduced"
    assert "a run diverged in 1 of 5 seeds, counted as 0 %" in found.reason


# --- Better in all pairs ---


IN_ALL = Greater("early_loss", "MSE", WHY, higher_is_better=False, better="RIN", worse="IRNN", smallest_effect=0.05, in_all=True)


def test_better_in_all_pairs_says_so_and_shows_every_pair() -> None:
    rows = {"RIN": [[0.1] * 5, [1.0] * 5], "IRNN": [[0.2] * 5, [1.5, 1.4, 1.3, 1.2, 1.1]]}
    found = verdict(IN_ALL, rows)
    assert found.verdict == "reproduced"
    assert found.reason == (
        "RIN is better than IRNN in all 2 pairs of recipes, in the least sure one in all 5 seeds: "
        "the smallest median advantage is 0.1 MSE (at least 0.1)"
    )
    assert found.evidence is not None
    assert list(found.evidence.arms) == [
        "RIN, learning rate 1e-05",
        "RIN, learning rate 0.0001",
        "IRNN, learning rate 1e-05",
        "IRNN, learning rate 0.0001",
    ]
    assert found.evidence.details[1].startswith("learning rate 0.0001: better in 5 of 5 seeds, median advantage 0.3")


def test_an_advantage_on_average_is_not_one_in_all() -> None:
    rows = {"RIN": [[0.1] * 6, [1.2] * 6], "IRNN": [[9.0] * 6, [1.0] * 6]}
    found = verdict(IN_ALL, rows)
    assert found.verdict == "contradicted"
    assert "in the least sure one in none of 6 seeds: the smallest median advantage is -0.2 MSE (at most -0.2)" in found.reason
    assert verdict(dataclasses.replace(IN_ALL, in_all=False), rows).verdict == "reproduced"


def test_in_all_compares_logarithms_and_ranks_diverged_runs() -> None:
    logged = dataclasses.replace(IN_ALL, log10=True, smallest_effect=0.1)
    found = verdict(logged, {"RIN": [[0.01] * 6, [1.0] * 6], "IRNN": [[0.1] * 6, [100.0] * 6]})
    assert found.evidence is not None
    assert found.evidence.estimate == pytest.approx(1.0)
    assert found.evidence.values == pytest.approx((1.0,) * 6)
    assert found.evidence.unit == "log10 MSE"
    lost = verdict(IN_ALL, {"RIN": [[0.1] * 6, [1.0] * 5 + [None]], "IRNN": [[0.2] * 6, [1.5] * 6]})
    assert lost.verdict == "inconclusive"
    assert "diverged runs count as the worst: RIN, learning rate 0.0001 1" in lost.reason
    assert lost.evidence is not None
    assert "diverged, counted as the worst rank: RIN, learning rate 0.0001, seed 5" in lost.evidence.details


def test_recipes_that_read_alike_keep_a_column_each() -> None:
    twin = training("RIN", 0)
    arms = tuple(Arm(name, (twin, dataclasses.replace(twin, evaluations=5))) for name in ("RIN", "IRNN"))
    claim = Claim("p/s/x", "p", "q", Locator(section="1"), IN_ALL, "s", arms={"smoke": arms}, seeds={"smoke": 5})
    found = assess(claim, "smoke", (0, 1), lambda recipe, seed: Outcome("budget", {"early_loss": 1.0}))
    assert found.evidence is not None
    assert list(found.evidence.arms) == ["RIN, 1", "RIN, 2", "IRNN, 1", "IRNN, 2"]


# --- Several arms that learn faster; as good as ---


def updates(value: float) -> Outcome:
    """A run that reaches the level after ``value`` updates; a negative number is a budget within which it does not."""
    return Outcome("budget", {"updates_to_level": None if value < 0 else value}, updates=int(abs(value)))


SEVERAL = LearnsFaster("updates_to_level", "updates", WHY, faster=("RIN", "IRNN"), slower="LSTM", smallest_effect=1.1)


def test_every_arm_that_is_said_to_be_faster_must_be() -> None:
    found = verdict(SEVERAL, {"RIN": [[100.0] * 6], "IRNN": [[200.0] * 6], "LSTM": [[-399.0] * 6]}, updates)
    assert found.verdict == "reproduced"
    assert found.reason == (
        "RIN and IRNN reach the level before LSTM: each of them does, the least sure in all 6 seeds; "
        "in the closest comparison in the typical seed LSTM does not get there (at least 2)"
    )
    one = verdict(SEVERAL, {"RIN": [[100.0] * 6], "IRNN": [[800.0] * 6], "LSTM": [[400.0] * 6]}, updates)
    assert one.verdict == "contradicted"
    assert "one of them does not" in one.reason
    assert "LSTM takes 0.5 times the updates (at most 0.5)" in one.reason
    level = verdict(SEVERAL, {"RIN": [[100.0] * 6], "IRNN": [[-400.0] * 6], "LSTM": [[-400.0] * 6]}, updates)
    assert level.verdict == "contradicted"
    assert level.reason.endswith("below the smallest effect of interest, 1.1 times: no difference worth the name")
    open_case = verdict(SEVERAL, {"RIN": [[100.0] * 6], "IRNN": [[100.0, *[300.0] * 5]], "LSTM": [[200.0] * 6]}, updates)
    assert open_case.verdict == "inconclusive"
    assert "not each of them is decided" in open_case.reason


def test_as_good_as_is_judged_against_the_allowance() -> None:
    p = LearnsFaster("updates_to_level", "updates", WHY, faster="IRNN", slower="LSTM", allowance=1.5, smallest_effect=1.1)
    found = verdict(p, {"IRNN": [[120.0] * 6], "LSTM": [[100.0] * 6]}, updates)
    assert (found.verdict, found.reason) == (
        "reproduced",
        "IRNN needs fewer than 1.5 times the updates of LSTM in all 6 seeds: it takes 1.2 times as many (at most 1.2)",
    )
    worse = verdict(p, {"IRNN": [[200.0, -400.0, 200.0, 200.0, 200.0, 300.0]], "LSTM": [[100.0] * 6]}, updates)
    assert worse.verdict == "contradicted"
    assert "in none of 6 seeds: it takes 2 times as many (at least 2)" in worse.reason
    on_it = verdict(p, {"IRNN": [[150.0] * 6], "LSTM": [[100.0] * 6]}, updates)
    assert on_it.verdict == "contradicted"
    assert on_it.reason.endswith("below the smallest effect of interest, 1.1 times within the allowance: no difference worth the name")
    never = verdict(p, {"IRNN": [[-400.0] * 6], "LSTM": [[100.0] * 6]}, updates)
    assert "in the typical seed IRNN does not get there (at least 4.01)" in never.reason


# --- Several curves near zero ---


def test_every_curve_must_stay_near_zero_in_its_own_scale() -> None:
    """Layer 1: 0.1/2 = 0.05. Layer 2: size/10, so the second curve decides from a size of 0.5 on."""
    p = NearZero("eq3/1", "", WHY, arm="RIN", scale="s1", tolerance=0.1, also=(("eq3/2", "s2"),))

    def layers(size: float) -> Outcome:
        return Outcome("budget", {"s1": 2.0, "s2": 10.0}, {"eq3/1": (0.0, 0.1), "eq3/2": (-size, 0.0, 0.0)})

    inside = verdict(p, {"RIN": [[0.4, 0.4, 0.9, 0.9, 0.9]]}, layers)
    assert inside.verdict == "reproduced"
    assert inside.evidence is not None
    assert inside.evidence.values == pytest.approx((0.05, 0.05, 0.09, 0.09, 0.09))
    assert "the largest |eq3/1| and |eq3/2| over all steps is 0.09 times its own scale" in inside.reason
    assert verdict(p, {"RIN": [[2.0] * 5]}, layers).verdict == "contradicted"
    raw = dataclasses.replace(p, scale="", also=(("eq3/2", ""),))
    assert verdict(raw, {"RIN": [[0.05] * 5]}, layers).verdict == "reproduced"
    with pytest.raises(ClaimError, match="no curve 'eq3/3'"):
        verdict(dataclasses.replace(p, also=(("eq3/3", "s2"),)), {"RIN": [[0.1] * 5]}, layers)


def test_the_widest_curve_counts_whichever_is_named_first() -> None:
    arm = Arm("RIN", (training("RIN", 0),))
    curves = {"a": (0.1, -0.3), "b": (0.2,)}

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        return Outcome("budget", {}, curves)

    for names in (("a", "b"), ("b", "a")):
        assert arm_suprema(arm, (0,), lookup, [(name, "") for name in names]) == (0.3,)


# --- Identities ---


def test_errors_of_opposite_sign_do_not_cancel_in_an_identity_of_several_probes() -> None:
    probes = (Probe("any", "up"), Probe("any", "down"))
    p = Identity("error", "", WHY, tolerance=1e-12)
    claim = Claim("p/s/x", "p", "q", Locator(section="1"), p, "s", arms={"smoke": (Arm("a", probes),)}, seeds={"smoke": 1})
    found = assess(claim, "smoke", (0,), lambda recipe, seed: Outcome("budget", {"error": 1.0 if recipe == probes[0] else -1.0}))
    assert found.verdict == "contradicted"


# --- Nothing is left out ---


def test_an_outcome_is_looked_up_once() -> None:
    asked: list[tuple[Recipe, int]] = []

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        asked.append((recipe, seed))
        return Outcome("budget", {"accuracy": 1.0})

    arms = tuple(Arm(name, (training(name, 0), training(name, 1))) for name in ("RIN", "IRNN"))
    claim = Claim("p/s/x", "p", "q", Locator(section="1"), SENSITIVE, "s", arms={"smoke": arms}, seeds={"smoke": 5})
    assess(claim, "smoke", range(5), lookup)
    assert len(asked) == len(set(asked)) == 20


BASE: dict[str, Any] = {"metric": "m", "unit": "u", "why": WHY}


@pytest.mark.parametrize(
    ("prediction", "reproduced", "contradicted"),
    [
        (
            IN_ALL,
            "the advantage of RIN over IRNN in each of their pairs of recipes (early_loss) lies above 0",
            "the advantage in some pair lies below 0.05, the smallest effect of interest (Holm over the pairs)",
        ),
        (
            SEVERAL,
            "RIN and IRNN each need fewer updates than LSTM (updates_to_level; runs that never arrive are censored at the budget)",
            "the ratio of the updates of LSTM to those of one of them lies below 1.1, the smallest effect of interest (Holm over the arms)",
        ),
        (
            LearnsFaster(**BASE, faster="IRNN", slower="LSTM", allowance=1.5, smallest_effect=1.1),
            "IRNN needs fewer than 1.5 times the updates of LSTM (m; runs that never arrive are censored at the budget)",
            "the ratio of 1.5 times the updates of LSTM to those of IRNN lies below 1.1, the smallest effect of interest",
        ),
        (
            SENSITIVE,
            "over the settings, accuracy of RIN falls short of its own best by less on average than that of IRNN: "
            "the advantage lies above 0",
            "the advantage lies below 0.5, the smallest effect of interest",
        ),
        (
            NearZero(**BASE, arm="RIN", scale="s", tolerance=0.1, also=(("n", "t"),)),
            "each of the curves m and n of RIN stays within ±0.1 x its own scale at every step",
            "one leaves its band somewhere",
        ),
    ],
)
def test_the_region_is_said_in_plain_words(prediction: Prediction, reproduced: str, contradicted: str) -> None:
    found = prediction.region()
    assert (found.reproduced, found.contradicted) == (reproduced, contradicted)
    assert found.inside
    assert found.outside


@pytest.mark.parametrize(
    "prediction",
    [
        Above(**BASE, arm="a", threshold=1.0, diverged_value=0.0),
        Greater(**BASE, better="a", worse="b", smallest_effect=0.05, diverged_value=0.0),
        Ranking(**BASE, order=(("a",), ("b",)), diverged_value=0.0, smallest_effect=0.5),
        FailsToConverge(**BASE, arm="a", baseline=1.0, diverged_value=0.0),
    ],
)
def test_every_kind_that_averages_names_a_diverged_run_of_a_grid(prediction: Prediction) -> None:
    found = verdict(prediction, {name: [[3.0] * 5, [3.0, 3.0, None, 3.0, 3.0]] for name in prediction.arm_names})
    assert found.evidence is not None
    assert found.evidence.n_diverged == 1
    assert all(None not in column for column in found.evidence.arms.values())
    assert "a run diverged in 1 of 5 seeds, counted as 0 u" in found.reason
