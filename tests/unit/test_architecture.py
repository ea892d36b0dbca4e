"""The picture in docs/architecture.md is what the modules import, and what must not be imported is not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("tests", "benchmarks", "claims", "reproductions", "reference_results")
PICTURE = re.search(r"```mermaid\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"), re.DOTALL)
FORBIDDEN = [
    ("reproductions", "claims"),
    ("reference_results", "claims"),
    ("reference_results", "reproductions"),
    ("reference_results", "torch"),
    ("claims", "torch"),
    ("claims", "tests"),
    ("reproductions", "tests"),
]


def sources(package: str) -> Iterator[Path]:
    return (path for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts)


def imported(path: Path) -> set[str]:
    """The names of the modules that a file imports, be it at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import, which this test does not follow; write it in full"
            found.add(str(node.module))
    return found


def arrows() -> set[tuple[str, str]]:
    """(package, what it imports) for the packages of the picture and torch."""
    drawn = {*PACKAGES, "torch"}
    pairs = ((package, name.partition(".")[0]) for package in PACKAGES for path in sources(package) for name in imported(path))
    return {(package, top) for package, top in pairs if top in drawn and top != package}


def drawn_arrows() -> set[tuple[str, str]]:
    assert PICTURE is not None
    return set(re.findall(r"^ *([\w.]+) --> ([\w.]+)$", PICTURE[1], re.MULTILINE))


def test_every_import_between_packages_is_an_arrow_and_every_arrow_an_import() -> None:
    """An arrow that is drawn from a package inside another one is the only such import of the outer one."""
    found = arrows()
    for inner, target in [arrow for arrow in drawn_arrows() if "." in arrow[0]]:
        outer, *below = inner.split(".")
        folder = ROOT.joinpath(outer, *below)
        importing = [path for path in sources(outer) if target in {name.partition(".")[0] for name in imported(path)}]
        assert importing, f"nothing in {inner} imports {target}"
        assert all(folder in path.parents for path in importing), f"{outer} imports {target} outside {inner}: {importing}"
        found = (found - {(outer, target)}) | {(inner, target)}
    assert drawn_arrows() == found


@pytest.mark.parametrize("package", ["claims", "reproductions"])
def test_a_box_holds_the_packages_that_are_in_it(package: str) -> None:
    assert PICTURE is not None
    box = re.search(rf"subgraph {package}\[.*?\n(.*?)\n *end", PICTURE[1], re.DOTALL)
    assert box is not None
    folders = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert {name.strip() for name in box[1].splitlines()} == {f"{package}.{folder}" for folder in folders}


@pytest.mark.parametrize(("package", "other"), FORBIDDEN)
def test_arrows_point_one_way(package: str, other: str) -> None:
    wrong = [path.relative_to(ROOT).as_posix() for path in sources(package) if other in {name.partition(".")[0] for name in imported(path)}]
    assert wrong == []


def test_a_recipe_and_what_is_kept_of_it_need_no_torch() -> None:
    """What ``claims`` may name arms with, at the top of a module; inside functions the plugin runs the rest."""
    for name in ("recipes", "trials", "store/outcomes", "outside"):
        path = ROOT / "reproductions" / f"{name}.py"
        assert "torch" not in {module.partition(".")[0] for module in imported(path)}, name
