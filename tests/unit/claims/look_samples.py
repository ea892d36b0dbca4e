"""Claims whose outcomes are made up, for the tests of seeds bought look by look.

The value of arm "a" lies below that of arm "b", the wrong side, for the seeds that its probe's ``steps`` name, and above it for the others.
A probe whose argument is ``NO_DATA`` cannot be measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from claims.kinds import Greater, Similar
from claims.model import Arm, Claim, Locator, Prediction
from reproductions.checkpoint import CheckpointFile
from reproductions.data_files import DataError
from reproductions.recipes import Probe, Recipe
from reproductions.running.deadline import Deadline
from reproductions.trials import Outcome, Trial

NAME = "dt-depth"  # of a probe there is, which takes ``steps``, so that the store finds its code; it is never run
NO_DATA = "no data"
GREATER = Greater("m", "points", "a test", better="a", worse="b", smallest_effect=0.25)
SIMILAR = Similar("m", "points", "a test", first="a", second="b", margin=0.5)


def claim(slug: str, wrong: Sequence[int] | str, prediction: Prediction = GREATER, *, seeds: int = 5, profile: str = "compact") -> Claim:
    """Seeds ``wrong`` speak against the claim, or its arm "a" lacks its data."""
    text = wrong if isinstance(wrong, str) else ",".join(map(str, wrong))
    return Claim(
        id=f"rin-2018/looks/{slug}",
        paper="rin-2018",
        quote="A quote.",
        locator=Locator(section="1"),
        prediction=prediction,
        statement="A statement.",
        arms={profile: (Arm("b", (Probe("any", NAME, (("steps", None),)),)), Arm("a", (Probe("any", NAME, (("steps", text),)),)))},
        seeds={profile: seeds},
    )


CLEAR = claim("clear", ())
NINE = claim("nine", (1,))
TWELVE = claim("twelve", (1, 6))
NEVER = claim("never", (0, 2, 4, 6, 8, 10))
AGAINST = claim("against", (0, 2, 3, 4, 5, 6, 7, 8))
FIXED = claim("fixed", (3,), SIMILAR)  # one look, whatever it finds
WITHOUT_DATA = claim("without-data", NO_DATA)
CLAIMS = (WITHOUT_DATA, CLEAR, NINE, TWELVE, NEVER, AGAINST, FIXED)
SEEDS_TAKEN = {CLEAR.id: 5, NINE.id: 9, TWELVE.id: 12, NEVER.id: 12, AGAINST.id: 9, FIXED.id: 5}


def outcome(recipe: Recipe, seed: int) -> Outcome:
    assert isinstance(recipe, Probe)
    wrong = dict(recipe.arguments)["steps"]
    if wrong == NO_DATA:
        raise DataError("the data set is missing; get it with `rin-claims data fetch`")
    level = seed / 4  # no two seeds measure the same
    if wrong is not None:
        level += -1.0 if str(seed) in wrong.split(",") else 1.0 + seed / 8
    return Outcome("budget", {"m": level}, provenance={"git": {"commit": "made up"}, "recurrence": "none"})


def run(trial: Trial, checkpoint: CheckpointFile, deadline: Deadline | None = None) -> Outcome:
    """In place of ``reproductions.running.executor.default_run``."""
    return outcome(trial.recipe, trial.seed)


class Packing:
    """In place of ``reproductions.running.gpu.GpuPacks``: at most three seeds of a recipe together."""

    device = "cpu"

    def takes(self, trial: Trial) -> bool:
        return True

    def companions(self, trial: Trial, candidates: Sequence[Trial]) -> list[Trial]:
        return [other for other in candidates if other.recipe == trial.recipe and other != trial][:2]

    def run(self, trials: Sequence[Trial], checkpoints: Sequence[CheckpointFile]) -> list[Outcome]:
        return [outcome(trial.recipe, trial.seed) for trial in trials]
