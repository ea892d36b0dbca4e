"""An executor that trains in packs stores what it would store without them; the packs run on the CPU here."""

import dataclasses
import time

import pytest

from claims.papers.rin_2018 import protocol
from reproductions import packs, training
from reproductions.recipes import Adding, Babi, Network, Optimizer, Probe, Training
from reproductions.running import gpu
from reproductions.running.deadline import Deadline, OutOfTime
from reproductions.running.executor import LocalExecutor
from reproductions.running.gpu import GpuPacks
from reproductions.store import fingerprint
from reproductions.store.outcomes import Store
from reproductions.trials import Trial

ADDING = Adding(length=6, train_size=40, test_size=20)


def recipe(cell="rin", rate=1e-2, profile="paper", task=ADDING, **changes):
    settings = {"batch_size": 16, "updates": 16, "evaluations": 4} | changes
    return Training(profile, task, Network(cell, 1, 8), Optimizer("adam", rate), **settings)


def measured(outcome):
    return {name: getattr(outcome, name) for name in ("status", "metrics", "curves", "first_losses", "updates", "diverged_at")}


@pytest.fixture
def packed(monkeypatch):
    """The sizes of the packs that were trained."""
    sizes, train_pack = [], packs.train_pack
    monkeypatch.setattr(packs, "train_pack", lambda trials, *rest: (sizes.append(len(trials)), train_pack(trials, *rest))[1])
    return sizes


TRIALS = [Trial(recipe(cell), seed) for cell in ("rin", "irnn") for seed in range(2)] + [Trial(recipe("lstm"), 0)]


def test_a_run_in_packs_stores_the_outcomes_of_a_run_without(tmp_path, packed):
    together = LocalExecutor(Store(tmp_path / "a"), packing=GpuPacks("cpu")).ensure(TRIALS)
    assert packed == [4, 1]  # RIN and IRNN share a recurrence, an LSTM trains without them
    alone = LocalExecutor(Store(tmp_path / "b")).ensure(TRIALS)
    assert {trial: measured(outcome) for trial, outcome in together.items()} == {
        trial: measured(outcome) for trial, outcome in alone.items()
    }
    assert not list((tmp_path / "a" / "checkpoints").iterdir())
    assert {outcome.provenance["device"] for outcome in together.values()} == {"cpu"}
    assert all(outcome.provenance["started"] for outcome in together.values())


def test_a_trial_that_is_stored_or_claimed_by_another_process_joins_no_pack(tmp_path, packed):
    store = Store(tmp_path)
    LocalExecutor(store).ensure(TRIALS[1:2])
    with store.lease(TRIALS[2]) as claimed:
        assert claimed
        LocalExecutor(Store(tmp_path), packing=GpuPacks("cpu")).run_unclaimed(TRIALS[:4])
    assert packed == [2]


def test_a_pack_is_no_larger_than_its_limit(tmp_path, packed, monkeypatch):
    monkeypatch.setattr(gpu, "MOST_TRIALS", 3)
    LocalExecutor(Store(tmp_path), packing=GpuPacks("cpu")).ensure(TRIALS[:4])
    assert packed == [3, 1]


@pytest.mark.parametrize(
    "alone", [recipe(profile="compact"), recipe(task=Babi(1, "files", 40, 20), batch_size=8), Probe("paper", "baseline-mse")]
)
def test_smaller_profiles_stories_and_probes_stay_on_the_cpu(alone):
    assert not GpuPacks("cpu").takes(Trial(alone, 0))
    assert GpuPacks("cpu").takes(TRIALS[0])


def test_a_pack_that_the_deadline_ends_is_resumed_to_the_bit(tmp_path, monkeypatch):
    store, trials = Store(tmp_path / "a"), TRIALS[:2]
    calls = iter(range(100))
    deadline = Deadline(time.monotonic() + 3600, 3600, {})
    monkeypatch.setattr(Deadline, "passed", lambda self: next(calls) > 9)
    with pytest.raises(OutOfTime):
        GpuPacks("cpu", deadline).run(trials, [LocalExecutor(store)._checkpoint(trial) for trial in trials])
    monkeypatch.undo()
    assert len(list((tmp_path / "a" / "checkpoints").iterdir())) == 2
    resumed = LocalExecutor(store, packing=GpuPacks("cpu")).ensure(trials)
    assert {trial: measured(outcome) for trial, outcome in resumed.items()} == {trial: measured(training.train(trial)) for trial in trials}


def test_without_a_gpu_there_are_no_packs(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert GpuPacks.of_this_process() is None


@pytest.mark.parametrize(("worker", "device"), [(None, "cuda:0"), ("gw0", "cuda:0"), ("gw1", "cuda:1"), ("gw5", "cuda:1")])
def test_worker_k_uses_gpu_k_mod_their_number(monkeypatch, worker, device):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    if worker is None:
        monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    else:
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
    found = GpuPacks.of_this_process()
    assert found is not None
    assert found.device == device


def test_the_packs_of_the_papers_own_recipes_hold_all_seeds_of_rin_and_irnn():
    trials = [Trial(protocol.pixel_mnist("paper", cell, "permuted"), seed) for cell in ("rin", "irnn", "lstm") for seed in range(5)]
    found = GpuPacks("cpu").companions(trials[0], trials)
    assert found == trials[1:10]
    slower = dataclasses.replace(trials[0].recipe, optimizer=Optimizer("rmsprop", 1e-7))
    assert GpuPacks("cpu").companions(trials[0], [Trial(slower, 3)]) == [Trial(slower, 3)]


def test_an_outcome_of_other_gpu_kernels_is_set_aside_and_made_again(tmp_path, monkeypatch):
    store, trial = Store(tmp_path), TRIALS[0]
    made = dataclasses.replace(training.train(trial), provenance={"gpu_numerics": fingerprint.gpu_fingerprint()})
    store.put(trial, made)
    assert store.get(trial) is not None
    monkeypatch.setattr(fingerprint, "gpu_fingerprint", lambda: "0" * 64)
    assert store.get(trial) is None
    assert "other GPU kernels" in store.reports[0]
    assert store.status()["set_aside"] == 1
