"""A store of made-up outcomes, as large as is asked for: what a lab's shared folder holds after years of changing code and recipes.

The recipes are those that claims use under the profiles that a CPU trains. Two fifths of the outcomes are of these recipes and of the
present code, on seeds that no claim demands. Three tenths are of the same recipes on the seeds that claims demand, made by other code.
Three tenths are of recipes that no claim uses any more: each is a recipe of a claim at another learning rate, with five seeds. Beside every
outcome of the present code lies the lease file of its run. The files are valid and their numbers are made up.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from claims.model import Claim
from reproductions.recipe_data import as_data
from reproductions.recipes import Recipe, Training
from reproductions.store.environment import environment
from reproductions.store.fingerprint import code_digests
from reproductions.store.outcomes import SUFFIX, Store, file_content
from reproductions.trials import Outcome, Trial

OTHER_CODE = "0" * 64
GPU_PROFILE = "paper"
UNDEMANDED = 1_000  # the first of the seeds that no claim demands and that are no pilot seeds
SEEDS_OF_A_CHANGED_RECIPE = 5


def recipes_of(claims: Iterable[Claim]) -> tuple[Recipe, ...]:
    """Every recipe of the claims that a CPU trains, once."""
    every = (recipe for claim in claims for arms in claim.arms.values() for arm in arms for recipe in arm.recipes)
    return tuple(dict.fromkeys(recipe for recipe in every if recipe.profile != GPU_PROFILE))


def fill(folder: Path, recipes: Sequence[Recipe], outcomes: int) -> None:
    """Writes ``outcomes`` made-up outcomes into the store of ``folder``, without the syncs to disk that a run makes."""
    store = Store(folder)
    shared = {**environment(), "ended": "2026-11-21T00:00:00+00:00"}
    code: dict[Recipe, dict[str, str]] = {}
    for number, (recipe, seed, made_by) in enumerate(_trials(store, recipes, outcomes)):
        if recipe not in code:
            code[recipe] = code_digests(recipe) if made_by != OTHER_CODE else {"training": OTHER_CODE[:8]}
        outcome = made_up(recipe, random.Random(number), {**shared, "code": code[recipe]})
        name = write(store, Trial(recipe, seed), made_by, outcome)
        if made_by != OTHER_CODE:
            (store.folder / "leases" / f"{name}.lock").touch()


def write(store: Store, trial: Trial, code: str, outcome: Outcome) -> str:
    """Writes an outcome as ``Store.put`` does, but without its lock and its syncs to disk; its name in the store."""
    payload = {"recipe": as_data(trial.recipe), "seed": trial.seed, "fingerprint": code, "outcome": dataclasses.asdict(outcome)}
    name = f"{trial.address}-{code[:16]}"
    (store.folder / "outcomes" / f"{name}{SUFFIX}").write_bytes(file_content(payload))
    return name


def _trials(store: Store, recipes: Sequence[Recipe], outcomes: int) -> Iterator[tuple[Recipe, int, str]]:
    present, other = outcomes * 2 // 5, outcomes * 3 // 10
    for number in range(present):
        recipe = recipes[number % len(recipes)]
        yield recipe, UNDEMANDED + number // len(recipes), store.fingerprint(recipe)
    for number in range(other):
        recipe = recipes[number % len(recipes)]
        yield recipe, number // len(recipes), OTHER_CODE
    trained = [recipe for recipe in recipes if isinstance(recipe, Training)]
    for number in range(outcomes - present - other):
        if number % SEEDS_OF_A_CHANGED_RECIPE == 0:
            kept = trained[number // SEEDS_OF_A_CHANGED_RECIPE % len(trained)]
            rate = kept.optimizer.learning_rate * (1.001 + number / 1e7)
            recipe = dataclasses.replace(kept, optimizer=dataclasses.replace(kept.optimizer, learning_rate=rate))
        yield recipe, number % SEEDS_OF_A_CHANGED_RECIPE, store.fingerprint(kept)


def made_up(recipe: Recipe, random: random.Random, provenance: dict[str, Any]) -> Outcome:
    """An outcome of the shape that a run of ``recipe`` has, with made-up numbers that the guards of outcomes let pass."""
    if not isinstance(recipe, Training):
        return Outcome("converged", {"value": random.gauss(1.0, 0.1)}, seconds=0.01, provenance=provenance)
    updates = sorted(recipe.checkpoints)
    losses = [0.17 * 0.9**place * random.uniform(0.95, 1.05) for place in range(len(updates))]
    curves = {"updates": updates, "train_loss": losses, "test_mse": [loss * random.uniform(1.1, 1.2) for loss in losses]}
    metrics = {"train_loss": losses[-1], "test_mse": curves["test_mse"][-1], "updates_to_half_baseline": random.choice(updates)}
    return Outcome(
        "budget", metrics, {name: tuple(map(float, curve)) for name, curve in curves.items()}, recipe.updates, None, 1.0, provenance
    )
