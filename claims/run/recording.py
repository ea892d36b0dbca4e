"""The trials of a record, and the processes that make them.

A record may hold more seeds than claims ask for: the seeds of a later run are compared with those beyond them.
"""

from __future__ import annotations

import functools
import signal
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from claims.model import Claim
from claims.run.demands import demanded_trials
from claims.run.stored import open_store
from reproductions.recipes import Training
from reproductions.running.cost import relative_cost
from reproductions.running.executor import LocalExecutor
from reproductions.trials import Trial


def trials_to_record(claims: Iterable[Claim], profiles: Collection[str] | None, seeds: int = 0) -> tuple[Trial, ...]:
    """List the trials that ``claims`` demand, and seeds 0 to ``seeds`` - 1 of each of their trainings."""
    demanded = demanded_trials(claims, profiles)
    trained = dict.fromkeys(trial.recipe for trial in demanded if isinstance(trial.recipe, Training))
    return tuple(dict.fromkeys([*demanded, *(Trial(recipe, seed) for recipe in trained for seed in range(seeds))]))


def make(trials: Iterable[Trial], folder: Path, workers: int) -> Iterator[Trial]:
    """Make trials into the store in ``folder`` with as many processes, the dearest first; yield each when it is stored.

    Raises the first error of a trial when the trials already begun have ended.
    """
    ordered = sorted(trials, key=relative_cost, reverse=True)
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_die_with_the_command) as pool:
        running = {pool.submit(_make, trial, folder): trial for trial in ordered}
        try:
            for done in as_completed(running):
                done.result()
                yield running[done]
        finally:
            pool.shutdown(cancel_futures=True)


def _make(trial: Trial, folder: Path) -> None:
    _executor(folder).ensure([trial])


@functools.cache
def _executor(folder: Path) -> LocalExecutor:
    return LocalExecutor(open_store(folder))


def _die_with_the_command() -> None:
    """Set this process to end at Ctrl-C without a traceback.

    The next run goes on from the state that was saved last.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
