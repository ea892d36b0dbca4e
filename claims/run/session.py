"""One run over claims: its profile, store and executor, the trials it needs, and the results it ends with."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from claims import text
from claims.judging.judge import Expected, judge_claim, judge_so_far, lacking_trials, result_not_run, trials_of, trials_to_cap, unmet
from claims.judging.result import Result
from claims.model import Claim, ClaimError, Lookup
from claims.paper import Registry
from claims.report.build import build_report
from claims.report.content.pictures import pictures
from claims.report.drift import NOT_COMPARED
from claims.report.folder import to_be_replaced
from claims.report.formats.terminal import summary_table
from claims.report.guards import NOT_GUARDED
from claims.report.model import Report, ReportError
from claims.report.words import earlier_runs, not_selected
from claims.run.guards import StaticGuards, guard_results
from claims.run.kept_drift import kept_against_record
from claims.run.kept_guards import KeptGuards
from claims.run.kept_verdicts import keep
from claims.run.prices import prices
from claims.run.progress import CHECKPOINT_SECONDS
from claims.run.stored import open_store
from claims.run.usage import UsageError, check
from claims.text import plural
from reference_results import ReferenceDataError
from reproductions import kernel_choice
from reproductions.checkpoint import CheckpointFile
from reproductions.data_files import DataError
from reproductions.kernel_choice import KernelError
from reproductions.recipe_data import digest
from reproductions.recipes import Recipe, RecipeError
from reproductions.running import cost, deaths, gpu
from reproductions.running.deadline import Deadline, OutOfTime
from reproductions.running.executor import Executor, LocalExecutor, Run, TrialError, contained, default_run
from reproductions.running.gpu import GpuPacks
from reproductions.running.process import cores
from reproductions.running.ray_cluster import ClusterError
from reproductions.running.ray_executor import RayExecutor
from reproductions.store import environment
from reproductions.store.definitions import ProvenanceError
from reproductions.store.exchange import IMPORTED
from reproductions.store.files import StoreError
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

KNOWN_ERRORS = (
    *(ClaimError, RecipeError, DataError, StoreError, ReportError, ReferenceDataError, KernelError, ProvenanceError),
    *(TrialError, ClusterError),
)
CALIBRATION_SECONDS, CALIBRATION_SHARE = 6.0, 0.05  # at most, for the estimates of a run with a time budget


class ClaimsRun:
    """A profile, a store and an executor.

    ``trials`` are the trials that every planned claim demands, the longest first.
    """

    def __init__(
        self,
        profile: str,
        store: Store,
        seeds_max: int | None = None,
        run: Run = default_run,
        expected: Expected | None = None,
        root: Path | None = None,
        executor: str = "local",
    ) -> None:
        """Prepare a run with ``expected``, the recorded verdicts.

        ``root`` is the folder of the repository under test (None: the current folder), ``executor`` one of EXECUTORS.
        """
        self.profile = profile
        self.store = store
        self.seeds_max = seeds_max
        self.trials: tuple[Trial, ...] = ()
        self.expected: Expected = expected or {}
        self.root = root or Path.cwd()
        self._claims: tuple[Claim, ...] = ()
        self._settled: set[str] = set()  # ids of claims that need no more trials
        self._refused: dict[Recipe, str] = {}  # recipes that this process found it cannot run, and why
        # claims share trials, and the first outcome of a trial stays
        self._known, self._ensured = functools.cache(self._lookup), functools.cache(self._measured)
        self.deadline: Deadline | None = None
        self.executor = executor
        self.say: Callable[[str], None] = lambda line: None  # takes what is worth a line while the run trains
        self.notices: list[str] = []  # what was said so
        self._run: Callable[..., Outcome] = run
        self._trained = False
        self._static: StaticGuards | None = None
        self._kept_guards: KeptGuards | None = None
        self._results: dict[str, Result] = {}  # of the claims that this process judged
        self.guards, self.drift = NOT_GUARDED, NOT_COMPARED  # of the run that ``report`` has ended

    @classmethod
    def of(cls, option: Any, registry: Registry, expected: Expected | None = None, root: Path | None = None) -> ClaimsRun:
        """Build the run of claims of ``registry`` that pytest's options ask for. Raises UsageError."""
        check(option, registry)
        marker = "full" if option.markexpr == "full" else "smoke"
        profile = option.claims_profile or registry.default_profile(marker, environment.cuda_available)
        most = option.claims_seeds_max
        try:
            if kernel_choice.requested() not in ("native", "torch"):
                from reproductions.recurrence import build  # here, because it brings in torch

                build.library()  # a forced instruction set that is not to be had is said now, not by every claim
            store = open_store(option.claims_store)
            return cls(profile, store, None if most is None else int(most), expected=expected, root=root, executor=option.claims_executor)
        except KNOWN_ERRORS as error:
            raise UsageError(str(error)) from error

    def begin_budget(self, budget: float, claims: Iterable[Claim]) -> None:
        """Set a deadline ``budget`` seconds from now.

        A part of the time goes to estimating what each trial of ``claims`` takes here. Raises UsageError.
        """
        started = time.monotonic()
        wanted = dict.fromkeys(trial for claim in claims for trial in trials_to_cap(claim, self.profile))
        missing = [trial for trial in wanted if not self.store.has(trial)]
        try:
            calibration = cost.calibrate(missing, min(CALIBRATION_SECONDS, CALIBRATION_SHARE * budget)) if missing else cost.Calibration()
        except KNOWN_ERRORS as error:
            raise UsageError(str(error)) from error
        seconds = {digest(trial.recipe): calibration.busy * calibration.seconds(trial) for trial in missing}
        self.stop_at(Deadline(started + budget, budget, seconds))

    def stop_at(self, deadline: Deadline) -> None:
        """Take the deadline of a budget that this process or, for a worker, the controller has begun."""
        self.deadline = deadline

    @functools.cached_property
    def _executor(self) -> Executor:
        """Build the executor when the first trial is asked for."""
        if self.executor == "ray":
            packs = self.profile == gpu.PROFILE
            return RayExecutor(self.store, self._run, self._note_refusal, self._notice, self.deadline, packs=packs)
        # only now, because a budget has then begun, and a run that trains nothing never looks for a GPU
        run: Run = self._run if self.deadline is None else functools.partial(self._run, deadline=self.deadline)
        packing = GpuPacks.of_this_process(self.deadline, self._noting) if self.profile == gpu.PROFILE else None
        return LocalExecutor(self.store, self._noting_refusals(run), deadline=self.deadline, packing=packing)

    def plan(self, claims: Sequence[Claim]) -> None:
        """Take ``claims`` into the run."""
        # every worker plans the same claims, and trains for all of them
        self._claims = tuple(claims)
        self.trials = _longest_first(trial for claim in claims for trial in trials_of(claim, self.profile, self.seeds_max))

    def lacking(self) -> tuple[Trial, ...]:
        """List the trials that the planned claims still need by what the store holds, the longest first.

        Nothing is trained. A claim needs the trials of its first look and then, while it is undecided, the trials of its next look.
        """
        # the outcomes decide, so all workers and every later run end with the same trials
        return _longest_first(trial for claim in self._claims for trial in self._lacking(claim))

    def _lacking(self, claim: Claim) -> tuple[Trial, ...]:
        """List the trials that one claim still needs."""
        # none also for a claim that has a recipe which cannot be run, or whose outcomes cannot be judged: its own test says so
        if claim.id in self._settled or self._refusal(claim):
            return ()
        with contextlib.suppress(*KNOWN_ERRORS):
            if found := lacking_trials(claim, self.profile, self.store.has, self._known, self.seeds_max):
                return found
            self._settled.add(claim.id)
        return ()

    def left(self) -> str:
        """Say how many trials a time budget left undone and about how long they take.

        Returns "" if nothing is left or no budget was set.
        """
        if self.deadline is None or not (trials := self.lacking()):
            return ""
        workers = cores()
        seconds = cost.makespan([self.deadline.estimate(trial) for trial in trials], workers, workers)
        return f"{plural(len(trials), 'trial')} left, {text.about(seconds)} on {plural(workers, 'core')}"

    def kept(self) -> Iterator[str]:
        """Say in two lines what an interrupted run keeps and what it loses."""
        stored = sum(self.store.has(trial) for trial in self.trials)
        begun = sum(self.store.checkpoint_path(trial).exists() for trial in self.trials)
        states = f" and {plural(begun, 'saved state')} of others" if begun else ""
        yield f"kept: {stored} of {plural(len(self.trials), 'trial')}{states}, in the store {self.store.folder}"
        yield f"lost: of a trial that was training, what is newer than its last saved state, at most {text.duration(CHECKPOINT_SECONDS)}"

    def guard(self, *, beside: bool) -> None:
        """Start the guards that need no outcome; ``beside`` in a thread, where other processes train.

        They look at what was trained here and at what a time budget lets start. Without the latter, kept guards count as passed.
        """
        lacking = self.lacking()
        started = tuple(lacking if self.deadline is None else self.deadline.startable(lacking))
        guarded = (*filter(self._was_made_here, self.trials), *started)  # an imported draw was guarded where it was made
        self._kept_guards = KeptGuards(self.store, guarded)
        passed = () if started else self._kept_guards.passed()
        self._static = StaticGuards(guarded, beside=beside, passed=passed)

    def _was_made_here(self, trial: Trial) -> bool:
        with contextlib.suppress(*KNOWN_ERRORS):  # what cannot be read was not made
            return self.store.has(trial) and IMPORTED not in self._known(trial.recipe, trial.seed).provenance
        return False

    def judge(self, claim: Claim) -> Result:
        """Judge ``claim``, and train what the store lacks for it.

        Where no time is left for it, the result is "not run", or "inconclusive" so far. Raises UsageError for bad input.
        """
        if trials_of(claim, self.profile, self.seeds_max):
            self.train()
        if refusal := self._refusal(claim):
            raise UsageError(refusal)

        try:
            result = judge_claim(claim, self.profile, self._ensured, self.expected, self.seeds_max)
            return self._results.setdefault(claim.id, result)
        except OutOfTime:
            if not self._lacking(claim):  # another worker has finished the last of them
                return self.judge(claim)
            return self._at_hand(claim, self._known, "time budget")
        except KNOWN_ERRORS as error:
            raise UsageError(str(error)) from error

    def _measured(self, recipe: Recipe, seed: int) -> Outcome:
        """Return the outcome of a trial, which is trained if the store lacks it."""
        trial = Trial(recipe, seed)
        with contextlib.suppress(StoreError):  # what cannot be read is trained, or refused, below
            if self.store.has(trial):
                return self._known(recipe, seed)
        return self._executor.ensure([trial])[trial]

    def train(self) -> None:
        """Train for the whole run, once, the longest trials first, so that the workers finish together.

        A claim that needs what cannot be run, say for want of a data set, is left out; the others go on. Raises UsageError for a cluster
        that cannot be used.
        """
        if self._trained:
            return
        self._trained = True
        try:
            self._train()
        except ClusterError as error:
            raise UsageError(str(error)) from error
        finally:
            if "_executor" in vars(self):
                self._executor.close()

    def _train(self) -> None:
        # a worker that has nothing left to train asks again: a claim's next look may be due while others still train
        while trials := self.lacking():
            refused = len(self._refused)
            try:
                self._executor.run_unclaimed(trials)
            except OutOfTime:
                return
            except ClusterError:
                raise
            except KNOWN_ERRORS:
                # what the store refuses is left to the test that meets it
                if len(self._refused) == refused:
                    return

    def _noting_refusals(self, run: Run) -> Run:
        def noting(trial: Trial, checkpoint: CheckpointFile) -> Outcome:
            with self._noting([trial]), deaths.counted(trial, self.store.folder / "leases" / f"{self.store.name(trial)}.runs"):
                return run(trial, checkpoint)

        return noting

    def _noting(self, trials: Sequence[Trial]) -> contextlib.AbstractContextManager[None]:
        """Keep why the recipes of ``trials``, which run within, cannot be run here."""
        return contained(trials, self._note_refusal)

    def _note_refusal(self, trials: Sequence[Trial], error: Exception) -> None:
        self._refused |= {trial.recipe: str(error) for trial in trials}

    def _notice(self, line: str) -> None:
        self.notices.append(line)
        self.say(line)

    def _refusal(self, claim: Claim) -> str:
        """Say why ``claim`` cannot be measured here.

        The reason is what this process met when it ran a recipe of the claim. Returns "" if it met nothing.
        """
        recipes = (recipe for arm in claim.arms.get(self.profile, ()) for recipe in arm.recipes)
        return next((self._refused[recipe] for recipe in recipes if recipe in self._refused), "")

    def report(
        self,
        registry: Registry,
        judged: set[str],
        not_run: Mapping[str, str],
        folder: Path,
        notes: Iterable[str] = (),
        columns: int | None = None,
    ) -> tuple[str, Path, list[str]]:
        """Write the report of the registry, with ``notes`` on the run.

        Returns the table for a terminal of ``columns``, the report's page, and what else there is to say. The table of a run that leaves
        out claims of its profile lists the chosen claims alone. The claims in ``judged`` are judged again from the store where another
        process judged them (the same outcomes give the same verdicts). A claim that the run did not select is judged from the store as it
        is, marked as of an earlier run, where the store has all that it needs. The others are "not run", for the reason in ``not_run`` or
        else because they were not selected. Raises UsageError where the report cannot be made or written.
        """
        from claims.report.write import write_report  # here, because pandas takes its time and no worker writes

        try:
            lookup = functools.cache(self._lookup)  # claims share trials, and guards and pictures read them again
            results = [self._result(claim, judged, not_run, lookup) for claim in registry.claims]
            static = self._static.findings() if self._static else ()
            if self._kept_guards:
                self._kept_guards.keep(static)
            self.guards = guard_results(static, results, lookup)
            self.drift = kept_against_record(self.store, results, lookup, self.profile)
            made_by = environment.environment(root=self.root)
            prices_of_profiles, seconds = prices(results, self.store, lookup)
            kept = earlier_runs(sum(result.earlier for result in results), len(judged))
            on_gpu = self._gpu_fallbacks(lookup)
            report = build_report(
                results,
                provenance=made_by,
                created=_now(),
                profile=self.profile,
                papers=registry.papers,
                notes=(*notes, *on_gpu, *kept),
                pictures=pictures(registry.papers, results, lookup),
                guards=self.guards,
                drift=self.drift,
                prices=prices_of_profiles,
                seconds=seconds,
            )
            replaced = to_be_replaced(folder)
            write_report(report, folder)
            keep(report, self.store.folder, registry.claims)
        except KNOWN_ERRORS as error:
            raise UsageError(str(error)) from error
        chosen = judged | set(not_run)
        left_out = any(result.claim.id not in chosen and not unmet(result.claim, self.profile) for result in results)
        listed = [result for result in results if result.claim.id in chosen or not left_out]
        remarks = made_by.get("fallback"), *on_gpu, replaced, *not_selected(len(results) - len(listed)), *kept
        said = [*self.notices, *self.store.reports, *filter(None, remarks)]
        return summary_table(listed, columns, self.drift), folder / "index.html", said

    def _result(self, claim: Claim, judged: set[str], not_run: Mapping[str, str], lookup: Lookup) -> Result:
        if claim.id in not_run:
            reason = not_run[claim.id]
        elif claim.id in judged:
            return self._results.get(claim.id) or self._at_hand(claim, lookup, "time budget")
        else:
            reason = unmet(claim, self.profile)
            if not reason:
                return self._as_stored(claim, lookup, "not selected in this run")
        return result_not_run(claim, self.profile, reason, self.expected)

    def as_stored(self, registry: Registry) -> Report:
        """Judge every claim of the registry from the store as it is, and return the verdicts without pictures and papers.

        Nothing is trained. A claim of which the store lacks a trial is "not run".
        """
        lookup = functools.cache(self._lookup)

        def judged(claim: Claim) -> Result:
            reason = unmet(claim, self.profile)
            if reason:
                return result_not_run(claim, self.profile, reason, self.expected)
            return self._as_stored(claim, lookup, "the store lacks trials of it")

        return build_report(map(judged, registry.claims), provenance={}, created=_now(), profile=self.profile)

    def _as_stored(self, claim: Claim, lookup: Lookup, why: str) -> Result:
        """Judge a claim from the store as it is, as one of an earlier run.

        It is "not run", for the reason ``why``, where that fails.
        """
        with contextlib.suppress(*KNOWN_ERRORS):
            if (result := self._at_hand(claim, lookup, why)).verdict.verdict != "not run":
                return dataclasses.replace(result, earlier=True)
        return result_not_run(claim, self.profile, f"{why}: {self._command(claim)}", self.expected)

    def _at_hand(self, claim: Claim, lookup: Lookup, why: str) -> Result:
        """Judge a claim by the looks of which the store has all trials; ``why`` says why others were not run."""
        if missing := lacking_trials(claim, self.profile, self.store.has, lookup, self.seeds_max):
            why = f"{why}: {plural(len(missing), 'trial')} missing; {self._command(claim)}"
            return judge_so_far(claim, self.profile, missing, lookup, self.expected, self.seeds_max, why=why)
        return judge_claim(claim, self.profile, lookup, self.expected, self.seeds_max)

    def _command(self, claim: Claim) -> str:
        return f"{claim.protocol[self.profile].command} -k '{claim.id}'"

    def _gpu_fallbacks(self, lookup: Lookup) -> list[str]:
        """Return why packs of this run trained on torch's kernels: by the outcomes, whichever process made them."""
        if self.profile != gpu.PROFILE:
            return []
        return gpu.fallbacks(lookup(trial.recipe, trial.seed) for trial in self.trials if self.store.has(trial))

    def _lookup(self, recipe: Recipe, seed: int) -> Outcome:
        outcome = self.store.get(Trial(recipe, seed))
        if outcome is None:
            raise StoreError(f"the store lost the outcome of {Trial(recipe, seed).label} during the run; run it again")
        return outcome


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _longest_first(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    return tuple(sorted(dict.fromkeys(trials), key=cost.relative_cost, reverse=True))
