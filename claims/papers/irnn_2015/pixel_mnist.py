"""Section 2.2 of the IRNN paper, as the review states it: MNIST read pixel by pixel.

The pixels come in scanline order; networks have 100 hidden units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from claims.kinds import Below, Greater, MatchesPublished
from claims.model import Claim, Locator, Prediction
from claims.papers.read_as import FINAL, LEVEL, PRINTED
from claims.papers.rin_2018 import printed_cells, protocol
from claims.papers.rin_2018.arms import NAMES, arms, seeds
from claims.papers.rin_2018.pixel_mnist import SEEDS
from claims.papers.rin_2018.smallest_effects import SMALLEST_GAP
from reference_results import number
from reproductions.recipes import Cell, Training

PAPER = "irnn-2015"
NO_SETTINGS = "The review states no learning rate, batch size or number of updates; the RIN paper's protocol stands in."
TWICE_CHANCE = 20.0  # percent; ten classes
PUBLISHED_ACCURACY = 100.0 - number("irnn_2015", "irnn-1-100-test-error")
USEFUL_WIDTH = 6.0  # points of accuracy
ACCURACY: Mapping[str, Any] = {"metric": "test_accuracy", "unit": "points"}


def _claim(
    slug: str,
    quote: str,
    statement: str,
    prediction: Prediction,
    cells: Sequence[Cell],
    seeds_of: Mapping[str, int],
    **more: Any,
) -> Claim:
    def recipes(profile: str, cell: Cell) -> Sequence[Training]:
        return (protocol.pixel_mnist(profile, cell, "sequential"),)

    return Claim(
        id=f"{PAPER}/pixel-mnist/{slug}",
        paper=PAPER,
        quote=quote,
        locator=Locator(section="2.2"),
        prediction=prediction,
        statement=statement,
        arms=arms(cells, recipes, tuple(seeds_of)),
        seeds=seeds_of,
        note=NO_SETTINGS,
        **more,
    )


def _standard_rnn_fails(cell: Cell) -> Claim:
    name = NAMES[cell]
    return _claim(
        f"standard-rnn-fails/{cell}",
        "Standard RNNs fail to work, even with ReLUs",
        f"On sequential MNIST a 1-100 {name} stays below twice chance.",
        Below(
            **ACCURACY,
            **FINAL,
            why="guessing one of ten digits gives 10 %; a network that fails to work stays near it, and below twice as much",
            arm=name,
            threshold=TWICE_CHANCE,
        ),
        [cell],
        seeds(),
    )


CLAIMS: tuple[Claim, ...] = (
    *(_standard_rnn_fails(cell) for cell in ("tanh", "relu")),
    _claim(
        "irnn-3-percent-error",
        "the IRNN achieves 3% test error rate",
        f"On sequential MNIST a 1-100 IRNN's test accuracy is compatible with {PUBLISHED_ACCURACY:g} %.",
        MatchesPublished(
            **ACCURACY,
            **PRINTED,
            why="the RIN paper prints 83.55 % for the same network, 13.45 points away; an interval of less than half of that cannot agree "
            "with both, nor with anything half-way between them",
            arm="IRNN",
            published=PUBLISHED_ACCURACY,
            useful_width=USEFUL_WIDTH,
            test_items=10_000,  # the MNIST test set
        ),
        ["irnn"],
        {"paper": printed_cells.SEEDS},
        not_run="a printed number speaks of the paper's own size alone, and the review prints no second one whose order could stand in "
        "for it: pytest -m full --claims-profile paper",
    ),
    _claim(
        "lstm-worse",
        "LSTM did not work as well as IRNN.",
        "On sequential MNIST a 1-100 IRNN ends at a higher level of test accuracy than a 1-100 LSTM.",
        Greater(
            **ACCURACY,
            **LEVEL,
            why="the review prints errors as whole percents, so a gap of less than one point would not show",
            better="IRNN",
            worse="LSTM",
            smallest_effect=SMALLEST_GAP,
        ),
        ["irnn", "lstm"],
        SEEDS,
    ),
)
