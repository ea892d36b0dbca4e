"""Why a trial is not in the store though one like it is: other numerics code, or a changed recipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from claims.text import enumeration
from reproductions.recipe_data import as_data, digest
from reproductions.recipes import Recipe
from reproductions.store.fingerprint import code_digests
from reproductions.store.listing import Listing
from reproductions.store.outcomes import Entry, Store
from reproductions.trials import Trial

FEW = 3  # changes that are named one by one; a recipe that differs in more is another recipe
# The leaves that make two recipes versions of one recipe: kind and profile, task and cell, or the name of the probe.
IDENTITY = ("kind", "profile", "name", "task.kind", "task.task", "task.order", "network.cell")
ABSENT = repr(None)


class Stale:
    """The outcomes of a store that no claim can use any more.

    They were made by other code, or of a recipe that is not among ``known``. The store is looked at once, when the first question comes.
    """

    def __init__(self, store: Store, known: Iterable[Recipe]) -> None:
        self._store = store
        self._known = known
        self._changes: dict[Recipe, str] = {}  # seeds share a recipe

    def why(self, trial: Trial) -> str:
        """Say why ``trial``, which the store lacks, has to be trained. Raises StoreError."""
        if others := self._listing.made_by_other_code(trial):
            return changed_code(others[0], trial.recipe)
        if trial.recipe not in self._changes:
            self._changes[trial.recipe] = self._changes_of(trial.recipe)
        if changes := self._changes[trial.recipe]:
            return f"its recipe was changed: {changes}"
        return "no outcome stored"

    def _changes_of(self, recipe: Recipe) -> str:
        """Say how the nearest changed recipe of the store differs. Returns "" if there is none."""
        mine = leaves(as_data(recipe))
        own = _identity(mine)
        versions = (
            old
            for identity, recipes in self._unknown.items()
            if all(part in (ABSENT, its) for part, its in zip(own, identity, strict=True))
            for old in recipes
        )
        nearest = min((differences(old, mine) for old in versions), key=len, default=[])
        return "; ".join(nearest) if len(nearest) <= FEW else ""

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self._store)

    @cached_property
    def _unknown(self) -> Mapping[tuple[str, ...], list[dict[str, Any]]]:
        """The recipes of the store that no claim names, as leaves, by their identity."""
        found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for entry in self._listing.one_of_each_recipe({digest(recipe)[:16] for recipe in set(self._known)}):
            recipe = leaves(entry.recipe)
            found.setdefault(_identity(recipe), []).append(recipe)
        return found


def changed_code(entry: Entry, recipe: Recipe) -> str:
    """Say in which modules the code that ``recipe`` reaches changed since ``entry`` was made.

    ``entry`` is an outcome of the recipe. Outcomes made before fingerprints followed the recipe do not say. They count again once their
    code is shown to be equivalent.
    """
    then, now = entry.outcome.provenance.get("code"), code_digests(recipe)
    if not isinstance(then, Mapping):
        return "the numerics code changed"
    changed = [name for name in now if name in then and then[name] != now[name]]
    new, gone = [name for name in now if name not in then], [name for name in then if name not in now]
    parts = [f"{enumeration(names)} {word}" for names, word in ((changed, "changed"), (new, "added"), (gone, "removed")) if names]
    return f"the numerics code changed: {'; '.join(parts)}" if parts else "the numerics code changed"


def leaves(data: Any, path: str = "") -> dict[str, Any]:
    """Collect the values of nested mappings by their dotted names.

    For example ``{"task": {"length": 40}}`` gives ``{"task.length": 40}``.
    """
    if not isinstance(data, Mapping):
        return {path: data}
    return {name: value for key, item in data.items() for name, value in leaves(item, f"{path}.{key}" if path else key).items()}


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Write ``task.length was 50, is 40`` for each leaf in which two recipes differ."""
    return list(_differences(old, new))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield f"{name} was {old.get(name, 'absent')}, is {new.get(name, 'absent')}"


def _identity(recipe: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(repr(recipe.get(name)) for name in IDENTITY)  # as text, because a recipe of other code may hold anything
