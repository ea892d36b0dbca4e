"""The files of this package, read as text, CSV or TOML; what is neither is refused in one line."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from reference_results.errors import ReferenceDataError


def unwrapped(text: str) -> str:
    """Return ``text`` without a byte-order mark and with ``\\n`` at the end of every line.

    An editor or a version-control system on another platform adds them, and they change no number.
    """
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def text_of(file: Traversable, name: str) -> str:
    """Return the UTF-8 text of ``file``, unwrapped; messages call the file ``name``. Raises ReferenceDataError."""
    try:
        return unwrapped(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReferenceDataError(f"{name} is missing; install the package again") from None
    except (OSError, UnicodeDecodeError) as error:
        problem = f"is no UTF-8 text ({error})" if isinstance(error, ValueError) else f"cannot be read ({error.strerror or error})"
        raise ReferenceDataError(f"{name} {problem}; save it as UTF-8, or install the package again") from None


def of_papers(name: str) -> Mapping[str, Traversable]:
    """Find the files called ``name`` of the papers that have one, by paper."""
    folders = sorted(resources.files("reference_results").iterdir(), key=lambda folder: folder.name)
    return {folder.name: folder / name for folder in folders if folder.is_dir() and (folder / name).is_file()}


def toml_of(text: str, name: str) -> dict[str, Any]:
    """Return the data of a TOML text. Raises ReferenceDataError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ReferenceDataError(f"{name} is not TOML ({error}); mend that line") from None


def rows_of(text: str, name: str) -> list[list[str]]:
    """Return the rows of a CSV.

    Raises ReferenceDataError, for example for a field of more than csv.field_size_limit() characters.
    """
    try:
        return list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise ReferenceDataError(f"{name} is no CSV ({error}); mend that line") from None
