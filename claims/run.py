"""One run over claims: its profile, store and executor, the trials it needs, and the results it ends with."""

from __future__ import annotations

import contextlib
import datetime
import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from claims import judging
from claims.model import Claim, ClaimError, Result
from claims.report.guards import NOT_GUARDED
from claims.report.model import ReportError, build_report
from claims.report.pictures import pictures
from claims.report.terminal import summary_table
from claims.report.write import write_report
from claims.run_guards import StaticGuards, guard_results
from reference_results import ReferenceDataError, expected_verdicts
from reproductions import kernel_choice, provenance
from reproductions.checkpoint import CheckpointFile
from reproductions.datasets import DataError
from reproductions.executors import LocalExecutor, Run, default_run
from reproductions.kernel_choice import KernelError
from reproductions.profiles import PROFILE_NAMES
from reproductions.recipes import Recipe, RecipeError
from reproductions.store import Store, StoreError
from reproductions.trials import Outcome, Trial

KNOWN_ERRORS = (ClaimError, RecipeError, DataError, StoreError, ReportError, ReferenceDataError, KernelError)


class UsageError(ValueError):
    """Bad usage or input, in one line that names the thing and the remedy."""


def check(option: Any) -> None:
    """Refuses pytest's options and a RIN_CLAIMS_KERNELS that name what there is not. Raises UsageError; opens and imports nothing."""
    if option.claims_profile and option.claims_profile not in PROFILE_NAMES:
        raise UsageError(f"unknown profile {option.claims_profile!r} for --claims-profile; choose {', '.join(PROFILE_NAMES)}")
    if option.claims_inconclusive not in ("report", "fail"):
        raise UsageError(f"--claims-inconclusive takes report or fail, not {option.claims_inconclusive!r}")
    if option.claims_executor != "local":
        raise UsageError(f"unknown executor {option.claims_executor!r} for --claims-executor; only 'local' exists so far")
    most = option.claims_seeds_max
    if most is not None and not (str(most).isdecimal() and int(most) >= 1):
        raise UsageError(f"--claims-seeds-max takes a whole number of at least 1, not {most!r}")
    try:
        kernel_choice.requested()
    except KernelError as error:
        raise UsageError(str(error)) from error


class ClaimsRun:
    """A profile, a store and an executor; ``trials`` are those that every planned claim demands, the longest first."""

    def __init__(self, profile: str, store: Store, seeds_max: int | None = None, run: Run = default_run) -> None:
        self.profile = profile
        self.store = store
        self.seeds_max = seeds_max
        self.trials: tuple[Trial, ...] = ()
        self.expected = expected_verdicts()
        self._claims: tuple[Claim, ...] = ()
        self._settled: set[str] = set()  # ids of claims that need no more trials
        self._refused: dict[Recipe, str] = {}  # recipes that this process found it cannot run, and why
        self._executor = LocalExecutor(store, self._noting_refusals(run))
        self._trained = False
        self._static: StaticGuards | None = None
        self.guards = NOT_GUARDED  # of the run that ``report`` has ended

    @classmethod
    def of(cls, option: Any) -> ClaimsRun:
        """The run that pytest's options ask for. Raises UsageError."""
        check(option)
        profile = option.claims_profile or ("smoke" if option.markexpr != "full" else "paper" if provenance.cuda_available() else "compact")
        most = option.claims_seeds_max
        try:
            if kernel_choice.requested() not in ("native", "torch"):
                from reproductions.recurrence import build  # here, because it brings in torch

                build.library()  # a forced instruction set that is not to be had is said now, not by every claim
            return cls(profile, Store(option.claims_store or Store.default_folder()), None if most is None else int(most))
        except KNOWN_ERRORS as error:
            raise UsageError(str(error)) from error

    def plan(self, claims: Sequence[Claim]) -> None:
        """Takes ``claims`` into the run: every worker plans the same ones, and trains for all of them."""
        self._claims = tuple(claims)
        self.trials = _longest_first(trial for claim in claims for trial in judging.trials(claim, self.profile, self.seeds_max))

    def lacking(self) -> tuple[Trial, ...]:
        """The trials that the planned claims still need as far as the store tells, the longest first; it trains nothing.

        First those of every first look, then those of the next look of the claims that are undecided. The outcomes decide, so all workers
        and every later run end with the same trials.
        """
        return _longest_first(trial for claim in self._claims for trial in self._lacking(claim))

    def _lacking(self, claim: Claim) -> tuple[Trial, ...]:
        """Empty also for a claim that has a recipe which cannot be run, or whose outcomes cannot be judged: its own test says so."""
        if claim.id in self._settled or self._refusal(claim):
            return ()
        with contextlib.suppress(*KNOWN_ERRORS):
            if found := judging.lacking(claim, self.profile, self.store.has, self._lookup, self.seeds_max):
                return found
            self._settled.add(claim.id)
        return ()

    def guard(self, *, beside: bool) -> None:
        """Starts the guards that need no outcome; ``beside`` in a thread, where other processes train."""
        self._static = StaticGuards(self.trials, beside=beside)

    def judge(self, claim: Claim) -> Result:
        """The result of ``claim``; trains what the store lacks. Raises UsageError for bad input."""
        if judging.trials(claim, self.profile, self.seeds_max):
            self._train_all()
        if refusal := self._refusal(claim):
            raise UsageError(refusal)

        @functools.cache
        def measured(recipe: Recipe, seed: int) -> Outcome:
            trial = Trial(recipe, seed)
            return self._executor.ensure([trial])[trial]

        try:
            return judging.judge(claim, self.profile, measured, self.expected, self.seeds_max)
        except KNOWN_ERRORS as error:
            raise UsageError(str(error)) from error

    def _train_all(self) -> None:
        """Trains for the whole run, look by look and the longest trials first, so that the workers finish together; once is enough.

        A claim that needs what cannot be run, say for want of a data set, is left out; the others go on. What the store refuses is left to
        the test that meets it.
        """
        if self._trained:
            return
        self._trained = True
        while trials := self.lacking():
            refused = len(self._refused)
            try:
                self._executor.ensure(trials)
            except KNOWN_ERRORS:
                if len(self._refused) == refused:
                    return

    def _noting_refusals(self, run: Run) -> Run:
        def noting(trial: Trial, checkpoint: CheckpointFile) -> Outcome:
            try:
                return run(trial, checkpoint)
            except KNOWN_ERRORS as error:
                self._refused[trial.recipe] = str(error)
                raise

        return noting

    def _refusal(self, claim: Claim) -> str:
        """Why ``claim`` cannot be measured here: what this process met when it ran a recipe of it; "" if nothing."""
        recipes = (recipe for arm in claim.arms.get(self.profile, ()) for recipe in arm.recipes)
        return next((self._refused[recipe] for recipe in recipes if recipe in self._refused), "")

    def report(self, registry: Sequence[Claim], judged: set[str], errors: Mapping[str, str], folder: Path) -> tuple[str, Path, list[str]]:
        """Writes the report of the registry and returns the terminal's table, the report's page, and what the store set aside.

        The claims in ``judged`` are judged again from the store (the same outcomes give the same verdicts); the others are "not run".
        Raises UsageError where the report cannot be made or written.
        """
        try:
            lookup = functools.cache(self._lookup)  # claims share trials, and guards and pictures read them again
            results = [self._result(claim, judged, errors, lookup) for claim in registry]
            self.guards = guard_results(self._static.findings() if self._static else (), results, lookup)
            report = build_report(
                results,
                provenance=provenance.environment(),
                created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                profile=self.profile,
                pictures=pictures(results, lookup),
                guards=self.guards,
            )
            write_report(report, folder)
        except KNOWN_ERRORS as error:
            raise UsageError(str(error)) from error
        return summary_table(results), folder / "index.html", self.store.reports

    def _result(self, claim: Claim, judged: set[str], errors: Mapping[str, str], lookup: judging.Lookup) -> Result:
        if claim.id in judged:
            return judging.judge(claim, self.profile, lookup, self.expected, self.seeds_max)
        if claim.id in errors:
            reason = f"ended with an error: {errors[claim.id]}"
        else:
            command = f"{judging.PROFILE_COMMANDS[self.profile]} -k '{claim.id}'"
            reason = judging.unmet(claim, self.profile) or f"not selected in this run: {command}"
        return judging.not_run(claim, self.profile, reason, self.expected)

    def _lookup(self, recipe: Recipe, seed: int) -> Outcome:
        outcome = self.store.get(Trial(recipe, seed))
        if outcome is None:
            raise StoreError(f"the store lost the outcome of {Trial(recipe, seed).label} during the run; run it again")
        return outcome


def _longest_first(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    return tuple(sorted(dict.fromkeys(trials), key=judging.cost, reverse=True))
