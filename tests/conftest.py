"""What tests of several folders share: the published bAbI files, for those that compare with them."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

ARCHIVES = ("babi/tasks_1-20_v1-2_en.tar.gz", "babi/tasks_1-20_v1-2.tar.gz")


@pytest.fixture(scope="session")
def published_babi() -> Callable[[int, str], str]:
    """``published_babi(task, split)``: the text of a file, from an archive in a folder of RIN_CLAIMS_DATA. Skips where there is none.

    Reads the archive itself rather than through ``reproductions.datasets``, which would download what is missing.
    """
    folders = [Path(folder) for folder in os.environ.get("RIN_CLAIMS_DATA", "").split(os.pathsep) if folder]
    path = next((folder / name for folder in folders for name in ARCHIVES if (folder / name).is_file()), None)
    if path is None:
        pytest.skip(f"needs the published bAbI files: name the folder that holds {ARCHIVES[0]} in RIN_CLAIMS_DATA")
    texts: dict[tuple[int, str], str] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            if folder.endswith("/en") and name.endswith(".txt"):
                stem, _, split = name.removesuffix(".txt").rpartition("_")
                texts[int(stem.partition("_")[0].removeprefix("qa")), split] = archive.extractfile(member).read().decode("ascii")
    return lambda task, split: texts[task, split]
