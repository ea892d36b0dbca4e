"""What the commands share: JSON output, tables, the type of argparse's collection of sub-commands."""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from claims.commands import terminal
from claims.commands.terminal import say
from claims.json_data import encode
from claims.report.model import project_version
from claims.text import visible

if TYPE_CHECKING:
    from claims.commands.parser import OneLineParser

    Commands = argparse._SubParsersAction[OneLineParser]


INDENT = "    "  # of what is said of a row below its first value


def print_json(data: Any) -> None:
    """Print ``data`` as indented JSON; infinities are the strings "inf" and "-inf"."""
    unicode = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    say(json.dumps(encode(data), indent=1, ensure_ascii=not unicode, allow_nan=False))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]], wrap: Sequence[str] = ()) -> None:
    """Print columns aligned by tabulate, values as they are.

    On a terminal too narrow for them the columns ``wrap``, of which none holds what one may copy, run over several lines. Where that is
    not enough a row stands in lines of its own, its first value alone in the first.
    """
    texts = [["" if value is None else visible(str(value)) for value in row] for row in rows]
    widths = terminal.fitted(header, texts, [header.index(name) for name in wrap])
    table = tabulate(texts, headers=header, tablefmt="simple", disable_numparse=True, maxcolwidths=widths if any(widths) else None)
    columns = terminal.width()
    if columns is None or max(map(len, table.splitlines()), default=0) <= columns:
        say(table)
        return
    for first, *others in texts:
        say(first)
        told = (f"{name}: {', '.join(value.splitlines())}" for name, value in zip(header[1:], others, strict=True) if value)
        terminal.say_filled(INDENT + "; ".join(told), INDENT)


def how_made(command: str, packages: Sequence[str]) -> dict[str, str]:
    """Return what a kept table says of its making.

    That is the ``command``, the day, and the versions of this project, Python and ``packages``.
    """
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return {
        "command": command,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": f"rin-claims {project_version()}, Python {platform.python_version()}, {versions}",
    }


def add_json_option(parser: argparse._ActionsContainer, what: str) -> None:
    """Add ``--json`` to a parser, or to a group of options of which one is given.

    ``what`` it prints, with the keys, is for the help.
    """
    parser.add_argument("--json", action="store_true", help=f"print JSON: {what}")


def counting(what: str, most: int) -> Callable[[str], int]:
    """Return the type of an option that takes a whole number of ``what`` from 1 to ``most``."""

    def whole_number(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:10]) <= most):
            raise argparse.ArgumentTypeError(f"a whole number of {what} from 1 to {most}, not {text!r}")
        return int(text)

    return whole_number
