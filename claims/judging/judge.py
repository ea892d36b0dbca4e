"""From a claim and a place to look outcomes up, to its result: the one path that the pytest plugin and the CLI share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from claims.judging.assess import assess
from claims.judging.looks import decide_sequentially, design_of, first_look
from claims.judging.result import Result
from claims.model import Claim, Lookup
from claims.results import Verdict, VerdictName
from claims.statistics.sequential import SequentialDesign
from reference_results import ExpectedVerdict
from reproductions.trials import Trial

Expected = Mapping[tuple[str, str], ExpectedVerdict]  # by claim id and profile


def trials_of(claim: Claim, profile: str, most: int | None = None) -> tuple[Trial, ...]:
    """Every trial that a claim demands under a profile, those of its first look; empty for arithmetic on printed numbers.

    The real seeds are 0, 1, 2, ... (pilot seeds start at 10,000), as many as the claim states; ``most`` caps their number.
    """
    if claim.always_runs or profile not in claim.arms:
        return ()
    return _trials(claim, profile, first_look(claim, profile, most))


def trials_to_cap(claim: Claim, profile: str) -> tuple[Trial, ...]:
    """Every trial that a claim may come to need under a profile, up to the cap of its looks."""
    return _trials(claim, profile, design_of(claim, profile).looks[-1]) if trials_of(claim, profile) else ()


def _trials(claim: Claim, profile: str, number: int) -> tuple[Trial, ...]:
    found = (Trial(recipe, seed) for seed in range(number) for arm in claim.arms[profile] for recipe in arm.recipes)
    return tuple(dict.fromkeys(found))


def lacking_trials(claim: Claim, profile: str, has: Callable[[Trial], bool], lookup: Lookup, most: int | None = None) -> tuple[Trial, ...]:
    """The trials that a claim still needs as far as the outcomes at hand tell; empty once they decide it or the cap is reached.

    They are those of one look, the first of which a trial is missing; whether a look is taken at all depends on the outcomes of the looks
    before alone. So whoever asks, and however often, ends with the same trials. Raises ClaimError as ``assess``, and what ``lookup`` does.
    """
    if not trials_of(claim, profile, most):
        return ()
    design = design_of(claim, profile, most)
    for seeds, level in design.schedule():
        if level == 0 and seeds != design.looks[-1]:
            continue
        if missing := tuple(trial for trial in _trials(claim, profile, seeds) if not has(trial)):
            return missing
        if seeds != design.looks[-1] and _assess(claim, profile, seeds, lookup, level).verdict != "inconclusive":
            break
    return ()


def unmet(claim: Claim, profile: str) -> str:
    """Why a claim does not run under ``profile``, and what would run it: profile, data and device; empty if it does."""
    from claims.judging.how_to_run import needs  # here, because it names this module's commands

    if profile in claim.profiles:
        return ""
    if not claim.profiles:
        return claim.not_run or "no profile measures it; its module gives it neither arms nor, in not_run, a reason"
    first = claim.profiles[0]
    command = claim.protocol[first].command
    if command in claim.not_run:
        return claim.not_run
    way = f"needs profile {' or '.join(claim.profiles)}: {command} ({needs(claim, first)})"
    return f"{claim.not_run}; {way}" if claim.not_run else way


def judge_claim(claim: Claim, profile: str, lookup: Lookup, expected: Expected, most: int | None = None) -> Result:
    """The result of a claim under a profile from the outcomes that ``lookup`` gives, look by look until they decide.

    ``lookup`` is asked for a seed beyond the first look only where the looks before left the claim undecided. ``most`` caps the seeds.
    """
    if reason := unmet(claim, profile):
        return result_not_run(claim, profile, reason, expected)
    if claim.always_runs:
        return _result(claim, profile, assess(claim, profile, (), lookup), expected)
    design = design_of(claim, profile, most)
    if len(design.looks) == 1:
        verdict, seeds = assess(claim, profile, range(design.looks[0]), lookup), design.looks[0]
    else:
        verdict = decide_sequentially(design, lambda number, level: _assess(claim, profile, number, lookup, level))
        seeds = _reached(design, verdict)
    return _result(claim, profile, verdict, expected, tuple(_trial_rows(claim, profile, lookup, seeds)))


def _assess(claim: Claim, profile: str, seeds: int, lookup: Lookup, level: float) -> Verdict:
    return assess(claim, profile, range(seeds), lookup, alpha=level)


def _reached(design: SequentialDesign, verdict: Verdict) -> int:
    """The seeds of the last look taken, by the schedule and not by the evidence, so that the one can be held against the other."""
    return design.looks[verdict.evidence.looks - 1] if verdict.evidence else 0


def result_not_run(claim: Claim, profile: str, reason: str, expected: Expected) -> Result:
    """The result of a claim that was not run, for ``reason``."""
    return _result(claim, profile, Verdict("not run", reason), expected)


def _result(claim: Claim, profile: str, verdict: Verdict, expected: Expected, rows: tuple[Mapping[str, Any], ...] = ()) -> Result:
    recorded = expected.get((claim.id, profile))
    if recorded is None:
        return Result(claim, profile, verdict, trials=rows)
    return Result(claim, profile, verdict, cast(VerdictName, recorded.expected), recorded.reason, rows)  # its reader checks the name


def _trial_rows(claim: Claim, profile: str, lookup: Lookup, seeds: int) -> Iterable[Mapping[str, Any]]:
    for arm in claim.arms[profile]:
        for recipe in arm.recipes:
            for seed in range(seeds):
                trial, outcome = Trial(recipe, seed), lookup(recipe, seed)
                yield {
                    "trial": trial.address,
                    "arm": arm.name,
                    "label": recipe.label,
                    "seed": seed,
                    "status": outcome.status,
                    "updates": outcome.updates,
                    "seconds": round(outcome.seconds, 1),
                    claim.prediction.metric: outcome.metrics.get(claim.prediction.metric),
                    "commit": outcome.provenance.get("git", {}).get("commit"),
                    "recurrence": outcome.provenance.get("recurrence"),
                }
