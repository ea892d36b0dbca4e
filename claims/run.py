"""One run over claims: its profile, store and executor, the trials it needs, and the results it ends with."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from claims import judging
from claims.model import Claim, ClaimError, Result
from claims.report.model import ReportError, build_report
from claims.report.pictures import pictures
from claims.report.terminal import summary_table
from claims.report.write import write_report
from reference_results import ReferenceDataError, expected_verdicts
from reproductions import kernel_choice, provenance
from reproductions.datasets import DataError
from reproductions.executors import LocalExecutor
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
    """A profile, a store and an executor; ``trials`` are those of every planned claim, the longest first."""

    def __init__(self, profile: str, store: Store, seeds_max: int | None = None) -> None:
        self.profile = profile
        self.store = store
        self.seeds_max = seeds_max
        self.trials: tuple[Trial, ...] = ()
        self.expected = expected_verdicts()
        self._executor = LocalExecutor(store)
        self._trained = False

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
        """Takes the trials of ``claims`` into the run: every worker trains from the same list."""
        found = dict.fromkeys(trial for claim in claims for trial in judging.trials(claim, self.profile, self.seeds_max))
        self.trials = tuple(sorted(found, key=judging.cost, reverse=True))

    def judge(self, claim: Claim) -> Result:
        """The result of ``claim``; trains what the store lacks. Raises UsageError for bad input."""
        own = judging.trials(claim, self.profile, self.seeds_max)
        try:
            if own:
                self._train_all()
            outcomes = self._executor.ensure(own)
            return judging.judge(claim, self.profile, lambda recipe, seed: outcomes[Trial(recipe, seed)], self.expected, self.seeds_max)
        except KNOWN_ERRORS as error:
            raise UsageError(str(error)) from error

    def _train_all(self) -> None:
        """Trains the whole run, the longest trials first, so that the workers finish together; once is enough.

        What cannot be trained, say for want of a data set, is left to the claim that needs it, whose test says so.
        """
        if not self._trained:
            self._trained = True
            with contextlib.suppress(*KNOWN_ERRORS):
                self._executor.ensure(self.trials)

    def report(self, registry: Sequence[Claim], judged: set[str], errors: Mapping[str, str], folder: Path) -> tuple[str, Path, list[str]]:
        """Writes the report of the registry and returns the terminal's table, the report's page, and what the store set aside.

        The claims in ``judged`` are judged again from the store (the same outcomes give the same verdicts); the others are "not run".
        Raises UsageError where the report cannot be made or written.
        """
        try:
            results = [self._result(claim, judged, errors) for claim in registry]
            report = build_report(
                results,
                provenance=provenance.environment(),
                created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                profile=self.profile,
                pictures=pictures(results, self._lookup),
            )
            write_report(report, folder)
        except KNOWN_ERRORS as error:
            raise UsageError(str(error)) from error
        return summary_table(results), folder / "index.html", self.store.reports

    def _result(self, claim: Claim, judged: set[str], errors: Mapping[str, str]) -> Result:
        if claim.id in judged:
            return judging.judge(claim, self.profile, self._lookup, self.expected, self.seeds_max)
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
