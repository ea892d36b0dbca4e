"""From outcomes to verdicts: every kind in every direction, its reason, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pytest

from claims.judging.assess import assess
from claims.kinds import (
    Above,
    Arithmetic,
    Below,
    FailsToConverge,
    Greater,
    Identity,
    LearnsFaster,
    MatchesPublished,
    MoreStable,
    NearZero,
    Ranking,
    Similar,
)
from claims.measurements.values import arm_means, arm_suprema, arm_updates, count_test_items, in_log10, recipe_values
from claims.model import Arm, Claim, ClaimError, Locator, Prediction
from claims.results import Evidence, Verdict
from reproductions.recipes import Adding, Network, Optimizer, Probe, Recipe, Training
from reproductions.trials import Outcome

WHY = "a test"
Column = Sequence[float | None]


def recipe(name: str) -> Probe:
    return Probe("smoke", name)


def claim(prediction: Prediction, names: Sequence[str] = ()) -> Claim:
    arms = tuple(Arm(name, (recipe(name),)) for name in (names or prediction.arm_names))
    return Claim(
        "paper/section/slug", "paper", "quote", Locator(section="1"), prediction, "statement", arms={"smoke": arms}, seeds={"smoke": 8}
    )


def outcomes(columns: Mapping[str, Column], make: Callable[[float], Outcome]) -> Callable[[Recipe, int], Outcome]:
    """A lookup: ``columns[arm][seed]`` through ``make``; None is a diverged run."""

    def lookup(which: Recipe, seed: int) -> Outcome:
        assert isinstance(which, Probe)
        value = columns[which.name][seed]
        return Outcome("diverged", {}, diverged_at=1) if value is None else make(value)

    return lookup


def verdict(prediction: Prediction, columns: Mapping[str, Column], make: Callable[[float], Outcome] | None = None) -> Verdict:
    make = make or (lambda value: Outcome("budget", {prediction.metric: value}))
    seeds = range(len(next(iter(columns.values()))))
    return assess(claim(prediction, tuple(columns)), "smoke", seeds, outcomes(columns, make))


GREATER = Greater("accuracy", "points", WHY, better="RIN", worse="IRNN", smallest_effect=1.0)
RIN, IRNN = [60.0, 61.0, 62.0, 63.0, 60.0, 59.0], [44.0, 42.0, 43.0, 45.0, 47.0, 41.0]


def test_a_reproduced_advantage_says_how_large_it_is() -> None:
    found = verdict(GREATER, {"RIN": RIN, "IRNN": IRNN})
    assert found.verdict == "reproduced"
    assert found.reason == "RIN is better than IRNN in all 6 seeds: the median advantage is 18 points (at least 13)"
    assert found.evidence is not None
    assert found.evidence.seeds == (0, 1, 2, 3, 4, 5)
    assert found.evidence.arms == {"RIN": tuple(RIN), "IRNN": tuple(IRNN)}


def test_an_advantage_below_the_smallest_of_interest_is_contradicted() -> None:
    found = verdict(GREATER, {"RIN": [1.5, 2.0, 2.0, 0.0, 1.0], "IRNN": [1.0, 2.0, 3.0, 1.0, 1.0]})
    assert found.verdict == "contradicted"
    assert "at most 0.5), below the smallest effect of interest, 1" in found.reason


def test_a_small_but_certain_advantage_is_reproduced_with_a_remark() -> None:
    found = verdict(GREATER, {"RIN": [1.5] * 6, "IRNN": [1.0] * 6})
    assert found.verdict == "reproduced"
    assert found.reason.endswith("though less than the smallest effect of interest, 1")


def test_an_undecided_verdict_says_what_would_decide_it() -> None:
    found = verdict(GREATER, {"RIN": [3.0, 1.0, 4.0, 0.0, 3.0, 5.0], "IRNN": [1.0, 2.0, 1.0, 1.0, 2.0, 1.0]})
    assert found.verdict == "inconclusive"
    assert found.evidence is not None
    assert found.evidence.detectable is not None
    assert found.evidence.seeds_needed is not None
    assert found.evidence.seeds_needed > 6
    assert f"about {found.evidence.seeds_needed} would decide" in found.reason


def test_four_seeds_decide_nothing_and_say_so() -> None:
    found = verdict(GREATER, {"RIN": [90.0] * 4, "IRNN": [10.0] * 4})
    assert found.verdict == "inconclusive"
    assert "4 seeds cannot decide, at least 5 are needed" in found.reason


def test_a_diverged_run_is_named_and_costs_its_arm_the_seed() -> None:
    found = verdict(GREATER, {"RIN": [*RIN[:5], None], "IRNN": IRNN})
    assert found.verdict == "inconclusive"
    assert "diverged runs count as the worst: RIN 1" in found.reason
    assert found.evidence is not None
    assert "diverged, counted as the worst rank: RIN, seed 5" in found.evidence.details


# kind, prediction, columns that reproduce it, columns that contradict it, columns that leave it open
FIVE: tuple[tuple[Prediction, Mapping[str, Column], Mapping[str, Column], Mapping[str, Column]], ...] = (
    (
        Below("mse", "MSE", WHY, higher_is_better=False, arm="a", threshold=0.167),
        {"a": [0.1] * 5},
        {"a": [0.2, 0.2, None, 0.2, 0.2]},
        {"a": [0.1, 0.1, None, 0.1, 0.1]},
    ),
    (Above("accuracy", "%", WHY, arm="a", threshold=10.0), {"a": [11.0] * 5}, {"a": [9.0, None] * 3}, {"a": [10.0] * 8}),
    (
        MoreStable("roughness", "", WHY, steadier="a", rougher="b", smallest_effect=0.5),
        {"a": [1.0] * 5, "b": [2.0, 2.0, 2.0, 2.0, None]},
        {"a": [1.0] * 5, "b": [1.0] * 5},
        {"a": [1.0] * 5, "b": [1.0] * 4 + [1.5]},
    ),
    (
        Similar("accuracy", "points", WHY, first="a", second="b", margin=2.0),
        {"a": [1.0] * 6, "b": [2.0] * 6},
        {"a": [1.0] * 6, "b": [9.0] * 6},
        {"a": [1.0] * 5, "b": [9.0] * 5},
    ),
    (
        Ranking("accuracy", "points", WHY, order=(("a",), ("b", "c")), smallest_effect=0.5),
        {"a": [3.0] * 5, "b": [1.0] * 5, "c": [2.0] * 5},
        {"a": [1.0] * 6, "b": [0.0] * 6, "c": [2.0] * 6},
        {"a": [1.0] * 5, "b": [0.0] * 5, "c": [2.0] * 5},
    ),
    (
        FailsToConverge("accuracy", "%", WHY, arm="a", baseline=10.0, share=0.5),
        {"a": [None, 10.0, 9.0, None, 10.0]},
        {"a": [50.0] * 5},
        {"a": [50.0] * 4 + [10.0]},
    ),
    (
        MatchesPublished("accuracy", "%", WHY, arm="a", published=90.0, useful_width=8.0),
        {"a": [89.0, 90.0, 91.0, 90.5, 89.5]},
        {"a": [70.0 + 0.1 * i for i in range(8)]},
        {"a": [80.0, 95.0, 91.0, 90.5, 89.5]},
    ),
)


@pytest.mark.parametrize(("prediction", "for_it", "against_it", "open_case"), FIVE, ids=lambda value: type(value).__name__)
def test_every_kind_can_be_reproduced_contradicted_and_left_open(
    prediction: Prediction, for_it: Mapping[str, Column], against_it: Mapping[str, Column], open_case: Mapping[str, Column]
) -> None:
    for name, columns in (("reproduced", for_it), ("contradicted", against_it), ("inconclusive", open_case)):
        found = verdict(prediction, columns)
        assert found.verdict == name
        assert "\n" not in found.reason
        assert all(arm in found.reason for arm in prediction.arm_names)


def updates_run(updates: float) -> Outcome:
    """A run that reaches the level after ``updates``; a negative number is a budget within which it does not."""
    return Outcome("budget", {"updates_to_level": None if updates < 0 else updates}, updates=int(abs(updates)))


def test_learning_faster_is_judged_on_censored_updates() -> None:
    p = LearnsFaster("updates_to_level", "updates", WHY, faster="RIN", slower="IRNN", smallest_effect=1.1)
    found = verdict(p, {"RIN": [100.0] * 5, "IRNN": [200.0, -999.0, 400.0, None, 300.0]}, updates_run)
    assert found.verdict == "reproduced"
    assert found.reason.startswith("RIN reaches the level first in all 5 seeds: IRNN takes 4 times the updates (at least 2)")
    assert found.evidence is not None
    assert found.evidence.arms["IRNN"] == (200.0, math.inf, 400.0, None, 300.0)
    assert verdict(p, {"RIN": [200.0] * 5, "IRNN": [100.0] * 5}, updates_run).verdict == "contradicted"
    neither = verdict(p, {"RIN": [-99.0] * 5, "IRNN": [-99.0] * 5}, updates_run)
    assert neither.verdict == "contradicted"
    assert neither.reason == (
        "RIN reaches the level first in none of 5 seeds: no seed tells which side is first; no run gets there in 5 of 5 seeds, below the "
        "smallest effect of interest, 1.1 times: no difference worth the name"
    )


def test_a_curve_near_zero_is_judged_by_its_supremum_in_units_of_the_scale() -> None:
    p = NearZero("eq3", "activation", WHY, arm="RIN", scale="activation_scale", tolerance=0.1)

    def curve(size: float) -> Outcome:
        return Outcome("budget", {"activation_scale": 2.0}, {"eq3": (0.0, -size, size / 2)})

    inside = verdict(p, {"RIN": [0.1, 0.2, 0.2, 0.1, 0.0]}, curve)
    assert (inside.verdict, inside.evidence.upper if inside.evidence else None) == ("reproduced", 0.1)
    assert verdict(p, {"RIN": [0.3, 0.4, None, 0.3, 0.5]}, curve).verdict == "contradicted"
    assert verdict(p, {"RIN": [0.3, 0.4, 0.1, 0.3, 0.5]}, curve).verdict == "inconclusive"


def test_an_identity_holds_or_fails_without_sampling() -> None:
    p = Identity("error", "", WHY, tolerance=1e-12)
    assert verdict(p, {"probe": [1e-13, -1e-12]}).verdict == "reproduced"
    assert verdict(p, {"probe": [1e-13], "other": [-1e-11]}).verdict == "contradicted"
    assert verdict(p, {"probe": [None]}).verdict == "contradicted"


def test_arithmetic_calls_its_check_with_its_arguments() -> None:
    def difference(printed: str, computed: str) -> Evidence:
        gap = abs(float(printed) - float(computed))
        return Evidence(gap, None, None, 1, 0, "arithmetic", "points", details=(f"{printed} printed, {computed} computed",))

    agrees = Claim(
        "p/s/x", "p", "quote", Locator(table="1"), Arithmetic("m", "points", WHY, check=difference, arguments=("67", "67")), "statement"
    )
    found = assess(agrees, "smoke", (), outcomes({}, updates_run))
    assert (found.verdict, found.reason) == ("reproduced", "the computation agrees with the printed numbers: 67 printed, 67 computed")
    assert found.evidence is not None
    assert found.evidence.n == 0  # no seed
    differs = Claim(
        "p/s/x", "p", "quote", Locator(table="1"), Arithmetic("m", "points", WHY, check=difference, arguments=("12", "2")), "statement"
    )
    found = assess(differs, "paper", (), outcomes({}, updates_run))
    assert found.verdict == "contradicted"
    assert "disagrees with the printed numbers by 10 points beyond rounding: 12 printed, 2 computed" in found.reason


def test_a_check_that_returns_no_evidence_is_a_mistake_of_its_claim() -> None:
    prediction = Arithmetic("m", "points", WHY, check=lambda: 0.5)  # type: ignore[arg-type, return-value]
    wrong = Claim("p/s/x", "p", "quote", Locator(table="1"), prediction, "statement")
    with pytest.raises(ClaimError, match=r"^claim 'p/s/x': `check` returned 0.5; it is to return Evidence$"):
        assess(wrong, "smoke", (), outcomes({}, updates_run))


def test_a_profile_that_does_not_measure_the_claim_does_not_run_it() -> None:
    assert assess(claim(GREATER), "paper", (0, 1), outcomes({}, updates_run)).verdict == "not run"


def test_logarithms_are_compared_where_the_claim_asks_for_them() -> None:
    """0.01 against 0.1 is one decade; 0.001 against 0.1 are two."""
    p = Greater("mse", "MSE", WHY, higher_is_better=False, log10=True, better="a", worse="b", smallest_effect=0.1)
    found = verdict(p, {"a": [0.01, 0.01, 0.01, 0.001, 0.001], "b": [0.1] * 5})
    assert found.evidence is not None
    assert found.evidence.values == pytest.approx((1, 1, 1, 2, 2))
    assert "1 log10 MSE (a factor of 10)" in found.reason
    with pytest.raises(ClaimError, match=r"claim 'paper/section/slug': metric 'mse' is 0.0, which has no logarithm"):
        verdict(p, {"a": [0.0] * 5, "b": [0.1] * 5})
    published = MatchesPublished("mse", "MSE", WHY, log10=True, arm="a", published=0.01, useful_width=2.0)
    assert verdict(published, {"a": [0.01, 0.012, 0.009, 0.011, 0.0095]}).verdict == "reproduced"


def test_arms_the_prediction_does_not_name_are_not_looked_at() -> None:
    assert verdict(GREATER, {"RIN": RIN, "IRNN": IRNN, "LSTM": [None] * 6}).reason.endswith("(at least 13)")


def test_a_missing_metric_is_one_line_that_names_claim_metric_and_what_there_is() -> None:
    with pytest.raises(ClaimError) as refusal:
        verdict(GREATER, {"RIN": RIN, "IRNN": IRNN}, lambda value: Outcome("budget", {"loss": value, "mse": value}))
    assert str(refusal.value) == (
        "claim 'paper/section/slug': arm 'RIN', probe RIN, seed 0: the outcome has no metric 'accuracy'; it has loss, mse"
    )


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda value: Outcome("budget", {"accuracy": None}), "is undefined though the run did not diverge"),
        (lambda value: Outcome("budget", {"accuracy": math.nan}), "is nan; a run that is not finite has the status 'diverged'"),
    ],
)
def test_undefined_metrics_are_refused(make: Callable[[float], Outcome], problem: str) -> None:
    with pytest.raises(ClaimError, match=problem):
        verdict(GREATER, {"RIN": RIN, "IRNN": IRNN}, make)


def test_seeds_may_neither_repeat_nor_be_missing() -> None:
    lookup = outcomes({"RIN": RIN, "IRNN": IRNN}, lambda value: Outcome("budget", {"accuracy": value}))
    with pytest.raises(ClaimError, match="seeds 0, 1, 1 repeat"):
        assess(claim(GREATER), "smoke", (0, 1, 1), lookup)
    with pytest.raises(ClaimError, match="no seeds"):
        assess(claim(GREATER), "smoke", (), lookup)


def test_an_arm_of_several_recipes_has_the_mean_and_diverges_as_a_whole() -> None:
    arm = Arm("a", (recipe("x"), recipe("y")))
    lookup = outcomes({"x": [1.0, 2.0], "y": [3.0, None]}, lambda value: Outcome("budget", {"accuracy": value}))
    runs = recipe_values(arm, (0, 1), lookup, Above("accuracy", "%", WHY, arm="a", threshold=1.0))
    assert runs == ((1.0, 2.0), (3.0, None))
    assert arm_means(runs) == (2.0, None)
    updates = arm_updates(arm, (0, 1), outcomes({"x": [100.0, 100.0], "y": [-299.0, None]}, updates_run), "updates_to_level")
    assert [(run.least, run.most) for run in updates] == [(200.0, math.inf), (math.inf, math.inf)]
    assert updates[1].diverged


def test_the_widest_curve_of_an_arm_counts_and_a_gap_has_the_worst_rank() -> None:
    arm = Arm("a", (recipe("x"), recipe("y")))
    lookup = outcomes({"x": [1.0], "y": [3.0]}, lambda value: Outcome("budget", {}, {"eq3": (value, -value)}))
    assert arm_suprema(arm, (0,), lookup, [("eq3", "")]) == (3.0,)
    with pytest.raises(ClaimError, match="no curve 'eq1'; it has eq3"):
        arm_suprema(arm, (0,), lookup, [("eq1", "")])
    holes = outcomes({"x": [1.0], "y": [3.0]}, lambda value: Outcome("budget", {}, {"eq3": (value, None)}))
    assert arm_suprema(arm, (0,), holes, [("eq3", "")]) == (None,)


def test_a_dead_layer_has_the_worst_rank_and_is_no_divergence() -> None:
    p = NearZero("eq3/layer1", "activation", WHY, arm="RIN", scale="activation_scale/layer1", tolerance=0.1)

    def run(value: float) -> Outcome:
        return Outcome("budget", {"activation_scale/layer1": value or None}, {"eq3/layer1": (0.01,)})

    alive, one_dead = verdict(p, {"RIN": [1.0] * 5}, run), verdict(p, {"RIN": [1.0] * 4 + [0.0]}, run)
    assert (alive.verdict, one_dead.verdict) == ("reproduced", "inconclusive")
    assert one_dead.evidence is not None
    assert one_dead.evidence.n_diverged == 0
    assert one_dead.evidence.values[-1] == math.inf
    assert one_dead.evidence.details[-1] == "finished with a dead or overflowed layer, counted as the worst rank: RIN, seed 4"


def test_a_metric_of_a_dead_layer_has_the_worst_rank_and_any_other_undefined_metric_is_refused() -> None:
    def run(metric: str) -> Callable[[float], Outcome]:
        return lambda value: Outcome("budget", {metric: value or None})

    arms = {"RIN": [1.0] * 4 + [0.0]}
    found = verdict(Below("ratio/layer1", "", WHY, higher_is_better=False, arm="RIN", threshold=4.0), arms, run("ratio/layer1"))
    assert found.verdict == "inconclusive"
    assert found.evidence is not None
    assert (found.evidence.n_diverged, found.evidence.arms["RIN"][-1]) == (0, None)
    assert "dead or overflowed layer" in found.evidence.details[-1]
    with pytest.raises(ClaimError, match="is undefined though the run did not diverge"):
        verdict(Below("ratio", "", WHY, higher_is_better=False, arm="RIN", threshold=4.0), arms, run("ratio"))


def test_test_items_are_counted_over_all_recipes_of_an_arm() -> None:
    training = Training("smoke", Adding(50, 1000, 200), Network("rin"), Optimizer("adam", 1e-3), 32, 100, 10)
    assert count_test_items(Arm("a", (training, training))) == 400
    assert count_test_items(Arm("a", (training, recipe("probe")))) is None


def test_diverged_runs_keep_their_place_among_logarithms() -> None:
    assert in_log10((0.1, None), "mse") == pytest.approx((-1.0, None))


def test_updates_that_are_no_count_are_refused() -> None:
    with pytest.raises(ClaimError, match="counts updates, so it is positive and finite, not 0"):
        arm_updates(Arm("a", (recipe("x"),)), (0,), outcomes({"x": [0.0]}, updates_run), "updates_to_level")


def test_some_diverged_runs_leave_a_printed_number_open_and_name_the_arm() -> None:
    p = MatchesPublished("accuracy", "%", WHY, arm="IRNN", published=90.0, useful_width=8.0)
    some = verdict(p, {"IRNN": [90.0] * 9 + [None]})
    assert (some.verdict, some.reason) == (
        "inconclusive",
        "1 of 10 runs of IRNN diverged, so there is no interval to hold the printed 90 against",
    )
    every = verdict(p, {"IRNN": [None] * 8})
    assert (every.verdict, every.reason) == ("contradicted", "all 8 runs of IRNN diverged, so none resembles the printed 90")
    assert verdict(p, {"IRNN": [None] * 5}).verdict == "inconclusive"


def test_a_printed_number_just_outside_the_interval_stays_open() -> None:
    p = MatchesPublished("accuracy", "%", WHY, arm="a", published=93.0, useful_width=8.0)
    found = verdict(p, {"a": [89.0, 90.0, 91.0, 92.0, 90.0, 91.0, 90.5, 90.0]})
    assert found.verdict == "inconclusive"
    assert "not far enough to rule out that the printed run was an odd one" in found.reason


def test_the_same_outcomes_give_the_same_verdict() -> None:
    columns = {"RIN": [*RIN[:5], None], "IRNN": IRNN}
    assert verdict(GREATER, columns) == verdict(GREATER, columns)


def test_a_stricter_level_needs_more_seeds() -> None:
    found = GREATER.evidence({"RIN": [2.0] * 5, "IRNN": [0.0] * 5}, alpha=0.01)
    assert found.lower is None
    assert GREATER.decide(found, 0.01) == "inconclusive"
