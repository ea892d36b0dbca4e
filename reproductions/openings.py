"""The opening of a training: the same recipe, stopped after its first updates."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from reproductions.recipes import RecipeError, Training


@dataclass(frozen=True)
class Opening(Training):
    """A training that stops after ``stop_after`` of its updates, and measures there what others measure at their end.

    Everything else is the whole training's, its profile and its budget too. So its evaluations are the first ones of the whole training,
    and the early stage of the budget is that of the whole.
    """

    stop_after: int = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.patience is not None:
            raise RecipeError("patience may end the whole training before its opening ends; leave it None")
        if self.stop_after >= self.updates or self.stop_after not in self.whole.checkpoints:
            raise RecipeError(f"an opening stops at an evaluation before the last of {self.updates} updates, not after {self.stop_after}")

    @property
    def last_update(self) -> int:
        return self.stop_after

    @property
    def checkpoints(self) -> frozenset[int]:
        """The evaluations of the whole training up to the last update of the opening."""
        return frozenset(update for update in self.whole.checkpoints if update <= self.stop_after)

    @property
    def whole(self) -> Training:
        """The training that this one is the opening of."""
        return Training(**{part.name: getattr(self, part.name) for part in dataclasses.fields(Training)})


def opening_of(whole: Training, stop_after: int) -> Opening:
    """Make the opening of a training that ends after ``stop_after`` updates. Raises RecipeError."""
    return Opening(**{part.name: getattr(whole, part.name) for part in dataclasses.fields(Training)}, stop_after=stop_after)
