"""Fixtures that several packages' tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning fails an ordinary test. A claim is judged all the same: another version's deprecation says nothing of a paper."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("error"))


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
