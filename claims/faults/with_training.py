"""The check whether the verdicts of trained networks notice a planted fault.

A claim notices a fault if its verdict changes from or to reproduced. With the fault planted, the networks of the claims that train with it
are trained by their recipes of the smallest profile on their own seeds, and the claims are judged by the ordinary rules. The control does
the same without a fault: a claim that does not give its recorded verdict there shows nothing on this machine. A move of a borderline
claim that rounding was seen to make is neither a notice nor an alarm. Whatever is trained here is kept in memory alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from claims.faults.known_faults import FaultError, WatchedFault, smallest_profile
from claims.faults.without_training import FaultReport
from claims.judging.judge import Expected, judge_claim, trials_of
from claims.judging.result import Result
from claims.model import Claim
from reference_results.planted_faults_trained import CONTROL, TrainedRow, TrainedVerdict, tells
from reproductions import probes, training
from reproductions.recipes import Probe, Recipe
from reproductions.running import process
from reproductions.trials import Outcome, Trial

Stored = Callable[[Trial], Outcome | None]  # where the control may find an outcome that was made without a fault


@dataclass(frozen=True)
class TrainedReport(FaultReport):
    """What a planted fault, or nothing at all (the control), made of the verdicts of trained networks.

    ``noticed_by`` holds ids of claims alone; of the control, the claims that did not give their recorded verdict. A fault that is known
    to leave the verdicts as they are says in ``kept_because`` why.
    """

    claims: tuple[TrainedVerdict, ...]
    kept_because: str = ""

    @property
    def is_control(self) -> bool:
        return self.fault == CONTROL

    @property
    def passed(self) -> bool:
        """Whether this is as it should be: a fault noticed, or known not to be; a control that changes nothing."""
        return not self.noticed if self.is_control else self.noticed or bool(self.kept_because)

    @property
    def row(self) -> TrainedRow:
        return TrainedRow(self.fault, self.description, self.claims, self.kept_because)


def trials(claims: Iterable[Claim]) -> tuple[Trial, ...]:
    """Return every trial that the claims need, each once."""
    return tuple(dict.fromkeys(trial for claim in claims for trial in trials_of(claim, smallest_profile(claim))))


def claims_of(faults: Iterable[WatchedFault]) -> tuple[Claim, ...]:
    """Return the claims that are trained with one of the faults, each once."""
    return tuple({claim.id: claim for fault in faults for claim in fault.trained}.values())


def control(
    claims: Iterable[Claim], expected: Expected, stored: Stored = lambda trial: None, done: Callable[[], object] = lambda: None
) -> TrainedReport:
    """Train and judge the claims without any fault; outcomes that ``stored`` has are not trained again.

    ``done`` is called after every trial. Raises FaultError for a claim without a recorded verdict.
    """
    results = _results(claims, expected, stored, done)
    departed = {result.claim.id: _change(result) for result in results if result.verdict.verdict != result.expected}
    verdicts = tuple(_verdict(result, noticed=False) for result in results)
    found = "; ".join(f"{name} {change}" for name, change in departed.items()) or "every claim gives its recorded verdict"
    names = tuple(result.claim.id for result in results)
    alarm = any(not result.moved for result in results if result.claim.id in departed)
    return TrainedReport(CONTROL, "nothing is changed", names, alarm, tuple(departed), f"without any fault: {found}", verdicts)


def check(
    watched: WatchedFault, expected: Expected, departed: Collection[str] = (), done: Callable[[], object] = lambda: None
) -> TrainedReport:
    """Train and judge with the fault planted; a claim in ``departed`` from its verdict without the fault notices nothing.

    ``done`` is called after every trial. Raises FaultError for a claim without a recorded verdict.
    """
    with watched.planted():
        results = _results(watched.trained, expected, lambda trial: None, done)
    told = {
        result.claim.id: f"{_change(result)} ({result.verdict.reason})"
        for result in results
        if tells(str(result.expected), result.verdict.verdict) and not result.moved and result.claim.id not in departed
    }
    verdicts = tuple(_verdict(result, result.claim.id in told) for result in results)
    names = tuple(claim.id for claim in watched.trained)
    message = _message(watched, names, told)
    return TrainedReport(watched.name, watched.fault.description, names, bool(told), tuple(told), message, verdicts, watched.kept_because)


@process.settled()
def _results(claims: Iterable[Claim], expected: Expected, stored: Stored, done: Callable[[], object]) -> list[Result]:
    """Judge the claims on outcomes from ``stored`` or made now, each trial once."""
    outcomes: dict[Trial, Outcome] = {}

    def outcome(recipe: Recipe, seed: int) -> Outcome:
        trial = Trial(recipe, seed)
        if trial not in outcomes:
            outcomes[trial] = stored(trial) or (probes.measure(trial) if isinstance(recipe, Probe) else training.train(trial))
            done()
        return outcomes[trial]

    results = [judge_claim(claim, smallest_profile(claim), outcome, expected) for claim in claims]
    for result in results:
        if result.expected is None:
            where = f"{result.claim.id} has no {result.profile} verdict on record"
            raise FaultError(f"{where} that a fault could change; record one in expected_verdicts.csv")
    return results


def _verdict(result: Result, noticed: bool) -> TrainedVerdict:
    return TrainedVerdict(result.claim.id, str(result.expected), result.verdict.verdict, noticed)


def _change(result: Result) -> str:
    return f"{result.expected} -> {result.verdict.verdict}{' (borderline)' if result.moved else ''}"


def _message(watched: WatchedFault, trained: Sequence[str], told: dict[str, str]) -> str:
    if told:
        return f"{watched.name}: {'; '.join(f'{name} {change}' for name, change in told.items())}"
    remedy = watched.kept_because or "name a claim that it breaks in trained of its FaultClaims, or say in kept_because why there is none"
    return f"{watched.name} goes unnoticed by trained verdicts of {', '.join(trained)}; {remedy}"
