"""Outcomes, and the states of unfinished trials, carried from one store to another as plain data.

The caller (``rin-claims store import``) decides what is admitted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reproductions.checkpoint import MADE_BY, CheckpointFile, described, is_of_these_gpu_kernels
from reproductions.recipe_data import as_data, digest
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


# --- States of unfinished trials ---


def outgoing_states(store: Store, trials: Iterable[Trial]) -> Iterator[dict[str, Any]]:
    """Yield the saved state of each trial that has one and no outcome, made by the present code.

    A state is given as recipe as data, seed, fingerprint of the code, updates done, the machines that made it, and its bytes. One that
    cannot be trusted, or does not say who made it, is left out; the store's reports name it.
    """
    for trial in dict.fromkeys(trials):
        if store.has(trial):
            continue
        checkpoint = _checkpoint(store, trial)
        content = checkpoint.content()
        store.reports += checkpoint.reports
        if content is None:
            continue
        code, said = store.fingerprint(trial.recipe), described(content)
        if problem := state_problem(trial, content, said.get("update"), said.get(MADE_BY, ())):
            store.reports.append(f"{checkpoint.path} {problem}; it stays here and is not exported")
            continue
        found = {"recipe": as_data(trial.recipe), "seed": trial.seed, "fingerprint": code, "update": said["update"]}
        yield {**found, "made_by": tuple(said[MADE_BY]), "content": content}


def state_problem(trial: Trial, content: bytes, update: Any, made_by: Iterable[Mapping[str, Any]]) -> str:
    """Say why the bytes of a state are not a state of ``trial`` that goes on here, or "".

    ``update`` and ``made_by`` are what is said of them.
    """
    said = described(content)
    if not said:
        return "holds no state that this torch reads"
    if (said.get("recipe"), said.get("seed")) != (digest(trial.trained.recipe), trial.seed):
        return "holds the state of another trial"
    if not said.get(MADE_BY):
        return "does not say which machines made it, as states saved by older versions do not"
    if said.get("update") != update or list(said[MADE_BY]) != list(made_by):
        return "says another update or other machines than its state"
    return "" if is_of_these_gpu_kernels(said[MADE_BY]) else "was made by other GPU kernels than those of this version"


@dataclass(frozen=True)
class ReceivedStates:
    """The fate of the states of a file: ``begun`` were taken; ``begun_kept`` trials were as far here, or at work."""

    begun: int
    begun_kept: int


def receive_states(store: Store, states: Iterable[tuple[Trial, int, bytes]]) -> ReceivedStates:
    """Save states (trial, updates done, bytes) for the trials to go on from.

    What the store holds already stays where it is as far or further, or where a process is at work on the trial. Raises StoreError.
    """
    begun = kept = 0
    for trial, update, content in states:
        with store.lease(trial) as free:
            checkpoint = _checkpoint(store, trial)
            if free and not store.has(trial) and (checkpoint.position() or 0) < update:
                checkpoint.write(content)
                begun += 1
            else:
                kept += 1
    return ReceivedStates(begun, kept)


def _checkpoint(store: Store, trial: Trial) -> CheckpointFile:
    return CheckpointFile(store.checkpoint_path(trial), store.folder / "set-aside")
