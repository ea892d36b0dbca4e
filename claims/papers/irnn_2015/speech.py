"""Section 2.4 of the IRNN paper, as the review states it: frame error rates, on synthesised speech or on TIMIT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.kinds import Greater, Similar
from claims.model import Arm, Claim, Locator, Prediction
from claims.papers.irnn_2015 import protocol
from claims.papers.irnn_2015.protocol import LARGER
from claims.papers.read_as import LEVEL
from claims.papers.rin_2018.arms import SEEDS, SEEDS_TO_REVERSE, seeds

PAPER = "irnn-2015"
IRNN, IDENTITY = "IRNN 0.01 I", "IRNN"
CELLS = {IRNN: "irnn-0.01-glorot", IDENTITY: "irnn-glorot", "LSTM": "lstm", "tanh RNN": "tanh"}
COMPARABLE = 2.0  # points of frame error rate
ERROR: Mapping[str, Any] = {"metric": "frame_error_rate", "unit": "points", "higher_is_better": False}
OUTPERFORMS = "The IRNN easily outperforms the RNN that uses tanh units and is comparable to LSTM."
FORGETS = "scaling the identity matrix by a small scalar is an effective mechanism to forget long range effects"


def _claim(slug: str, layers: int, quote: str, section: str, prediction: Prediction, statement: str) -> Claim:
    def arm(profile: str, name: str) -> Arm:
        return Arm(name, (protocol.speech(profile, CELLS[name], layers),))  # type: ignore[arg-type]

    number = SEEDS_TO_REVERSE if isinstance(prediction, Similar) else SEEDS
    return Claim(
        id=f"{PAPER}/speech/{slug}" + (f"/{layers}-layers" if layers != protocol.SPEECH_LAYERS[0] else ""),
        paper=PAPER,
        quote=quote,
        locator=Locator(section=section),
        prediction=prediction,
        statement=f"{statement}; networks of {layers} layers, the LSTM with half the units.",
        arms={profile: tuple(arm(profile, name) for name in prediction.arm_names) for profile in LARGER},
        seeds=seeds(LARGER, number),
        not_run="smoke trains no speech: pytest -m full --claims-profile compact",
        note="Compact's speech is synthesised by eSpeak NG: real waveforms, synthetic voices. TIMIT is licensed, and the paper profile "
        "reads it. The review: a scaled identity of 0.01 I is used in the IRNN.",
    )


def _claims(layers: int) -> tuple[Claim, ...]:
    return (
        _claim(
            "irnn-beats-tanh",
            layers,
            OUTPERFORMS,
            "2.4",
            Greater(
                **ERROR,
                **LEVEL,
                why=f"easily is more than the {COMPARABLE:g} points within which the next claim calls two networks comparable",
                better=IRNN,
                worse="tanh RNN",
                smallest_effect=COMPARABLE,
            ),
            "An IRNN started at 0.01 I labels frames with a lower error rate than a tanh RNN",
        ),
        _claim(
            "irnn-like-lstm",
            layers,
            OUTPERFORMS,
            "2.4",
            Similar(
                **ERROR,
                **LEVEL,
                why="no number is printed; of the pairs that the RIN paper calls similar in Table 1, six of eight lie within 2 points",
                first=IRNN,
                second="LSTM",
                margin=COMPARABLE,
            ),
            f"The frame error rates of an IRNN started at 0.01 I and of an LSTM differ by less than {COMPARABLE:g} points",
        ),
        _claim(
            "scaled-beats-identity",
            layers,
            FORGETS,
            "1.2",
            Greater(
                **ERROR,
                **LEVEL,
                why="no size is printed; one point in a hundred frames is the least that a table of whole frame error rates would show",
                better=IRNN,
                worse=IDENTITY,
                smallest_effect=1.0,
            ),
            "An IRNN started at 0.01 I labels frames with a lower error rate than one started at I, for which speech is too short",
        ),
    )


CLAIMS: tuple[Claim, ...] = tuple(claim for layers in protocol.SPEECH_LAYERS for claim in _claims(layers))
