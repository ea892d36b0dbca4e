"""What pyproject.toml says of the package agrees with the files beside it."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]


def release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3])


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {name.lower(): version for name, version in (line.split("==") for line in lines if not line.startswith("#"))}


@pytest.mark.parametrize("requirement", [*PROJECT["dependencies"], *itertools.chain(*PROJECT["optional-dependencies"].values())])
def test_every_dependency_has_a_lower_bound_and_a_pin_not_below_it(requirement: str) -> None:
    if requirement.startswith(PROJECT["name"]):
        return
    found = re.match(r"([\w.-]+)>=([\d.]+)", requirement)
    assert found is not None, "no lower bound"
    name, lowest = found.groups()
    pin = pinned().get(name.lower()) or pinned()[name.lower().replace("-", "_")]
    assert release(pin) >= release(lowest)


def test_author_and_version_are_the_citations() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {PROJECT['version']}\n" in citation
    assert [f"  - name: {author['name']}" in citation for author in PROJECT["authors"]] == [True]


def test_pytest_finds_one_plugin_by_itself_which_has_the_name_of_its_module() -> None:
    """Pytest takes one module under two names, of which `-p` gives one, for a mistake."""
    assert PROJECT["entry-points"]["pytest11"] == {"rin_claims_plugin": "rin_claims_plugin"}
    assert PYPROJECT["tool"]["setuptools"]["py-modules"] == ["rin_claims_plugin"]


@pytest.mark.parametrize("package", ["claims", "reproductions", "reference_results"])
def test_a_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").read_bytes() == b""
    assert "py.typed" in PYPROJECT["tool"]["setuptools"]["package-data"][package]
