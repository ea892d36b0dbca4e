"""Processes share trials: none is run twice, and none waits while there is work.

A dead one's work is taken over.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
import types
from pathlib import Path

import pytest

import reproductions
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Adding, Network, Optimizer, Probe, Training
from reproductions.running.executor import LocalExecutor, default_run
from reproductions.store.files import StoreError
from reproductions.store.fingerprint import code_digests
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

DEADLINE = 60  # seconds until a test that hangs fails; none of them needs more than a few


def code_of_today(recipe):
    return "a" * 64


def trial(index):
    return Trial(Probe("smoke", "fake", (("index", index),)), 0)


def outcome_of(a_trial):
    return Outcome("converged", {"index": float(a_trial.recipe.arguments[0][1])})


class LoggingRun:
    """A run that writes one line per call: the trial's index and the process."""

    def __init__(self, log, seconds=0.0):
        self.log, self.seconds = Path(log), seconds

    def __call__(self, a_trial, checkpoint):
        with self.log.open("a") as stream:
            stream.write(f"{a_trial.recipe.arguments[0][1]} {os.getpid()}\n")
        time.sleep(self.seconds)
        return outcome_of(a_trial)

    def indices(self):
        return [int(line.split()[0]) for line in self.log.read_text().splitlines()] if self.log.exists() else []


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", code_of_today)


@pytest.fixture
def run(tmp_path):
    return LoggingRun(tmp_path / "log")


# --- One process ---


def test_missing_trials_run_in_order_and_stored_ones_do_not(store, run):
    store.put(trial(1), outcome_of(trial(1)))
    trials = [trial(2), trial(1), trial(0), trial(2)]
    outcomes = LocalExecutor(store, run).ensure(trials)
    assert run.indices() == [2, 0]
    assert outcomes == {a_trial: outcome_of(a_trial) for a_trial in trials}
    assert list(outcomes) == [trial(2), trial(1), trial(0)]


def test_a_damaged_entry_is_made_anew(store, run):
    store.put(trial(0), outcome_of(trial(0)))
    store.path(trial(0)).write_text("{}")
    assert LocalExecutor(store, run).ensure([trial(0)]) == {trial(0): outcome_of(trial(0))}
    assert run.indices() == [0]
    assert len(store.reports) == 1


def test_what_is_returned_is_what_is_on_file(store):
    def diverging(a_trial, checkpoint):
        return Outcome("diverged", {"loss": float("nan")}, provenance={"flags": (1, 2)})

    first = LocalExecutor(store, diverging).ensure([trial(0)])
    assert first[trial(0)].metrics == {"loss": None}
    assert first == LocalExecutor(store, diverging).ensure([trial(0)])


def test_a_failing_run_leaves_its_trial_unclaimed_and_its_checkpoint_in_place(store, run):
    def failing(a_trial, checkpoint):
        checkpoint.path.write_text("state")
        raise FloatingPointError("no such operator")

    with pytest.raises(FloatingPointError):
        LocalExecutor(store, failing).ensure([trial(0)])
    assert store.checkpoint_path(trial(0)).exists()
    lines = []
    LocalExecutor(store, run, lines.append).ensure([trial(0)])
    assert "resumed" in lines[0]
    assert not store.checkpoint_path(trial(0)).exists()


def test_a_store_that_fails_keeps_the_checkpoint(store, run, monkeypatch):
    def leaves_a_checkpoint(a_trial, checkpoint):
        checkpoint.path.write_text("state")
        return outcome_of(a_trial)

    def full(*args):
        raise StoreError("disk full")

    monkeypatch.setattr(store, "put", full)
    with pytest.raises(StoreError, match="disk full"):
        LocalExecutor(store, leaves_a_checkpoint).ensure([trial(0)])
    assert store.checkpoint_path(trial(0)).exists()


def test_progress_says_what_starts_and_how_it_ended(store, run):
    lines = []
    LocalExecutor(store, run, lines.append).ensure([trial(7)])
    assert lines == ["probe fake index=7 seed 0: started", "probe fake index=7 seed 0: converged after 0 updates, 0 s"]


def test_the_default_run_measures_probes_and_trains_trainings_and_dates_them(monkeypatch, tmp_path):
    torch = pytest.importorskip("torch")
    seen, checkpoint = [], CheckpointFile(tmp_path / "state.pt")
    probes, training = types.ModuleType("reproductions.probes"), types.ModuleType("reproductions.training")
    probes.measure = lambda a_trial: seen.append(("measure", a_trial)) or Outcome("converged", {"a": 1.0})
    training.train = lambda a_trial, checkpoint, stop: seen.append(("train", a_trial, checkpoint, stop)) or Outcome("budget", {"b": 2.0})
    for module in (probes, training):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(reproductions, module.__name__.rpartition(".")[2], module, raising=False)
    threads = torch.get_num_threads()
    try:
        trained = Trial(Training("smoke", Adding(50, 100, 10), Network("rin"), Optimizer("adam", 1e-3), 32, 10, 2), 1)
        outcomes = [default_run(trial(0), checkpoint), default_run(trained, checkpoint)]
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)
    assert seen == [("measure", trial(0)), ("train", trained, checkpoint, None)]
    assert [outcome.metrics for outcome in outcomes] == [{"a": 1.0}, {"b": 2.0}]
    for outcome, recipe in zip(outcomes, (trial(0).recipe, trained.recipe), strict=True):
        assert outcome.provenance["torch_threads"] == 1
        assert outcome.provenance["code"] == code_digests(recipe)
        assert outcome.provenance["started"] <= outcome.provenance["ended"]


# --- Several processes ---


def test_a_trial_that_another_one_finishes_while_its_lease_is_taken_is_not_run_again(store, run):
    class Overtaken(Store):
        def lease(self, a_trial):
            store.put(a_trial, outcome_of(a_trial))  # the other process finishes between our look and our claim
            return super().lease(a_trial)

    assert LocalExecutor(Overtaken(store.folder, code_of_today), run).ensure([trial(0)]) == {trial(0): outcome_of(trial(0))}
    assert run.indices() == []


@pytest.fixture
def waiting(store, run):
    """Calls a method of an executor in a thread, and returns when it waits for the trials of others: the thread."""

    def start(call):
        lines = []
        executor = LocalExecutor(Store(store.folder, code_of_today), run, lines.append)
        thread = threading.Thread(target=lambda: call(executor), daemon=True)  # daemon: a failing test ends
        thread.start()
        wait_for(lambda: any("waiting" in line for line in lines))
        return thread

    return start


def test_a_claimed_trial_is_awaited_only_when_nothing_else_is_left(store, run, waiting):
    result = {}
    with store.lease(trial(0)):
        thread = waiting(lambda executor: result.update(executor.ensure([trial(0), trial(1)])))
        assert run.indices() == [1]  # never the claimed one
        store.put(trial(0), outcome_of(trial(0)))
    thread.join(DEADLINE)
    assert result == {trial(0): outcome_of(trial(0)), trial(1): outcome_of(trial(1))}
    assert run.indices() == [1]


def test_what_nobody_has_claimed_is_run_without_waiting_for_the_rest(store, run):
    with store.lease(trial(0)):
        LocalExecutor(Store(store.folder, code_of_today), run).run_unclaimed([trial(0), trial(1), trial(2)])
    assert run.indices() == [1, 2]


def test_where_all_is_claimed_the_first_that_is_stored_or_given_up_ends_the_wait(store, run, waiting):
    with store.lease(trial(0)), store.lease(trial(1)):
        thread = waiting(lambda executor: executor.run_unclaimed([trial(0), trial(1)]))
        store.put(trial(1), outcome_of(trial(1)))
        thread.join(DEADLINE)
        assert not thread.is_alive()
    with store.lease(trial(0)):
        thread = waiting(lambda executor: executor.run_unclaimed([trial(0), trial(1)]))
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert run.indices() == []  # whoever called says what is wanted now


def wait_for(condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)


def work(folder, log, wanted, barrier, results):
    executor = LocalExecutor(Store(folder, code_of_today), LoggingRun(log, 0.03))
    barrier.wait(DEADLINE)
    outcomes = executor.ensure([trial(index) for index in wanted])
    results.put([outcomes[trial(index)].metrics["index"] for index in wanted])


def test_processes_with_overlapping_trials_divide_them_and_run_none_twice(store, run):
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    wanted = [list(range(12)), list(range(15, 3, -1))]
    processes = [context.Process(target=work, args=(store.folder, run.log, indices, barrier, results), daemon=True) for indices in wanted]
    for process in processes:
        process.start()
    got = sorted(results.get(timeout=DEADLINE) for _ in processes)
    for process in processes:
        process.join(DEADLINE)
    assert got == sorted([float(index) for index in indices] for indices in wanted)
    assert sorted(run.indices()) == list(range(16))
    assert len({line.split()[1] for line in run.log.read_text().splitlines()}) == 2
    assert store.verify() == []


def hang(folder, marker):
    def never_ends(a_trial, checkpoint):
        checkpoint.path.write_text("state")
        Path(marker).write_text("running")
        time.sleep(600)

    LocalExecutor(Store(folder, code_of_today), never_ends).ensure([trial(0)])


def test_the_lease_of_a_killed_process_is_taken_over_with_its_checkpoint(store, run, tmp_path):
    marker = tmp_path / "marker"
    process = multiprocessing.get_context("spawn").Process(target=hang, args=(store.folder, marker), daemon=True)
    process.start()
    try:
        wait_for(marker.exists)
        with store.lease(trial(0)) as claimed:
            assert not claimed
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.join(DEADLINE)
    lines = []
    assert LocalExecutor(store, run, lines.append).ensure([trial(0)]) == {trial(0): outcome_of(trial(0))}
    assert "resumed" in lines[0]
    assert run.indices() == [0]
