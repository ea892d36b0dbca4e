"""What an outcome came from, as a fingerprint of the numerics code.

The fingerprint is a SHA-256 over syntax trees without positions and docstrings, so that only a change of what is computed
makes a stored outcome stale; a comment, a docstring or a reformatting does not.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from reproductions import datasets, outside_probes
from reproductions.recipes import Adding, Babi, Language, PixelMnist, Recipe, Speech, Training

# What every training runs: from the cells to the loop. ``package.*`` is the package with all modules below it.
_TRAINING = (
    "reproductions.cells",
    "reproductions.recurrence.*",
    "reproductions.networks",
    "reproductions.optimizers",
    "reproductions.estimation",
    "reproductions.gradient_norms",
    "reproductions.summary",
    "reproductions.training",
    "reproductions.seeding",
    "reproductions.tasks",
    "reproductions.tasks.adding",  # training.py takes its baseline from it
)
_BABI = ("reproductions.tasks.babi", "reproductions.tasks.babi_problem")
NUMERICS: dict[str, tuple[str, ...]] = {  # kind of recipe -> the modules that decide its numbers
    "adding": _TRAINING,
    "pixel": (*_TRAINING, "reproductions.tasks.pixel_mnist"),
    "babi": (*_TRAINING, *_BABI),
    "simulated babi": (*_TRAINING, *_BABI, "reproductions.tasks.babi_simulator.*"),
    "language": (*_TRAINING, "reproductions.tasks.language"),
    "speech": (*_TRAINING, "reproductions.tasks.speech"),
    "probe": (
        "reproductions.probes.*",
        "reproductions.cells",
        "reproductions.recurrence.*",
        "reproductions.networks",
        "reproductions.optimizers",
        "reproductions.estimation",
        "reproductions.seeding",
        "reproductions.tasks",
        "reproductions.tasks.adding",
    ),
}
# What runs besides on a GPU, where trials train in packs. It is no part of a row: work on it leaves what the CPU made as it is.
GPU_NUMERICS = ("reproductions.packs", "reproductions.recurrence_gpu.*")
# Reading data is checked by content, so its checksums stand for reproductions.datasets: the names in SHA256SUMS begin with these.
DATA: dict[str, tuple[str, ...]] = {"pixel": ("train-", "t10k-", "mnist_5k"), "babi": (datasets.BABI_FOLDER,)}
# Recipes enter by their digest; the rest of these modules moves and describes results without computing them.
NOT_NUMERICS = (
    "reproductions.recipes",
    "reproductions.trials",
    "reproductions.checkpoint",
    "reproductions.store.fingerprint",
    "reproductions.datasets",
    "reproductions.kernel_choice",
    "reproductions.user_folders",
    "reproductions.wrappings",
    "reproductions.outside_probes",  # what it imports enters by the package it is in
)
FOREIGN_SOURCES = (".cpp", ".cu", ".h")  # compiled numerics inside a ``package.*``: hashed byte by byte


class ProvenanceError(ValueError):
    """A module of the numerics table that is not there or does not parse."""


def kind_of(recipe: Recipe) -> str:
    """The recipe's row of NUMERICS."""
    if not isinstance(recipe, Training):
        return "probe"
    if isinstance(recipe.task, Babi) and recipe.task.source == "simulated":
        return "simulated babi"
    return {Adding: "adding", PixelMnist: "pixel", Babi: "babi", Language: "language", Speech: "speech"}[type(recipe.task)]


def recipe_fingerprint(recipe: Recipe) -> str:
    """The fingerprint of everything besides recipe and seed that decides a trial's numbers, as 64 hexadecimal digits."""
    own = kind_fingerprint(kind_of(recipe))
    outside = outside_probes.package(recipe)
    return own if outside is None else _joined(own, outside)


@functools.cache
def _joined(own: str, package: str) -> str:
    return hashlib.sha256(f"{own} {fingerprint(f'{package}.*')}".encode()).hexdigest()


@functools.cache
def kind_fingerprint(kind: str) -> str:
    """The fingerprint of a row of NUMERICS and of its data's checksums; computed once per process."""
    return hashlib.sha256(f"{fingerprint(*NUMERICS[kind])} {_data(kind)}".encode()).hexdigest()


def _data(kind: str) -> list[tuple[str, str]]:
    """(name, checksum) of the data that a row of NUMERICS reads."""
    return sorted((name, digest) for name, digest in datasets.checksums().items() if name.startswith(DATA.get(kind, ())))


def present_fingerprints() -> frozenset[str]:
    """The fingerprint of every row of NUMERICS: outcomes with another one were made by other code."""
    return frozenset(map(kind_fingerprint, NUMERICS))


def module_digests(recipe: Recipe) -> dict[str, str]:
    """By module or source file of the recipe's row of NUMERICS, 8 digits of what counts of it; "data" for its data's checksums.

    Two outcomes of a recipe with different fingerprints differ in at least one of them, by which the cause is named.
    """
    outside = outside_probes.package(recipe)
    brought = {} if outside is None else {name: content[:8] for name, content in _contents(f"{outside}.*")}
    return {**dict(_kind_digests(kind_of(recipe))), **brought}


@functools.cache
def _kind_digests(kind: str) -> tuple[tuple[str, str], ...]:
    contents = {name.removeprefix("reproductions."): content[:8] for pattern in NUMERICS[kind] for name, content in _contents(pattern)}
    if data := _data(kind):
        contents["data"] = hashlib.sha256(str(data).encode()).hexdigest()[:8]
    return tuple(sorted(contents.items()))


@functools.cache
def gpu_fingerprint() -> str:
    """The fingerprint of what runs on a GPU alone; an outcome made there rests on it too."""
    return fingerprint(*GPU_NUMERICS)


def fingerprint(*module_names: str) -> str:
    """SHA-256 over the syntax trees of the named modules, in the order of their names. Raises ProvenanceError."""
    parts = sorted({f"{name} {content}" for pattern in module_names for name, content in _contents(pattern)})
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _contents(pattern: str) -> list[tuple[str, str]]:
    """(name, SHA-256 of what counts) of a module, or of every source file of a ``package.*``."""
    name = pattern.removesuffix(".*")
    path = _source(name)
    if name == pattern:
        return [(name, tree_digest(path))]
    sources = sorted(source for source in path.parent.rglob("*") if source.suffix in (".py", *FOREIGN_SOURCES))
    return [(f"{name}/{source.relative_to(path.parent).as_posix()}", tree_digest(source)) for source in sources]


def _source(name: str) -> Path:
    """The file of a module, found without importing its parent packages, which would load torch. Raises ProvenanceError."""
    top, *rest = name.split(".")
    spec = importlib.util.find_spec(top)
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent.joinpath(*rest)
        for candidate in (path / "__init__.py", path.with_name(path.name + ".py")):
            if candidate.is_file():
                return candidate
    raise ProvenanceError(f"{name} of the numerics table does not exist; correct NUMERICS in reproductions/store/fingerprint.py")


def tree_digest(path: Path) -> str:
    """SHA-256 of a Python file's syntax tree without positions and docstrings, or of another file's bytes with plain line ends."""
    content = datasets.unwrapped(path.read_bytes())
    if path.suffix == ".py":
        try:
            content = _canonical(ast.parse(content)).encode()
        except SyntaxError as error:
            raise ProvenanceError(f"{path} does not parse ({error.msg}, line {error.lineno}); correct it") from error
    return hashlib.sha256(content).hexdigest()


def _canonical(node: Any) -> str:
    """A node as text. Empty fields are left out, so that a Python version that adds an optional field changes no fingerprint."""
    if isinstance(node, list):
        return f"[{','.join(map(_canonical, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
    if documented and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = fields["body"][1:]
    kept = (f"{name}={_canonical(value)}" for name, value in fields.items() if value is not None and value != [])
    return f"{type(node).__name__}({','.join(kept)})"
