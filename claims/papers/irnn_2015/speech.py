"""Section 2.4 of the IRNN paper, as the review states it: frame error rates on TIMIT.

Nothing here measures them yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.kinds import Greater, Similar
from claims.model import Claim, Locator
from claims.papers.read_as import LEVEL
from claims.papers.rin_2018.arms import NAMES

PAPER = "irnn-2015"
IRNN = NAMES["irnn-0.01"]
COMPARABLE = 2.0  # points of frame error rate
ERROR: Mapping[str, Any] = {"metric": "frame_error_rate", "unit": "points", "higher_is_better": False}
SHARED: Mapping[str, Any] = {
    "paper": PAPER,
    "quote": "The IRNN easily outperforms the RNN that uses tanh units and is comparable to LSTM.",
    "locator": Locator(section="2.4"),
    "not_run": "no profile trains speech: TIMIT is licensed, and its stand-in, synthetic utterances of invented phones, has a task but no "
    "settings; a recipe for the task Speech with sizes chosen on pilot seeds and arms for this claim would run it",
    "note": "What it says is then a finding about synthetic speech. The review: a scaled identity of 0.01 I is used in the IRNN.",
}

CLAIMS: tuple[Claim, ...] = (
    Claim(
        **SHARED,
        id=f"{PAPER}/speech/irnn-beats-tanh",
        prediction=Greater(
            **ERROR,
            **LEVEL,
            why=f"easily is more than the {COMPARABLE:g} points within which the next claim calls two networks comparable",
            better=IRNN,
            worse=NAMES["tanh"],
            smallest_effect=COMPARABLE,
        ),
        statement="An IRNN started at 0.01 I labels phones with a lower frame error rate than a tanh RNN.",
    ),
    Claim(
        **SHARED,
        id=f"{PAPER}/speech/irnn-like-lstm",
        prediction=Similar(
            **ERROR,
            **LEVEL,
            why="no number is printed; of the pairs that the RIN paper calls similar in Table 1, six of eight lie within 2 points",
            first=IRNN,
            second="LSTM",
            margin=COMPARABLE,
        ),
        statement=f"The frame error rates of an IRNN started at 0.01 I and of an LSTM differ by less than {COMPARABLE:g} points.",
    ),
)
