"""Does the suite notice a planted fault? A named claim must change its verdict, or a guard must fail.

With the fault planted, every named claim that needs no training is judged, and every guard runs, also on tiny real runs. Both are
compared with the clean code. Nothing is stored. Named claims that rest on trained networks are judged on made-up outcomes at most
(``claims.faults.stand_ins``), which only a fault of the judging changes: what else broke them must be seen by a guard.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claims import papers
from claims.faults import stand_ins
from claims.judging.judge import judge_claim, trials_of, unmet
from claims.kinds import Below
from claims.model import Claim
from claims.results import VerdictName
from claims.run.every_run_counts import NAME, every_run_counts
from claims.text import did_you_mean
from reproductions.recipes import Probe, Recipe
from reproductions.trials import Outcome, Trial

if TYPE_CHECKING:
    from reproductions.faults import Fault

PROFILE = "smoke"  # probes and printed numbers are the same under every profile
SEEDS = 5  # the fewest with which an exact one-sided test at 0.05 decides: 0.5^5 = 0.03
GUARD_SEED = 0
QUICK = 4


class FaultError(ValueError):
    """A fault that does not exist; the message names it and the nearest ones."""


@dataclass(frozen=True)
class FaultReport:
    """What a planted fault did. ``noticed_by`` holds ids of claims whose verdict changed and names of guards that failed."""

    fault: str
    description: str
    named_claims: tuple[str, ...]
    noticed: bool
    noticed_by: tuple[str, ...]
    message: str


def check(fault: Fault) -> FaultReport:
    """Plants ``fault``, looks who notices, and takes it out again. A guard that fails without the fault notices nothing."""
    known = clean_alarms()
    judged = [claim for claim in map(papers.find, fault.named_claims) if needs_no_training(claim)]
    trained = [claim for claim in map(papers.find, fault.named_claims) if _stands_in(claim)]
    before = {claim.id: _clean_verdict(claim.id) for claim in judged} | {claim.id: _clean_stand_in(claim.id) for claim in trained}
    with fault.plant():
        after = {claim.id: verdict(claim) for claim in judged} | {claim.id: _on_stand_ins(claim)[0] for claim in trained}
        alarms = {name: alarm for name, alarm in _alarms(GUARD_SEED, trained).items() if name not in known}
    changed = {name: f"{before[name]} -> {after[name]}" for name in before if after[name] != before[name]}
    noticed_by = (*changed, *alarms)
    return FaultReport(
        fault=fault.name,
        description=fault.description,
        named_claims=fault.named_claims,
        noticed=bool(noticed_by),
        noticed_by=noticed_by,
        message=_message(fault, changed, alarms, tuple(claim.id for claim in judged)),
    )


def all_faults() -> tuple[Fault, ...]:
    """Every planted fault: of the experiments, then of the judging."""
    from claims.faults.of_judging import JUDGING_FAULTS
    from reproductions import faults

    return (*faults.FAULTS, *JUDGING_FAULTS)


def quick() -> tuple[Fault, ...]:
    """Some faults of every kind: every QUICK-th of all, and the last."""
    every = all_faults()
    return tuple(dict.fromkeys((*every[::QUICK], every[-1])))


def find(name: str) -> Fault:
    """The fault with this name. FaultError for an unknown one, with the nearest names there are, and for one that changes nothing here."""
    known = {fault.name: fault for fault in all_faults()}
    if name not in known:
        raise FaultError(f"unknown fault {name!r}; {did_you_mean(name, known, '`rin-claims faults` lists them')}")
    if reason := known[name].inapplicable():
        raise FaultError(f"{name} does not apply: {reason}; a C++ compiler, or another RIN_CLAIMS_KERNELS than torch, makes it apply")
    return known[name]


def needs_no_training(claim: Claim) -> bool:
    """Whether printed numbers or probes alone decide the claim."""
    return not unmet(claim, PROFILE) and all(isinstance(trial.recipe, Probe) for trial in trials_of(claim, PROFILE))


def verdict(claim: Claim) -> VerdictName:
    """The verdict of a claim that needs no training, from outcomes measured now."""
    from reproductions import probes
    from reproductions.running import process

    process.prepare()

    @functools.cache
    def measured(recipe: Recipe, seed: int) -> Outcome:
        return probes.measure(Trial(recipe, seed))

    return judge_claim(claim, PROFILE, measured, {}, SEEDS).verdict.verdict


@functools.cache
def clean_alarms() -> Mapping[str, str]:
    """What the guards say without any fault, by guard; empty if all is well."""
    return _alarms(GUARD_SEED, [claim for fault in all_faults() for claim in map(papers.find, fault.named_claims) if _stands_in(claim)])


def false_alarms(seed_sets: int) -> dict[str, str]:
    """What the guards say of the clean code over ``seed_sets`` fresh sets of seeds, by guard; none is allowed."""
    found: dict[str, str] = {}
    for number in range(1, seed_sets + 1):
        for name, alarm in _alarms(number * SEEDS, ()).items():
            found.setdefault(name, f"seed set {number}: {alarm}")
    return found


def _alarms(seed: int, stand_ins: Iterable[Claim]) -> dict[str, str]:
    """The alarms of all guards: of the code, on tiny runs with their recipes and outcomes, and on the judging of ``stand_ins``."""
    from reproductions import guards
    from reproductions.guards import tiny_runs
    from reproductions.running import process

    process.prepare()
    found = {**guards.alarms(seed), **tiny_runs.alarms(seed)}
    for claim in stand_ins:
        if alarm := _on_stand_ins(claim)[1]:
            found.setdefault(NAME, f"{claim.id}: {alarm}")
    return found


def _stands_in(claim: Claim) -> bool:
    """Whether there are made-up outcomes for a claim: those that are decided by the final loss of trained networks."""
    return PROFILE in claim.profiles and claim.prediction.metric == "test_mse" and isinstance(claim.prediction, Below)


def _on_stand_ins(claim: Claim) -> tuple[VerdictName, str]:
    """The verdict of a trained claim on made-up outcomes, and what the guard of the judging says of its evidence."""
    result = judge_claim(claim, PROFILE, stand_ins.outcome, {})
    return result.verdict.verdict, every_run_counts(result, stand_ins.outcome)


@functools.cache
def _clean_verdict(claim_id: str) -> VerdictName:
    return verdict(papers.find(claim_id))


@functools.cache
def _clean_stand_in(claim_id: str) -> VerdictName:
    return _on_stand_ins(papers.find(claim_id))[0]


def _message(fault: Fault, changed: Mapping[str, str], alarms: Mapping[str, str], judged: tuple[str, ...]) -> str:
    if not changed and not alarms:
        kept = f"{', '.join(judged)} kept the verdict" if judged else "no named claim is judged without training"
        return f"{fault.name} goes unnoticed: {kept}, and every guard passed; add a guard for: {fault.description}"
    found = [f"{name} {change}" for name, change in changed.items()] + [f"guard {name}: {message}" for name, message in alarms.items()]
    return f"{fault.name}: {'; '.join(found)}"
