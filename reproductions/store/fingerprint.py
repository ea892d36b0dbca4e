"""The fingerprint of the numerics code that a recipe reaches.

A recipe reaches the training loop, its task's problem, its cell, optimizer and kernels, and what it asks to measure; or its probe. It also
reaches every definition that these lead to by name. The fingerprint is a SHA-256 over their contents and the checksums of the data they
read. So only a change of what a recipe computes makes its outcomes stale. A comment, another cell or a move to another module does not.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reproductions import data_files, datasets, outside, recipes
from reproductions.recipe_data import as_data
from reproductions.recipes import Probe, Recipe, Task
from reproductions.store.definitions import Key, ProvenanceError, canonical, content, definition, parsed, reached, source, table_of, whole

TRAIN, MEASURE, PROBES = (
    Key("reproductions.training", "train"),
    Key("reproductions.probes", "measure"),
    Key("reproductions.probes", "PROBES"),
)
# What runs besides on a GPU, where trials train in packs. No recipe reaches it: work on it leaves what the CPU made as it is.
GPU_NUMERICS = ("reproductions.packs", "reproductions.recurrence_gpu.*")
# Not followed: recipes enter by their digest and data by its checksums; the rest moves and describes results without computing them.
NOT_NUMERICS = frozenset(
    {
        "reproductions.recipes",
        "reproductions.step_tasks",
        "reproductions.recipe_data",
        "reproductions.trials",
        "reproductions.checkpoint",
        "reproductions.data_files",
        "reproductions.datasets",
        "reproductions.kernel_choice",
        "reproductions.user_folders",
        "reproductions.wrappings",
        "reproductions.dispatch",
        "reproductions.outside",  # what it imports enters by the package it is in
        *(name.removesuffix(".*") for name in GPU_NUMERICS),
    }
)
KERNELS = "reproductions.recurrence", "kernels"  # the package and its folder of C++ sources
FOREIGN_SOURCES = (".cpp", ".cu", ".h")  # compiled numerics inside a ``package.*``: hashed byte by byte
# By the function of ``datasets`` that reads it, the data as its names in SHA256SUMS begin.
DATA: dict[str, tuple[str, ...]] = {
    "mnist": ("train-", "t10k-"),
    "embedded_mnist": ("mnist_5k",),
    "babi_text": (data_files.BABI_FOLDER,),
    "wikitext_train": ("wikitext-2/train",),
    "wikitext_valid": ("wikitext-2/valid",),
    "wikitext_test": ("wikitext-2/test",),
}
Texts = frozenset[str]


# --- The fingerprint of a recipe ---


def recipe_fingerprint(recipe: Recipe) -> str:
    """Fingerprint everything besides recipe and seed that decides a trial's numbers, as 64 hexadecimal digits.

    Raises RecipeError or ProvenanceError if code that the recipe names is not there or does not parse.
    """
    return _fingerprint(*_start(recipe))


def code_digests(recipe: Recipe) -> dict[str, str]:
    """Compute 8 digits of what the recipe reaches in each module or source file, and of its data's checksums ("data").

    Two outcomes of a recipe with different fingerprints differ in at least one of these digests, which names the cause.
    """
    found, *parts = _parts(*_start(recipe))
    modules: dict[str, list[str]] = {}
    for key in found:
        modules.setdefault(key.module.removeprefix("reproductions."), []).append(definition(key).content)
    named = {name: _sha256(*sorted(contents)) for name, contents in modules.items()}
    named |= {name: digest for part in parts for name, digest in part}
    return {name: digest[:8] for name, digest in sorted(named.items())}


def reached_by(recipe: Recipe) -> frozenset[Key]:
    """Return the definitions that ``recipe`` reaches."""
    return _reached(*_start(recipe))


Start = tuple[frozenset[Key], Texts, tuple[str, ...]]  # the first definitions, the texts of the recipe, its packages from outside


def _start(recipe: Recipe) -> Start:
    packages = outside.packages(recipe)
    if isinstance(recipe, Probe):
        entry = Key(*PROBES[:2], repr(recipe.name))
        roots = {MEASURE} | ({entry} if entry.entry in (table_of(PROBES) or ()) else set())
    else:
        roots = {TRAIN, *_problem(recipe.task)}
    return frozenset(roots), frozenset(_texts(as_data(recipe))), packages


def _problem(task: Task | type[Task]) -> Iterator[Key]:
    """Yield the problem of a task.

    Yields nothing for a task that another repository brings.
    """
    if not outside.is_outside(task.problem):
        yield Key(*task.problem.split(":"))


def _texts(data: Any) -> Iterator[str]:
    """Yield the texts in a recipe by which it may name a definition.

    They are its values, and the names of the fields that are switched on.
    """
    if isinstance(data, dict):
        yield from (name for name, value in data.items() if value is True)
        yield from (text for value in data.values() for text in _texts(value))
    elif isinstance(data, list):
        yield from (text for value in data for text in _texts(value))
    elif isinstance(data, str):
        yield data


@functools.cache
def _fingerprint(*start: Any) -> str:
    found, *parts = _parts(*start)
    contents = {content(key, NOT_NUMERICS) for key in found}
    return _sha256(*sorted(contents), *(f"{name} {digest}" for part in parts for name, digest in part))


@functools.cache
def _reached(roots: frozenset[Key], texts: Texts, packages: tuple[str, ...]) -> frozenset[Key]:
    """Follow the first definitions of a recipe to all definitions that it reaches."""
    # A training's recipe names all that it builds. A probe, and what comes from outside, names it in its own texts too.
    brought = [definition for package in packages for definition in _brought(package)]
    for one in brought:
        named = [getattr(recipes, key.name, None) for key in one.refers if key.module == recipes.__name__]
        tasks = [found for found in named if isinstance(found, type) and issubclass(found, Task) and found is not Task]
        roots = roots.union(one.refers, *map(_problem, tasks))
        texts |= one.texts
    if MEASURE in roots:
        texts = texts.union(*(definition(key).texts for key in reached(roots, (), NOT_NUMERICS)))
    return reached(roots, texts, NOT_NUMERICS)


@functools.cache
def _brought(package: str) -> list[Any]:
    folder = outside.folder(package)
    return [whole(path, package, package=True) for path in sorted(folder.rglob("*.py"))]


def _parts(roots: frozenset[Key], texts: Texts, packages: tuple[str, ...]) -> tuple[Any, ...]:
    """Return everything that is reached: definitions, kernels, data, and files from outside.

    All but the definitions are sorted pairs (name, SHA-256).
    """
    found = _reached(roots, texts, packages)
    return found, _kernels(found), _data(found), [pair for package in packages for pair in _files(package)]


@functools.cache
def _files(package: str) -> list[tuple[str, str]]:
    return _contents(f"{package}.*")


def _kernels(found: frozenset[Key]) -> list[tuple[str, str]]:
    """List the C++ sources whose functions are called in ``found``, with the headers that they include."""
    package, name = KERNELS
    folder = _required(package).parent / name
    called = frozenset().union(*(definition(key).attributes for key in found))
    pending = [path for path in sorted(folder.glob("*.cpp")) if called & _exported(path)]
    sources: set[Path] = set()
    while pending:
        path = pending.pop()
        if path not in sources:
            sources.add(path)
            pending += [folder / header for header in re.findall(r'#include "(.+?)"', path.read_text(encoding="utf-8"))]
    return [(f"recurrence/{name}/{path.name}", tree_digest(path)) for path in sorted(sources)]


@functools.cache
def _exported(path: Path) -> frozenset[str]:
    """Read the names of the functions that a C++ source offers to Python."""
    return frozenset(re.findall(r"^\w+ (\w+)\(", path.read_text(encoding="utf-8").partition('extern "C" {')[2], re.MULTILINE))


def _data(found: frozenset[Key]) -> list[tuple[str, str]]:
    """Compute one checksum over the data that ``found`` reads, if any."""
    readers = {other.name for key in found for other in definition(key).refers if other.module == datasets.__name__}
    begins = tuple(begin for reader, names in DATA.items() if reader in readers for begin in names)
    read = sorted(item for item in data_files.checksums().items() if item[0].startswith(begins)) if begins else []
    return [("data", _sha256(str(read)))] if read else []


# --- Whole files ---


@functools.cache
def gpu_fingerprint() -> str:
    """Fingerprint the code that runs on a GPU alone; an outcome made there rests on it too."""
    return fingerprint(*GPU_NUMERICS)


def fingerprint(*module_names: str) -> str:
    """Compute the SHA-256 over the syntax trees of the named modules, in the order of their names.

    Raises ProvenanceError.
    """
    parts = sorted({f"{name} {digest}" for pattern in module_names for name, digest in _contents(pattern)})
    return _sha256(*parts)


def _contents(pattern: str) -> list[tuple[str, str]]:
    """List (name, SHA-256 of what counts) of a module, or of every source file of a ``package.*``."""
    name = pattern.removesuffix(".*")
    path = _required(name)
    if name == pattern:
        return [(name, tree_digest(path))]
    sources = sorted(file for file in path.parent.rglob("*") if file.suffix in (".py", *FOREIGN_SOURCES))
    return [(f"{name}/{file.relative_to(path.parent).as_posix()}", tree_digest(file)) for file in sources]


def _required(name: str) -> Path:
    path = source(name)
    if path is None:
        raise ProvenanceError(f"there is no module {name}; correct reproductions/store/fingerprint.py")
    return path


def tree_digest(path: Path) -> str:
    """Compute the SHA-256 of a Python file's syntax tree without positions and docstrings.

    Of another file it is the SHA-256 of its bytes with plain line ends.
    """
    text = canonical(parsed(path)).encode() if path.suffix == ".py" else datasets.unwrapped(path.read_bytes())
    return hashlib.sha256(text).hexdigest()


def _sha256(*lines: str) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
