"""The deadline of a run: which trials may still be started, and when a running one is interrupted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reproductions.recipe_data import digest
from reproductions.trials import Trial


class OutOfTime(Exception):  # noqa: N818 - the end of a budget, and no error
    """The refusal of trials for which the deadline leaves no time; what was running has saved its state."""


@dataclass(frozen=True)
class Deadline:
    """The end of a time budget that all workers of a run share.

    ``at`` is a time of ``time.monotonic``, which the processes of a machine have in common and no change of the time of day moves.
    ``budget`` is the whole time in seconds, ``seconds`` about what a trial takes by the digest of its recipe.
    """

    at: float
    budget: float
    seconds: Mapping[str, float]

    def passed(self) -> bool:
        return time.monotonic() >= self.at

    def estimate(self, trial: Trial) -> float:
        """Estimate the seconds that ``trial`` takes; 0 for a recipe that was not estimated."""
        return self.seconds.get(digest(trial.recipe), 0.0)

    def startable(self, trials: Sequence[Trial]) -> list[Trial]:
        """Return the trials of ``trials`` that may be started now, in the order in which to start them.

        First come the trials that are done in time by their estimate, the shortest first, because a short time then completes the most
        claims. Last come the trials that are longer than the whole budget. They would never be done, so they are begun when nothing else
        fits, and go on from their checkpoints in later runs.
        """
        if self.passed():
            return []
        left = self.at - time.monotonic()
        fitting = [trial for trial in trials if self.estimate(trial) <= left]
        return sorted(fitting, key=self.estimate) + [trial for trial in trials if self.estimate(trial) > self.budget]
