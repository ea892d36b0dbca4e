"""One tiny recipe for every cell, task and source, optimiser, measurement and probe; each trains or measures in a moment."""

from __future__ import annotations

import dataclasses

from reproductions.recipes import (
    CELLS,
    OPTIMIZERS,
    Adding,
    Babi,
    Network,
    Optimizer,
    PixelMnist,
    Probe,
    Recipe,
    Task,
    Training,
)
from reproductions.step_tasks import Language, Speech

ADDING = Adding(10, 64, 20)
DIGITS = PixelMnist("permuted", 4, "embedded", 64, 20)
TASKS: dict[str, Task] = {
    "adding": ADDING,
    "endless adding": Adding(10, None, 20),
    "digits": DIGITS,
    "ordered digits": dataclasses.replace(DIGITS, order="sequential"),
    "mnist": dataclasses.replace(DIGITS, source="mnist"),
    "simulated babi": Babi(1, "simulated", 60, 20),
    "published babi": Babi(2, "files", 60, 20, "time"),
    "language": Language("stories", 20, 5, 32, 10),
    "adaptive language": Language("stories", 20, 5, 32, 10, interim_test_size=5, cutoffs=(5,)),
    "small text": Language("wikitext-2-small", 20, 5, 32, 10),
    "small validation text": Language("wikitext-2-small-validation", 20, 5, 32, 10),
    "text": Language("wikitext-2", 20, 5, 32, 10),
    "validation text": Language("wikitext-2-validation", 20, 5, 32, 10),
    "speech": Speech("espeak-stories", 60, 8, 4),
    "speech of texts": Speech("espeak", 60, 8, 4),
    "validation speech": Speech("espeak-validation", 60, 8, 4),
    "timit": Speech("timit", 60, 6, 3),
}
# By task the data set, or the extra, that is not generated and does not come with the installation.
NEED_FILES = {
    "mnist": "mnist",
    "published babi": "babi",
    **dict.fromkeys(("small text", "small validation text", "text", "validation text"), "wikitext-2"),
    **dict.fromkeys(("speech", "speech of texts", "validation speech"), "speech"),
    "timit": "timit",
}
PROBE_ARGUMENTS: dict[str, tuple[tuple[str, object], ...]] = {
    "dual-gate": (("cell", "gru"),),
    "parameter-ratio": (("than", "irnn"),),
    "dt-depth": (("steps", 5),),
    "gradient-decay": (("cell", "tanh"), ("steps", 5), ("hidden", 4), ("recurrent", "glorot")),
    "identity-keeps-gradient": (("steps", 5), ("hidden", 4)),
    "scaled-identity-forgets": (("hidden", 4),),
    "baseline-mse": (("length", 10), ("sequences", 100), ("printed", 0.167)),
}
PROBES = (
    "eq5-closed-form",
    "eq8-identity",
    "eq9-regrouping",
    "eq10-closed-gate",
    "eq11-void-start",
    "eq12-eq13",
    "plain-rnn-is-subcase",
    "identity-is-not-trained",
    "rin-is-shifted-irnn",
    "step-cost",
    *PROBE_ARGUMENTS,
)


def training(task: Task = ADDING, cell: str = "rin", optimizer: str = "adam", layers: int = 1, **measures: bool) -> Training:
    network, chosen = Network(cell, layers, hidden=8, embedding=8), Optimizer(optimizer, 1e-3, clip=1.0)
    return Training("smoke", task, network, chosen, 16, 4, 2, early_evaluations=0, patience=None, **measures)


def samples() -> dict[str, Recipe]:
    """The recipes by name."""
    return {
        **{f"task {name}": training(task, layers=1 if isinstance(task, Babi) else 2) for name, task in TASKS.items()},
        **{f"cell {cell}": training(cell=cell) for cell in CELLS},
        **{f"optimizer {name}": training(optimizer=name) for name in OPTIMIZERS},
        "estimation error": training(DIGITS, estimation_error=True),
        "gradient norms": training(DIGITS, gradient_norms=True),
        "both measures": training(cell="lstm", estimation_error=True, gradient_norms=True),
        **{f"probe {name}": Probe("any", name, PROBE_ARGUMENTS.get(name, ())) for name in PROBES},
    }
