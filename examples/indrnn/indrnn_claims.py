"""Three claims of the IndRNN paper (Li et al., 2018, arXiv:1803.04831), all of its abstract, each measured in seconds by ``indrnn``."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from claims import ABSTRACT, Arm, Claim, Locator
from claims.kinds import Below, Identity
from reproductions.recipes import Probe

PAPER = "indrnn-2018"
with Path(__file__).with_name("printed.csv").open(encoding="utf-8", newline="") as lines:
    PRINTED = {row["quantity"]: float(row["printed"]) for row in csv.DictReader(lines)}

BASELINE = 1 / 6  # variance of the sum of two numbers uniform on [0, 1): the error of always answering 1


def _measured(function: str, seeds: int, **arguments: Any) -> dict[str, Any]:
    """Arms and seeds of a claim that a function of ``indrnn.measurements`` measures, in the smoke profile."""
    recipe = Probe("smoke", f"indrnn.measurements:{function}", tuple(arguments.items()))
    return {"arms": {"smoke": (Arm("IndRNN", (recipe,)),)}, "seeds": {"smoke": seeds}}


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id=f"{PAPER}/formal/independent-units",
        paper=PAPER,
        quote="neurons in the same layer are independent of each other",
        locator=Locator(section="abstract"),
        prediction=Identity(
            metric="max_abs_error",
            unit="matrix entry",
            why="units that share nothing have derivatives that are exactly 0, in floating point too",
            higher_is_better=False,
            tolerance=0.0,
        ),
        statement="Over 50 steps of random input, d h_T / d h_0 of an IndRNN layer is a diagonal matrix.",
        **_measured("units_are_independent", seeds=1, steps=50, hidden=40),
    ),
    Claim(
        id=f"{PAPER}/formal/gradient-survives",
        paper=PAPER,
        quote="an IndRNN can be easily regulated to prevent the gradient exploding and vanishing problems",
        locator=Locator(section="abstract"),
        prediction=Below(
            metric="decades",
            unit="decades",
            why="a change of 1 % a step, up or down, would be twenty decades over so many steps; less than one is neither",
            higher_is_better=False,
            arm="IndRNN",
            threshold=1.0,
        ),
        statement=f"With u = 1, a gradient that goes back {PRINTED['longest-sequence']:g} steps changes by less than a factor of ten.",
        family=ABSTRACT,
        **_measured("gradient_through_time", seeds=5, steps=int(PRINTED["longest-sequence"]), hidden=40),
    ),
    Claim(
        id=f"{PAPER}/adding/trains-with-relu",
        paper=PAPER,
        quote="an IndRNN can work with non-saturated activation functions such as relu (rectified linear unit) and be still trained "
        "robustly",
        locator=Locator(section="abstract"),
        prediction=Below(
            metric="test_mse",
            unit="MSE",
            why="always answering 1 has an error of 1/6, the best guess without the marks 0.15; a tenth of the first needs the marks",
            higher_is_better=False,
            arm="IndRNN",
            threshold=BASELINE / 10,
        ),
        statement="On the adding problem with 20 numbers two layers of 32 ReLU units get below a tenth of the baseline error.",
        family=ABSTRACT,
        note="The paper's own sequences are longer and its networks larger; the size here was chosen on the pilot seeds 10000 to 10002.",
        **_measured("learns_to_add", seeds=5, length=20, hidden=32, updates=300, batch_size=32, learning_rate=0.003),
    ),
)
