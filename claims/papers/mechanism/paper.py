"""Our own questions about what explains the RIN paper's result, asked under its protocol."""

from __future__ import annotations

from claims.paper import Paper, Section
from claims.papers.rin_2018.paper import IMPLEMENTATION
from claims.papers.rin_2018.protocol import PROTOCOL

MODULE = "claims.papers.mechanism.questions"

PAPER = Paper(
    id="mechanism",
    title="Mechanism",
    citation="Questions of this project; each quotes the sentence of the RIN paper that raises it.",
    implementation=IMPLEMENTATION,
    sections=(
        Section(name="formal", title="Formal", claims=MODULE),
        Section(name="adding", title="Adding", claims=MODULE),
        Section(name="pixel-mnist", title="Pixel MNIST", claims=MODULE),
    ),
    protocol=PROTOCOL,
)
