"""Does the suite notice a planted fault? A named claim must change its verdict, or a guard must fail.

With the fault planted, every named claim that needs no training is judged, and every guard runs. Both are compared with the clean code.
Outcomes are made in memory and nothing is stored. Named claims that rest on trained networks are not judged here: what broke them must
be seen by a guard.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claims import judging, papers
from claims.model import Claim, VerdictName
from claims.near_misses import did_you_mean
from reproductions.recipes import Probe, Recipe
from reproductions.trials import Outcome, Trial

if TYPE_CHECKING:
    from reproductions.faults import Fault

PROFILE = "smoke"  # probes and printed numbers are the same under every profile
SEEDS = 5  # the fewest with which an exact one-sided test at 0.05 decides: 0.5^5 = 0.03
GUARD_SEED = 0


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
    from reproductions import guards

    known = clean_alarms()
    judged = [claim for claim in map(papers.find, fault.named_claims) if needs_no_training(claim)]
    before = {claim.id: _clean_verdict(claim.id) for claim in judged}
    with fault.plant():
        after = {claim.id: verdict(claim) for claim in judged}
        alarms = {name: alarm for name, alarm in guards.alarms(GUARD_SEED).items() if name not in known}
    changed = {name: f"{before[name]} -> {after[name]}" for name in before if after[name] != before[name]}
    noticed_by = (*changed, *alarms)
    return FaultReport(
        fault=fault.name,
        description=fault.description,
        named_claims=fault.named_claims,
        noticed=bool(noticed_by),
        noticed_by=noticed_by,
        message=_message(fault, changed, alarms, tuple(before)),
    )


def find(name: str) -> Fault:
    """The fault with this name. FaultError for an unknown one, with the nearest names there are, and for one that changes nothing here."""
    from reproductions.faults import FAULTS

    known = {fault.name: fault for fault in FAULTS}
    if name not in known:
        raise FaultError(f"unknown fault {name!r}; {did_you_mean(name, known, '`rin-claims faults` lists them')}")
    if reason := known[name].inapplicable():
        raise FaultError(f"{name} does not apply: {reason}; a C++ compiler, or another RIN_CLAIMS_KERNELS than torch, makes it apply")
    return known[name]


def needs_no_training(claim: Claim) -> bool:
    """Whether printed numbers or probes alone decide the claim."""
    return not judging.unmet(claim, PROFILE) and all(isinstance(trial.recipe, Probe) for trial in judging.trials(claim, PROFILE))


def verdict(claim: Claim) -> VerdictName:
    """The verdict of a claim that needs no training, from outcomes measured now."""
    from reproductions import probes, process

    process.prepare()

    @functools.cache
    def measured(recipe: Recipe, seed: int) -> Outcome:
        return probes.measure(Trial(recipe, seed))

    return judging.judge(claim, PROFILE, measured, {}, SEEDS).verdict.verdict


@functools.cache
def clean_alarms() -> Mapping[str, str]:
    """What the guards say without any fault, by guard; empty if all is well."""
    from reproductions import guards, process

    process.prepare()
    return guards.alarms(GUARD_SEED)


@functools.cache
def _clean_verdict(claim_id: str) -> VerdictName:
    return verdict(papers.find(claim_id))


def _message(fault: Fault, changed: Mapping[str, str], alarms: Mapping[str, str], judged: tuple[str, ...]) -> str:
    if not changed and not alarms:
        kept = f"{', '.join(judged)} kept the verdict" if judged else "no named claim is judged without training"
        return f"{fault.name} goes unnoticed: {kept}, and every guard passed; add a guard for: {fault.description}"
    found = [f"{name} {change}" for name, change in changed.items()] + [f"guard {name}: {message}" for name, message in alarms.items()]
    return f"{fault.name}: {'; '.join(found)}"
