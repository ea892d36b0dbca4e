"""The finding of a guard about some recipes of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reproductions.recipes import Recipe


@dataclass(frozen=True)
class Finding:
    """A guard's message about some recipes.

    ``message`` says in one line what is wrong and what is probably the cause; it is "" where the guard found nothing. ``recipes`` are the
    recipes it looked at: the claims that rest on them are in doubt.
    """

    guard: str
    recipes: tuple[Recipe, ...]
    message: str = ""


def finding(guard: str, recipes: tuple[Recipe, ...], look: Callable[..., str], *arguments: Any) -> Finding:
    """Return what ``look`` says.

    A guard that cannot look at a broken experiment has noticed it.
    """
    try:
        return Finding(guard, recipes, look(*arguments))
    except Exception as error:  # whatever broke, the run goes on and its report says so
        return Finding(guard, recipes, f"it could not look ({type(error).__name__}: {error})")
