"""Section 2.3 of the IRNN paper, as the review states it: the One Billion Word language model.

Nothing here measures it yet.
"""

from __future__ import annotations

from claims.kinds import Greater
from claims.model import Claim, Locator
from claims.papers.read_as import LEVEL

PAPER = "irnn-2015"
MIDPOINT = "midpoint of LSTM and tanh RNN"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id=f"{PAPER}/language-model/irnn-closer-to-lstm",
        paper=PAPER,
        quote="The performance of IRNNs is closer to the performance of LSTMs for this large-scale task than it is to the performance of "
        "RNNs.",
        locator=Locator(section="2.3"),
        prediction=Greater(
            metric="test_loss",  # the natural logarithm of the perplexity
            unit="nats a word",
            **LEVEL,
            why="closer to the LSTM's than to the tanh RNN's is better than half-way between them; no size is printed, and less than a "
            "hundredth of a nat, one per cent of the perplexity, is no lead on the half-way mark",
            higher_is_better=False,
            better="IRNN",
            worse=MIDPOINT,  # an arm of two recipes has their mean as its value
            smallest_effect=0.01,
        ),
        statement="The IRNN's log perplexity on the next word lies nearer to the LSTM's than to the tanh RNN's: it is below their mean.",
        not_run="no profile trains a language model: the One Billion Word benchmark is too large, and its stand-in, a smaller text in the "
        "public domain, does not come with the installation; a text in a data folder, a recipe for the task Language and arms for this "
        "claim would run it",
        note="What it says is then a finding about the smaller text. It supposes that the LSTM's perplexity is below the tanh RNN's.",
    ),
)
