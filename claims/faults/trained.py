"""Do the verdicts of trained networks notice a planted fault? A claim must change its verdict from or to reproduced.

With the fault planted, the networks of the claims that the fault names (``Fault.trained_claims``) are trained by their smoke recipes on
their own seeds, and the claims are judged by the ordinary rules. The control does the same without a fault: a claim that does not give
its recorded verdict there tells nothing on this machine. Whatever is trained here is kept in memory alone and stored nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claims import papers
from claims.faults import untrained
from claims.faults.untrained import PROFILE, FaultError, FaultReport
from claims.judging.judge import judge_claim, trials_of
from claims.judging.result import Result
from reference_results import expected_verdicts
from reference_results.planted_faults_trained import CONTROL, TrainedRow, TrainedVerdict, tells
from reproductions.recipes import Recipe
from reproductions.trials import Outcome, Trial

if TYPE_CHECKING:
    from reproductions.faults import Fault

Stored = Callable[[Trial], Outcome | None]  # where the control may find an outcome that was made without a fault


@dataclass(frozen=True)
class TrainedReport(FaultReport):
    """What a planted fault, or nothing at all (the control), made of the verdicts of trained networks.

    ``noticed_by`` holds ids of claims alone; of the control, those that did not give their recorded verdict. A fault that is known
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


def trained_faults() -> tuple[Fault, ...]:
    """The faults that claims are trained with."""
    return tuple(fault for fault in untrained.all_faults() if fault.trained_claims)


def find(name: str) -> Fault:
    """The trained fault with this name. FaultError for one that is unknown, changes nothing here, or has no claim to train."""
    fault = untrained.find(name)
    if not fault.trained_claims:
        known = ", ".join(other.name for other in trained_faults())
        raise FaultError(f"no claim is trained with {name}; with --trained choose one of {known}")
    return fault


def trials(claim_ids: Iterable[str]) -> tuple[Trial, ...]:
    """Every training that the claims need, each once."""
    return tuple(dict.fromkeys(trial for name in claim_ids for trial in trials_of(papers.find(name), PROFILE)))


def control(faults: Iterable[Fault], stored: Stored = lambda trial: None, done: Callable[[], object] = lambda: None) -> TrainedReport:
    """The claims that ``faults`` name without any of them; outcomes that ``stored`` has are not trained again.

    ``done`` is called after every trial. Raises FaultError for a claim without a recorded verdict.
    """
    names = tuple(dict.fromkeys(name for fault in faults for name in fault.trained_claims))
    results = _results(names, stored, done)
    departed = {result.claim.id: _change(result) for result in results if result.verdict.verdict != result.expected}
    verdicts = tuple(_verdict(result, noticed=False) for result in results)
    found = "; ".join(f"{name} {change}" for name, change in departed.items()) or "every claim gives its recorded verdict"
    message = f"without any fault: {found}"
    return TrainedReport(CONTROL, "nothing is changed", names, bool(departed), tuple(departed), message, verdicts)


def check(fault: Fault, departed: Collection[str] = (), done: Callable[[], object] = lambda: None) -> TrainedReport:
    """Trains and judges with ``fault`` planted; a claim in ``departed`` from its verdict without the fault notices nothing.

    ``done`` is called after every trial. Raises FaultError for a claim without a recorded verdict.
    """
    with fault.plant():
        results = _results(fault.trained_claims, lambda trial: None, done)
    told = {
        result.claim.id: f"{_change(result)} ({result.verdict.reason})"
        for result in results
        if tells(str(result.expected), result.verdict.verdict) and result.claim.id not in departed
    }
    verdicts = tuple(_verdict(result, result.claim.id in told) for result in results)
    return TrainedReport(
        fault.name, fault.description, fault.trained_claims, bool(told), tuple(told), _message(fault, told), verdicts, fault.kept_because
    )


def _results(claim_ids: Sequence[str], stored: Stored, done: Callable[[], object]) -> list[Result]:
    """The claims judged on outcomes from ``stored`` or trained now, each trial once."""
    from reproductions import training  # here, because they bring in torch
    from reproductions.running import process

    process.prepare()
    outcomes: dict[Trial, Outcome] = {}

    def outcome(recipe: Recipe, seed: int) -> Outcome:
        trial = Trial(recipe, seed)
        if trial not in outcomes:
            outcomes[trial] = stored(trial) or training.train(trial)
            done()
        return outcomes[trial]

    expected = expected_verdicts()
    results = [judge_claim(papers.find(name), PROFILE, outcome, expected) for name in claim_ids]
    for result in results:
        if result.expected is None:
            raise FaultError(f"{result.claim.id} has no {PROFILE} verdict in expected_verdicts.csv that a fault could change; record one")
    return results


def _verdict(result: Result, noticed: bool) -> TrainedVerdict:
    return TrainedVerdict(result.claim.id, str(result.expected), result.verdict.verdict, noticed)


def _change(result: Result) -> str:
    return f"{result.expected} -> {result.verdict.verdict}"


def _message(fault: Fault, told: dict[str, str]) -> str:
    if told:
        return f"{fault.name}: {'; '.join(f'{name} {change}' for name, change in told.items())}"
    remedy = fault.kept_because or "name a claim that it breaks in its trained_claims, or say in its kept_because why there is none"
    return f"{fault.name} goes unnoticed by trained verdicts of {', '.join(fault.trained_claims)}; {remedy}"
