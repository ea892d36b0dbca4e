"""What the tests of a Ray cluster run: claims on short trainings, on nodes made slow or poor."""

from __future__ import annotations

import dataclasses
import os
import signal
import time

from claims.kinds import Greater
from claims.model import Arm, Claim, Locator
from reproductions import training
from reproductions.checkpoint import CheckpointFile
from reproductions.data_files import DataError
from reproductions.recipe_data import digest
from reproductions.recipes import Adding, Network, Optimizer, Probe, Training
from reproductions.running.deadline import Deadline
from reproductions.running.executor import default_run
from reproductions.trials import Outcome, Trial

SLOW, POOR = "RIN_CLAIMS_TEST_SLOW", "RIN_CLAIMS_TEST_POOR"  # seconds that a trial waits on a node; a node without data
NAME = "dt-depth"  # of a probe there is, so that the store finds its code


def arm(cell: str, rate: float) -> Arm:
    recipe = Training(
        "compact", Adding(length=20, train_size=400, test_size=50), Network(cell, 1, 20), Optimizer("adam", rate, 1.0), 16, 1_000, 6
    )
    return Arm(f"{cell} {rate}", (recipe,))


def claim(slug: str, better: Arm, worse: Arm) -> Claim:
    return Claim(
        id=f"rin-2018/cluster/{slug}",
        paper="rin-2018",
        quote="A quote.",
        locator=Locator(section="1"),
        prediction=Greater("test_mse", "", "a test", better=better.name, worse=worse.name, smallest_effect=0.001, higher_is_better=False),
        statement="A statement.",
        arms={"compact": (worse, better)},
        seeds={"compact": 5},
    )


RIN, IRNN, LSTM = (arm(cell, 3e-3) for cell in ("rin", "irnn", "lstm"))
CLAIMS = (claim("rin-lstm", RIN, LSTM), claim("lstm-irnn", LSTM, IRNN))


def run(trial: Trial, checkpoint: CheckpointFile, deadline: Deadline | None = None) -> Outcome:
    """In place of ``default_run``: states are saved as often as may be, and a slow node takes longer between two of them."""
    training.CHECKPOINT_SECONDS = 0.05
    slow, save = float(os.environ.get(SLOW, "0")), checkpoint.save

    def saving(state: dict[str, object]) -> None:
        save(state)
        time.sleep(slow)

    checkpoint.save = saving  # type: ignore[method-assign]
    return dataclasses.replace(default_run(trial, checkpoint, deadline), seconds=0.0)  # which alone differs from run to run


def stopped(trial: Trial, checkpoint: CheckpointFile, deadline: Deadline | None = None) -> Outcome:
    """In place of ``default_run``: the deadline passes in the first update."""
    assert deadline is not None
    assert not deadline.passed()
    return default_run(trial, checkpoint, dataclasses.replace(deadline, at=time.monotonic()))


def probe(what: str, seed: int = 0) -> Trial:
    return Trial(Probe("any", NAME, (("steps", what),)), seed)


def measure(trial: Trial, checkpoint: CheckpointFile, deadline: Deadline | None = None) -> Outcome:
    """Does what the name of a ``probe`` says; the outcome says on which node it was made."""
    import ray

    what = dict(trial.recipe.arguments)["steps"] if isinstance(trial.recipe, Probe) else "dies once"
    if what == "data" and POOR in os.environ:
        raise DataError("the data set is missing; run `rin-claims data fetch`")
    if what == "broken":
        raise RuntimeError("shapes (3,) and (4,)\ndo not fit")
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what in ("data", "waits"):
        time.sleep(0.3)
    metrics = {"seed": float(trial.seed)}
    if what == "dies once":
        state = checkpoint.load()
        if state is None:
            checkpoint.save({"recipe": digest(trial.recipe), "seed": trial.seed, "update": 5})
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            metrics = {"resumed": float(state["update"])}
    return Outcome("converged", metrics, provenance={"node": ray.get_runtime_context().get_node_id()})
