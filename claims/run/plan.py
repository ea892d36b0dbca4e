"""What a run of a profile would do: every trial that its claims demand, and why.

A trial is reused, resumed or to train. Nothing is trained here. A claim demands its first look, and the trials of its next look where the
outcomes at hand leave it undecided.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from claims.judging.judge import lacking_trials, trials_of, trials_to_cap
from claims.model import Claim, ClaimError
from claims.run.stale import Stale
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Probe, Recipe, Training
from reproductions.running.cost import Calibration
from reproductions.store.files import StoredFileError
from reproductions.store.outcomes import Entry, Store
from reproductions.trials import Outcome, Trial

State = Literal["reused", "resumed", "to train"]
STATES: tuple[State, ...] = ("reused", "resumed", "to train")
# Bytes of an outcome where the store has none of its kind: provenance and metrics, each evaluation, each step of an estimation error.
# Measured on outcomes of the smoke profile, 1 to 28 kB.
BYTES, BYTES_PER_EVALUATION, BYTES_PER_STEP = 3_000, 120, 130


@dataclass(frozen=True)
class Planned:
    """A trial that a claim of ``section`` demands first; ``done`` updates of it are in its checkpoint."""

    trial: Trial
    section: str
    state: State
    why: str
    done: int = 0


@dataclass(frozen=True)
class Plan:
    """The trials that ``profile`` needs now, in the order of the claims.

    ``further`` are the missing trials that further looks may add at most.
    """

    profile: str
    trials: tuple[Planned, ...]
    further: tuple[Trial, ...]

    @property
    def missing(self) -> tuple[Planned, ...]:
        return tuple(planned for planned in self.trials if planned.state != "reused")

    def counts(self) -> dict[str, int]:
        return {state: sum(planned.state == state for planned in self.trials) for state in STATES}

    def seconds(self, calibration: Calibration) -> list[float]:
        """Estimate how long each missing trial takes here, on one core."""
        return [calibration.seconds(planned.trial, planned.done) for planned in self.missing]

    def by_section(self, calibration: Calibration) -> dict[str, tuple[int, float]]:
        """Count the missing trials of each section, and sum their seconds on one core.

        A shared trial counts where it is demanded first.
        """
        sums = {planned.section: (0, 0.0) for planned in self.trials}
        for planned, seconds in zip(self.missing, self.seconds(calibration), strict=True):
            count, total = sums[planned.section]
            sums[planned.section] = count + 1, total + seconds
        return sums


def plan(claims: Sequence[Claim], profile: str, store: Store, known: Iterable[Recipe]) -> Plan:
    """Make the plan of ``claims`` under ``profile`` with what ``store`` holds.

    A file that cannot be read counts as missing, with a line in the store's reports. Damaged files of the store are set aside; nothing else
    changes. ``known`` are the recipes of every claim there is: a stored recipe that is not among them was changed. Raises StoreError.
    """
    held, stale = _Held(store), Stale(store, known)
    planned: dict[Trial, Planned] = {}
    further: dict[Trial, None] = {}
    for claim in claims:
        demanded = trials_of(claim, profile)
        complete = all(map(held.has, demanded))
        next_look = _next_look(claim, profile, held) if complete else ()
        for trial, reason in (
            *((trial, "") for trial in demanded),
            *((trial, "undecided so far, a further look; ") for trial in next_look),
        ):
            if trial not in planned:
                planned[trial] = _planned(trial, f"{claim.paper}/{claim.section}", reason, held, stale)
        if next_look or not complete:
            further |= dict.fromkeys(trial for trial in trials_to_cap(claim, profile) if not held.has(trial))
    return Plan(profile, tuple(planned.values()), tuple(trial for trial in further if trial not in planned))


class _Held:
    """The sound outcomes of a store, each read once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._entries: dict[Trial, Entry | None] = {}

    def has(self, trial: Trial) -> bool:
        if trial not in self._entries:
            self._entries[trial] = self.store.readable_entry(trial)
        return self._entries[trial] is not None

    def lookup(self, recipe: Recipe, seed: int) -> Outcome:
        return self._entry(Trial(recipe, seed)).outcome

    def grade(self, trial: Trial) -> str:
        """Return the grade by which older code stands for the present one, "" where the present code made the outcome."""
        return self.store.grade(trial, self._entry(trial))

    def _entry(self, trial: Trial) -> Entry:
        entry = self._entries[trial]
        assert entry is not None  # ``has`` was asked before
        return entry


def _next_look(claim: Claim, profile: str, held: _Held) -> tuple[Trial, ...]:
    """List the trials that a claim still needs after its first look.

    Returns () if the claim is decided.
    """
    # the test of a claim that cannot be judged says why
    with contextlib.suppress(ClaimError):
        return lacking_trials(claim, profile, held.has, held.lookup)
    return ()


def _planned(trial: Trial, section: str, reason: str, held: _Held, stale: Stale) -> Planned:
    store = held.store
    if held.has(trial):
        grade = held.grade(trial)
        return Planned(trial, section, "reused", f"stored, admitted as {grade}" if grade else "stored")
    if store.has(trial):
        return Planned(trial, section, "to train", f"{reason}its outcome cannot be read")
    checkpoint = CheckpointFile(store.checkpoint_path(trial), store.folder / "set-aside")
    try:
        done = checkpoint.position() if isinstance(trial.recipe, Training) else None
    except StoredFileError as error:
        store.reports.append(str(error))
        return Planned(trial, section, "to train", f"{reason}its checkpoint cannot be read")
    if isinstance(trial.recipe, Training) and done is not None:
        return Planned(trial, section, "resumed", f"{reason}its checkpoint holds {done} of {trial.recipe.last_update} updates", done)
    if checkpoint.path.exists():
        return Planned(trial, section, "to train", f"{reason}its checkpoint is damaged")
    return Planned(trial, section, "to train", reason + stale.why(trial))


# --- What it takes on the disk ---


def outcome_bytes(plan: Plan, store: Store) -> int:
    """Estimate how many bytes the missing outcomes take.

    It is as many as the mean of their kind among the stored outcomes, or else an estimate.
    """
    sizes: dict[str, list[int]] = {}
    for planned in plan.trials:
        if planned.state == "reused":
            sizes.setdefault(_kind(planned.trial), []).append(store.files(planned.trial)[0].stat().st_size)
    return round(sum(mean(sizes.get(_kind(planned.trial)) or [_estimated_bytes(planned.trial)]) for planned in plan.missing))


def _kind(trial: Trial) -> str:
    return f"{type(trial.recipe.task).__name__} {trial.recipe.network.cell}" if isinstance(trial.recipe, Training) else "probe"


def _estimated_bytes(trial: Trial) -> int:
    recipe = trial.recipe
    if isinstance(recipe, Probe):
        return BYTES
    steps = recipe.network.layers * recipe.task.steps if recipe.estimation_error else 0
    return BYTES + BYTES_PER_EVALUATION * len(recipe.checkpoints) + BYTES_PER_STEP * steps
