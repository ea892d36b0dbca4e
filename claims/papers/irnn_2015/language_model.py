"""Section 2.3 of the IRNN paper, as the review states it: the language model, on a smaller benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from claims.kinds import Closer, Greater
from claims.model import Arm, Claim, Locator, Prediction
from claims.papers.irnn_2015 import protocol
from claims.papers.irnn_2015.protocol import LARGER
from claims.papers.read_as import LEVEL
from claims.papers.rin_2018.arms import seeds

PAPER = "irnn-2015"
LOSS: Mapping[str, Any] = {"metric": "test_loss", "unit": "nats a word", "higher_is_better": False}  # the log of the perplexity
SMALLEST_EFFECT = 0.01  # nats
WHY = "no size is printed; less than a hundredth of a nat, one per cent of the perplexity, is no difference of language models"
CELLS = {"IRNN": "irnn-glorot", "LSTM": "lstm", "tanh RNN": "tanh"}
READINGS = {"": "equally many units", "/equal-parameters": "equally many parameters"}


def _claim(slug: str, reading: str, prediction: Prediction, statement: str) -> Claim:
    def arm(profile: str, name: str) -> Arm:
        return Arm(name, (protocol.language(profile, CELLS[name], equal_parameters=reading != ""),))  # type: ignore[arg-type]

    return Claim(
        id=f"{PAPER}/language-model/{slug}{reading}",
        paper=PAPER,
        quote="The performance of IRNNs is closer to the performance of LSTMs for this large-scale task than it is to the performance of "
        "RNNs.",
        locator=Locator(section="2.3"),
        prediction=prediction,
        statement=f"{statement}; the networks have {READINGS[reading]}.",
        arms={profile: tuple(arm(profile, name) for name in prediction.arm_names) for profile in LARGER},
        seeds=seeds(LARGER),
        not_run="smoke trains no language model: pytest -m full --claims-profile compact",
        note="WikiText-2 stands in for the One Billion Word benchmark, so what is found is a finding about the smaller text. The review "
        "states no settings.",
    )


def _claims(reading: str) -> Sequence[Claim]:
    orders = (("irnn-beats-tanh", "IRNN", "tanh RNN"), ("lstm-beats-irnn", "LSTM", "IRNN"))
    return (
        _claim(
            "irnn-closer-to-lstm",
            reading,
            Closer(**LOSS, **LEVEL, why=WHY, arm="IRNN", near="LSTM", far="tanh RNN", smallest_effect=SMALLEST_EFFECT),
            "The IRNN's log perplexity on the next word lies nearer to the LSTM's than to the tanh RNN's",
        ),
        *(
            _claim(
                slug,
                reading,
                Greater(**LOSS, **LEVEL, why=WHY, better=better, worse=worse, smallest_effect=SMALLEST_EFFECT),
                f"The {better}'s log perplexity on the next word is lower than the {worse}'s, as closer to the LSTM's supposes",
            )
            for slug, better, worse in orders
        ),
    )


CLAIMS: tuple[Claim, ...] = tuple(
    claim
    for reading in READINGS
    for claim in _claims(reading)
    if (claim.prediction.arm_names, reading) != (("IRNN", "tanh RNN"), "/equal-parameters")  # these two have as many of both
)
