"""From a claim and a place to look outcomes up, to its result.

The pytest plugin and the command line share this one path.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from claims.judging.assess import assess
from claims.judging.looks import decide_sequentially, design_of, first_look
from claims.judging.result import Result
from claims.measurements.curve_readings import readings_of_row
from claims.model import Claim, Lookup
from claims.results import PathVerdict, Verdict, VerdictName
from claims.statistics.sequential import SequentialDesign
from reference_results import ExpectedVerdict
from reproductions.trials import Trial

Expected = Mapping[tuple[str, str], ExpectedVerdict]  # by claim id and profile


def trials_of(claim: Claim, profile: str, most: int | None = None) -> tuple[Trial, ...]:
    """List every trial that a claim demands under a profile, the trials of its first look.

    The real seeds are 0, 1, 2, ... (pilot seeds start at 10,000), as many as the claim states. ``most`` caps their number. Returns () for
    arithmetic on printed numbers.
    """
    if claim.always_runs or profile not in claim.arms:
        return ()
    return _trials(claim, profile, first_look(claim, profile, most))


def trials_to_cap(claim: Claim, profile: str) -> tuple[Trial, ...]:
    """List every trial that a claim may come to need under a profile, up to the cap of its looks."""
    return _trials(claim, profile, design_of(claim, profile).looks[-1]) if trials_of(claim, profile) else ()


def _trials(claim: Claim, profile: str, number: int) -> tuple[Trial, ...]:
    found = (Trial(recipe, seed) for seed in range(number) for arm in claim.arms[profile] for recipe in arm.recipes)
    return tuple(dict.fromkeys(found))


def lacking_trials(claim: Claim, profile: str, has: Callable[[Trial], bool], lookup: Lookup, most: int | None = None) -> tuple[Trial, ...]:
    """List the trials that a claim still needs, judged from the outcomes at hand.

    They are the trials of one look, the first with a missing trial. Whether a look is taken depends only on the outcomes of the looks
    before it. So every caller, at any time, ends with the same trials. Returns () once the outcomes decide the claim or the cap is reached.
    Raises ClaimError as ``assess`` does, and what ``lookup`` raises.
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
    """Say why a claim does not run under ``profile``, and what would run it.

    The line names profile, data and device. Returns "" if the claim runs.
    """
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
    """Judge a claim under a profile, given a function that looks up outcomes.

    The outcomes are judged look by look until they decide. ``lookup`` is asked for a seed beyond the first look only where the looks before
    left the claim undecided. ``most`` caps the seeds.
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


def judge_so_far(
    claim: Claim, profile: str, missing: Sequence[Trial], lookup: Lookup, expected: Expected, most: int | None = None, *, why: str
) -> Result:
    """Judge a claim by the looks before the one that lacks the trials ``missing``, which ``lacking_trials`` names.

    The error level of a look stays that of the whole design. The result is "inconclusive" so far, or "not run" if the first look lacks
    trials. Its reason ends with ``why``, the reason for which nothing more was run.
    """
    design, complete = design_of(claim, profile, most), min(trial.seed for trial in missing)
    if not any(level > 0 for seeds, level in design.schedule() if seeds <= complete):
        return result_not_run(claim, profile, why, expected)
    verdict = decide_sequentially(design, lambda number, level: _assess(claim, profile, number, lookup, level), complete)
    rows = tuple(_trial_rows(claim, profile, lookup, _reached(design, verdict)))
    verdict = dataclasses.replace(verdict, reason=f"{verdict.reason}; {why}")
    return dataclasses.replace(_result(claim, profile, verdict, expected, rows), missing=tuple(missing))


def _assess(claim: Claim, profile: str, seeds: int, lookup: Lookup, level: float) -> Verdict:
    return assess(claim, profile, range(seeds), lookup, alpha=level)


def _reached(design: SequentialDesign, verdict: Verdict) -> int:
    """Return the number of seeds of the last look taken."""
    # by the schedule and not by the evidence, so that the one can be held against the other
    return design.looks[verdict.evidence.looks - 1] if verdict.evidence else 0


def result_not_run(claim: Claim, profile: str, reason: str, expected: Expected) -> Result:
    """Make the result of a claim that was not run, for ``reason``."""
    return _result(claim, profile, Verdict("not run", reason), expected)


def _result(claim: Claim, profile: str, verdict: Verdict, expected: Expected, rows: tuple[Mapping[str, Any], ...] = ()) -> Result:
    recorded, claim = expected.get((claim.id, profile)), claim.at(profile)
    if recorded is None:
        return Result(claim, profile, verdict, trials=rows)
    # the readers of the tables check the names
    return Result(claim, profile, verdict, cast(VerdictName, recorded.expected), recorded.reason, rows, moves_of(recorded))


def moves_of(recorded: ExpectedVerdict) -> tuple[PathVerdict, ...]:
    """Return what each kernel path gave a borderline claim; () for another one."""
    return tuple(PathVerdict(path, cast(VerdictName, given)) for path, given in recorded.moves)


def _trial_rows(claim: Claim, profile: str, lookup: Lookup, seeds: int) -> Iterable[Mapping[str, Any]]:
    prediction = claim.at(profile).prediction
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
                    prediction.metric: outcome.metrics.get(prediction.metric),
                    **readings_of_row(outcome, prediction, trial.label),
                    "commit": outcome.provenance.get("git", {}).get("commit"),
                    "recurrence": outcome.provenance.get("recurrence"),
                    **_origin(outcome.provenance),
                }


def _origin(provenance: Mapping[str, Any]) -> Mapping[str, str]:
    """Say on which day and processor a trial was made, and how it came here if it was made elsewhere."""
    ended, cpu = provenance.get("ended"), provenance.get("gpu") or provenance.get("cpu")
    made = " on ".join(str(part) for part in (ended and str(ended)[:10], cpu) if part)
    grade = provenance.get("admitted")
    found = {"made": made, "imported": provenance.get("imported"), "admitted": f"as {grade}" if grade else ""}
    return {name: str(value) for name, value in found.items() if value}
