"""A check that every measurement a claim names exists and takes its arguments.

It reads the source, before anything is imported.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from claims.model import Claim
from claims.text import did_you_mean
from reproductions import outside
from reproductions.recipes import Probe, Recipe, RecipeError
from reproductions.store import fingerprint
from reproductions.store.definitions import ProvenanceError, source

OWN = "reproductions.probes"  # the package whose PROBES names this project's measurements


def check_measurements(claims: Iterable[Claim]) -> None:
    """Refuse a measurement that does not exist, does not parse or does not take a claim's arguments.

    Raises AuthorError. Nothing is imported.
    """
    seen: set[Recipe] = set()
    for claim in claims:
        for recipe in _recipes(claim):
            if recipe in seen:
                continue
            seen.add(recipe)
            try:
                _check(recipe)
            except (RecipeError, ProvenanceError) as error:
                raise claim.error(str(error)) from None


def _recipes(claim: Claim) -> Iterator[Recipe]:
    return (recipe for arms in claim.arms.values() for arm in arms for recipe in arm.recipes)


def _check(recipe: Recipe) -> None:
    brought = outside.packages(recipe)
    if brought:
        fingerprint.recipe_fingerprint(recipe)
    if not isinstance(recipe, Probe):
        return
    if brought:
        module, _, name = recipe.name.partition(":")
        known: Mapping[str, tuple[str, str]] = {}
    else:
        known = _own_probes()
        if known and recipe.name not in known:
            raise RecipeError(f"unknown measurement {recipe.name!r}; {did_you_mean(recipe.name, known, 'known: ' + ', '.join(known))}")
        module, name = known.get(recipe.name, ("", ""))
    if not name:
        return
    file = source(module)
    if file is None:
        raise RecipeError(f"probe {recipe.name!r}: there is no module {module!r}; correct the name")
    tree = ast.parse(file.read_bytes())
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if name in functions:
        _check_arguments(recipe, functions[name])
    elif name not in _bound(tree):
        near = did_you_mean(name, functions, "correct the name")
        raise RecipeError(f"probe {recipe.name!r}: {module} has no function {name!r}; {near}")


def _own_probes() -> Mapping[str, tuple[str, str]]:
    """Return (module, function) by the name of each of this project's measurements, as PROBES spells them."""
    file = source(OWN)
    tables = [] if file is None else [node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.Dict)]
    return {
        str(key.value): (f"{OWN}.{value.value.id}", value.attr)
        for table in tables
        for key, value in zip(table.keys, table.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name)
    }


def _bound(tree: ast.Module) -> set[str]:
    """Collect the names that a module binds otherwise than by a function of its own."""
    # what these names are is known only when the module runs
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ClassDef):
            found.add(node.name)
        else:
            found |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
    return found


def _check_arguments(recipe: Probe, function: ast.FunctionDef) -> None:
    signature = _signature(function.args)
    arguments: dict[str, Any] = dict(recipe.arguments)
    try:
        signature.bind(0, **arguments)
    except TypeError as error:
        unknown = next((name for name in arguments if name not in signature.parameters), "")
        near = did_you_mean(unknown, list(signature.parameters), "") if unknown else ""
        taken = ", ".join(str(parameter).partition("=")[0] for parameter in signature.parameters.values())
        raise RecipeError(f"probe {recipe.name!r}: {error}; {near or f'it takes {taken}'}") from None


def _signature(arguments: ast.arguments) -> inspect.Signature:
    """Build the signature of a function from its source."""
    positional = [*arguments.posonlyargs, *arguments.args]
    without = len(positional) - len(arguments.defaults)
    kinds = inspect.Parameter
    parameters = [
        kinds(
            one.arg,
            kinds.POSITIONAL_ONLY if place < len(arguments.posonlyargs) else kinds.POSITIONAL_OR_KEYWORD,
            # ``...`` stands for every default: it says only that there is one
            default=kinds.empty if place < without else ...,
        )
        for place, one in enumerate(positional)
    ]
    if arguments.vararg:
        parameters.append(kinds(arguments.vararg.arg, kinds.VAR_POSITIONAL))
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parameters.append(kinds(one.arg, kinds.KEYWORD_ONLY, default=kinds.empty if default is None else ...))
    if arguments.kwarg:
        parameters.append(kinds(arguments.kwarg.arg, kinds.VAR_KEYWORD))
    return inspect.Signature(parameters)
