"""Drawings that are kept between runs, by what is drawn and by the code that draws it.

They lie in the user's cache folder, which may be lost at any time. Without such a folder everything is drawn anew.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Callable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from reproductions import user_folders
from reproductions.store.files import replace_file

FOLDER = "drawings"  # in the cache folder
MOST = 2_000  # drawings: those of some twenty reports; of more, the oldest go
ENDING = "\n<!-- {} -->\n"  # of a file: the digest of what stands before it, which a torn or foreign file lacks


def kept(what: str, draw: Callable[[], str]) -> str:
    """Return the SVG that ``draw`` makes of ``what``, which has all that the drawing depends on but for the code.

    A drawing that is kept is not made again.
    """
    try:
        file = user_folders.cache() / FOLDER / f"{_digest(what, _code())}.svg"
    except user_folders.NoHomeError:
        return draw()
    with contextlib.suppress(OSError, UnicodeDecodeError):
        svg, _, ending = file.read_text(encoding="utf-8").rpartition("\n<!-- ")
        if ending == ENDING.format(_digest(svg)).removeprefix("\n<!-- "):
            return svg
    svg = draw()
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, f"{svg}{ENDING.format(_digest(svg))}".encode())
        _make_room(file.parent)
    return svg


def _make_room(folder: Path) -> None:
    found = list(folder.glob("*.svg"))
    if len(found) > MOST:
        for old in sorted(found, key=lambda file: file.stat().st_mtime)[: len(found) - MOST]:
            old.unlink(missing_ok=True)


@functools.cache
def _code() -> str:
    """Compute a digest of the modules of this package, and of the version that draws."""
    sources = sorted((file for file in files(__package__).iterdir() if file.name.endswith(".py")), key=lambda file: file.name)
    return _digest(version("matplotlib"), version("numpy"), *(file.read_text(encoding="utf-8") for file in sources))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="backslashreplace")).hexdigest()[:32]
