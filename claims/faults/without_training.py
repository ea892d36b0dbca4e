"""The check whether a planted fault is noticed without training.

A named claim must change its verdict, or a guard must fail. With the fault planted, every named claim that needs no training is judged, and
every guard runs, also on tiny real runs. Both are compared with the clean code. Nothing is stored. Named claims that rest on trained
networks are judged on made-up outcomes at most (``claims.faults.made_up_outcomes``), which only a fault of the judging changes: what else
broke them must be seen by a guard. The tiny runs are held against healthy ones too: their bits, and their starts.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from claims.faults import made_up_outcomes
from claims.faults.drifted import drifted_of_runs
from claims.faults.known_faults import WatchedFault, smallest_profile
from claims.judging.judge import judge_claim, trials_of, unmet
from claims.model import Claim
from claims.run.every_run_counts import NAME, every_run_counts
from reproductions import guards, probes
from reproductions.guards import tiny_runs
from reproductions.recipes import Probe, Recipe
from reproductions.running import process
from reproductions.trials import Outcome, Trial

SEEDS = 5  # the fewest with which an exact one-sided test at 0.05 decides: 0.5^5 = 0.03
GUARD_SEED = 0
QUICK = 4


@dataclass(frozen=True)
class FaultReport:
    """What a planted fault did.

    ``noticed_by`` holds ids of claims whose verdict changed and names of guards that failed, which ``guards`` has alone.
    """

    fault: str
    description: str
    named_claims: tuple[str, ...]
    noticed: bool
    noticed_by: tuple[str, ...]
    guards: tuple[str, ...]
    message: str

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The ids of claims alone."""
        return tuple(name for name in self.noticed_by if name not in self.guards)


@dataclass(frozen=True)
class UntrainedReport(FaultReport):
    """What a planted fault did without training.

    Of the tiny runs, ``bits`` says how many have other bits than healthy ones, ``start`` how far the farthest start lies off in units of
    the largest tolerance that there is.
    """

    bits: str
    start: str


@dataclass(frozen=True)
class _Seen:
    """What was seen of the code: the alarms of the guards by their names, and the tiny runs."""

    alarms: Mapping[str, str]
    runs: Mapping[Trial, Outcome]


def check(watched: WatchedFault, before: Mapping[str, str]) -> UntrainedReport:
    """Plant the fault, look who notices, and take it out again.

    A guard that fails without the fault notices nothing. ``before`` are the ``verdicts`` of the fault's claims without the fault, among
    others.
    """
    clean = _clean()
    with watched.planted():
        after = verdicts(watched.claims)
        seen = _seen(GUARD_SEED)
    alarms = {name: alarm for name, alarm in seen.alarms.items() if name not in clean.alarms}
    changed = {name: f"{before[name]} -> {after[name]}" for name in after if after[name] != before[name]}
    noticed_by = (*changed, *alarms)
    bits, start, _ = drifted_of_runs(seen.runs, clean.runs).cells
    return UntrainedReport(
        fault=watched.name,
        description=watched.fault.description,
        named_claims=tuple(claim.id for claim in watched.claims),
        noticed=bool(noticed_by),
        noticed_by=noticed_by,
        guards=tuple(alarms),
        message=_message(watched, changed, alarms, after),
        bits=bits,
        start=start,
    )


def quick(faults: Sequence[WatchedFault]) -> tuple[WatchedFault, ...]:
    """Select some faults of every kind: every QUICK-th of all, and the last."""
    return tuple({fault.name: fault for fault in (*faults[::QUICK], *faults[-1:])}.values())


def needs_no_training(claim: Claim) -> bool:
    """Return whether printed numbers or probes alone decide the claim."""
    profile = smallest_profile(claim)
    return not unmet(claim, profile) and all(isinstance(trial.recipe, Probe) for trial in trials_of(claim, profile))


def verdicts(claims: Iterable[Claim]) -> dict[str, str]:
    """Judge the claims that can be judged without training, and return their verdicts by id.

    What a claim measures without training is measured now. A claim that is judged on made-up outcomes has a verdict for either case.
    """
    found: dict[str, str] = {}
    for claim in claims:
        if claim.id in found:
            continue
        if needs_no_training(claim):
            found[claim.id] = judge_claim(claim, smallest_profile(claim), functools.cache(_measured), {}, SEEDS).verdict.verdict
        elif made_up_outcomes.can_be_made_up(claim):
            found[claim.id] = " and ".join(result.verdict.verdict for result, _ in made_up_outcomes.judged(claim))
    return found


def clean_alarms() -> Mapping[str, str]:
    """Return what the guards say without any fault, by guard; empty if all is well."""
    return _clean().alarms


@functools.cache
def _clean() -> _Seen:
    return _seen(GUARD_SEED)


def false_alarms(seed_sets: int) -> dict[str, str]:
    """Return what the guards say of the clean code over ``seed_sets`` fresh sets of seeds, by guard.

    No alarm is allowed.
    """
    found: dict[str, str] = {}
    for number in range(1, seed_sets + 1):
        for name, alarm in _seen(number * SEEDS).alarms.items():
            found.setdefault(name, f"seed set {number}: {alarm}")
    return found


@process.settled()
def _measured(recipe: Recipe, seed: int) -> Outcome:
    return probes.measure(Trial(recipe, seed))


@process.settled()
def _seen(seed: int) -> _Seen:
    """Return what all guards say, and the tiny runs.

    The guards look at the code, at tiny runs with their recipes and outcomes, and at the judging of made-up outcomes.
    """
    runs = tiny_runs.outcomes(seed)
    found = {**guards.alarms(seed), **tiny_runs.alarms(seed, runs)}
    for result, lookup in made_up_outcomes.judged(made_up_outcomes.sample_claim()):
        if alarm := every_run_counts(result, lookup):
            found.setdefault(NAME, alarm)
    return _Seen(found, runs)


def _message(watched: WatchedFault, changed: Mapping[str, str], alarms: Mapping[str, str], judged: Iterable[str]) -> str:
    if not changed and not alarms:
        kept = f"{', '.join(judged)} kept the verdict" if judged else "no named claim is judged without training"
        return f"{watched.name} goes unnoticed: {kept}, and every guard passed; add a guard for: {watched.fault.description}"
    found = [f"{name} {change}" for name, change in changed.items()] + [f"guard {name}: {message}" for name, message in alarms.items()]
    return f"{watched.name}: {'; '.join(found)}"
