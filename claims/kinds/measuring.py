"""What the kinds share between a claim and its numbers.

That is checks of the claim's own numbers, the runs of its arms, and the names of their columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from claims.measurements.grids import differences
from claims.measurements.values import recipe_values
from claims.model import Arm, ClaimError, Column, Lookup, Prediction
from reproductions.recipes import Recipe

Rows = Sequence[Column]  # (recipes, seeds)


def not_finite(**numbers: float) -> str:
    """Check that a prediction's own numbers, given by the names of their fields, are finite.

    Returns a line that names the first number that is not, or "".
    """
    wrong = (f"`{name}` must be a finite number, not {value!r}" for name, value in numbers.items() if not math.isfinite(value))
    return next(wrong, "")


def negative(**numbers: float) -> str:
    """Check that a prediction's own numbers, given by the names of their fields, are finite and >= 0.

    Returns a line that names the first number that is not, or "".
    """
    wrong = (f"`{name}` must be a finite number >= 0, not {value!r}" for name, value in numbers.items() if not 0 <= value < math.inf)
    return next(wrong, "")


def not_positive(**numbers: float) -> str:
    """Check that a prediction's own numbers, given by the names of their fields, are finite and > 0.

    Returns a line that names the first number that is not, or "".
    """
    wrong = (f"`{name}` must be a finite number > 0, not {value!r}" for name, value in numbers.items() if not 0 < value < math.inf)
    return next(wrong, "")


def log10_of(number: float) -> float:
    """Take the decimal logarithm of one of a claim's own numbers. Raises ClaimError where it has none."""
    if not number > 0:
        raise ClaimError(f"the claim's own number {number!r} has no logarithm; set log10=False")
    return math.log10(number)


def runs_of(arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, prediction: Prediction) -> dict[str, Rows]:
    """Collect the metric of every run as ``prediction`` reads it, by arm: (recipes, seeds).

    Raises ClaimError as ``recipe_values`` does.
    """
    return {arm.name: recipe_values(arm, seeds, lookup, prediction) for arm in arms}


def told_apart(recipes: Sequence[Recipe]) -> list[str]:
    """Name each recipe by what sets it apart.

    Recipes with the same words are numbered, so that every recipe has a name of its own.
    """
    texts = differences(recipes)
    return [f"{text} {number}".strip() if texts.count(text) > 1 else text for number, text in enumerate(texts, start=1)]


def column(arm: str, text: str) -> str:
    """Name a column of an arm's numbers; ``text`` sets it apart from the arm's other columns."""
    return f"{arm}, {text}" if text else arm
