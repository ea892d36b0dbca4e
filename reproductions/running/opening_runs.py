"""The run of an opening, whose state at the end is where its whole training goes on."""

from __future__ import annotations

from collections.abc import Callable

from reproductions.checkpoint import CheckpointFile
from reproductions.openings import Opening
from reproductions.trials import Outcome, Trial


def train_opening(trial: Trial, checkpoint: CheckpointFile, stop: Callable[[], bool] | None = None) -> Outcome:
    """Train the whole of an opening up to its last update, and return what was measured until then.

    The whole training's state at that update stays in ``checkpoint``. Raises Interrupted as ``training.train`` does.
    """
    from reproductions import training  # here, because it brings in torch

    assert isinstance(trial.recipe, Opening)
    whole, last, reached = trial.trained, trial.recipe.last_update, checkpoint.position() or 0

    def note(update: int, updates: int) -> None:
        nonlocal reached
        reached = update

    if reached < last:
        try:
            return training.train(whole, checkpoint, note, lambda: reached >= last or (stop is not None and stop()))
        except training.Interrupted:
            if reached < last:
                raise
    return training.Run.of(whole, checkpoint).outcome()
