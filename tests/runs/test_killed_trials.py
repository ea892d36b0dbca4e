"""kill -9 at any moment, and the end is what an undisturbed run makes, byte for byte."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from reproductions.running.executor import LocalExecutor
from reproductions.store.outcomes import Store, outcome_as_data
from reproductions.store.upkeep import removable, remove
from reproductions.trials import Outcome, Trial
from tests.runs.killed_worker import trials, work

KILLS = int(os.environ.get("RIN_CLAIMS_TEST_KILLS", "25"))  # of each of the two tests
LONGEST = 0.8  # seconds until a kill; the six trials take a few seconds together


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[Trial, bytes]:
    return measured(LocalExecutor(Store(tmp_path_factory.mktemp("undisturbed"))).ensure(trials()))


def measured(outcomes: dict[Trial, Outcome]) -> dict[Trial, bytes]:
    """The bytes of every outcome, without its cost and where it came from."""
    bare = {trial: dataclasses.replace(outcome, seconds=0.0, provenance={}) for trial, outcome in outcomes.items()}
    return {trial: json.dumps(outcome_as_data(outcome, trial.label), sort_keys=True).encode() for trial, outcome in bare.items()}


class Workers:
    """Processes that begin at once, because they are forked from one that has torch loaded."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(
            ["tests.runs.killed_worker", "reproductions.tasks.babi_problem", "reproductions.store.fingerprint"]
        )

    def start(self, folder: Path, number: int) -> list[multiprocessing.process.BaseProcess]:
        started = [self._context.Process(target=work, args=(folder,)) for _ in range(number)]
        for each in started:
            each.start()
        return list(started)


def saved(store: Store) -> bool:
    """Whether a training has left a state to go on from."""
    return any((store.folder / "checkpoints").glob("*.pt"))


@pytest.mark.parametrize("workers", [1, 4])
def test_runs_that_are_killed_again_and_again_make_the_outcomes_of_one_that_is_not(
    tmp_path: Path, undisturbed: dict[Trial, bytes], workers: int
) -> None:
    moments, pool = random.Random(workers), Workers()
    kills = rounds = resumed = 0
    while kills < KILLS:
        rounds += 1
        store = Store(tmp_path / str(rounds))
        running: list[multiprocessing.process.BaseProcess] = []
        while kills < KILLS and not all(map(store.has, trials())):
            running = [each for each in running if each.is_alive()]
            running += pool.start(store.folder, workers - len(running))
            if moments.random() < 0.5:  # inside a training, however slow the machine is
                while not saved(store) and any(each.is_alive() for each in running):
                    time.sleep(0.001)
            else:
                time.sleep(moments.uniform(0, LONGEST))
            victim = moments.choice(running)
            assert victim.pid is not None
            if victim.is_alive():
                os.kill(victim.pid, signal.SIGKILL)
                victim.join()
                kills += victim.exitcode == -signal.SIGKILL
                resumed += saved(store)
        (last,) = pool.start(store.folder, 1)
        for each in (*running, last):
            each.join(timeout=120)
        assert last.exitcode == 0
        found = {trial: outcome for trial in trials() if (outcome := store.get(trial)) is not None}
        assert measured(found) == undisturbed
        assert store.verify() == []  # no kill left half an outcome behind
        assert store.reports == []
        # a kill between the storing of an outcome and the removal of its state leaves the state to the upkeep
        remove(store, removable(store, [trial.recipe for trial in trials()]))
        assert not saved(store)
    assert resumed > KILLS / 4  # kills fell inside trainings, not only between them
