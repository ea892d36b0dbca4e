"""Probes that another repository brings: a name that reads ``package.module:function`` is imported, any other one stands in PROBES.

The function takes the seed and the recipe's arguments and returns numbers by name, as the project's own probes do. What it measures
is fingerprinted as the whole top-level package that it is in, so that a change anywhere in that package makes its outcomes stale.
Nothing here imports torch, and nothing but ``load`` imports the package.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable

from reproductions.recipes import Probe, Recipe, RecipeError

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+:[A-Za-z_]\w*")


def is_outside(name: object) -> bool:
    """Whether ``name`` is that of a probe of another repository."""
    return isinstance(name, str) and ":" in name


def package(recipe: Recipe) -> str | None:
    """The top-level package that brings the recipe's probe; None for a training and for a probe of this project.

    Raises RecipeError where the name is malformed or there is no such package.
    """
    if not isinstance(recipe, Probe) or not is_outside(recipe.name):
        return None
    if not _NAME.fullmatch(recipe.name):
        raise RecipeError(f"probe {recipe.name!r}: write the name as package.module:function")
    name = recipe.name.partition(".")[0]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None or spec.submodule_search_locations is None:
        raise RecipeError(
            f"probe {recipe.name!r}: there is no package {name!r} here; it is a folder with an __init__.py in the repository's root, "
            "beside conftest.py, or it is installed"
        )
    return name


def load(recipe: Probe) -> Callable[..., dict[str, float]]:
    """The function that the recipe's probe names. Raises RecipeError where there is no such module or function."""
    package(recipe)
    module_name, _, function_name = recipe.name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):  # a fault of the module's own
            raise
        raise RecipeError(f"probe {recipe.name!r}: there is no module {error.name!r}; correct the name") from None
    function = getattr(module, function_name, None)
    if not callable(function):
        raise RecipeError(f"probe {recipe.name!r}: {module_name} has no function {function_name!r}; correct the name")
    return function
