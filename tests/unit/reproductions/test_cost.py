"""Costs: relative by arithmetic, in seconds from a calibration that scales what it did not measure."""

import dataclasses
import math

import pytest

from claims.papers.rin_2018 import protocol
from claims.papers.rin_2018.protocol import TO_THE_END
from reproductions.recipes import BABI_TASKS, Babi, Probe
from reproductions.running import cost
from reproductions.running.cost import Calibration, Spent, calibrate, makespan, relative_cost, shape
from reproductions.step_tasks import Language, Speech
from reproductions.trials import Trial

RIN = protocol.adding("smoke", "rin", 200)
LSTM = protocol.adding("smoke", "lstm", 200)
PIXEL = protocol.pixel_mnist("smoke", "rin", "permuted")


def test_a_longer_trial_costs_more_and_a_probe_costs_nothing():
    assert relative_cost(Trial(LSTM, 0)) > 2 * relative_cost(Trial(RIN, 0)) > 0
    assert relative_cost(Trial(Probe("any", "dt-depth"), 0)) == 0
    twice = dataclasses.replace(RIN, updates=2 * RIN.updates)
    assert relative_cost(Trial(twice, 0)) == 2 * relative_cost(Trial(RIN, 0))


def test_the_operations_are_those_of_the_recurrent_products():
    # forward h U: 2 H^2 a step and sample, backward twice that; 40 steps, 32 sequences, 4,000 updates, H = 100
    assert relative_cost(Trial(RIN, 0)) == 3 * 2 * 100**2 * 40 * 32 * 4_000


def test_every_babi_task_has_a_length_and_long_stories_cost_more():
    assert list(BABI_TASKS) == list(range(1, 21))
    three, four = (Trial(protocol.babi("compact", "rin", task), 0) for task in (3, 4))
    assert relative_cost(three) > 10 * relative_cost(four)


def test_recipes_that_differ_in_what_costs_no_time_share_a_shape():
    assert shape(RIN) == shape(protocol.adding("smoke", "rin", 200, learning_rate=0.1))
    assert shape(PIXEL) == shape(dataclasses.replace(PIXEL, gradient_norms=True, estimation_error=False))
    kinds = [RIN, LSTM, PIXEL, protocol.adding("smoke", "rin", 150), protocol.pixel_mnist("smoke", "rin", "sequential")]
    assert len({shape(recipe) for recipe in kinds}) == len(kinds)


@pytest.mark.parametrize("profile", TO_THE_END)
def test_a_shape_takes_few_updates_and_few_samples_and_downloads_nothing(profile):
    for recipe in (
        protocol.adding(profile, "rin", 200),
        protocol.pixel_mnist(profile, "lstm", "permuted"),
        protocol.babi(profile, "rin", 1),
    ):
        small = shape(recipe)
        assert (small.updates, small.network, small.batch_size) == (5, recipe.network, recipe.batch_size)
        assert small.task.steps == recipe.task.steps
        assert getattr(small.task, "source", "embedded") in ("embedded", "simulated")
        assert small.task.train_size <= 8 * recipe.batch_size


# --- Seconds ---


def test_seconds_are_updates_and_evaluations_of_the_measured_shape():
    calibration = Calibration({shape(RIN): 0.01})
    # 4,000 updates and 20 evaluations of 2,000 sequences, each a third as dear as one of 32 in an update
    expected = 0.01 * (4_000 + 20 * 2_000 / 32 / 3)
    assert calibration.seconds(Trial(RIN, 0)) == pytest.approx(expected)
    assert calibration.seconds(Trial(RIN, 0), done=4_000) == 0
    assert calibration.seconds(Trial(RIN, 0), done=2_000) == pytest.approx(expected / 2)


def test_interim_evaluations_count_with_the_images_they_look_at():
    calibration = Calibration({shape(PIXEL): 0.01})
    looks = len(PIXEL.checkpoints) - 1
    samples = PIXEL.updates * PIXEL.batch_size + (looks * 500 + 1_000) / 3
    assert calibration.seconds(Trial(PIXEL, 0)) == pytest.approx(0.01 / PIXEL.batch_size * samples)


def test_what_was_not_measured_is_scaled_from_the_same_cell_first():
    calibration = Calibration({shape(RIN): 0.01, shape(LSTM): 0.05})
    longer = protocol.adding("smoke", "lstm", 150)  # T = 30 instead of 40
    assert calibration.seconds(Trial(longer, 0)) == pytest.approx(calibration.seconds(Trial(LSTM, 0)) * 30 / 40)


def test_a_cell_is_never_estimated_from_another_while_its_own_was_measured():
    calibration = Calibration({shape(RIN): 0.01, shape(LSTM): 0.05})
    wide = dataclasses.replace(RIN, network=dataclasses.replace(RIN.network, hidden=200))  # as dear as 1.4 updates of the LSTM
    assert calibration.seconds(Trial(wide, 0)) == pytest.approx(4 * calibration.seconds(Trial(RIN, 0)))


def test_without_any_measurement_there_is_still_a_finite_estimate():
    assert 0 < Calibration().seconds(Trial(RIN, 0)) < math.inf
    assert Calibration().seconds(Trial(Probe("any", "dt-depth"), 0)) > 0


def test_a_calibration_measures_through_the_real_training_path_and_orders_cells_as_they_are():
    pytest.importorskip("torch")
    found = calibrate([Trial(RIN, 0), Trial(RIN, 1), Trial(LSTM, 0), Trial(Probe("any", "dt-depth"), 0)], limit=60)
    assert set(found.update_seconds) == {shape(RIN), shape(LSTM)}
    assert 0 < found.update_seconds[shape(RIN)] < found.update_seconds[shape(LSTM)]
    assert found.took > 0


def test_a_calibration_without_time_measures_one_shape_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(cost, "_measure", lambda recipe: asked.append(recipe) or Spent(0.01, 0.03))
    calibrate([Trial(RIN, 0), Trial(LSTM, 0), Trial(PIXEL, 0)], limit=0)
    assert asked[1:] == [shape(RIN)]  # after the warm-up


def test_every_task_and_cell_is_measured_before_a_second_shape_of_one(monkeypatch):
    asked = []
    monkeypatch.setattr(cost, "_measure", lambda recipe: asked.append(recipe) or Spent(0.01, 0.03))
    short = protocol.adding("smoke", "lstm", 150)
    calibrate([Trial(recipe, seed) for recipe in (short, LSTM, RIN, PIXEL) for seed in range(2)], limit=60)
    assert asked[1:] == [shape(RIN), shape(PIXEL), shape(LSTM), shape(short)]


def test_a_busy_machine_is_told_apart_from_a_slow_one(monkeypatch):
    monkeypatch.setattr(cost, "_measure", lambda recipe: Spent(0.01, 0.03))
    found = calibrate([Trial(RIN, 0)])
    assert (found.update_seconds, found.busy) == ({shape(RIN): 0.01}, pytest.approx(3.0))
    monkeypatch.setattr(cost, "_measure", lambda recipe: Spent(0.0101, 0.01))
    assert calibrate([Trial(RIN, 0)]).busy == 1.0
    assert calibrate([]).busy == 1.0


def test_data_that_is_not_at_hand_is_never_fetched_for_a_calibration(monkeypatch, tmp_path):
    monkeypatch.setattr("reproductions.datasets._download", lambda file: pytest.fail("a download"))
    published = dataclasses.replace(RIN, task=Babi(2, "files", 100, 100), estimation_error=False)
    assert len(calibrate([Trial(published, 0)]).update_seconds) == 1  # on simulated stories of the same task
    text = dataclasses.replace(RIN, task=Language("wikitext-2", 50, 5, 40, 10), estimation_error=False)
    assert len(calibrate([Trial(text, 0)]).update_seconds) == 1  # on simulated stories too
    monkeypatch.setenv("RIN_CLAIMS_DATA", str(tmp_path))
    missing = dataclasses.replace(RIN, task=Speech("timit", 50, 40, 10), estimation_error=False)
    assert calibrate([Trial(missing, 0)]).update_seconds == {}


# --- Several workers ---


def test_independent_trials_share_the_workers_the_longest_first():
    assert makespan([], 4, 4) == 0
    assert makespan([3, 1, 2], 1, 4) == 6
    assert makespan([3, 1, 2], 2, 2) == 3
    assert makespan([3, 1, 2], 8, 8) == 3  # no shorter than the longest
    assert makespan([1] * 8, 4, 2) == pytest.approx(4)  # four workers on two cores are no faster than two
