"""What the commands share: JSON output, tables, the type of argparse's collection of sub-commands."""

from __future__ import annotations

import argparse
import datetime
import json
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from claims.report.json import encode
from claims.report.model import project_version

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def print_json(data: Any) -> None:
    """``data`` as indented JSON; infinities are the strings "inf" and "-inf"."""
    print(json.dumps(encode(data), indent=1, ensure_ascii=False, allow_nan=False))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns aligned by tabulate, values as they are."""
    print(tabulate(rows, headers=header, tablefmt="simple", disable_numparse=True, missingval=""))


def how_made(command: str, packages: Sequence[str]) -> dict[str, str]:
    """What a kept table says of its making: the ``command``, the day, and the versions of this project, Python and ``packages``."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return {
        "command": command,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": f"rin-claims {project_version()}, Python {platform.python_version()}, {versions}",
    }


def add_json_option(parser: argparse._ActionsContainer) -> None:
    """``--json`` for a parser, or for a group of options of which one is given."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def counting(what: str, most: int) -> Callable[[str], int]:
    """The type of an option that takes a whole number of ``what`` from 1 to ``most``."""

    def whole_number(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:10]) <= most):
            raise argparse.ArgumentTypeError(f"a whole number of {what} from 1 to {most}, not {text!r}")
        return int(text)

    return whole_number
