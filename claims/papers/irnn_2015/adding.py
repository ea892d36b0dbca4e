"""Section 2.1 of the IRNN paper, as the review states it: the adding problem at T = 150 and 200."""

from __future__ import annotations

from claims.kinds import Above, LearnsFaster
from claims.model import Claim, Locator
from claims.papers.probed import probe_arms
from claims.papers.probed import seeds as repetitions
from claims.papers.rin_2018 import protocol
from claims.papers.rin_2018.arms import arms, seeds
from claims.papers.rin_2018.protocol import TO_THE_END

PAPER = "irnn-2015"
AS_GOOD_AS = 1.5  # times the LSTM's updates
SMOKE_LENGTH = 200  # the RIN paper's claims train it anyway


def _as_good_as_lstm(length: int) -> Claim:
    run_by = TO_THE_END if length == SMOKE_LENGTH else ("compact", "paper")
    return Claim(
        id=f"{PAPER}/adding/as-good-as-lstm/T{length}",
        paper=PAPER,
        quote="The convergence of IRNNs is as good as LSTMs.",
        locator=Locator(section="2.1"),
        prediction=LearnsFaster(
            metric="updates_to_half_baseline",
            unit="updates",
            why="no number is printed; half as many updates again is a clear loss on the linear axis of updates that such curves have, and "
            "less is as good; the allowance itself is the margin, and a hundredth of it is less than the evaluations lie apart",
            higher_is_better=False,
            faster="IRNN",
            slower="LSTM",
            allowance=AS_GOOD_AS,
            smallest_effect=1.01,
        ),
        statement=f"On the adding problem (T = {length} in the paper) an IRNN halves the baseline error within {AS_GOOD_AS:g} times the "
        "updates that an LSTM needs.",
        arms=arms(["irnn", "lstm"], lambda profile, cell: (protocol.adding(profile, cell, length),), run_by),
        seeds=seeds(run_by),
        note="The review states no optimiser, learning rate or clipping; those of the RIN paper stand in, the same for both networks.",
    )


CLAIMS: tuple[Claim, ...] = (
    *map(_as_good_as_lstm, protocol.IRNN_ADDING_LENGTHS),
    Claim(
        id=f"{PAPER}/adding/lstm-step-costs-more",
        paper=PAPER,
        quote="Yet, each LSTM step is more expensive than an IRNN step.",
        locator=Locator(section="2.1"),
        prediction=Above(
            metric="time_ratio",
            unit="LSTM time / IRNN time",
            why="1 is the same cost; more expensive is anything above it",
            arm="LSTM over IRNN",
            threshold=1.0,
        ),
        statement="One training step of an LSTM takes longer than one of an IRNN of the same shape, timed in turns in the same process.",
        arms=probe_arms("step-cost", "LSTM over IRNN"),
        seeds=repetitions(5),  # the fewest with an exact one-sided level below 0.05: 1/32
        note="A time on this machine with this project's kernels: another machine has another ratio. The seed only repeats the timing.",
    ),
)
