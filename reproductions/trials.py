"""A trial (recipe + seed) and its outcome, as plain data that the store writes and the claims read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reproductions.openings import Opening
from reproductions.recipe_data import digest
from reproductions.recipes import Recipe

Status = Literal["converged", "budget", "diverged"]
PILOT_SEEDS_FROM = 10_000  # pilot seeds may choose a protocol; they enter no verdict


@dataclass(frozen=True)
class Trial:
    """A recipe and a seed: one training run, or one probe measurement."""

    recipe: Recipe
    seed: int

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"a seed is a non-negative integer, not {self.seed!r}")

    @property
    def trained(self) -> Trial:
        """The trial that is trained for this one: the whole training of an opening, else itself."""
        return Trial(self.recipe.whole, self.seed) if isinstance(self.recipe, Opening) else self

    @property
    def address(self) -> str:
        """The trial's name in the store, before the code fingerprint is added: ``<recipe digest, 16 digits>-<seed>``."""
        return f"{digest(self.recipe)[:16]}-{self.seed}"

    @property
    def label(self) -> str:
        return f"{self.recipe.label} seed {self.seed}"


class MemberError(Exception):
    """A failure for which one trial of a pack is to blame; the reason is the exception's cause."""

    def __init__(self, trial: Trial) -> None:
        super().__init__(f"{trial.label} failed")
        self.trial = trial


@dataclass(frozen=True)
class Outcome:
    """The measurements of a trial.

    ``metrics`` are scalars (None: undefined, for example a level never reached); ``curves`` are equally long lists per checkpoint or
    per step, with ``curves["updates"]`` the checkpoints of a training; values are finite or None. A diverged trial has the
    update at which the loss, the gradient or a test metric stopped being finite in ``diverged_at``. ``first_losses`` are equally long lists
    too, of a training: its ``updates`` 1, 2, 4, ... 64 as far as it came, with the ``train_loss`` and the ``gradient_norm`` of each.
    """

    status: Status
    metrics: Mapping[str, float | None]
    curves: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    updates: int = 0
    diverged_at: int | None = None
    seconds: float = 0.0
    provenance: Mapping[str, Any] = field(default_factory=dict)
    first_losses: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # none in a probe, or where older code trained

    @property
    def diverged(self) -> bool:
        return self.status == "diverged"
