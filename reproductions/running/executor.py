"""The division of work: several processes share the missing trials of a run through the leases of the store."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from reproductions import outside
from reproductions.checkpoint import CheckpointFile, MadeBy, history, now
from reproductions.data_files import DataError
from reproductions.kernel_choice import KernelError
from reproductions.openings import Opening
from reproductions.recipe_data import digest
from reproductions.recipes import Probe, RecipeError
from reproductions.running import process
from reproductions.running.deadline import Deadline, OutOfTime
from reproductions.running.opening_runs import train_opening
from reproductions.step_tasks import Speech
from reproductions.store.definitions import ProvenanceError
from reproductions.store.files import StoreError
from reproductions.store.outcomes import Store
from reproductions.trials import MemberError, Outcome, Trial

POLL_SECONDS = 0.2  # how often a process that has nothing left to train looks for the outcomes it waits for

Run = Callable[[Trial, CheckpointFile], Outcome]


class Packing(Protocol):
    """The rule for which trials run together, and how: ``gpu_packs.GpuPacks``."""

    device: str

    def takes(self, trial: Trial) -> bool:
        """Return whether the trial runs in a pack, even if alone there."""
        ...

    def companions(self, trial: Trial, candidates: Sequence[Trial]) -> list[Trial]:
        """Return the ``candidates`` that may share the pack of ``trial``."""
        ...

    def run(self, trials: Sequence[Trial], checkpoints: Sequence[CheckpointFile]) -> list[Outcome]:
        """Run ``trials`` together and return their outcomes."""
        ...


class Executor(Protocol):
    """The place a claim asks for outcomes: this machine (``LocalExecutor``), or a cluster behind the same method."""

    def ensure(self, trials: Sequence[Trial]) -> dict[Trial, Outcome]:
        """Return the outcomes of ``trials``, made where they are missing.

        Raises OutOfTime where a deadline leaves no time for them.
        """
        ...

    def run_unclaimed(self, trials: Sequence[Trial]) -> None:
        """Run missing trials of ``trials``, until whoever wants further ones may say so."""
        ...

    def close(self) -> None:
        """Give back what the executor holds beside the store."""
        ...


class TrialError(ValueError):
    """A trial that ended with an exception nobody foresaw, in one line with its place."""


FORESEEN = (RecipeError, DataError, StoreError, KernelError, ProvenanceError, TrialError)


@contextlib.contextmanager
def contained(trials: Sequence[Trial], blame: Callable[[Sequence[Trial], Exception], None]) -> Iterator[None]:
    """Tell ``blame`` which of ``trials``, which run within, cannot be run here, and why.

    Where one trial of a pack is to blame, it is blamed alone. What nobody foresaw becomes a TrialError: it is a fault of these trials and
    of no other. OutOfTime is no fault.
    """
    try:
        yield
    except OutOfTime:
        raise
    except MemberError as failed:
        with contained([failed.trial], blame):
            raise failed.__cause__ or failed from None
    except FORESEEN as error:
        blame(trials, error)
        raise
    except (Exception, SystemExit) as error:
        last, others = traceback.extract_tb(error.__traceback__)[-1], len(trials) - 1
        who = trials[0].label + (f" and {others} trial{'s' * (others > 1)} in a pack with it" if others else "")
        said = f"{type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})"
        failure = TrialError(f"{who} failed: {' '.join(said.split())}")
        blame(trials, failure)
        raise failure from error


@process.settled()
def default_run(trial: Trial, checkpoint: CheckpointFile, deadline: Deadline | None = None) -> Outcome:
    """Train or measure a trial, whatever global state others have left in this process.

    The outcome's provenance gets environment, code, start and end. Raises OutOfTime where ``deadline`` passes during a training, whose
    state is then in ``checkpoint``.
    """
    started = now()
    made_by: MadeBy = ()
    if isinstance(trial.recipe, Probe):
        from reproductions import probes

        outcome = probes.measure(trial)
    else:
        from reproductions import training

        train = train_opening if isinstance(trial.recipe, Opening) else training.train
        try:
            outcome = train(trial, checkpoint, stop=deadline and deadline.passed)
        except training.Interrupted:
            raise OutOfTime from None
        made_by = checkpoint.made_by
    return with_provenance(trial, outcome, started, made_by=made_by)


def with_provenance(trial: Trial, outcome: Outcome, started: str, device: str = "cpu", made_by: MadeBy = ()) -> Outcome:
    """Add environment, code, start and end to the provenance of an outcome, and where earlier parts of it were trained."""
    from reproductions.store.fingerprint import code_digests

    added = {**surroundings(trial, device), "code": code_digests(trial.recipe), "started": started, "ended": now()}
    provenance = {**added, **_audio(trial), **outcome.provenance}
    return dataclasses.replace(outcome, provenance={**provenance, **history(made_by, provenance)})


def _audio(trial: Trial) -> Mapping[str, str]:
    """Return the checksum of the audio that a trial of speech was trained and tested on."""
    if isinstance(trial.recipe, Probe) or not isinstance(trial.recipe.task, Speech):
        return {}
    from reproductions import tasks

    return {"audio_sha256": tasks.build(trial.recipe.task, trial.seed).audio}  # type: ignore[attr-defined]


def surroundings(trial: Trial, device: str = "cpu") -> dict[str, Any]:
    """Describe this machine and its software, as the provenance of a trial has them."""
    from reproductions.store.environment import environment

    return environment(device, next(map(outside.folder, outside.packages(trial.recipe)), None))


class LocalExecutor:
    """An executor of this process, beside other processes that do the same with the same store.

    No trial is run twice: a process runs a trial only under its lease, and looks into the store again once it has it. The lease of a
    process that died is free, and its checkpoint is where the next one goes on. ``progress`` receives lines. No trial is started that
    ``deadline`` leaves no time for. What ``packing`` takes runs in packs, everything else trial by trial: on the CPU a pack is no faster,
    because its cost is the recurrence, and the compiled kernels run one trial at most of what a core can do.
    """

    def __init__(
        self,
        store: Store,
        run: Run = default_run,
        progress: Callable[[str], None] | None = None,
        deadline: Deadline | None = None,
        packing: Packing | None = None,
    ) -> None:
        self.store = store
        self._deadline = deadline
        self._packing = packing
        self._run = run
        self._progress = progress or (lambda line: None)

    def ensure(self, trials: Sequence[Trial]) -> dict[Trial, Outcome]:
        """Return the outcomes of ``trials``, in their order; run what is missing, or wait for another process.

        Takes the first unclaimed missing trial; waits only when there is none. Raises what the run raises, StoreError, and OutOfTime.
        """
        wanted = list(dict.fromkeys(trials))
        outcomes: dict[Trial, Outcome] = {}
        while missing := [trial for trial in wanted if trial not in outcomes]:
            found = {trial: outcome for trial in missing if self.store.has(trial) and (outcome := self.store.get(trial))}
            outcomes |= found
            if not found and next(self._running(missing), None) is None:
                self._wait(missing)
        return {trial: outcomes[trial] for trial in wanted}

    def run_unclaimed(self, trials: Sequence[Trial]) -> None:
        """Run the missing trials of ``trials`` that no other process runs.

        Where there are none, wait for one to be stored. So this ends as soon as more of ``trials`` are in the store than before, and
        whoever wants further trials then may say so. Raises as ``ensure`` does.
        """
        missing, ran = [trial for trial in trials if not self.store.has(trial)], 0
        # pass by pass, and not anew from the first after each: they may be thousands; a pass without one to run is the last
        while more := sum(1 for _ in self._running(missing)):
            ran += more
        if missing and not ran:
            self._wait(missing)

    def close(self) -> None:
        """Give back nothing: this process holds nothing beside the store."""

    def _wait(self, missing: Sequence[Trial]) -> None:
        """Wait until another process has stored one of ``missing``, or has given one up.

        Raises OutOfTime where none will be.
        """
        self._progress(f"waiting for {len(missing)} trials that other processes are running")
        while not any(self.store.has(trial) for trial in missing) and all(self._is_claimed(trial) for trial in self._startable(missing)):
            if self._is_out_of_time(missing):
                raise OutOfTime
            time.sleep(POLL_SECONDS)

    def _running(self, trials: Sequence[Trial]) -> Iterator[Trial]:
        """Run each missing and unclaimed trial that the deadline lets start; yield it when it is done."""
        for trial in self._startable(trials):
            # no reading here: a damaged file is noticed by whoever needs that trial
            if self.store.has(trial) or not self._startable([trial]):
                continue
            with self.store.lease(trial) as claimed:
                runs = claimed and self.store.get(trial) is None
                if runs and self._packing is not None and self._packing.takes(trial):
                    self._run_pack(trial, trials, self._packing)
                elif runs:
                    self._run_claimed(trial)
            if runs:
                yield trial

    def _startable(self, trials: Sequence[Trial]) -> Sequence[Trial]:
        return trials if self._deadline is None else self._deadline.startable(trials)

    def _is_out_of_time(self, missing: Sequence[Trial]) -> bool:
        """Return whether the deadline leaves nothing to do.

        That is so where it has passed, or where it lets none of ``missing`` be started while no other process runs one.
        """
        if self._deadline is None or self._deadline.passed():
            return self._deadline is not None
        return not self._startable(missing) and not any(self.store.has(trial) or self._is_claimed(trial) for trial in missing)

    def _is_claimed(self, trial: Trial) -> bool:
        with self.store.lease(trial) as claimed:
            return not claimed

    def _claimed(self, trial: Trial, leases: ExitStack) -> bool:
        """Take a missing trial for this process into ``leases``, and return whether it could be taken and is missing still."""
        return not self.store.has(trial) and leases.enter_context(self.store.lease(trial)) and self.store.get(trial) is None

    def _run_claimed(self, trial: Trial) -> None:
        checkpoint = self._checkpoint(trial)
        try:
            made = self._run(trial, checkpoint)
            self._hand_over(trial, made, checkpoint)
            outcome = self.store.put(trial, made)
        finally:
            self.store.reports.extend(checkpoint.reports)
        self._finished(trial, outcome, checkpoint)

    def _hand_over(self, trial: Trial, outcome: Outcome, checkpoint: CheckpointFile) -> None:
        """Leave the whole training of an opening the state in which the opening ended, unless it has been further."""
        if (whole := trial.trained) == trial:
            return
        with self.store.lease(whole) as free:
            ahead = CheckpointFile(self.store.checkpoint_path(whole))
            if not free or self.store.has(whole) or ahead.path.exists():
                return
            if outcome.status != "budget":  # it diverged: nothing is left to train
                self.store.put(whole, outcome)
            elif checkpoint.path.exists():
                checkpoint.copy_to(ahead.path)

    def _run_pack(self, trial: Trial, trials: Sequence[Trial], packing: Packing) -> None:
        """Run ``trial``, whose lease is held, together with the trials of ``trials`` that may join it, under their leases."""
        with ExitStack() as leases:
            members = [trial, *(other for other in packing.companions(trial, trials) if self._claimed(other, leases))]
            checkpoints = [self._checkpoint(member, packing.device) for member in members]
            started = now()
            try:
                outcomes = packing.run(members, checkpoints)
            finally:
                self.store.reports.extend(line for checkpoint in checkpoints for line in checkpoint.reports)
            for member, outcome, checkpoint in zip(members, outcomes, checkpoints, strict=True):
                stored = self.store.put(member, with_provenance(member, outcome, started, packing.device, checkpoint.made_by))
                self._finished(member, stored, checkpoint)

    def _checkpoint(self, trial: Trial, device: str = "cpu") -> CheckpointFile:
        here = functools.partial(surroundings, trial, device)
        path, of = self.store.checkpoint_path(trial), (digest(trial.trained.recipe), trial.seed)
        checkpoint = CheckpointFile(path, self.store.folder / "set-aside", here, of)
        self._progress(f"{trial.label}: {'resumed' if checkpoint.path.exists() else 'started'}")
        return checkpoint

    def _finished(self, trial: Trial, outcome: Outcome, checkpoint: CheckpointFile) -> None:
        checkpoint.remove()
        self._progress(f"{trial.label}: {outcome.status} after {outcome.updates} updates, {outcome.seconds:.0f} s")
