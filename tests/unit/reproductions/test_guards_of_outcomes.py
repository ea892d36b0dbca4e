"""Every guard of outcomes passes what sound runs measure and names what is wrong with unsound ones.

Outcomes are made by hand.
"""

from __future__ import annotations

import dataclasses
import math

import pytest

from reproductions.guards import of_outcomes
from reproductions.recipes import Adding, Network, Optimizer, PixelMnist, Training
from reproductions.trials import Outcome, Trial

ADDING = Training("smoke", Adding(10, 1_000, 1_000), Network("rin"), Optimizer("adam", 1e-3), 50, 80, 8)
DIGITS = Training("smoke", PixelMnist("sequential", 4, "embedded", 400, 100, 50), Network("rin"), Optimizer("rmsprop", 1e-3), 10, 40, 4)
SEEDS = (0, 1, 2)


def adding(seed: int = 0, **changes: object) -> Outcome:
    """Return a run whose loss falls, on training and on test data, from 0.2 by a tenth an evaluation."""
    losses = tuple((0.2 + seed / 1000) * 0.9**k for k in range(8))
    curves = {"updates": tuple(range(10, 81, 10)), "train_loss": tuple(1.05 * loss for loss in losses), "test_mse": losses}
    metrics = {"train_loss": curves["train_loss"][-1], "test_mse": losses[-1]}
    return dataclasses.replace(Outcome("budget", metrics, curves, updates=80), **changes)


def digits(seed: int = 0, **curves: tuple[float, ...]) -> Outcome:
    every = {
        "updates": (10, 20, 30, 40),
        "train_loss": (2.2, 2.1, 2.0, 1.9 + seed / 100),
        "test_loss": (2.15, 2.05, 1.95, 1.85 + seed / 100),
    }
    every |= {"test_accuracy": (12.0, 20.0, 26.0, 31.0), **curves}
    return Outcome("budget", {name: values[-1] for name, values in every.items() if name != "updates"}, every, updates=40)


def alarms(outcomes: dict[Trial, Outcome]) -> dict[str, str]:
    return {finding.guard: finding.message for finding in of_outcomes.findings(outcomes) if finding.message}


def of_adding(**runs: Outcome) -> dict[str, str]:
    return alarms({Trial(ADDING, int(seed[1:])): outcome for seed, outcome in runs.items()})


def test_sound_runs_raise_no_alarm_and_every_guard_looked_at_them():
    outcomes = {Trial(recipe, seed): make(seed) for recipe, make in ((ADDING, adding), (DIGITS, digits)) for seed in SEEDS}
    assert alarms(outcomes) == {}
    assert {finding.guard for finding in of_outcomes.findings(outcomes)} == {*of_outcomes.OUTCOME_GUARDS, of_outcomes.DISTINCT_NETWORKS}


def test_copies_of_one_run_are_named_by_their_seeds():
    found = of_adding(s0=adding(0), s1=adding(5), s2=adding(0), s7=adding(0))
    assert set(found) == {"distinct-runs"}
    assert "the seeds 0, 2, 7 gave one and the same run" in found["distinct-runs"]


@pytest.mark.parametrize("jitter", [1e-4, 1e-3])
def test_a_copy_whose_numbers_were_moved_a_little_is_named(jitter):
    copied = adding(0)
    moved = {name: curve if name == "updates" else tuple(value * (1 + jitter) for value in curve) for name, curve in copied.curves.items()}
    metrics = {name: value * (1 + jitter) for name, value in copied.metrics.items()}
    runs = {
        "s0": copied,
        "s1": adding(30),
        "s2": adding(60),
        "s3": dataclasses.replace(copied, curves=moved, metrics=metrics),
        "s4": adding(90),
    }
    assert "seeds 0 and 3 gave nearly one and the same run" in of_adding(**runs)["no-near-copies"]


def test_runs_that_learn_nothing_may_lie_as_close_as_copies():
    def still(seed):
        learnt = adding(seed)
        flat = tuple(0.2 + seed * 1e-6 + k * 1e-7 for k in range(8))
        return dataclasses.replace(learnt, curves={**learnt.curves, "train_loss": flat, "test_mse": flat}, metrics={"test_mse": flat[-1]})

    runs = {"s0": still(0), "s1": still(1), "s2": adding(30), "s3": adding(60), "s4": adding(90)}
    assert "no-near-copies" not in of_adding(**runs)


def test_runs_that_diverged_before_anything_was_measured_are_no_copies():
    nothing = Outcome("diverged", {}, {"updates": (), "train_loss": ()}, updates=1, diverged_at=1)
    assert of_adding(s0=nothing, s1=nothing) == {}


def test_two_cells_that_are_one_run_in_every_seed_are_one_cell():
    twin = dataclasses.replace(ADDING, network=Network("irnn"))
    same = {Trial(recipe, seed): adding(seed) for recipe in (ADDING, twin) for seed in SEEDS}
    assert "the rin and the irnn are one and the same run" in alarms(same)["distinct-networks"]
    assert alarms({**same, Trial(twin, 2): adding(9)}) == {}  # dead networks may agree in single seeds


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (adding(updates=8), "ended after 8 of 80 updates"),
        (adding(curves={**adding().curves, "updates": tuple(range(1, 9))}), "not at the recipe's 8 checkpoints"),
        (adding(status="converged"), "the recipe has no patience"),
    ],
)
def test_a_cut_budget_is_named(outcome, said):
    assert said in of_adding(s0=outcome)["budget-is-spent"]


def test_the_best_value_of_a_curve_is_not_its_last():
    rising = (2.0, 1.5, 1.6, 1.9)
    sound = digits(test_loss=rising)
    best = dataclasses.replace(sound, metrics={**sound.metrics, "test_loss": min(rising)})
    assert alarms({Trial(DIGITS, 0): sound}) == {}
    assert "test_loss of seed 0 is 1.5, the last value of its curve 1.9" in alarms({Trial(DIGITS, 0): best})["final-score-is-the-last"]


@pytest.mark.parametrize("name", ["train_loss", "train_accuracy", "test_loss", "test_accuracy"])
def test_every_score_is_held_to_the_end_of_its_curve(name):
    sound = digits(train_accuracy=(15.0, 22.0, 27.0, 33.0))
    first = dataclasses.replace(sound, metrics={**sound.metrics, name: sound.curves[name][0]})
    assert alarms({Trial(DIGITS, 0): sound}) == {}
    assert f"{name} of seed 0" in alarms({Trial(DIGITS, 0): first})["final-score-is-the-last"]


@pytest.mark.parametrize(
    ("curves", "said"),
    [
        ({"test_accuracy": (12.0, 20.0, 26.0, 31.5)}, "no share of 100 test items"),
        ({"test_accuracy": (12.0, 21.0, 26.0, 31.0)}, "no share of 50 test items"),
        ({"test_accuracy": (12.0, 20.0, 26.0, 130.0)}, "no share of 100 test items"),
        ({"test_loss": (2.15, 2.05, 1.95, 0.69 * math.log(2) - 0.01)}, "less than its errors allow"),
        ({"train_loss": (2.2, 2.1, 2.0, -0.1)}, "a negative train_loss"),
    ],
)
def test_an_impossible_score_is_named(curves, said):
    assert said in alarms({Trial(DIGITS, 0): digits(**curves)})["score-is-possible"]


def test_the_smallest_loss_that_the_errors_allow_is_possible():
    assert alarms({Trial(DIGITS, 0): digits(test_loss=(2.15, 2.05, 1.95, 0.69 * math.log(2)), train_loss=(2.2, 2.1, 2.0, 0.4))}) == {}


def derived(**metrics: float | None) -> str:
    """Return what is said of a run with these metrics; each follows from its curves where it is not given."""
    run = adding()
    updates, losses = run.curves["updates"], run.curves["test_mse"]
    rising = (*losses[:-1], 0.4)  # the last evaluation lies above the one before it by log10(0.4 / 0.1 0.9^..)
    curves = {**run.curves, "train_loss": rising, "updates": updates}
    sound = {
        "train_loss": rising[-1],
        "test_mse": losses[-1],
        "train_loss_roughness": math.log10(0.4 / losses[-2]),
        "early_loss": losses[0],  # 10 of 80 updates are in the first fifth, and 20 are not
        "updates_to_half_baseline": None,  # 0.2 * 0.9^7 is 0.096, above 1/12
    }
    return of_adding(s0=adding(curves=curves, metrics={**sound, **metrics})).get("metrics-follow-from-curves", "")


def test_metrics_that_follow_from_the_curves_are_held_to_their_definitions() -> None:
    assert derived() == ""
    assert "early_loss of seed 0 is 0.19" in derived(early_loss=0.19)  # of two evaluations
    assert "train_loss_roughness of seed 0 is 0.1" in derived(train_loss_roughness=0.1)
    assert "updates_to_half_baseline of seed 0 is 80" in derived(updates_to_half_baseline=80)
    assert "early_loss of seed 0 is none, and 0.2" in derived(early_loss=None)


def test_a_level_is_reached_at_the_first_evaluation_that_has_it() -> None:
    reached = digits()
    sound = dataclasses.replace(reached, metrics={**reached.metrics, "updates_to_twice_chance": 20, "early_accuracy": None})
    assert alarms({Trial(DIGITS, 0): sound}) == {}
    late = dataclasses.replace(sound, metrics={**sound.metrics, "updates_to_twice_chance": 30})
    assert "updates_to_twice_chance of seed 0 is 30, and 20 by" in alarms({Trial(DIGITS, 0): late})["metrics-follow-from-curves"]


def many(right: tuple[int, ...]) -> Outcome:
    """Return a run on 1,000 test digits that gets so many right at its evaluations."""
    curves = {
        "updates": tuple(range(10, 10 * len(right) + 1, 10)),
        "train_loss": tuple(2.0 - k / 100 for k in range(len(right))),
        "test_loss": tuple(2.0 - k / 99 for k in range(len(right))),
        "test_accuracy": tuple(count / 10 for count in right),
    }
    metrics = {name: values[-1] for name, values in curves.items() if name != "updates"}
    return Outcome("budget", metrics, curves, updates=10 * len(right))


WHOLE = dataclasses.replace(DIGITS, task=PixelMnist("sequential", 4, "embedded", 400, 1_000), updates=300, evaluations=30)


@pytest.mark.parametrize(("part", "said"), [(2, "only 500 items were scored"), (5, "only 200 items were scored")])
def test_a_part_of_the_test_that_divides_its_size_is_named_by_the_counts_of_right_answers(part: int, said: str) -> None:
    counts = tuple(part * k for k in range(40, 70))
    assert said in alarms({Trial(WHOLE, 0): many(counts)})["whole-test-is-scored"]
    assert alarms({Trial(WHOLE, 0): many((*counts[:-1], counts[-1] + 1))}) == {}


def test_a_few_even_counts_of_right_answers_are_chance() -> None:
    """Twenty-six of them are even with chance 2^-26, which is more than 1e-8; so are any number of equal ones."""
    assert alarms({Trial(WHOLE, 0): many(tuple(2 * k for k in [*range(40, 66), *[65] * 4]))}) == {}
    assert "whole-test-is-scored" in alarms({Trial(WHOLE, 0): many(tuple(2 * k for k in [*range(40, 67), *[66] * 3]))})


def test_a_training_loss_far_above_the_test_loss_is_named_and_a_spike_is_not():
    def worse(seed: int, where: slice) -> Outcome:
        train = list(adding(seed).curves["train_loss"])
        train[where] = [4 * loss for loss in train[where]]
        return adding(seed, curves={**adding(seed).curves, "train_loss": tuple(train)}, metrics={})

    assert (
        "targets are wrong, or the test knows them"
        in of_adding(**{f"s{seed}": worse(seed, slice(None)) for seed in SEEDS})["training-against-test"]
    )
    assert of_adding(**{f"s{seed}": worse(seed, slice(6, 7)) for seed in SEEDS}) == {}


def test_spikes_that_every_mean_over_updates_has_and_few_evaluations_meet_are_no_alarm():
    def spiky(seed: int) -> Outcome:
        tests = [(1 + seed / 1000) * 1e-3] * 8
        train = [2 * loss for loss in tests]  # a spike in every stretch of updates
        tests[5] *= 30  # and one that an evaluation met
        curves = {**adding().curves, "train_loss": tuple(train), "test_mse": tuple(tests)}
        return adding(seed, curves=curves, metrics={})

    assert of_adding(**{f"s{seed}": spiky(seed) for seed in SEEDS}) == {}


def test_a_guard_that_cannot_look_has_noticed_something():
    broken = adding(curves={**adding().curves, "test_mse": ("low",) * 8})
    assert any("it could not look (" in message for message in of_adding(s0=broken).values())
