"""A package of another repository that hides one of ours is one line and no traceback, where claims need ours."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

import rin_claims_plugin
from tests.runs.repositories import run_module, run_pytest, write

EXAMPLE = Path(__file__).parents[2] / "examples" / "indrnn"
PLUGIN = ("-p", "rin_claims_plugin")  # an installation brings it by its entry point, a checkout on the path does not
REMEDY = "; rename it, or move it into a package with another name"
PASSES = {"test_own.py": "def test_own(): pass\n"}


@pytest.fixture(autouse=True)
def as_commands_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pytest` and `rin-claims` do not put the current folder on Python's path; `python -m` does unless it is told."""
    monkeypatch.setenv("PYTHONSAFEPATH", "1")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "indrnn", ignore=shutil.ignore_patterns("__pycache__", "report", "store")))


def hide(repository: Path, name: str, form: str) -> Path:
    if form == "module":
        (repository / f"{name}.py").write_text("")
        return repository / f"{name}.py"
    write(repository / name, {"__init__.py": "", "own.py": ""})
    return repository / name


@pytest.mark.parametrize("form", ["folder", "module"])
@pytest.mark.parametrize("name", rin_claims_plugin.PACKAGES)
def test_pytest_ends_in_one_line_that_names_what_hides_the_package(repository: Path, name: str, form: str) -> None:
    place = hide(repository, name, form)
    done = run_pytest(repository, *PLUGIN, "-m", "smoke")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip() == f"ERROR: {place} hides the package {name} of rin-claims{REMEDY}"
    assert done.stdout == ""


def test_a_conftest_with_the_plugin_alone_ends_in_the_line_too(tmp_path: Path) -> None:
    write(tmp_path, {"conftest.py": 'pytest_plugins = ["claims.pytest_plugin"]\n', **PASSES})
    place = hide(tmp_path, "claims", "folder")
    done = run_pytest(tmp_path, *PLUGIN)
    assert (done.returncode, done.stderr.strip()) == (4, f"ERROR: {place} hides the package claims of rin-claims{REMEDY}")


def test_the_command_that_runs_claims_says_the_same(repository: Path) -> None:
    place = hide(repository, "claims", "folder")
    done = run_module(repository, "claims.cli", "run")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"rin-claims: error: {place} hides the package claims of rin-claims{REMEDY}\n"
    assert run_module(repository, "claims.cli", "list").returncode == 0


def test_a_repository_without_claims_keeps_its_package_and_no_package_of_ours_is_loaded(tmp_path: Path) -> None:
    hide(tmp_path, "claims", "folder")
    test = "import sys\nimport claims\ndef test_own(): assert claims.__file__.startswith({!r}) and 'reproductions' not in sys.modules\n"
    write(tmp_path, {"conftest.py": "import claims\n", "test_own.py": test.format(str(tmp_path))})
    done = run_pytest(tmp_path, *PLUGIN)
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_broken_conftest_says_what_it_said_before(tmp_path: Path) -> None:
    hide(tmp_path, "claims", "folder")
    write(tmp_path, {"conftest.py": "import no_such_thing\n", **PASSES})
    assert "No module named 'no_such_thing'" in run_pytest(tmp_path, *PLUGIN).stderr


def test_a_folder_that_is_no_package_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "claims").mkdir()
    assert rin_claims_plugin.hiding([str(tmp_path), *sys.path, os.getcwd()]) == ""
