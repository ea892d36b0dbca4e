"""Fixtures that several packages' tests share."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from reproductions import user_folders
from reproductions.recurrence import build

# A warning belongs to the module that calls what warns. What follows is a regular expression for modules that are not of this project.
ANOTHER_PACKAGE = r"(?!(claims|reproductions|reference_results|benchmarks|tests|test_\w+|conftest)\b)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning fails an ordinary test, except where another package makes use of what is deprecated.

    A claim is judged all the same: another version's deprecation says nothing of a paper.
    """
    deprecations = (f"default::{kind}:{ANOTHER_PACKAGE}" for kind in ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"))
    filters = pytest.mark.filterwarnings("error", *deprecations)
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(filters)


def pytest_configure(config: pytest.Config) -> None:
    """Property tests have no deadline: a busy machine is no failure. Every run takes the same examples: what passes once passes again.

    A profile that the command line names is taken as it is: `--hypothesis-profile=default` draws other examples each time.
    """
    if not config.getoption("hypothesis_profile", None):
        too_slow = [hypothesis.HealthCheck.too_slow]
        hypothesis.settings.register_profile("any machine", deadline=None, derandomize=True, suppress_health_check=too_slow)
        hypothesis.settings.load_profile("any machine")


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user has no home folder, and so no place for a cache."""

    def homeless(name: str) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(user_folders.platformdirs, "user_cache_path", homeless)


@pytest.fixture
def compiler() -> None:
    """There is a C++ compiler; without one the test is skipped."""
    try:
        build.find_compiler()
    except build.BuildError as error:
        pytest.skip(f"nothing can be compiled: {error}")


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders that are not there yet, each of which no other test has."""
    return (tmp_path_factory.getbasetemp() / f"store-{number}" for number in itertools.count())


@pytest.fixture(autouse=True)
def store_of_its_own(monkeypatch: pytest.MonkeyPatch, stores: Iterator[Path]) -> None:
    """No test sees the user's store, or that of another test: what a run of the claims left there says nothing of the code."""
    monkeypatch.setenv("RIN_CLAIMS_STORE", str(next(stores)))


@pytest.fixture(autouse=True)
def ordinary_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns that has no wish about colours, whatever the terminal is that the tests are started from."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("LINES", "NO_COLOR", "FORCE_COLOR", "PYTHON_COLORS", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def paper_text() -> Callable[[str], str]:
    """``paper_text(name)``: the text of a paper, from RIN_CLAIMS_PAPERS or a ``papers`` folder beside a data folder.

    Skips where it is not there: the project keeps short quotes, never a paper.
    """
    folders = [Path(folder) for folder in os.environ.get("RIN_CLAIMS_PAPERS", "").split(os.pathsep) if folder]
    folders += [Path(folder).parent / "papers" for folder in os.environ.get("RIN_CLAIMS_DATA", "").split(os.pathsep) if folder]

    def read(name: str) -> str:
        for folder in folders:
            if (folder / name).is_file():
                return (folder / name).read_text(encoding="utf-8")
        pytest.skip(f"{name} is not part of the project; name the folder that holds it in RIN_CLAIMS_PAPERS")

    return read
