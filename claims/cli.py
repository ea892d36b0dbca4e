"""The command ``rin-claims``: the registry, the report, the data and the store from a shell.

Exit codes: 0, 1 (a verdict changed or a check failed), 2 (bad usage or input).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from claims.commands import faults, plan, registry, reports, statistics, storage

LONG = 500  # characters of the beginning and of the end of an error that are shown
OWN_PACKAGES = ("claims", "reproductions", "reference_results")
EPILOG = """examples:
  rin-claims list --section adding --verdict contradicted
  rin-claims show rin-2018/tables/headline-12-67
  rin-claims plan --profile smoke
  rin-claims run --profile smoke --time-budget 9m
  rin-claims report --from report/report.json --to site
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Bad input is one line on stderr, without a traceback."""
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as stop:  # argparse has said what is wrong, or has shown its help
        return stop.code if isinstance(stop.code, int) else 2
    try:
        code: int = arguments.command(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader, for example `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the interpreter's last flush is quiet too
        return 0
    except ValueError as error:
        if not _is_own(error):
            raise
        print(f"rin-claims: error: {_one_line(str(error))}", file=sys.stderr)
        return 2


class OneLineParser(argparse.ArgumentParser):
    """argparse's parser, which tells an error in one line, without the usage before it. Sub-parsers are of the same class."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {_one_line(message)}; see `{self.prog} --help`\n")


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command; every sub-command sets ``command``, which takes the parsed arguments and returns the exit code."""
    whole = OneLineParser(
        prog="rin-claims",
        description="What the RIN and IRNN papers claim, and what holds.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (registry, plan, reports, statistics, faults, storage):
        module.add(commands)
    return whole


def _one_line(text: str) -> str:
    """``text`` in one line; of one that quotes a very long input, the beginning and the end."""
    line = " ".join(text.split())
    return line if len(line) <= 2 * LONG else f"{line[:LONG]} … {line[-LONG:]}"


def _is_own(error: ValueError) -> bool:
    """Whether the error is one of this project's, whose message is meant for the user; any other is a fault to be seen whole."""
    return type(error).__module__.partition(".")[0] in OWN_PACKAGES


if __name__ == "__main__":
    sys.exit(main())
