"""Where runs to compare come from, and how a run is held against what is on record.

They come from a store, a report, a file of recorded draws, or the draws recorded with this project.
"""

from __future__ import annotations

import contextlib
import os.path
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from claims.judging.result import Result
from claims.model import Claim, Lookup
from claims.report.drift import NOT_COMPARED, DriftResults
from claims.report.formats.json import load_report
from claims.run.demands import Demand, demands, further_trials
from claims.run.drift import Compared, Seeds, drifts
from claims.run.stored import open_store
from claims.text import plural
from reference_results import ReferenceDataError, admitted, recorded_draws_of
from reference_results.recorded import Draw, RefusedDrawsError, text_of_draws
from reference_results.start_tolerances import start_tolerances
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
    wanted = _trained(demands(claims, (profile,) if profile else None))
    common = [digest for digest in wanted if record.get(digest) and now.get(digest)]
    if not common:
        under = f" under {profile}" if profile else ""
        raise DriftError(f"the two have no trial of a recipe in common that these claims train{under}; name others, or train one of them")
    return tuple(
        Compared(digest, wanted[digest].recipe.label, wanted[digest].metrics, now[digest], record[digest], wanted[digest].claims)
        for digest in common
    )


def held_against_record(results: Iterable[Result], lookup: Lookup, profile: str) -> DriftResults:
    """Hold the trained runs behind ``results`` against the draws recorded with this project.

    Only the draws of their recipes are read. Where they cannot be, the results say why.
    """
    judged = [result for result in results if result.verdict.evidence is not None]
    claims = [result.claim for result in judged]
    try:
        record = recorded_runs(_trained(demands(claims, (profile,))), profile)
        if not record:
            return NOT_COMPARED
        trials = (trial for trial in trials_behind(judged, profile) if digest(trial.recipe) in record)
        now = runs_of({trial: lookup(trial.recipe, trial.seed) for trial in trials})
        return DriftResults(drifts(compared(record, now, claims, profile), start_tolerances()))
    except (DriftError, ReferenceDataError) as error:
        return DriftResults(refused=str(error))


def trials_behind(results: Iterable[Result], profile: str) -> tuple[Trial, ...]:
    """List the trained runs that the evidence of ``results`` rests on, each once, seed after seed."""
    found = {
        Trial(recipe, seed)
        for result in results
        if result.verdict.evidence is not None
        for arm in result.claim.arms.get(profile, ())
        for recipe in arm.recipes
        if isinstance(recipe, Training)
        for seed in result.verdict.evidence.seeds
    }
    return tuple(sorted(found, key=lambda trial: (trial.seed, digest(trial.recipe))))


def recorded_runs(demanded: Mapping[str, Demand], profile: str | None = None) -> Runs:
    """Return the runs of the recipes in ``demanded`` that are recorded with this project, whichever code made them.

    ``profile`` (None: any) is theirs. Raises DriftError or ReferenceDataError.
    """
    with _in_one_line():
        draws = recorded_draws_of({digest: demand.seeds for digest, demand in demanded.items()}, profile)
    return _drawn(draw for own in draws.values() for draw in own)


def runs_in(place: Path, claims: Collection[Claim], profile: str | None = None) -> Runs:
    """Read the runs in a store's folder, a report's folder, or a file of draws.

    Raises DriftError, ReferenceDataError, StoreError or ReportError.
    """
    demanded = demands(claims)
    if (place / "report.json").is_file():
        return _in_report(place / "report.json", demanded)
    if place.is_dir():
        return _in_store(place, claims, (profile,) if profile else None)
    if not os.path.exists(place):  # pathlib raises for a name that is too long
        raise DriftError(f"there is no {place}; name a store, a report's folder or a file of draws")
    with _in_one_line():
        return _drawn(admitted(text_of_draws(place), str(place), {digest: demand.seeds for digest, demand in demanded.items()}))


def runs_of(outcomes: Mapping[Trial, Outcome]) -> Runs:
    """Group outcomes by recipe."""
    return _by_recipe((digest(trial.recipe), trial.seed, outcome) for trial, outcome in outcomes.items())


@contextlib.contextmanager
def _in_one_line() -> Iterator[None]:
    """Say of a refused record the first reason, and how many more there are. Raises DriftError."""
    try:
        yield
    except RefusedDrawsError as refused:
        more = f" (and {plural(len(refused.refusals) - 1, 'more refusal')})" if len(refused.refusals) > 1 else ""
        raise DriftError(f"{refused.refusals[0]}{more}") from None


def _trained(demanded: Mapping[str, Demand]) -> Mapping[str, Demand]:
    """Leave out what is not trained: a probe may measure time, which no two runs share."""
    return {digest: demand for digest, demand in demanded.items() if isinstance(demand.recipe, Training)}


def _in_store(folder: Path, claims: Collection[Claim], profiles: Collection[str] | None) -> Runs:
    store = open_store(folder)
    trials = [Trial(demand.recipe, seed) for demand in _trained(demands(claims, profiles)).values() for seed in sorted(demand.seeds)]
    entries = {trial: store.readable_entry(trial) for trial in dict.fromkeys([*trials, *further_trials(claims, profiles)])}
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
