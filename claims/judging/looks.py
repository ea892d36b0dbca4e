"""How many seeds a profile buys for a claim, and after how many of them it looks.

This is the one place where that is declared. A claim that several looks can judge exactly starts with the fewest seeds that decide. It buys
more only while it is undecided, at the looks of its profile. Any other claim, and every claim of a profile with one look, takes the number
it states. The seeds of the first look are what a claim demands (``claims.run.demands``): they are always trained, and the seeds up to the
cap only while the first ones are not enough.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from claims.model import Claim
from claims.results import Evidence, Look, Verdict
from claims.statistics.sequential import SequentialDesign, Spending

# Of the spending functions, alpha sqrt(t) alone lets five of twelve seeds decide: it allows 0.032 there, where 1/32 is needed, Pocock's
# 0.027, the linear one 0.021, O'Brien and Fleming's 0.002.
SPENDING: Spending = "square-root"


def _looks(claim: Claim, profile: str) -> tuple[int, ...]:
    return claim.protocol[profile].looks if claim.at(profile).prediction.sequential else ()


def first_look(claim: Claim, profile: str, most: int | None = None) -> int:
    """Return the number of seeds that ``claim`` starts with under ``profile``, or ``most`` if that is less."""
    looks = _looks(claim, profile)
    own = looks[0] if looks else claim.seeds[profile]
    return own if most is None else min(own, most)


def design_of(claim: Claim, profile: str, most: int | None = None) -> SequentialDesign:
    """Return the looks at ``claim`` under ``profile``, with ``most`` as a cap.

    One look is the fixed design, judged at the full error rate. A look that can decide nothing which an earlier one could not is left out.
    """
    first = first_look(claim, profile, most)
    capped = {look if most is None else min(look, most) for look in _looks(claim, profile)}
    return _without_idle_looks((first, *sorted(look for look in capped if look > first)))


def _without_idle_looks(looks: tuple[int, ...]) -> SequentialDesign:
    """Build the design with ``looks``, without the idle looks after the first.

    An idle look allows no more seeds on the wrong side than the look before it.
    """
    design = SequentialDesign(looks, spending=SPENDING)
    for index in range(len(looks) - 1, 0, -1):
        if design.limits[index] <= design.limits[index - 1]:
            return _without_idle_looks((*looks[:index], *looks[index + 1 :]))
    return design


def decide_sequentially(design: SequentialDesign, assess_at: Callable[[int, float], Verdict], most: int | None = None) -> Verdict:
    """Judge look by look, with ``assess_at(seeds, level)``, until a verdict or the cap is reached.

    ``assess_at`` judges the first ``seeds`` seeds with error ``level`` each way and measures only what it has to. A look that cannot decide
    (level 0) is passed over unless it is the last. With ``most`` no look at more seeds is taken; at least one look must be left. Returns
    the last verdict with its trace. The trace in words ends the details of the evidence. The evidence also gets the number of looks, and p
    values that count the looks before, as Holm's procedure over a family needs them.
    """
    trace: list[Look] = []
    for number, (seeds, level) in enumerate(design.schedule(), start=1):
        if most is not None and seeds > most:
            break
        if level == 0 and number < len(design.looks):
            trace.append(Look(seeds, level, None, None, "inconclusive"))
            continue
        verdict = assess_at(seeds, level)
        found = verdict.evidence
        lower, upper = (None, None) if found is None else (found.lower, found.upper)
        trace.append(Look(seeds, level, lower, upper, verdict.verdict))
        if verdict.verdict != "inconclusive":
            break
    return verdict if verdict.evidence is None else dataclasses.replace(verdict, evidence=_traced(design, verdict.evidence, trace))


def _traced(design: SequentialDesign, evidence: Evidence, trace: Sequence[Look]) -> Evidence:
    def p_value(nominal: float | None) -> float | None:
        return None if nominal is None else design.p_value(len(trace) - 1, nominal)

    return dataclasses.replace(
        evidence,
        looks=len(trace),
        trace=tuple(trace),
        details=(*evidence.details, *(_line(number, look) for number, look in enumerate(trace, start=1))),
        p_reproduced=p_value(evidence.p_reproduced),
        p_contradicted=p_value(evidence.p_contradicted),
    )


def _line(number: int, look: Look) -> str:
    if look.level == 0:
        return f"look {number}: {look.seeds} seeds cannot decide under this schedule"
    interval = f"interval {_end(look.lower)} to {_end(look.upper)}"
    return f"look {number}: {look.seeds} seeds, level {look.level:.4f} each way, {interval}: {look.verdict}"


def _end(bound: float | None) -> str:
    return "unbounded" if bound is None else f"{bound:.4g}"
