"""The IRNN paper, as its review states it, measured under the RIN paper's protocol where the review states none."""

from __future__ import annotations

from collections.abc import Sequence

from claims.paper import Paper, Row, Section
from claims.papers.irnn_2015.faults import FAULTS
from claims.papers.irnn_2015.figures import FIGURES
from claims.papers.irnn_2015.open_questions import OPEN_QUESTIONS
from claims.papers.irnn_2015.protocol import PROTOCOL
from claims.papers.rin_2018.paper import IMPLEMENTATION
from reference_results import load_table

FOLDER = "claims.papers.irnn_2015"


def _numbers() -> Sequence[Row]:
    return load_table("irnn_2015", "results")


PAPER = Paper(
    id="irnn-2015",
    title="IRNN 2015",
    citation="Le, Jaitly and Hinton (2015), A Simple Way to Initialize Recurrent Networks of Rectified Linear Units, arXiv:1504.00941.",
    link="https://arxiv.org/abs/1504.00941",
    implementation=IMPLEMENTATION,
    sections=(
        Section(name="formal", title="Formal", claims=f"{FOLDER}.formal"),
        Section(name="adding", title="Adding", claims=f"{FOLDER}.adding"),
        Section(name="pixel-mnist", title="Pixel MNIST", claims=f"{FOLDER}.pixel_mnist"),
        Section(name="language-model", title="Language model", claims=f"{FOLDER}.language_model"),
        Section(name="speech", title="Speech", claims=f"{FOLDER}.speech"),
    ),
    numbers=_numbers,
    figures=FIGURES,
    open_questions=OPEN_QUESTIONS,
    protocol=PROTOCOL,
    faults=FAULTS,
)
