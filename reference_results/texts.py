"""The files of this package, read as text or CSV; what is neither is refused in one line."""

from __future__ import annotations

import csv
import io
from importlib.resources.abc import Traversable

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


def rows_of(text: str, name: str) -> list[list[str]]:
    """Return the rows of a CSV.

    Raises ReferenceDataError, for example for a field of more than csv.field_size_limit() characters.
    """
    try:
        return list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise ReferenceDataError(f"{name} is no CSV ({error}); mend that line") from None
