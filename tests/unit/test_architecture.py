"""The house: rooms in one order, imports that go down only, no circle between modules, and the picture in docs/architecture.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("reference_results", "reproductions", "claims", "benchmarks", "tests")
# From the ground up: a module imports modules of its own room and of rooms before it. A room is a package or a single module; the longest
# name that fits is the room.
ROOMS = (
    "reference_results",
    "reproductions",
    "claims.encodings",
    "claims.text",
    "claims.json_data",
    "claims.results",
    "claims.statistics",
    "claims.protocol",
    "claims.regions",
    "claims.model",
    "claims.authoring",
    "claims.measurements",
    "claims.kinds",
    "claims.readings",
    "claims.paper",
    "claims.judging",
    "claims.calibration",
    "claims.report",
    "claims.run",
    "claims.faults",
    "claims.papers",
    "claims.hookspec",
    "claims.pytest_plugin",
    "claims",  # what an author imports, all of it from the rooms above
    "claims.commands",
    "claims.cli",
    "benchmarks",
    "tests",
)
FORBIDDEN = [("reproductions", "claims"), ("reproductions", "reference_results"), ("reference_results", "torch"), ("claims", "torch")]
# What a paper is known by. The engine has none of it: in no name, no string and no comment, but for the examples of a docstring.
OF_A_PAPER = re.compile(r"\b(RIN|IRNN|rin_2018|irnn_2015|rin-2018|irnn-2015|mechanism|Tables? \d|Figs?\. \d)\b")
OF_A_FOLDER = re.compile(r"\b(rin_2018|irnn_2015|rin-2018|irnn-2015|Tables? \d)\b")
PICTURE = re.search(r"```mermaid\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"), re.DOTALL)


def sources(package: str) -> Iterator[Path]:
    return (path for path in sorted((ROOT / package).rglob("*.py")) if "__pycache__" not in path.parts)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for package in PACKAGES for path in sources(package)}


@cache
def imported(module: str) -> frozenset[str]:
    """The modules that a module imports, be it at its top or inside a function; of other projects the top name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import, which this test does not follow; write it in full"
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in inside}
    return frozenset(name if name in MODULES else name.partition(".")[0] for name in found) - {module}


def room(module: str) -> str:
    return max((name for name in ROOMS if module == name or module.startswith(f"{name}.")), key=len)


def arrows() -> set[tuple[str, str]]:
    """The imports between different rooms."""
    pairs = {(room(module), room(target)) for module in MODULES for target in imported(module) if target in MODULES}
    return {(one, other) for one, other in pairs if one != other}


def drawn_arrows() -> set[tuple[str, str]]:
    assert PICTURE is not None
    return set(re.findall(r"^ *([\w.]+) --> ([\w.]+)$", PICTURE[1], re.MULTILINE))


def reachable(graph: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The pairs of rooms with a way from the one to the other."""
    found = set(graph)
    while more := {(one, end) for one, middle in found for start, end in graph if start == middle} - found:
        found |= more
    return found


def test_no_two_modules_import_each_other_by_whatever_way() -> None:
    """graphlib names the circle."""
    TopologicalSorter({module: [target for target in imported(module) if target in MODULES] for module in MODULES}).prepare()


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith("tests")])
def test_imports_go_down_only(module: str) -> None:
    floor = ROOMS.index(room(module))
    up = sorted(target for target in imported(module) if target in MODULES and ROOMS.index(room(target)) > floor)
    assert up == []


@pytest.mark.parametrize(("package", "other"), FORBIDDEN)
def test_arrows_point_one_way(package: str, other: str) -> None:
    wrong = [name for name in MODULES if name.partition(".")[0] == package and other in {to.partition(".")[0] for to in imported(name)}]
    assert wrong == []


def test_one_module_imports_ray_and_only_when_it_is_called() -> None:
    assert [name for name in MODULES if "ray" in imported(name) and not name.startswith("tests")] == ["reproductions.running.ray_cluster"]
    tree = ast.parse(MODULES["reproductions.running.ray_cluster"].read_text(encoding="utf-8"))
    assert [node.lineno for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) and "ray" in ast.unparse(node).split()] == []


def test_what_the_claims_name_arms_with_needs_no_torch() -> None:
    """At the top of a module; inside functions the plugin runs the rest."""
    for module in ("recipes", "recipe_data", "trials", "store.outcomes", "store.fingerprint", "store.definitions", "outside"):
        assert "torch" not in imported(f"reproductions.{module}"), module


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("claims") and not name.startswith("claims.papers")])
def test_the_engine_knows_no_paper(module: str) -> None:
    lines = MODULES[module].read_text(encoding="utf-8").splitlines()
    assert [f"line {number}: {line.strip()}" for number, line in enumerate(lines, start=1) if OF_A_PAPER.search(line)] == []
    assert not any(target.startswith("claims.papers") for target in imported(module))


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith(("reproductions", "reference_results"))])
def test_what_trains_and_what_reads_knows_no_table_and_no_claim(module: str) -> None:
    """The cells bear the names of papers' networks; no paper's folder, claim id or table is named."""
    lines = MODULES[module].read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if OF_A_FOLDER.search(line)] == []


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith(("claims", "reproductions", "reference_results"))])
def test_a_module_reads_in_one_sitting(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 420  # about 400


def test_the_picture_shows_every_import_between_rooms_and_no_other() -> None:
    """It draws an import only where no longer way shows it already."""
    found = arrows()
    assert drawn_arrows() - found == set(), "these arrows are no imports"
    assert found - reachable(drawn_arrows()) == set(), "these imports are not drawn"
    for arrow in drawn_arrows():
        assert arrow not in reachable(drawn_arrows() - {arrow}), f"{arrow} is shown by a longer way already"
