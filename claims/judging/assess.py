"""From the outcomes of some seeds to a verdict.

Nothing on the way is random: the same outcomes give the same verdict. Outcomes become numbers and Evidence (the prediction's own
``measure``). The evidence is set against the prediction's region (``decide``). The Verdict has a reason and, where undecided, a plan.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

from claims.measurements.traces import deaths, divergence
from claims.model import Arm, Claim, ClaimError, Lookup, Prediction
from claims.results import Evidence, Verdict
from claims.statistics.intervals import ALPHA, StatisticsError


def judge(prediction: Prediction, evidence: Evidence, alpha: float = ALPHA) -> Verdict:
    """Give the verdict with its reason.

    An undecided verdict says what its seeds could have shown and how many seeds would decide it.
    """
    name = prediction.decide(evidence, alpha)
    if name == "inconclusive":
        detectable, needed = prediction.plan(evidence, alpha)
        evidence = dataclasses.replace(evidence, detectable=detectable, seeds_needed=needed)
    return Verdict(name, prediction.reason(name, evidence), evidence)


def assess(claim: Claim, profile: str, seeds: Sequence[int], lookup: Lookup, alpha: float = ALPHA) -> Verdict:
    """Judge ``claim`` under ``profile`` from the outcomes ``lookup(recipe, seed)`` of ``seeds``.

    All arms share the seeds. ``alpha`` is the error rate each way; a sequential design passes the level of its look. A claim that the
    profile does not measure is "not run". Raises ClaimError, one line that names the claim, where outcomes do not hold what the prediction
    asks for.
    """
    prediction = claim.at(profile).prediction
    try:
        if not prediction.needs_trials:
            found, _ = prediction.measure((), (), lookup, alpha)
        elif profile not in claim.arms:
            return Verdict("not run", claim.not_run or f"the {profile} profile does not measure this claim")
        else:
            found = _measure(prediction, claim.arms[profile], seeds, lookup, alpha)
        return judge(prediction, found, alpha)
    except (ClaimError, StatisticsError) as error:
        raise ClaimError(f"claim {claim.id!r}: {error}") from None


def _measure(prediction: Prediction, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> Evidence:
    if not seeds:
        raise ClaimError("no seeds; a verdict needs at least one trial per arm")
    if len(set(seeds)) < len(seeds):
        raise ClaimError(f"seeds {', '.join(map(str, seeds))} repeat; a repeated seed is the same run, not another one")
    named = prediction.arm_names
    arms = [arm for arm in arms if not named or arm.name in named]
    lookup = functools.cache(lookup)  # an outcome is read from the store once
    diverged = {arm.name: [[lookup(recipe, seed).diverged for seed in seeds] for recipe in arm.recipes] for arm in arms}
    found, columns = prediction.measure(arms, seeds, lookup, alpha)
    lines = [*divergence(prediction, arms, seeds, diverged), *(died := list(deaths(seeds, columns, diverged)))]
    if died or prediction.diverged_value is not None:  # a dead layer is no divergence; a run that counts as some value still diverged
        flags = zip(*(row for rows in diverged.values() for row in rows), strict=True)
        found = dataclasses.replace(found, n_diverged=sum(any(seed) for seed in flags))
    shown = {name: tuple(column) for name, column in columns.items()}
    return dataclasses.replace(found, arms=shown, seeds=tuple(seeds), details=(*found.details, *lines))
