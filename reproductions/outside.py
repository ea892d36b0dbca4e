"""What another repository brings: probes, cells and tasks, each named ``package.module:name``.

A probe is a function of the seed and the recipe's arguments. A cell is a ``cells.RecurrentCell`` of (inputs, hidden, generator). A task is
a ``recipes.Task`` whose ``problem`` names its ``tasks.Problem``. What comes from outside is fingerprinted as the whole top-level package
that it is in. Nothing here imports torch, and only ``load`` imports the package.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reproductions.recipes import Probe, Recipe, RecipeError

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+:[A-Za-z_]\w*")
_OWN = "reproductions."


def is_outside(name: object) -> bool:
    """Say whether ``name`` names something that another repository brings."""
    return isinstance(name, str) and ":" in name and not name.startswith(_OWN)


def names(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """List everything in ``recipe`` that another repository brings, as pairs (what it is, its name)."""
    if isinstance(recipe, Probe):
        parts = [("probe", recipe.name)]
    else:
        parts = [("cell", recipe.network.cell), ("the problem of a task", recipe.task.problem)]
    return ((what, name) for what, name in parts if is_outside(name))


def packages(recipe: Recipe) -> tuple[str, ...]:
    """List the top-level packages that bring parts of ``recipe``.

    Raises RecipeError if a name is malformed or there is no such package.
    """
    return tuple(sorted({_package(what, name) for what, name in names(recipe)}))


def folder(package: str) -> Path:
    """Return the folder of a top-level package that ``packages`` has found."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def load(what: str, name: str) -> Any:
    """Load the function or class that ``name`` names.

    Raises RecipeError, which says ``what`` it was to be, if there is none.
    """
    _package(what, name)
    module_name, _, own_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):  # a fault of the module's own
            raise
        raise RecipeError(f"{what} {name!r}: there is no module {error.name!r}; correct the name") from None
    found = getattr(module, own_name, None)
    if not callable(found):
        raise RecipeError(f"{what} {name!r}: {module_name} has no function or class {own_name!r}; correct the name")
    return found


def _package(what: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise RecipeError(f"{what} {name!r}: write the name as package.module:{'function' if what == 'probe' else 'Class'}")
    package = name.partition(".")[0]
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None or spec.submodule_search_locations is None:
        raise RecipeError(
            f"{what} {name!r}: there is no package {package!r} here; it is a folder with an __init__.py in the repository's root, "
            "beside conftest.py, or it is installed"
        )
    return package
