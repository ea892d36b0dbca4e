"""Where runs to compare come from.

It is a store, a report, a file of recorded draws, or the draws recorded with this project.
"""

from __future__ import annotations

import os.path
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from claims.model import Claim
from claims.report.formats.json import load_report
from claims.run.demands import Demand, demands, further_trials
from claims.run.drift import Compared, Seeds
from claims.run.stored import open_store
from reference_results import admitted, recorded_draws
from reference_results.recorded import Draw, RefusedDrawsError, text_of_draws
from reproductions.recipe_data import digest
from reproductions.recipes import Training
from reproductions.store.outcomes import outcome_from_data
from reproductions.trials import Outcome, Trial

Runs = Mapping[str, Seeds]  # outcomes by recipe digest and seed


class DriftError(ValueError):
    """Runs that cannot be compared, in one line that names the remedy."""


def compared(record: Runs, now: Runs, claims: Iterable[Claim], profile: str | None = None) -> tuple[Compared, ...]:
    """Return the runs of every recipe that ``claims`` train under ``profile`` (None: any) and both sides have.

    Raises DriftError where there is none.
    """
    wanted = {digest: demand for digest, demand in demands(claims).items() if _wanted(demand, profile)}
    common = [digest for digest in wanted if record.get(digest) and now.get(digest)]
    if not common:
        under = f" under {profile}" if profile else ""
        raise DriftError(f"the two have no trial of a recipe in common that these claims train{under}; name others, or train one of them")
    return tuple(Compared(digest, wanted[digest].recipe.label, wanted[digest].metrics, now[digest], record[digest]) for digest in common)


def recorded_runs(demanded: Mapping[str, Demand]) -> Runs:
    """Return the runs recorded with this project, whichever code made them. Raises RefusedDrawsError."""
    draws = recorded_draws({digest: demand.seeds for digest, demand in demanded.items()})
    return _drawn(draw for own in draws.values() for draw in own)


def runs_in(place: Path, claims: Collection[Claim], profile: str | None = None) -> Runs:
    """Read the runs in a store's folder, a report's folder, or a file of draws.

    Raises DriftError, RefusedDrawsError, StoreError or ReportError.
    """
    demanded = demands(claims)
    if (place / "report.json").is_file():
        return _in_report(place / "report.json", demanded)
    if place.is_dir():
        return _in_store(place, claims, demanded, profile)
    if not os.path.exists(place):  # pathlib raises for a name that is too long
        raise DriftError(f"there is no {place}; name a store, a report's folder or a file of draws")
    try:
        return _drawn(admitted(text_of_draws(place), str(place), {digest: demand.seeds for digest, demand in demanded.items()}))
    except RefusedDrawsError as refused:
        more = f" (and {len(refused.refusals) - 1} more refusals)" if len(refused.refusals) > 1 else ""
        raise DriftError(f"{refused.refusals[0]}{more}") from None


def runs_of(outcomes: Mapping[Trial, Outcome]) -> Runs:
    """Group outcomes by recipe."""
    return _by_recipe((digest(trial.recipe), trial.seed, outcome) for trial, outcome in outcomes.items())


def _wanted(demand: Demand, profile: str | None) -> bool:
    """Say whether runs of a recipe are compared: a probe may measure time, which no two runs share."""
    return isinstance(demand.recipe, Training) and profile in (None, demand.recipe.profile)


def _in_store(folder: Path, claims: Collection[Claim], demanded: Mapping[str, Demand], profile: str | None) -> Runs:
    store = open_store(folder)
    trials = [Trial(demand.recipe, seed) for demand in demanded.values() if _wanted(demand, profile) for seed in sorted(demand.seeds)]
    entries = {trial: store.readable_entry(trial) for trial in dict.fromkeys([*trials, *further_trials(claims, profile and (profile,))])}
    return runs_of({trial: entry.outcome for trial, entry in entries.items() if entry is not None})


def _in_report(file: Path, demanded: Mapping[str, Demand]) -> Runs:
    """Read the numbers that a report shows of each trial.

    It shows no curve and no first losses, so its runs are compared as clouds.
    """
    known = {digest[:16]: digest for digest in demanded}
    found: dict[str, dict[int, Outcome]] = {}
    metrics: dict[tuple[str, int], dict[str, float | None]] = {}
    for entry in load_report(file, "drift").entries:
        for trial in entry.trials:
            address, _, seed = str(trial.get("trial", "")).rpartition("-")
            if address not in known or trial.get("status") not in ("converged", "budget", "diverged"):
                continue
            own = metrics.setdefault((known[address], int(seed)), {})
            own |= {name: value for name, value in trial.items() if isinstance(value, float) or value is None}
            found.setdefault(known[address], {})[int(seed)] = Outcome(trial["status"], own)
    return found


def _drawn(draws: Iterable[Draw]) -> Runs:
    return _by_recipe((draw.digest, draw.seed, outcome_from_data(draw.outcome)) for draw in draws)


def _by_recipe(outcomes: Iterable[tuple[str, int, Outcome]]) -> Runs:
    found: dict[str, dict[int, Outcome]] = {}
    for recipe, seed, outcome in outcomes:
        found.setdefault(recipe, {})[seed] = outcome
    return found
