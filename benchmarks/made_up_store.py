"""A store of made-up outcomes, as large as is asked for: what a lab's shared folder holds after years of changing code and recipes.

Of the outcomes two fifths are of recipes that claims use and of the present code, on seeds that no claim demands. Three tenths are of the
same recipes on the seeds that claims demand, made by other code. Three tenths are of recipes that no claim uses any more: each is a recipe
of a claim at another learning rate, with five seeds. The files are valid and their numbers are made up.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from claims.model import Claim
from reproductions.recipe_data import as_data, digest
from reproductions.recipes import Recipe, Training
from reproductions.store.environment import environment
from reproductions.store.fingerprint import code_digests
from reproductions.store.outcomes import Store, file_content, outcome_as_data
from reproductions.trials import Outcome

OTHER_CODE = "0" * 64
UNDEMANDED = 1_000  # the first of the seeds that no claim demands and that are no pilot seeds
SEEDS_OF_A_CHANGED_RECIPE = 5


def recipes_of(claims: Iterable[Claim]) -> tuple[Recipe, ...]:
    """Every recipe of the claims, once."""
    return tuple(dict.fromkeys(recipe for claim in claims for arms in claim.arms.values() for arm in arms for recipe in arm.recipes))


def fill(folder: Path, recipes: Sequence[Recipe], outcomes: int) -> None:
    """Writes ``outcomes`` made-up outcomes into the store of ``folder``, without the syncs to disk that a run makes."""
    store = Store(folder)
    made = {name: {**environment(), "ended": "2026-11-21T00:00:00+00:00", "code": name} for name in ("other",)}
    for number, (recipe, seed, code) in enumerate(itertools.islice(_trials(store, recipes, outcomes), outcomes)):
        name = "other" if code == OTHER_CODE else digest(recipe)
        if name not in made:
            made[name] = {**made["other"], "code": code_digests(recipe)}
        payload = {
            "recipe": as_data(recipe),
            "seed": seed,
            "fingerprint": code,
            "outcome": outcome_as_data(made_up(recipe, random.Random(number), made[name]), recipe.label),
        }
        (store.folder / "outcomes" / f"{digest(recipe)[:16]}-{seed}-{code[:16]}.json").write_bytes(file_content(payload))


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
        changed = number // SEEDS_OF_A_CHANGED_RECIPE
        recipe = trained[changed % len(trained)]
        rate = recipe.optimizer.learning_rate * (1.001 + changed / 1e6)
        yield (
            dataclasses.replace(recipe, optimizer=dataclasses.replace(recipe.optimizer, learning_rate=rate)),
            number % SEEDS_OF_A_CHANGED_RECIPE,
            store.fingerprint(recipe),
        )


def made_up(recipe: Recipe, random: random.Random, provenance: dict[str, Any]) -> Outcome:
    """An outcome of the shape that a run of ``recipe`` has, with made-up numbers that the guards of outcomes let pass."""
    if not isinstance(recipe, Training):
        return Outcome("converged", {"value": random.gauss(1.0, 0.1)}, seconds=0.01, provenance=provenance)
    updates = sorted(recipe.checkpoints)
    losses = [0.17 * 0.9**place * random.uniform(0.95, 1.05) for place in range(len(updates))]
    curves = {"updates": updates, "train_loss": losses, "test_mse": [loss * random.uniform(1.1, 1.2) for loss in losses]}
    metrics = {"train_loss": losses[-1], "test_mse": curves["test_mse"][-1], "updates_to_half_baseline": float(random.choice(updates))}
    return Outcome("budget", metrics, {name: tuple(map(float, curve)) for name, curve in curves.items()}, recipe.updates, None, 1.0, provenance)
