"""The final metrics of a run, worked out by hand from its curves."""

import dataclasses
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reproductions import summary
from reproductions.recipes import Adding, Babi, Network, Optimizer, PixelMnist, Training
from reproductions.step_tasks import Language

ADDING = Training("smoke", Adding(6, 40, 20), Network("rin"), Optimizer("adam", 1e-2), 16, updates=100, evaluations=10)
PIXELS = dataclasses.replace(ADDING, task=PixelMnist("permuted", 4, "embedded", 40, 20))
BABI = dataclasses.replace(ADDING, task=Babi(1, "simulated", 40, 20))
LANGUAGE = dataclasses.replace(ADDING, task=Language("stories", 10, 5, 40, 20))

FALLING = {"updates": [10, 20, 30, 40], "train_loss": [2.3, 2.2, 2.0, 1.5], "test_loss": [2.4, 2.2, 2.1, 1.6]}
CLASSIFIED = FALLING | {"test_accuracy": [10.0, 13.0, 30.0, 50.0]}
ADDED = {"updates": [10, 20, 30, 40], "train_loss": [0.3, 0.2, 0.1, 0.09], "test_mse": [0.17, 0.084, 0.083, 0.1]}


def test_adding_sums_up_as_its_last_values_and_the_first_evaluation_at_half_the_baseline():
    # half of 1/6 is 0.0833...: first undercut at update 30, and the later rise does not undo it; a fifth of 100 updates holds 10 and 20
    assert summary.summary(ADDED, ADDING) == {
        "train_loss": 0.09,
        "test_mse": 0.1,
        "train_loss_roughness": 0.0,
        "spiked": 0.0,
        "early_loss": pytest.approx(0.127),
        "updates_to_half_baseline": 30,
    }
    never = ADDED | {"test_mse": [0.17, 0.16, 0.12, 0.0834]}
    assert summary.summary(never, ADDING)["updates_to_half_baseline"] is None


def test_pixels_sum_up_as_their_last_values_their_first_fifth_and_the_first_evaluation_at_twice_chance():
    assert summary.summary(CLASSIFIED, PIXELS) == {
        "train_loss": 1.5,
        "test_loss": 1.6,
        "test_accuracy": 50.0,
        "train_loss_roughness": 0.0,
        "spiked": 0.0,
        "early_loss": pytest.approx(2.3),
        "early_accuracy": 11.5,
        "updates_to_twice_chance": 30,
    }


def test_twice_chance_is_reached_at_exactly_20_percent_and_perhaps_never():
    at_once = CLASSIFIED | {"test_accuracy": [20.0, 13.0, 30.0, 50.0]}
    never = CLASSIFIED | {"test_accuracy": [10.0, 13.0, 19.9, 19.9]}
    assert summary.summary(at_once, PIXELS)["updates_to_twice_chance"] == 10
    assert summary.summary(never, PIXELS)["updates_to_twice_chance"] is None


def test_only_digits_have_a_chance_of_ten_percent_and_only_classes_an_accuracy():
    assert set(summary.summary(CLASSIFIED, PIXELS)) - set(summary.summary(CLASSIFIED, BABI)) == {"updates_to_twice_chance"}
    assert set(summary.summary(CLASSIFIED, BABI)) - set(summary.summary(FALLING, LANGUAGE)) == {"test_accuracy", "early_accuracy"}


@pytest.mark.parametrize(("recipe", "curves"), [(ADDING, ADDED), (PIXELS, CLASSIFIED), (BABI, CLASSIFIED), (LANGUAGE, FALLING)])
def test_without_an_evaluation_in_the_first_fifth_the_early_means_are_undefined(recipe, curves):
    late = summary.summary(curves, dataclasses.replace(recipe, updates=45))  # a fifth is 9 updates
    early = [name for name in late if name.startswith("early")]
    assert early
    assert all(late[name] is None for name in early)


# --- Roughness and spikes ---


@pytest.mark.parametrize(
    ("losses", "decades"),
    [
        ([1.0], 0),
        ([1.0, 0.1, 0.01], 0),
        ([1.0, 10.0], 1),  # ten times up is a decade
        ([1.0, 0.01, 0.1, 0.001, 0.1], 1 + 2),  # up one, down two, up two
        ([1.0, 0.0, 1.0], 46 * math.log10(2)),  # a loss of 0 counts as 2^-46
        ([0.0, 1e-300, 0.0], 0),  # rounding below 2^-46 is no movement
    ],
)
def test_roughness_is_the_upward_movement_in_decades(losses, decades):
    assert summary.roughness(losses) == pytest.approx(decades, rel=1e-12)


positive = st.floats(1e-6, 1e6)


@given(st.lists(positive, min_size=1, max_size=20), positive)
def test_roughness_does_not_depend_on_the_loss_unit_and_is_zero_exactly_for_curves_that_never_rise(losses, unit):
    found = summary.roughness(losses)
    assert summary.roughness([loss * unit for loss in losses]) == pytest.approx(found, abs=1e-9)
    assert (found == 0) == all(math.log10(after) <= math.log10(before) for before, after in itertools.pairwise(losses))
    assert found >= math.log10(max(losses) / losses[0]) - 1e-9  # at least the net rise from the start


@pytest.mark.parametrize(
    ("losses", "spike"),
    [
        ([1.0], False),
        ([5.0, 1.0, 2.0], False),  # exactly twice the best before
        ([5.0, 1.0, 2.01], True),
        ([5.0, 1.0, 1.5, 2.01], True),  # held against the best so far, not against the window before
        ([1.0, 2.5, 0.1], True),  # a spike that is over stays one
        ([4.0, 3.0, 2.0, 1.0], False),
    ],
)
def test_a_spike_is_a_window_above_twice_the_best_before_it(losses, spike):
    assert summary.spiked(losses) is spike
    curves = ADDED | {"train_loss": losses, "updates": list(range(1, len(losses) + 1)), "test_mse": [0.1] * len(losses)}
    assert summary.summary(curves, ADDING)["spiked"] == float(spike)
