"""Pictures of the language model and of speech: perplexity and frame error rate over the updates.

The review shows no such figure, so that a picture names what it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from claims.paper import Figure
from reproductions.recipes import Recipe, Training
from reproductions.step_tasks import Language, Speech

PERPLEXITIES = {
    "wikitext-2-small": "Test perplexity on WikiText-2, trained on its validation text",
    "wikitext-2": "Test perplexity on WikiText-2",
}
ERRORS = {"espeak": "Frame error rate on synthesised speech", "timit": "Frame error rate on TIMIT"}


def _panels(kind: type[Language | Speech], curve: str, titles: Mapping[str, str]) -> Callable[[Recipe], Mapping[str, str]]:
    def panels(recipe: Recipe) -> Mapping[str, str]:
        if not isinstance(recipe, Training) or not isinstance(recipe.task, kind) or recipe.task.source not in titles:
            return {}
        title = titles[recipe.task.source]
        layers = f", {recipe.network.layers} layers" if kind is Speech else f", {recipe.network.hidden} units"
        return {curve: title + layers}

    return panels


FIGURES = (
    Figure(section="language-model", panels=_panels(Language, "perplexity", PERPLEXITIES), y_label="test perplexity", log_y=True),
    Figure(section="speech", panels=_panels(Speech, "frame_error_rate", ERRORS), y_label="frame error rate (%)"),
)
