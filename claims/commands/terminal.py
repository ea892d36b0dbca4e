"""What goes to the terminal: text with visible control characters, fitted to its width.

What goes into a pipe or a file stays as wide as it is.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence

from tqdm import tqdm

from claims.text import one_line, shorten, visible

GAP, HEADER_GAP = 2, 2  # spaces between a table's columns, and those that tabulate adds to columns no wider than their header
NARROWEST = 16  # a column of a table is never made narrower: words of one or two syllables a line are hard to read

LONG = 1000  # characters of a line on stderr; one that quotes a very long input shows the beginning and the end


def say(text: str = "", end: str = "\n", flush: bool = False) -> None:
    """Print ``text`` with visible control characters.

    Every command prints with this function or with ``remark``: what comes from a file must not command the terminal.
    """
    print(visible(text), end=end, flush=flush)


def say_filled(text: str, indent: str = "  ") -> None:
    """Print one paragraph, wrapped to the terminal; ``indent`` is of all lines but the first."""
    say(wrapped(text, width(), indent))


def remark(text: str) -> None:
    """Print one line on stderr, beside a progress bar if there is one."""
    tqdm.write(f"rin-claims: {in_brief(text)}", file=sys.stderr)


def in_brief(text: str) -> str:
    """Return ``text`` in one line, of a very long one the beginning and the end."""
    return shorten(one_line(text), LONG)


def width() -> int | None:
    """Return the columns of the terminal that stdout is, or None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(text: str, columns: int | None, indent: str) -> str:
    """Wrap ``text`` into lines of at most ``columns``, all but the first indented.

    None for ``columns`` leaves the text in one line.
    """
    if columns is None:
        return text
    return textwrap.fill(text, max(columns, 60), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def fitted(header: Sequence[str], rows: Sequence[Sequence[str]], wrap: Sequence[int]) -> list[int | None]:
    """Return, for each column of a table, the width at which its cells are to be wrapped.

    The width is None for a column that stays whole. The columns ``wrap`` give way one after the other, each down to NARROWEST, until the
    table fits the terminal. Where there is no terminal, no column gives way.
    """
    widths = [
        max([len(name) + HEADER_GAP, *(len(line) for row in rows for line in row[place].splitlines())]) for place, name in enumerate(header)
    ]
    limits: list[int | None] = [None] * len(header)
    columns = width()
    over = sum(widths) + GAP * (len(widths) - 1) - columns if columns is not None else 0
    for place in wrap:
        if over > 0 and widths[place] > NARROWEST:
            limits[place] = limit = max(widths[place] - over, NARROWEST)
            over -= widths[place] - limit
    return limits
