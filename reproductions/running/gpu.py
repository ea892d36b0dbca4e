"""The packs of trials that train together on a GPU.

They are the trials of the paper's own protocol whose networks have one shape. The smaller profiles stay on the CPU wherever they run, so
that their outcomes do not depend on whether a machine has a GPU; so does bAbI, whose stories differ in length from batch to batch.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from reproductions.checkpoint import CheckpointFile
from reproductions.running import process
from reproductions.running.deadline import Deadline, OutOfTime
from reproductions.running.opening_runs import whole_of
from reproductions.trials import Outcome, Trial

MOST_TRIALS = 64  # of a pack: 64 states of (784, 128, 200) in float32 are 5 GB, kept for the backward pass
PROFILE = "paper"


class GpuPacks:
    """Packs for the GPU of this process: worker k of a run uses GPU k mod the number of GPUs."""

    def __init__(self, device: str, deadline: Deadline | None = None) -> None:
        self.device = device
        self._deadline = deadline

    @classmethod
    def of_this_process(cls, deadline: Deadline | None = None) -> GpuPacks | None:
        """Return the packs of this process; None where torch sees no GPU."""
        import torch  # here, because a run that trains nothing does without

        if not torch.cuda.is_available():
            return None
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        return cls(f"cuda:{worker % torch.cuda.device_count()}", deadline)

    def takes(self, trial: Trial) -> bool:
        """Return whether the trial trains on the GPU, alone or in company."""
        from reproductions import packs

        # an opening leaves a state for its whole training, which a pack does not
        return trial.recipe.profile == PROFILE and whole_of(trial) is None and packs.shape(trial.recipe) is not None

    def companions(self, trial: Trial, candidates: Sequence[Trial]) -> list[Trial]:
        """Return the ``candidates`` that may share the pack of ``trial``, in their order.

        They are one fewer than MOST_TRIALS at most.
        """
        from reproductions import packs

        own = packs.shape(trial.recipe)
        joining = [other for other in candidates if other != trial and self.takes(other) and packs.shape(other.recipe) == own]
        return joining[: MOST_TRIALS - 1]

    @process.settled()
    def run(self, trials: Sequence[Trial], checkpoints: Sequence[CheckpointFile]) -> list[Outcome]:
        """Train ``trials`` together in a prepared process.

        Raises OutOfTime where the deadline passes; their states are then saved.
        """
        from reproductions import packs, training

        try:
            return packs.train_pack(trials, checkpoints, self._deadline and self._deadline.passed, self.device)
        except training.Interrupted:
            raise OutOfTime from None
