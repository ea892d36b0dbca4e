"""The adding problem: section 3.1, Fig. 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from claims.model import Below, Claim, Locator, Prediction, Ranking, Similar
from claims.papers.rin_2018.arms import NAMES, SEEDS_TO_REVERSE, arms, seeds
from reproductions import profiles
from reproductions.recipes import Cell

BASELINE = 0.167  # section 3.1, "The baseline MSE of the task is 0.167"
SAME_LEVEL = 0.5  # decades of MSE
METRIC: Mapping[str, Any] = {"metric": "test_mse", "unit": "MSE", "higher_is_better": False}
LOG_METRIC: Mapping[str, Any] = {**METRIC, "unit": "decades of MSE", "log10": True}


def _claim(
    slug: str, length: int, quote: str, figure: str, statement: str, prediction: Prediction, cells: Sequence[Cell], **more: Any
) -> Claim:
    run_by = profiles.PROFILE_NAMES if length == 200 else ("compact", "paper")
    return Claim(
        id=f"rin-2018/adding/{slug}/T{length}",
        paper="rin-2018",
        quote=quote,
        locator=Locator(section="3.1", figure=figure),
        prediction=prediction,
        statement=statement,
        arms=arms(cells, lambda profile, cell: (profiles.adding(profile, cell, length),), run_by),
        seeds=seeds(run_by, SEEDS_TO_REVERSE),
        **more,
    )


def _claims(length: int) -> tuple[Claim, ...]:
    panel = "2(" + {200: "a", 300: "b", 400: "c"}[length] + ")"
    where = f" (T = {length} in the paper)"
    below_cells: tuple[Cell, ...] = ("rin", "irnn")
    below = (
        _claim(
            f"below-baseline/{cell}",
            length,
            "The baseline MSE of the task is 0.167.",
            panel,
            f"After training, the {NAMES[cell]}'s test error on the adding problem{where} is below the baseline of always predicting 1.",
            Below(
                **METRIC,
                arm=NAMES[cell],
                threshold=BASELINE,
                why="the paper's own baseline; Fig. 2 shows the network far below it, so no margin is added",
            ),
            [cell],
        )
        for cell in below_cells
    )
    same_level = _claim(
        "rin-irnn-same-level",
        length,
        "RINs and IRNNs reached the same level of performance in all experiments",
        panel,
        f"The final test errors of RIN and IRNN on the adding problem{where} differ by less than half a decade.",
        Similar(
            **LOG_METRIC,
            first="RIN",
            second="IRNN",
            margin=SAME_LEVEL,
            why="Fig. 2 has a logarithmic axis ticked in decades; less than half a decade cannot be told apart between two ticks",
        ),
        ["rin", "irnn"],
    )
    worst = _claim(
        "lstm-worst",
        length,
        "LSTMs performed the worst.",
        panel,
        f"The LSTM's final test error on the adding problem{where} is larger than those of RIN and IRNN.",
        Ranking(**LOG_METRIC, order=(("RIN", "IRNN"), ("LSTM",)), why="an order needs no margin"),
        ["rin", "irnn", "lstm"],
        note="At lr 1e-3, which the smaller profiles use, the LSTM learns the task first; the paper's own learning rates decide this claim."
        if length == 200
        else "",
    )
    return (*below, same_level, worst)


CLAIMS: tuple[Claim, ...] = tuple(claim for length in profiles.ADDING_LENGTHS for claim in _claims(length))
