"""How wide the terminal is: tables and pages are fitted to it, while what goes into a pipe or a file stays whole."""

from __future__ import annotations

import shutil
import sys
import textwrap


def width() -> int | None:
    """The columns of the terminal that stdout is, or None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(text: str, columns: int | None, indent: str) -> str:
    """``text`` in lines of at most ``columns``, those after the first indented; None leaves it in one."""
    if columns is None:
        return text
    return textwrap.fill(text, max(columns, 60), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
