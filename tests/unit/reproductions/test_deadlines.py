"""A deadline lets a trial start only where it is done in time.

The executor stops there with nothing lost.
"""

import sys
import time
import types

import pytest

import reproductions
from reproductions.checkpoint import CheckpointFile
from reproductions.recipe_data import digest
from reproductions.recipes import Adding, Network, Optimizer, Probe, Training
from reproductions.running import deadline as deadline_module
from reproductions.running.deadline import Deadline, OutOfTime
from reproductions.running.executor import LocalExecutor, default_run
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial


def trial(index):
    return Trial(Probe("smoke", "fake", (("index", index),)), 0)


@pytest.fixture
def clock(monkeypatch):
    """The monotonic clock of deadline, which stands still unless it is moved."""
    now = types.SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(deadline_module, "time", types.SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def deadline(at, budget, **seconds):
    """A deadline by the indices of trials: ``i3=20`` says that trial 3 takes 20 s."""
    return Deadline(at, budget, {digest(trial(int(name[1:])).recipe): float(value) for name, value in seconds.items()})


def test_what_is_done_in_time_may_start_the_shortest_first(clock):
    trials = [trial(index) for index in (0, 1, 2, 3)]
    ends = deadline(1050.0, 100.0, i0=50, i1=51, i2=20, i3=30)
    assert ends.startable(trials) == [trial(2), trial(3), trial(0)]
    clock.seconds = 1031.0
    assert ends.startable(trials) == []
    clock.seconds = 1050.0
    assert ends.passed()


def test_a_trial_longer_than_the_whole_budget_is_begun_last_and_only_before_the_end(clock):
    ends = deadline(1050.0, 60.0, i0=61, i1=55, i2=5)
    assert ends.startable([trial(0), trial(1), trial(2)]) == [trial(2), trial(0)]
    clock.seconds = 1050.0
    assert ends.startable([trial(0), trial(2)]) == []


def test_a_trial_without_an_estimate_may_start_while_there_is_time(clock):
    assert deadline(1050.0, 60.0).startable([trial(7)]) == [trial(7)]


# --- The executor ---


def code(recipe):
    return "a" * 64


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", code)


def test_the_executor_runs_what_fits_and_says_that_time_is_out(store, clock):
    def taking_ten_seconds(a_trial, checkpoint):
        clock.seconds += 10
        return Outcome("converged", {"m": 1.0})

    ends = deadline(1025.0, 25.0, i0=10, i1=10, i2=10)
    executor = LocalExecutor(store, taking_ten_seconds, deadline=ends)
    trials = [trial(index) for index in range(3)]
    with pytest.raises(OutOfTime):
        executor.ensure(trials)
    assert [store.has(a_trial) for a_trial in trials] == [True, True, False]
    assert len(executor.ensure(trials[:2])) == 2  # what is stored is given whatever the time


def test_the_executor_waits_for_what_another_process_runs_and_no_longer_than_the_deadline(store, clock, monkeypatch):
    waits = []

    def waiting(seconds):
        waits.append(seconds)
        clock.seconds += 10

    monkeypatch.setattr("reproductions.running.executor.time", types.SimpleNamespace(sleep=waiting))
    executor = LocalExecutor(Store(store.folder, code), default_run, deadline=deadline(1025.0, 25.0, i0=20))
    clock.seconds = 1010.0
    with store.lease(trial(0)), pytest.raises(OutOfTime):
        executor.ensure([trial(0)])
    assert len(waits) == 2  # at 1010 and 1020


def test_a_training_that_is_stopped_by_the_deadline_is_out_of_time_with_its_checkpoint_kept(store, monkeypatch):
    class Interrupted(Exception):  # noqa: N818
        pass

    def train(a_trial, checkpoint, stop):
        checkpoint.path.write_text("state")
        assert stop()
        raise Interrupted

    training = types.ModuleType("reproductions.training")
    training.train, training.Interrupted = train, Interrupted
    monkeypatch.setitem(sys.modules, "reproductions.training", training)
    monkeypatch.setattr(reproductions, "training", training, raising=False)
    monkeypatch.setattr("reproductions.running.executor.process.prepare", lambda: None)
    trained = Trial(Training("smoke", Adding(50, 100, 10), Network("rin"), Optimizer("adam", 1e-3), 32, 10, 2), 1)
    passed = Deadline(time.monotonic() - 1.0, 60.0, {})
    with pytest.raises(OutOfTime):
        default_run(trained, CheckpointFile(store.checkpoint_path(trained)), passed)
    assert store.checkpoint_path(trained).exists()


def test_the_real_training_stops_at_the_deadline_and_goes_on_from_there(store):
    pytest.importorskip("torch")
    recipe = Training("smoke", Adding(10, 64, 16), Network("rin", 1, 8), Optimizer("adam", 1e-3), 16, 40, 2)
    whole = default_run(Trial(recipe, 0), CheckpointFile(store.folder / "other.pt"))
    checkpoint = CheckpointFile(store.checkpoint_path(Trial(recipe, 0)))
    with pytest.raises(OutOfTime):
        default_run(Trial(recipe, 0), checkpoint, Deadline(time.monotonic() - 1.0, 60.0, {}))
    assert checkpoint.position() == 1  # it makes an update before it asks for the time
    resumed = default_run(Trial(recipe, 0), checkpoint)
    assert (resumed.metrics, resumed.curves, resumed.updates) == (whole.metrics, whole.curves, 40)
