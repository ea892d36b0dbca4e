"""The packs of trials that train together on a GPU.

They are the trials of the paper's own protocol whose networks have one shape. The smaller profiles stay on the CPU wherever they run, so
that their outcomes do not depend on whether a machine has a GPU; so does bAbI, whose stories differ in length from batch to batch.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable, Sequence

from reproductions.checkpoint import CheckpointFile
from reproductions.kernel_choice import FALLBACK
from reproductions.running import gpu_check, process
from reproductions.running.deadline import Deadline, OutOfTime
from reproductions.trials import Outcome, Trial

MOST_TRIALS = 64  # of a pack: 64 states of (784, 128, 200) in float32 are 5 GB, kept for the backward pass
PROFILE = "paper"

Noting = Callable[[Sequence[Trial]], contextlib.AbstractContextManager[object]]  # notes why these trials, which run within, cannot be run


class GpuPacks:
    """Packs for the GPU of this process: worker k of a run uses GPU k mod the number of GPUs."""

    def __init__(self, device: str, deadline: Deadline | None = None, noting: Noting = contextlib.nullcontext) -> None:
        """Prepare packs for ``device``; ``noting`` sees what ends one, as it sees what ends a trial that runs alone."""
        self.device = device
        self._deadline = deadline
        self._noting = noting

    @classmethod
    def of_this_process(cls, deadline: Deadline | None = None, noting: Noting = contextlib.nullcontext) -> GpuPacks | None:
        """Return the packs of this process; None where torch sees no GPU."""
        import torch  # here, because a run that trains nothing does without

        if not torch.cuda.is_available():
            return None
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        return cls(f"cuda:{worker % torch.cuda.device_count()}", deadline, noting)

    def takes(self, trial: Trial) -> bool:
        """Return whether the trial trains on the GPU, alone or in company."""
        from reproductions import packs

        # an opening leaves a state for its whole training, which a pack does not
        return trial.recipe.profile == PROFILE and trial.trained == trial and packs.shape(trial.recipe) is not None

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
        """Train ``trials`` together in a prepared process, on kernels that passed ``gpu_check``.

        The outcomes say which kernels these were. Raises OutOfTime where the deadline passes; their states are then saved.
        Raises MemberError where one of the trials is to blame.
        """
        from reproductions import packs, recurrence_gpu, training

        with self._noting(trials), gpu_check.believed(trials[0].recipe, self.device):
            kernels = {} if self.device == "cpu" else recurrence_gpu.provenance()
            try:
                outcomes = packs.train_pack(trials, checkpoints, self._deadline and self._deadline.passed, self.device)
            except training.Interrupted:
                raise OutOfTime from None
        return [dataclasses.replace(outcome, provenance={**kernels, **outcome.provenance}) for outcome in outcomes]


def fallbacks(outcomes: Iterable[Outcome]) -> list[str]:
    """List the sentences by which outcomes say that their packs fell back to torch's kernels, each once."""
    said = (outcome.provenance.get("fallback", "") for outcome in outcomes)
    return sorted({line for line in said if isinstance(line, str) and line.startswith(FALLBACK)})
