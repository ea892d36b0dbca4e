"""Who trains what: several processes share the missing trials of a run through the leases of the store."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from reproductions import process
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Probe
from reproductions.store import Store
from reproductions.trials import Outcome, Trial

POLL_SECONDS = 0.2  # how often a process that has nothing left to train looks for the outcomes it waits for

Run = Callable[[Trial, CheckpointFile], Outcome]


class Executor(Protocol):
    """What a claim asks for outcomes: this machine (``LocalExecutor``), or a cluster behind the same method."""

    def ensure(self, trials: Sequence[Trial], others: Sequence[Trial] = ()) -> dict[Trial, Outcome]:
        """The outcomes of ``trials``, made where they are missing; ``others`` are the run's remaining trials, to fill a wait with."""
        ...


def default_run(trial: Trial, checkpoint: CheckpointFile) -> Outcome:
    """Trains or measures a trial in a prepared process, and adds environment, start and end to the outcome's provenance."""
    process.prepare()
    started = _now()
    if isinstance(trial.recipe, Probe):
        from reproductions import probes

        outcome = probes.measure(trial)
    else:
        from reproductions import training

        outcome = training.train(trial, checkpoint)
    from reproductions.provenance import environment

    added = {**environment(), "started": started, "ended": _now()}
    return dataclasses.replace(outcome, provenance={**added, **outcome.provenance})


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


class LocalExecutor:
    """Runs trials in this process, beside other processes that do the same with the same store.

    No trial is run twice: a process runs a trial only under its lease, and looks into the store again once it has it. The
    lease of a process that died is free, and its checkpoint is where the next one goes on. ``progress`` receives lines.
    """

    def __init__(self, store: Store, run: Run = default_run, progress: Callable[[str], None] | None = None) -> None:
        self.store = store
        self._run = run
        self._progress = progress or (lambda line: None)

    def ensure(self, trials: Sequence[Trial], others: Sequence[Trial] = ()) -> dict[Trial, Outcome]:
        """The outcomes of ``trials``, in their order; what is missing is run here or awaited from another process.

        Takes the first unclaimed missing trial of ``trials``, else of ``others``; waits only when there is none.
        Raises what the run raises, and StoreError.
        """
        wanted = list(dict.fromkeys(trials))
        spare = [trial for trial in dict.fromkeys(others) if trial not in wanted]
        outcomes: dict[Trial, Outcome] = {}
        told = False
        while missing := [trial for trial in wanted if trial not in outcomes]:
            found = {trial: outcome for trial in missing if self.store.has(trial) and (outcome := self.store.get(trial))}
            outcomes |= found
            if found or self._run_one(missing):
                continue
            spare = [trial for trial in spare if not self.store.has(trial)]
            if not self._run_one(spare):
                if not told:
                    self._progress(f"waiting for {len(missing)} trials that other processes are running")
                    told = True
                time.sleep(POLL_SECONDS)
        return {trial: outcomes[trial] for trial in wanted}

    def _run_one(self, trials: Iterable[Trial]) -> bool:
        """Runs the first trial that is missing and unclaimed; whether there was one."""
        for trial in trials:
            if self.store.has(trial):  # no reading here: a damaged file is noticed by whoever needs that trial
                continue
            with self.store.lease(trial) as claimed:
                if claimed and self.store.get(trial) is None:
                    self._run_claimed(trial)
                    return True
        return False

    def _run_claimed(self, trial: Trial) -> None:
        checkpoint = CheckpointFile(self.store.checkpoint_path(trial), self.store.folder / "set-aside")
        self._progress(f"{trial.label}: {'resumed' if checkpoint.path.exists() else 'started'}")
        try:
            outcome = self.store.put(trial, self._run(trial, checkpoint))
        finally:
            self.store.reports.extend(checkpoint.reports)
        checkpoint.remove()
        self._progress(f"{trial.label}: {outcome.status} after {outcome.updates} updates, {outcome.seconds:.0f} s")
