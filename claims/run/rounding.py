"""The verdicts of a profile under each path of the kernels, from a store of its own for each path.

The paths share a fingerprint, because they compute the same but for rounding. So no store may hold outcomes of two of them here.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from claims.judging.judge import judge_claim, lacking_trials, trials_of
from claims.model import Claim
from reference_results.rounding import RoundingRow
from reproductions.kernel_choice import CHOICES
from reproductions.recipes import Recipe
from reproductions.store.files import StoreError
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

NATIVE, TORCH = "native", "torch"
CPU = "cpu"  # the device whose kernels the paths are


class RoundingError(ValueError):
    """Paths that cannot be compared, in one line that names the remedy."""


@dataclass(frozen=True)
class PathVerdicts:
    """The rows of the claims that a path's store can judge, and the ids of the others, which lack trials."""

    path: str
    rows: tuple[RoundingRow, ...]
    lacking: tuple[str, ...]


def paths_here() -> tuple[str, ...]:
    """List the kernel paths that this machine can take, the native one first; without a C++ compiler torch alone."""
    from reproductions.recurrence import build  # here, because it brings in torch

    try:
        build.find_compiler()
    except build.BuildError:
        return (TORCH,)
    return *build.available(), TORCH


def chosen_paths(asked: Sequence[str], there: Sequence[str]) -> tuple[str, ...]:
    """Return the paths ``asked`` for by their own names, each once, or every one ``there`` is.

    "native" is the first of ``there``. Raises RoundingError for a path that this machine does not have.
    """
    names = [there[0] if path == NATIVE else path for path in asked] or there
    for name in names:
        if name not in there:
            raise RoundingError(f"this machine has no kernel path {name!r}; it has {', '.join(there)}, and native is {there[0]}")
    return tuple(dict.fromkeys(names))


def choice(path: str) -> str:
    """Return the choice of RIN_CLAIMS_KERNELS that takes ``path``: its own name, or "native" where that alone leads to it."""
    return path if path in CHOICES else NATIVE


def measured_claims(claims: Iterable[Claim], profile: str) -> tuple[Claim, ...]:
    """Select the claims whose verdict rests on trials under ``profile``: the others know no kernels."""
    return tuple(claim for claim in claims if trials_of(claim, profile))


def verdicts_under(path: str, claims: Iterable[Claim], profile: str, store: Store) -> PathVerdicts:
    """Judge ``claims`` from the store of ``path``. Nothing is trained.

    Raises RoundingError where the store holds an outcome of another path or of a GPU, or outcomes of several machines.
    """
    made_on: dict[str, str] = {}  # machines, with a trial of each

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        trial = Trial(recipe, seed)
        if (outcome := store.get(trial)) is None:
            raise StoreError(f"the store {store.folder} lost the outcome of {trial.label}; run it again")
        if (other := outcome.provenance.get("recurrence")) != path:
            raise RoundingError(f"the store {store.folder} holds {trial.label} of the kernels {other!r}, not {path!r}; {_ELSEWHERE}")
        if (device := outcome.provenance.get("device", CPU)) != CPU:
            raise RoundingError(f"{trial.label} was trained on {device}, which takes no kernel path; choose another --profile")
        made_on.setdefault(str(outcome.provenance.get("cpu") or outcome.provenance.get("platform")), trial.label)
        if len(made_on) > 1:
            raise RoundingError(f"the store {store.folder} holds trials of several machines ({'; '.join(made_on)}); {_ELSEWHERE}")
        return outcome

    rows, lacking = [], []
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    for claim in claims:
        if lacking_trials(claim, profile, store.has, lookup):
            lacking.append(claim.id)
            continue
        verdict = judge_claim(claim, profile, lookup, {}).verdict
        assert verdict.evidence is not None  # it rests on trials, and has all of them
        rows.append(
            RoundingRow(claim.id, profile, path, verdict.verdict, verdict.evidence.estimate, verdict.evidence.n, next(iter(made_on)), today)
        )
    return PathVerdicts(path, tuple(rows), tuple(lacking))


_ELSEWHERE = "name another folder with --claims-store"
