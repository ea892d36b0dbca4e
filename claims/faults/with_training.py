"""The check whether a planted fault is noticed where networks train with it.

It may be noticed by a verdict, by a guard, or by drift. A verdict notices a fault if it changes from or to reproduced. With the fault
planted, the networks of the claims that train with it are trained by their recipes of the smallest profile on their own seeds. The claims
are judged by the ordinary rules, the guards look as they do at the end of a run, and the outcomes are held against healthy ones
(``claims.faults.drifted``). The control does the same without a fault: a claim that does not give its recorded verdict there shows nothing
on this machine. A move of a borderline claim that rounding was seen to make is neither a notice nor an alarm. Whatever is trained here is
thrown away.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from claims.faults.drifted import Drifted, Healthy, drifted_of_claim
from claims.faults.known_faults import FaultError, WatchedFault, smallest_profile
from claims.faults.without_training import FaultReport
from claims.judging.judge import Expected, judge_claim, trials_of
from claims.judging.result import Result
from claims.model import Claim
from claims.report.guards import GuardResults
from claims.run.guards import guard_results, static_findings
from reference_results.planted_faults_trained import CONTROL, TrainedRow, TrainedVerdict, tells
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Recipe
from reproductions.running.executor import LocalExecutor, default_run
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

Stored = Callable[[Trial], Outcome | None]  # where the control may find an outcome that was made without a fault
Done = Callable[[], object]  # called after every trial


@dataclass(frozen=True)
class TrainedReport(FaultReport):
    """What a planted fault, or nothing at all (the control), made of trained networks.

    ``noticed_by`` holds ids of claims whose verdict changed and names of guards; of the control, the claims that did not give their
    recorded verdict, and guards. ``claims`` says of each claim what drift says too. A fault that is known to leave the verdicts as they are
    says in ``kept_because`` why.
    """

    claims: tuple[TrainedVerdict, ...] = ()
    kept_because: str = ""

    @property
    def is_control(self) -> bool:
        return self.fault == CONTROL

    @property
    def passed(self) -> bool:
        """Whether this is as it should be: a fault noticed; a control that changes nothing."""
        return self.noticed != self.is_control

    @property
    def row(self) -> TrainedRow:
        return TrainedRow(self.fault, self.description, self.claims, self.kept_because)


@dataclass(frozen=True)
class _Made:
    """What was made of the claims' networks: results, guards and outcomes."""

    results: tuple[Result, ...]
    guards: GuardResults
    outcomes: Mapping[Trial, Outcome]

    def guards_on(self, claim: Claim) -> tuple[str, ...]:
        """Return the names of the guards whose alarms put the claim in doubt."""
        return tuple(dict.fromkeys(alarm.guard for alarm in self.guards.alarms if claim.id in alarm.claims or not alarm.claims))


def trials(claims: Iterable[Claim]) -> tuple[Trial, ...]:
    """Return every trial that the claims need, each once."""
    return tuple(dict.fromkeys(trial for claim in claims for trial in trials_of(claim, smallest_profile(claim))))


def claims_of(faults: Iterable[WatchedFault]) -> tuple[Claim, ...]:
    """Return the claims that are trained with one of the faults, each once."""
    return tuple({claim.id: claim for fault in faults for claim in fault.trained}.values())


def control(
    claims: Iterable[Claim], expected: Expected, healthy: Healthy, stored: Stored = lambda trial: None, done: Done = lambda: None
) -> tuple[TrainedReport, Healthy]:
    """Train and judge the claims without any fault; outcomes that ``stored`` has are not trained again.

    Returns the report, and ``healthy`` with the outcomes. Raises FaultError for a claim without a recorded verdict.
    """
    made = _made(tuple(claims), expected, stored, done)
    departed = {result.claim.id: _change(result) for result in made.results if result.verdict.verdict != result.expected}
    guards = tuple(dict.fromkeys(alarm.guard for alarm in made.guards.alarms))
    found = [f"{name} {change}" for name, change in departed.items()] + [str(alarm) for alarm in made.guards.alarms]
    alarm = any(not result.moved for result in made.results if result.claim.id in departed) or bool(guards)
    report = TrainedReport(
        fault=CONTROL,
        description="nothing is changed",
        named_claims=tuple(result.claim.id for result in made.results),
        noticed=alarm,
        noticed_by=(*departed, *guards),
        guards=guards,
        message=f"without any fault: {'; '.join(found) or 'every claim gives its recorded verdict, and every guard passes'}",
        claims=tuple(_verdict(result, noticed=False, guards=made.guards_on(result.claim)) for result in made.results),
    )
    return report, dataclasses.replace(healthy, outcomes=made.outcomes)


def check(
    watched: WatchedFault, expected: Expected, healthy: Healthy, departed: Collection[str] = (), done: Done = lambda: None
) -> TrainedReport:
    """Train and judge with the fault planted, and hold what it made against ``healthy`` runs.

    A claim or guard in ``departed``, which says something without the fault, notices nothing. Raises FaultError for a claim without a
    recorded verdict.
    """
    with watched.planted():
        made = _made(watched.trained, expected, lambda trial: None, done)
    told = {
        result.claim.id: f"{_change(result)} ({result.verdict.reason})"
        for result in made.results
        if tells(str(result.expected), result.verdict.verdict) and not result.moved and result.claim.id not in departed
    }
    alarms = {alarm.guard: str(alarm) for alarm in reversed(made.guards.alarms) if alarm.guard not in departed}
    verdicts, drifts = [], {}
    for result in made.results:
        drift = drifts[result.claim.id] = drifted_of_claim(result.claim, made.outcomes, healthy)
        guards = tuple(name for name in made.guards_on(result.claim) if name not in departed)
        verdicts.append(_verdict(result, result.claim.id in told, guards, drift))
    drifted = any(drift.noticed for drift in drifts.values())
    return TrainedReport(
        fault=watched.name,
        description=watched.fault.description,
        named_claims=tuple(claim.id for claim in watched.trained),
        noticed=bool(told or alarms or drifted),
        noticed_by=(*told, *alarms),
        guards=tuple(alarms),
        message=_message(watched, told, alarms, drifts),
        claims=tuple(verdicts),
        kept_because=watched.kept_because,
    )


def _made(claims: Sequence[Claim], expected: Expected, stored: Stored, done: Done) -> _Made:
    """Judge the claims on outcomes from ``stored`` or made now, each trial once, and let the guards look."""
    wanted = trials(claims)
    outcomes: dict[Trial, Outcome] = {}

    def run(trial: Trial, checkpoint: CheckpointFile) -> Outcome:
        outcome = default_run(trial, checkpoint)
        done()
        return outcome

    def have(trial: Trial) -> bool:
        if (found := stored(trial)) is None:
            return False
        outcomes[trial] = found
        done()
        return True

    with tempfile.TemporaryDirectory() as folder:
        executor = LocalExecutor(Store(folder, fingerprint=lambda recipe: "planted fault".ljust(64, "-")), run)
        outcomes.update(executor.ensure([trial for trial in wanted if not have(trial)]))

        def lookup(recipe: Recipe, seed: int) -> Outcome:
            trial = Trial(recipe, seed)
            if trial not in outcomes and not have(trial):  # of a further look
                outcomes.update(executor.ensure([trial]))
            return outcomes[trial]

        results = tuple(judge_claim(claim, smallest_profile(claim), lookup, expected) for claim in claims)
        for result in results:
            if result.expected is None:
                where = f"{result.claim.id} has no {result.profile} verdict on record"
                raise FaultError(f"{where} that a fault could change; record one in expected_verdicts.csv")
        return _Made(results, guard_results(static_findings(wanted), results, lookup), outcomes)


def _verdict(result: Result, noticed: bool, guards: tuple[str, ...], drift: Drifted = Drifted()) -> TrainedVerdict:  # noqa: B008 - frozen
    return TrainedVerdict(
        result.claim.id, str(result.expected), result.verdict.verdict, noticed, guards, *drift.cells, elsewhere=drift.elsewhere
    )


def _change(result: Result) -> str:
    return f"{result.expected} -> {result.verdict.verdict}{' (borderline)' if result.moved else ''}"


def _message(watched: WatchedFault, told: Mapping[str, str], alarms: Mapping[str, str], drifts: Mapping[str, Drifted]) -> str:
    drifted = [f"{name} drifted: {drift.words}" for name, drift in drifts.items() if drift.noticed]
    found = [*(f"{name} {change}" for name, change in told.items()), *alarms.values(), *drifted]
    if found:
        return f"{watched.name}: {'; '.join(found)}"
    trained = ", ".join(drifts)
    return f"{watched.name} goes unnoticed where {trained} train with it; add a guard for: {watched.fault.description}"
