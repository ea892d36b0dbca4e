"""What the claims demand of every recipe they use: the trials without which a recorded number is not admitted.

A claim demands the seeds it states, the seeds of its first look. What it bought beyond them, because it was undecided, may be recorded too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from claims.judging.judge import trials_of, trials_to_cap
from claims.model import Claim, Prediction
from reproductions.recipe_data import digest
from reproductions.recipes import Recipe
from reproductions.trials import Trial


@dataclass(frozen=True)
class Demand:
    """A recipe, with the seeds that all claims measured with it ask for.

    ``metrics`` has, by the name of the number that stands for a run, a prediction that reads it so, and ``claims`` the ids of the claims
    that do.
    """

    recipe: Recipe
    seeds: frozenset[int]
    metrics: Mapping[str, Prediction]
    claims: Mapping[str, tuple[str, ...]]


def demanded_trials(claims: Iterable[Claim], profiles: Collection[str] | None = None) -> tuple[Trial, ...]:
    """List every trial that ``claims`` need under ``profiles`` (None: all).

    Each trial is listed once, in the order of the claims.
    """
    return tuple(dict.fromkeys(trial for claim, profile in _pairs(claims, profiles) for trial in trials_of(claim, profile)))


def further_trials(claims: Iterable[Claim], profiles: Collection[str] | None = None) -> tuple[Trial, ...]:
    """List every trial that undecided ``claims`` may buy beyond what they demand, up to their caps, once each."""
    pairs = _pairs(claims, profiles)
    demanded = {trial for claim, profile in pairs for trial in trials_of(claim, profile)}
    found = dict.fromkeys(trial for claim, profile in pairs for trial in trials_to_cap(claim, profile))
    return tuple(trial for trial in found if trial not in demanded)


def _pairs(claims: Iterable[Claim], profiles: Collection[str] | None) -> list[tuple[Claim, str]]:
    """List each claim with each of the profiles that measure it."""
    return [(claim, profile) for claim in claims for profile in claim.profiles if profiles is None or profile in profiles]


def demands(claims: Iterable[Claim], profiles: Collection[str] | None = None) -> Mapping[str, Demand]:
    """Collect, by recipe digest, what all ``claims`` demand of that recipe under ``profiles`` (None: all)."""
    seeds: dict[Recipe, set[int]] = {}
    metrics: dict[Recipe, dict[str, Prediction]] = {}
    readers: dict[Recipe, dict[str, dict[str, None]]] = {}
    for claim, profile in _pairs(claims, profiles):
        for trial in trials_of(claim, profile):
            seeds.setdefault(trial.recipe, set()).add(trial.seed)
            prediction = claim.at(profile).prediction
            metrics.setdefault(trial.recipe, {}).setdefault(prediction.metric_as_read, prediction)
            readers.setdefault(trial.recipe, {}).setdefault(prediction.metric_as_read, {})[claim.id] = None
    return {
        digest(recipe): Demand(recipe, frozenset(own), metrics[recipe], {name: tuple(ids) for name, ids in readers[recipe].items()})
        for recipe, own in seeds.items()
    }
