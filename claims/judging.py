"""From a claim and a place to look outcomes up, to its result: the one path that the pytest plugin and the CLI share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from claims import papers
from claims.model import Claim, Result, Verdict, VerdictName
from claims.verdict import assess
from reference_results import ExpectedVerdict
from reproductions.recipes import Probe, Recipe, Training, as_data
from reproductions.trials import Outcome, Trial

Lookup = Callable[[Recipe, int], Outcome]
Expected = Mapping[tuple[str, str], ExpectedVerdict]  # by claim id and profile

PROFILE_COMMANDS = {
    "smoke": "pytest -m smoke",
    "compact": "pytest -m full --claims-profile compact",
    "paper": "pytest -m full --claims-profile paper",
}


def seeds(claim: Claim, profile: str, most: int | None = None) -> tuple[int, ...]:
    """The real seeds of a claim under a profile: 0, 1, 2, ... (pilot seeds start at 10,000); ``most`` caps their number."""
    number = claim.seeds[profile]
    return tuple(range(number if most is None else min(number, most)))


def trials(claim: Claim, profile: str, most: int | None = None) -> tuple[Trial, ...]:
    """Every trial behind a claim under a profile, without repeats; empty for arithmetic on printed numbers."""
    if claim.always_runs or profile not in claim.arms:
        return ()
    found = (Trial(recipe, seed) for seed in seeds(claim, profile, most) for arm in claim.arms[profile] for recipe in arm.recipes)
    return tuple(dict.fromkeys(found))


# How much longer an update takes than one of a plain recurrence of the same shape: an LSTM 2.5 to 3.3 times, measured on two cores;
# a RIN-DT makes two transitions a step. RIN, IRNN and their variants (tanh for ReLU, another start) are plain recurrences.
CELL_COST: Mapping[str, float] = {"lstm": 2.8, "rin-dt": 2.0, "rin-tanh": 1.0, "irnn-noise": 1.0, "irnn-0.01": 1.0}


def cost(trial: Trial) -> float:
    """Roughly the time of a trial in arbitrary units, for running the longest first: 6 H^2 a step, sample and layer, times CELL_COST."""
    recipe = trial.recipe
    if isinstance(recipe, Probe):
        return 0.0
    network = recipe.network
    weight = CELL_COST.get(network.cell, 1.0) * network.hidden**2 * network.layers
    return 6.0 * weight * recipe.batch_size * recipe.updates * _steps(recipe)


def _steps(recipe: Training) -> int:
    data = as_data(recipe.task)
    if length := data.get("length") or data.get("frames"):
        return int(length)
    return (28 // int(data["pooling"])) ** 2 if "pooling" in data else 60  # 60: a typical bAbI story


def unmet(claim: Claim, profile: str) -> str:
    """Why a claim does not run under ``profile``, and what would run it: profile, data and device; empty if it does."""
    from claims.how_to_run import needs  # here, because it names this module's commands

    if profile in claim.profiles:
        return ""
    if not claim.profiles:
        return claim.not_run or "no profile measures it; its module gives it neither arms nor, in not_run, a reason"
    first = claim.profiles[0]
    command = PROFILE_COMMANDS[first]
    if command in claim.not_run:
        return claim.not_run
    way = f"needs profile {' or '.join(claim.profiles)}: {command} ({needs(claim, first)})"
    return f"{claim.not_run}; {way}" if claim.not_run else way


def judge(claim: Claim, profile: str, lookup: Lookup, expected: Expected, most: int | None = None) -> Result:
    """The result of a claim under a profile from the outcomes that ``lookup`` gives."""
    if reason := unmet(claim, profile):
        return not_run(claim, profile, reason, expected)
    chosen = () if claim.always_runs else seeds(claim, profile, most)
    verdict = assess(claim, profile, chosen, lookup, papers.checks())
    return _result(claim, profile, verdict, expected, tuple(_trial_rows(claim, profile, lookup, most)))


def not_run(claim: Claim, profile: str, reason: str, expected: Expected) -> Result:
    """The result of a claim that was not run, for ``reason``."""
    return _result(claim, profile, Verdict("not run", reason), expected)


def _result(claim: Claim, profile: str, verdict: Verdict, expected: Expected, rows: tuple[Mapping[str, Any], ...] = ()) -> Result:
    recorded = expected.get((claim.id, profile))
    if recorded is None:
        return Result(claim, profile, verdict, trials=rows)
    return Result(claim, profile, verdict, cast(VerdictName, recorded.expected), recorded.reason, rows)  # its reader checks the name


def _trial_rows(claim: Claim, profile: str, lookup: Lookup, most: int | None) -> Iterable[Mapping[str, Any]]:
    if claim.always_runs:
        return
    for arm in claim.arms[profile]:
        for recipe in arm.recipes:
            for seed in seeds(claim, profile, most):
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
