"""The part of the methods section that says what each profile trains, and why the smaller ones cut what they cut."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping

from claims.papers.rin_2018 import protocol
from claims.papers.rin_2018.protocol import ADDING_LENGTHS, IRNN_ADDING_LENGTHS
from claims.protocol import PROFILE_NAMES
from claims.report.content.measured import data, settings
from claims.text import one_line, plural
from reproductions.recipes import RecipeError, Training

COLUMNS = ("Task, of the RIN unless it says otherwise", *PROFILE_NAMES)
NOT_MEASURED = "not measured"
RECIPES: Mapping[str, Callable[[str], Training]] = {
    **{
        f"adding, T = {length} in the paper": lambda profile, length=length: protocol.adding(profile, "rin", length)  # type: ignore[misc]
        for length in sorted({*ADDING_LENGTHS, *IRNN_ADDING_LENGTHS})
    },
    "sequential pixel MNIST": lambda profile: protocol.pixel_mnist(profile, "rin", "sequential"),
    "permuted pixel MNIST": lambda profile: protocol.pixel_mnist(profile, "rin", "permuted"),
    "bAbI, task 1": lambda profile: protocol.babi(profile, "rin", 1),
    "bAbI, task 1, of the IRNN": lambda profile: protocol.babi(profile, "irnn", 1),
}


def cells() -> tuple[tuple[str, ...], ...]:
    """What is trained on what, (tasks, COLUMNS): from the recipes themselves."""
    return tuple((task, *(_cell(recipe, profile) for profile in PROFILE_NAMES)) for task, recipe in RECIPES.items())


def _cell(recipe: Callable[[str], Training], profile: str) -> str:
    try:
        trained = recipe(profile)
    except RecipeError:
        return NOT_MEASURED
    return f"{data([trained])}; {settings(trained)}, {plural(trained.evaluations + trained.early_evaluations, 'evaluation')}"


def reasons() -> tuple[tuple[str, str], ...]:
    """Why, as (what, text) for each task: the words that stand beside the numbers in ``reproductions/protocol.py``; () without them."""
    _, _, listed = (inspect.getdoc(protocol) or "").partition("What was scaled, and why")
    found = re.findall(r"^(\w[^\n]*(?:\n {4}[^\n]*)*)", listed.partition("\n\n")[2], flags=re.MULTILINE)
    return tuple(_reason(one_line(text)) for text in found)


def _reason(text: str) -> tuple[str, str]:
    """The text at its first comma: ``adding, T = 200 -> 40 ...``."""
    what, _, why = text.partition(", ")
    return what, re.sub(r"[*`]", "", why).replace("->", "→")
