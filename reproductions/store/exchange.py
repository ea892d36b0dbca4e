"""Outcomes carried from one store to another, as plain data.

The caller (``rin-claims store import``) decides what is admitted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reproductions.recipe_data import as_data
from reproductions.store.outcomes import Store, outcome_as_data, outcome_from_data
from reproductions.trials import Outcome, Trial

IMPORTED = "imported"  # of an outcome's provenance: from which file, and when


@dataclass(frozen=True)
class Received:
    """The fate of the outcomes of a file, in numbers.

    ``new`` were stored. ``kept`` were in the store already, and ``differing`` of these have other numbers there. A file of the store that
    cannot be read is kept; the store's reports name it.
    """

    new: int
    kept: int
    differing: int


def outgoing(store: Store, trials: Iterable[Trial]) -> list[dict[str, Any]]:
    """Collect the outcomes of ``trials`` that the store holds, made by the present code or an equivalent one.

    An outcome is given as recipe as data, seed, fingerprint of the code, and outcome as data.
    """
    found = ((trial, store.readable_entry(trial)) for trial in dict.fromkeys(trials))
    return [
        {
            "recipe": as_data(trial.recipe),
            "seed": trial.seed,
            "fingerprint": entry.fingerprint,
            "outcome": outcome_as_data(_as_made(entry.outcome), trial.label),
        }
        for trial, entry in found
        if entry is not None
    ]


def receive(store: Store, outcomes: Iterable[tuple[Trial, Mapping[str, Any], str]], imported: str = "") -> Received:
    """Store outcomes (as data) with the fingerprint of the code that made them, the present or an equivalent one.

    Each keeps in its provenance whence and when it was ``imported``, if that is said; an export leaves that out again. What the store holds
    already stays, because a verdict may rest on it. Raises StoreError.
    """
    new = kept = differing = 0
    for trial, data, code in outcomes:
        outcome, entry = outcome_from_data(data), store.readable_entry(trial)
        if entry is None and not store.has(trial):
            origin = {IMPORTED: imported} if imported else {}
            store.put(trial, dataclasses.replace(outcome, provenance={**outcome.provenance, **origin}), code)
            new += 1
            continue
        kept += 1
        if entry is not None:
            own = entry.outcome
            differing += (own.status, own.metrics, own.curves) != (outcome.status, outcome.metrics, outcome.curves)
    return Received(new, kept, differing)


def _as_made(outcome: Outcome) -> Outcome:
    return dataclasses.replace(outcome, provenance={name: value for name, value in outcome.provenance.items() if name != IMPORTED})
