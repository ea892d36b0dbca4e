"""The verdicts of each profile, kept beside a store for ``list`` and ``show``, whatever folder a report went to.

They say which outcomes the store held then. Where it holds others now, say after an import, they are judged anew.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from claims.model import Claim
from claims.paper import Registry
from claims.report.formats.json import dumps, load_report
from claims.report.model import Report, ReportError
from claims.text import visible
from reproductions.recipe_data import digest
from reproductions.store.files import replace_file
from reproductions.store.outcomes import SUFFIX

FOLDER = "verdicts"  # in the folder of a store
HELD = "store"  # in the provenance of kept verdicts: what the store held


def keep(report: Report, store: Path, claims: Iterable[Claim]) -> None:
    """Keep the verdicts of a report on ``claims`` in the folder of a store, without trials, pictures and papers.

    Where they cannot be written, the next ``list`` judges the store itself.
    """
    entries = tuple(dataclasses.replace(entry, trials=()) for entry in report.entries)
    provenance = {**report.provenance, HELD: held(claims, report.profile, store)}
    drift = report.drift.without_runs
    slim = dataclasses.replace(report, entries=entries, provenance=provenance, drift=drift, pictures=(), papers=(), addendum=(), prices=())
    with contextlib.suppress(OSError):
        (store / FOLDER).mkdir(exist_ok=True)
        replace_file(store / FOLDER / f"{report.profile}.json", visible(dumps(slim)).encode())


def known(registry: Registry, store: Path, judge: Callable[[str], Report | None]) -> Iterator[Report]:
    """Yield the verdicts of each profile, by what the store holds.

    They are those that are kept or, where the store holds other outcomes of the profile's trainings than then, what ``judge`` makes of the
    store, which is kept then. Where ``judge`` returns None, what is kept stands.
    """
    names = _names(store)
    for profile in registry.profiles:
        found, now = _kept(store / FOLDER / f"{profile}.json"), _digest(registry.claims, profile, names)
        if now and (found is None or found.provenance.get(HELD) != now) and (made := judge(profile)) is not None:
            keep(made, store, registry.claims)
            found = made
        if found is not None:
            yield found


def held(claims: Iterable[Claim], profile: str, store: Path) -> str:
    """Compute a digest of the outcomes that the store has of the trainings of ``profile``; "" where it has none.

    Measurements that are the same under every profile do not count: a run of another profile has made them.
    """
    return _digest(claims, profile, _names(store))


def _names(store: Path) -> Mapping[str, Sequence[str]]:
    """Return the names of all outcome files by the recipe in them: one look at the folder."""
    found: dict[str, list[str]] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(store / "outcomes"):
            if name.endswith(SUFFIX):
                found.setdefault(name.partition("-")[0], []).append(name)
    return found


def _digest(claims: Iterable[Claim], profile: str, names: Mapping[str, Sequence[str]]) -> str:
    recipes = {
        digest(recipe)[:16]
        for claim in claims
        for arm in claim.arms.get(profile, ())
        for recipe in arm.recipes
        if recipe.profile in claim.protocol.names
    }
    own = sorted(name for recipe in recipes for name in names.get(recipe, ()))
    return hashlib.sha256("\n".join(own).encode()).hexdigest()[:32] if own else ""


def _kept(file: Path) -> Report | None:
    """Read kept verdicts; None where there are none, or none that can be read."""
    if not file.is_file():
        return None
    with contextlib.suppress(ReportError):
        return load_report(file)
    return None
