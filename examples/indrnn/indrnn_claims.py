"""Claims of the IndRNN paper (Li et al., 2018, arXiv:1803.04831): its abstract, measured in seconds by ``indrnn``, and its Table 1."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

from claims import ABSTRACT, Arithmetic, Arm, Below, Claim, Evidence, Identity, LearnsFaster, Locator, MatchesPublished, NearZero
from reproductions.recipes import Adding, Network, Optimizer, Probe, Recipe, Training

ID = "indrnn-2018"
BASELINE = 1 / 6  # variance of the sum of two numbers uniform on [0, 1): the error of always answering 1
LONGEST = 5000  # abstract, "very long sequences (over 5000 time steps)"
INDEPENDENCE = Probe("smoke", "indrnn.measurements:units_are_independent", (("steps", 50), ("hidden", 40)))
GRADIENT = Probe("smoke", "indrnn.measurements:gradient_through_time", (("steps", LONGEST), ("hidden", 40)))
BETTER = "Better performances have been achieved on various tasks by using IndRNNs compared with the traditional RNN and LSTM."


def table1() -> list[dict[str, str]]:
    """The numbers of Table 1 that are used here, as printed."""
    with Path(__file__).with_name("table1.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def beats_lstm() -> Evidence:
    """How far the printed IndRNN falls short of a lead on the printed LSTM that no rounding explains, on the worse task of Table 1."""
    printed = {(row["task"], row["network"]): Decimal(row["printed"]) for row in table1()}
    leads = {task: printed[task, "IndRNN"] - printed[task, "LSTM"] for task, _ in printed}
    beyond = float(max(Decimal(0), Decimal("0.1") - min(leads.values())))
    shown = tuple(f"{task}: {printed[task, 'IndRNN']} - {printed[task, 'LSTM']} = {lead}" for task, lead in leads.items())
    return Evidence(beyond, beyond, beyond, 0, 0, "arithmetic on printed numbers", "percentage points", details=shown)


def adding(cell: str) -> Training:
    """Two layers of 32 units on fresh sequences of 20 numbers, 1,000 updates, with an evaluation every 20."""
    return Training("smoke", Adding(20, None, 1000), Network(cell, 2, 32), Optimizer("adam", 3e-3, 100.0), 32, 1000, 50)


def _abstract(slug: str, seeds: int = 0, **arms: Recipe) -> dict[str, Any]:
    """What claims of the abstract have in common; the smoke profile measures ``arms`` on ``seeds`` seeds, where there are any."""
    measured = {"arms": {"smoke": tuple(Arm(name, (recipe,)) for name, recipe in arms.items())}, "seeds": {"smoke": seeds}}
    locator = Locator(section="abstract")
    return {"id": f"{ID}/{slug}", "paper": ID, "locator": locator, "family": ABSTRACT, **(measured if arms else {})}


CLAIMS = (
    Claim(
        **_abstract("formal/independent-units", 1, IndRNN=INDEPENDENCE),
        quote="neurons in the same layer are independent of each other",
        prediction=Identity("max_abs_error", "matrix entry", "units that share nothing have derivatives that are exactly 0"),
        statement="Over 50 steps of random input, d h_T / d h_0 of an IndRNN layer is a diagonal matrix.",
    ),
    Claim(
        **_abstract("formal/gradient-survives", 5, IndRNN=GRADIENT),
        quote="an IndRNN can be easily regulated to prevent the gradient exploding and vanishing problems",
        prediction=NearZero(
            metric="decades",
            unit="decades",
            why="a change of 1 % a step, up or down, would be twenty decades over so many steps; less than one is neither",
            arm="IndRNN",
            tolerance=1.0,
        ),
        statement=f"With u = 1, a gradient keeps its size within a factor of ten at each of {LONGEST} steps on its way back.",
    ),
    Claim(
        **_abstract("adding/trains-with-relu", 8, IndRNN=adding("indrnn.model:IndRNN")),
        quote="non-saturated activation functions such as relu (rectified linear unit) and be still trained robustly",
        prediction=Below(
            metric="test_mse",
            unit="MSE",
            why="always answering 1 has an error of 1/6, the best guess without the marks 0.15; a tenth of the first needs the marks",
            higher_is_better=False,
            arm="IndRNN",
            threshold=BASELINE / 10,
        ),
        statement="On the adding problem with 20 numbers two layers of 32 ReLU units get below a tenth of the baseline error.",
    ),
    Claim(
        **_abstract("adding/faster-than-lstm", 8, IndRNN=adding("indrnn.model:IndRNN"), LSTM=adding("lstm")),
        quote=BETTER,
        prediction=LearnsFaster(
            metric="updates_to_half_baseline",
            unit="updates",
            why="at half of the baseline error a network uses the marks; a tenth more updates is the least that a curve of them shows",
            faster="IndRNN",
            slower="LSTM",
            smallest_effect=1.1,
        ),
        statement="An IndRNN halves the baseline error of the adding problem after fewer updates than an LSTM of the same width.",
    ),
    Claim(
        **_abstract("pixel-mnist/better-than-lstm"),
        quote=BETTER,
        prediction=Arithmetic("accuracy", "percentage points", "a number printed to a tenth may be off by half of one", check=beats_lstm),
        statement="Table 1 prints a higher accuracy for the IndRNN than for the LSTM, on sequential and on permuted MNIST.",
    ),
    *(
        Claim(
            id=f"{ID}/pixel-mnist/table1/{row['task']}/{row['network']}",
            paper=ID,
            quote=row["printed"],
            locator=Locator(table="1", cell=f"{row['task']}/{row['network']}"),
            prediction=MatchesPublished(
                metric="test_accuracy",
                unit="percentage points",
                why="the smallest printed lead of the IndRNN is 0.8 points; a wider interval could not tell the networks apart",
                arm=row["network"],
                published=float(row["printed"]),
                useful_width=0.8,
            ),
            statement=f"{row['printed']} % on {row['task']} MNIST is an accuracy that one more {row['network']} of ours would have.",
            not_run="no profile of this repository trains on the 784 pixels of MNIST; give the claim arms in one that does",
        )
        for row in table1()
    ),
)
