"""Our own questions about what explains the RIN paper's result, asked under its protocol."""

from __future__ import annotations

from collections.abc import Mapping

from claims.paper import Figure, Paper, Section
from claims.papers.rin_2018.paper import IMPLEMENTATION, STYLES
from claims.papers.rin_2018.protocol import PROTOCOL
from reproductions.recipes import PixelMnist, Recipe, Training

MODULE = "claims.papers.mechanism.questions"


def _at_its_rate(recipe: Recipe) -> Mapping[str, str]:
    if not isinstance(recipe, Training) or not isinstance(recipe.task, PixelMnist):
        return {}
    rate = f"{recipe.optimizer.name} at a learning rate of {recipe.optimizer.learning_rate:g}"
    return {"test_accuracy": f"Test accuracy on {recipe.task.order} MNIST, {recipe.task.steps} steps, {rate}"}


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
    figures=(Figure(section="pixel-mnist", panels=_at_its_rate, y_label="test accuracy (%)", higher_is_better=True),),
    styles=STYLES,
    protocol=PROTOCOL,
)
