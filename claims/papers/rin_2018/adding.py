"""The adding problem: section 3.1, Figs. 2 and 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from claims.kinds import Below, FailsToConverge, Greater, LearnsFaster, MoreStable, Ranking, Similar
from claims.model import Claim, Locator, Prediction, StandIn
from claims.papers.read_as import FINAL, LEVEL
from claims.papers.rin_2018 import protocol
from claims.papers.rin_2018.arms import NAMES, SEEDS_TO_REVERSE, arms, seeds
from claims.papers.rin_2018.figures import BASELINE
from claims.papers.rin_2018.protocol import TO_THE_END
from claims.papers.rin_2018.smallest_effects import (
    A_TENTH_MORE,
    DOUBLED,
    ONE_PER_CENT,
    ROSE_ONCE,
    SAME_LEVEL,
    WHY_A_TENTH,
    WHY_DOUBLED,
    WHY_ONE_PER_CENT,
    WHY_ROSE_ONCE,
    WHY_SAME_LEVEL,
)
from reproductions.recipes import Cell

# Always predicting 1 has a squared error of mean 1/6 and variance 1/15 - 1/36 = 7/180. Over 2,000 test sequences, the smallest test set
# of a profile, four standard errors are 4 sqrt(7/180 / 2,000) = 0.0176, and 1/6 less that is 0.149.
STUCK = 0.149
WHY_STUCK = (
    "a network that always predicts 1 has an error of 1/6 give or take the sampling of the test set: four standard errors of 2,000 "
    "sequences below it lies 0.149, so a run above that has not learned"
)
# "some IRNN models failed", "could cause the training to fail": less than a majority, and enough to be met with. The paper trained one
# network per length; three runs meet at least one failure more likely than not if the share of failures exceeds 1 - 0.5^(1/3) = 0.206.
SOME_RUNS = 0.2
WHY_SOME_RUNS = (
    f"{WHY_STUCK}; and with a share of failures below one in five, the three lengths that the paper trained would more likely than not "
    "all have converged, and no failure would have been met"
)
SEEDS_TO_DENY_SOME = 14  # with no failure among them the upper bound of the share is 1 - 0.05^(1/14) = 0.193

WITH_ONE_ODD = 8  # seeds of smoke: the fewest that let one lie beyond a margin, as a run does that leaves the baseline late

METRIC: Mapping[str, Any] = {"metric": "test_mse", "unit": "MSE", "higher_is_better": False}
LOG_METRIC: Mapping[str, Any] = {**METRIC, "unit": "decades of MSE", "log10": True}
ROUGHNESS: Mapping[str, Any] = {"metric": "train_loss_roughness", "unit": "decades of training loss", "higher_is_better": False}
PLAIN: tuple[Cell, ...] = ("rin", "irnn")  # the two without gates
PANEL = {200: "a", 300: "b", 400: "c"}  # of Fig. 2 and Fig. 5
NOTE_RATE = "At lr 1e-3, which the smaller profiles use, the LSTM learns the task first; the paper's own learning rates decide this claim."


def _run_by(length: int) -> tuple[str, ...]:
    return TO_THE_END if length == 200 else ("compact", "paper")


def _claim(
    slug: str,
    length: int,
    quote: str,
    figure: str | None,
    statement: str,
    prediction: Prediction,
    cells: Sequence[Cell],
    *,
    run_by: Sequence[str] | None = None,
    seeds_of: Mapping[str, int] | None = None,
    section: str = "3.1",
    note: str = "",
    not_run: str = "",
    opening: StandIn | None = None,
    **changed: Any,
) -> Claim:
    """Build a claim on networks 1-100 at ``length``; ``changed`` replaces settings of the profile's recipe.

    ``opening`` is what the claim says of the first epochs, if anything.
    """
    run_by = run_by or _run_by(length)
    stand_ins = {} if opening is None else {"opening": opening}
    return Claim(
        id=f"rin-2018/adding/{slug}",
        paper="rin-2018",
        quote=quote,
        locator=Locator(section=section, figure=figure),
        prediction=prediction,
        statement=statement,
        arms=arms(cells, lambda profile, cell: (protocol.adding(profile, cell, length, **changed),), (*run_by, *stand_ins)),
        seeds={**(seeds_of or seeds(run_by, SEEDS_TO_REVERSE)), **seeds(tuple(stand_ins))},
        stand_ins=stand_ins,
        note=note,
        not_run=not_run,
    )


def _errors(length: int) -> tuple[Claim, ...]:
    """Build the claims of Fig. 2: where the test errors end."""
    figure, where = f"2({PANEL[length]})", f" (T = {length} in the paper)"
    below = (
        _claim(
            f"below-baseline/{cell}/T{length}",
            length,
            "The baseline MSE of the task is 0.167.",
            figure,
            f"After training, the {NAMES[cell]}'s test error on the adding problem{where} is below the baseline of always predicting 1.",
            Below(
                **METRIC,
                **FINAL,
                arm=NAMES[cell],
                threshold=BASELINE,
                why="the paper's own baseline; Fig. 2 shows the network far below it, so no margin is added",
            ),
            [cell],
        )
        for cell in PLAIN
    )
    same_level = _claim(
        f"rin-irnn-same-level/T{length}",
        length,
        "RINs and IRNNs reached the same level of performance in all experiments",
        figure,
        f"RIN and IRNN end at levels of test error on the adding problem{where} less than half a decade apart.",
        Similar(
            **LOG_METRIC,
            **LEVEL,
            first="RIN",
            second="IRNN",
            margin=SAME_LEVEL,
            why=WHY_SAME_LEVEL,
        ),
        PLAIN,
        seeds_of={name: WITH_ONE_ODD if name == "smoke" else SEEDS_TO_REVERSE for name in _run_by(length)},
    )
    worst = _claim(
        f"lstm-worst/T{length}",
        length,
        "LSTMs performed the worst.",
        figure,
        f"On the adding problem{where} the LSTM ends at a higher level of test error than RIN and IRNN.",
        Ranking(
            **LOG_METRIC,
            **LEVEL,
            order=(("RIN", "IRNN"), ("LSTM",)),
            smallest_effect=SAME_LEVEL,
            why=f"the worst is said without a number; errors less than half a decade apart are the same level: {WHY_SAME_LEVEL}",
        ),
        ["rin", "irnn", "lstm"],
        note=NOTE_RATE,
    )
    return (*below, same_level, worst)


def _course(length: int) -> tuple[Claim, ...]:
    """Build the claims of Figs. 2 and 5: how fast and how smoothly the RIN gets there, against the IRNN."""
    where = f" (T = {length} in the paper)"
    early = f"Over the first {protocol.ADDING_OPENING} epochs of the adding problem with T = {length}"
    faster = _claim(
        f"rin-faster-than-irnn/T{length}",
        length,
        "in most cases, RINs converge faster",
        f"2({PANEL[length]})",
        f"On the adding problem{where} a RIN halves the baseline error after fewer updates than an IRNN.",
        LearnsFaster(
            "updates_to_half_baseline",
            "updates",
            "a network that leaves the baseline of 0.167 for the levels of Fig. 2, decades below, passes half of it, and one that stays "
            f"does not; {WHY_A_TENTH}",
            higher_is_better=False,
            faster="RIN",
            slower="IRNN",
            smallest_effect=A_TENTH_MORE,
        ),
        PLAIN,
        note="The level is looked for at the test evaluations: two networks that pass it between the same two are level, which counts "
        "against either verdict. Few networks reach it in the first epochs, so opening compares the mean test error; where both networks "
        "are at the baseline there is no lead in these epochs, whatever comes later.",
        opening=StandIn(
            Greater(
                "early_loss",
                "MSE",
                f"faster is said without a number; {WHY_ONE_PER_CENT}",
                higher_is_better=False,
                log10=True,
                better="RIN",
                worse="IRNN",
                smallest_effect=ONE_PER_CENT,
            ),
            f"{early} a RIN's mean test error is below an IRNN's.",
        ),
    )
    steadier = MoreStable(
        **ROUGHNESS,
        steadier="RIN",
        rougher="IRNN",
        smallest_effect=DOUBLED if length == 400 else ROSE_ONCE,
        why=WHY_DOUBLED if length == 400 else WHY_ROSE_ONCE,
    )
    stable = _claim(
        f"rin-more-stable/T{length}",
        length,
        "Compared to RINs, IRNNs are much more unstable in T3 = 400." if length == 400 else "are more stable than IRNNs",
        f"5({PANEL[length]})",
        f"On the adding problem{where} a RIN's training loss moves upwards less, in all, than an IRNN's.",
        steadier,
        PLAIN,
        section="B" if length == 400 else "3.1",
        opening=StandIn(steadier, f"{early} a RIN's training loss moves upwards less, in all, than an IRNN's."),
    )
    return (faster, stable)


def _instability(cell: Cell) -> Claim:
    return _claim(
        f"relu-instability/{cell}",
        200,
        "The use of ReLU in RINs and IRNNs causes some degree of instability in the training phase.",
        "5(a)",
        f"On the adding problem (T = 200 in the paper) the training loss of the {NAMES[cell]}, which uses ReLU, moves upwards more, in "
        "all, than that of the LSTM, which does not.",
        MoreStable(**ROUGHNESS, steadier="LSTM", rougher=NAMES[cell], smallest_effect=ROSE_ONCE, why=f"some degree: {WHY_ROSE_ONCE}"),
        [cell, "lstm"],
        note="T = 200 alone: an LSTM that never leaves the baseline, as at T = 400 in the paper, is smooth for that reason.",
    )


FAILURES = (
    _claim(
        "lstm-fails/T400",
        400,
        "Notably, LSTM fails to converge in the dataset with T3 = 400.",
        "2(c)",
        "At the paper's learning rate of 1e-6, more than half of the LSTMs are still at the baseline of the adding problem with T = 400 "
        "after 300 epochs.",
        FailsToConverge(
            **METRIC,
            **FINAL,
            arm="LSTM",
            baseline=STUCK,
            share=0.5,
            why=f'{WHY_STUCK}; that it "fails", said without a number, is read as more than half of the runs',
        ),
        ["lstm"],
        run_by=("paper",),
        note=NOTE_RATE,
        not_run="it hangs on the paper's own learning rate: in a short budget 1e-6 moves no network from the baseline, and at a rate that "
        "moves them the LSTM learns",
    ),
    *(
        _claim(
            f"irnn-fails-at-high-lr/T{length}",
            length,
            "applying high learning rates such as α = 10-3 for T2 and T3 could cause the training of the network to fail",
            None,
            f"At learning rate 1e-3, more than one in five IRNNs diverge or stay at the baseline of the adding problem with T = {length}.",
            FailsToConverge(**METRIC, **FINAL, arm="IRNN", baseline=STUCK, share=SOME_RUNS, why=WHY_SOME_RUNS),
            ["irnn"],
            run_by=("paper",),
            seeds_of={"paper": SEEDS_TO_DENY_SOME},
            not_run="it hangs on the paper's own learning rate: compact trains every network at 1e-3 as its own rate, on shorter "
            "sequences, and what a still larger rate does there is another question",
            learning_rate=protocol.HIGH_ADDING_RATE["paper"],
        )
        for length in (300, 400)
    ),
    _claim(
        "irnn-rmsprop-fails",
        200,
        "some IRNN models failed to converge using this optimizer",
        None,
        "With RMSprop in place of Adam, more than one in five IRNNs diverge or stay at the baseline of the adding problem (T = 200 in the "
        "paper).",
        FailsToConverge(**METRIC, **FINAL, arm="IRNN", baseline=STUCK, share=SOME_RUNS, why=WHY_SOME_RUNS),
        ["irnn"],
        run_by=("compact", "paper"),
        seeds_of={"compact": SEEDS_TO_DENY_SOME, "paper": SEEDS_TO_DENY_SOME},
        note="The paper prints no learning rate for RMSprop; that of Adam at the same length is used. Without a failure it takes 14 seeds "
        "to show that fewer than one in five fail, more than smoke can afford.",
        optimizer="rmsprop",
    ),
)

CLAIMS: tuple[Claim, ...] = (
    *(claim for length in protocol.ADDING_LENGTHS for claim in (*_errors(length), *_course(length))),
    *(_instability(cell) for cell in PLAIN),
    *FAILURES,
)
