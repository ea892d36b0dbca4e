"""What the claims that were not run to their end would take: missing trials, and seconds of one core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from claims.judging.judge import trials_of
from claims.judging.result import Result
from claims.model import Lookup
from claims.report.model import Price
from reproductions.recipes import Training
from reproductions.running.cost import Calibration, shape
from reproductions.store.outcomes import Store
from reproductions.trials import Trial


def prices(results: Sequence[Result], store: Store, lookup: Lookup) -> tuple[tuple[Price, ...], Mapping[str, float]]:
    """Estimate what the claims that were not run to their end would take, in all and each by its id.

    Each is counted under the smallest profile that measures it. A price is what the first look demands, or the next one of a claim that is
    inconclusive so far. It is scaled from what the trials behind the results took, whichever machine made them. Of the trials of a recipe
    the quickest counts: another program on the machine makes a run slower and never quicker.
    """
    pending = [result for result in results if result.so_far or (result.verdict.verdict == "not run" and result.claim.profiles)]
    if not pending:
        return (), {}
    measured, has = _measured(results, lookup), _has_quickly(store)
    by_profile: dict[str, list[Result]] = {}
    for result in pending:
        under = result.profile if result.profile in result.claim.profiles else result.claim.profiles[0]
        by_profile.setdefault(under, []).append(result)
    known: dict[Trial, float] = {}

    def seconds(trials: Iterable[Trial]) -> float:
        for trial in (missing := [trial for trial in trials if not has(trial)]):
            if trial not in known:
                known[trial] = measured.seconds(trial)
        return sum(known[trial] for trial in missing)

    found: list[Price] = []
    of_claims: dict[str, float] = {}
    for profile, priced in by_profile.items():
        demanded = {result.claim.id: result.missing or trials_of(result.claim, profile) for result in priced}
        of_claims |= {claim_id: seconds(trials) for claim_id, trials in demanded.items()}
        missing = [trial for trial in dict.fromkeys(trial for trials in demanded.values() for trial in trials) if not has(trial)]
        found.append(Price(profile, priced[0].claim.protocol[profile].command, len(priced), len(missing), seconds(missing)))
    return tuple(found), of_claims


def _has_quickly(store: Store) -> Callable[[Trial], bool]:
    """Return ``store.has``, which fingerprints no recipe that the store has no outcome of."""
    recipes = {path.name.partition("-")[0] for path in (store.folder / "outcomes").glob("*.json")}
    return lambda trial: trial.address.partition("-")[0] in recipes and store.has(trial)


def _measured(results: Iterable[Result], lookup: Lookup) -> Calibration:
    """Collect the seconds of an update of every shape that the results' trials had."""
    found: dict[Training, list[float]] = {}
    for result in results:
        seeds = sorted({int(row["seed"]) for row in result.trials})
        for recipe in dict.fromkeys(recipe for arm in result.claim.arms.get(result.profile, ()) for recipe in arm.recipes):
            if isinstance(recipe, Training):
                outcomes = (lookup(recipe, seed) for seed in seeds)
                found.setdefault(shape(recipe), []).extend(one.seconds / one.updates for one in outcomes if one.updates and one.seconds > 0)
    return Calibration({recipe: min(times) for recipe, times in found.items() if times})
