# PYTHON_ARGCOMPLETE_OK
"""The command ``rin-claims``: the registry, the report, the data and the store from a shell.

Exit codes: 0, 1 (a verdict changed or a check failed), 2 (bad usage or input); 130 after Ctrl-C, as shells have it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from claims import encodings
from claims.commands import completion, doctor, drift, faults, plan, registry, reports, rounding, starts, statistics, storage
from claims.commands.parser import OneLineParser
from claims.commands.terminal import remark

OWN_PACKAGES = ("claims", "reproductions", "reference_results")
INTERRUPTED = 130  # 128 and the number of the signal
EXAMPLES = (
    "rin-claims list --section {section} --verdict contradicted",
    "rin-claims show {claim}",
    "rin-claims plan --profile smoke",
    "rin-claims run --profile smoke --time-budget 9m",
    "rin-claims report --from report/report.json --to site",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Bad input is one line on stderr, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        encodings.make_readable(stream)
    whole = parser()
    if "_ARGCOMPLETE" in os.environ:
        completion.complete(whole)
    try:
        code = _run(whole, argv)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader, for example `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the interpreter's last flush is quiet too
        return 0
    except KeyboardInterrupt:
        remark("interrupted")
        return INTERRUPTED


def parser() -> OneLineParser:
    """Build the parser of the whole command.

    Every sub-command sets ``command``. It takes the parsed arguments and returns the exit code.
    """
    whole = OneLineParser(prog="rin-claims", description="What papers claim, and what holds.", examples=EXAMPLES)
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (registry, plan, reports, statistics, rounding, starts, drift, faults, doctor, storage):
        module.add(commands)
    return whole


def _run(whole: OneLineParser, argv: Sequence[str] | None) -> int:
    try:
        arguments = whole.parse_args(argv)
    except SystemExit as stop:  # argparse has said what is wrong, or has shown its help
        return stop.code if isinstance(stop.code, int) else 2
    try:
        code: int = arguments.command(arguments)
        return code
    except ValueError as error:
        if not _is_own(error):
            raise
        remark(f"error: {error}")
        return 2


def _is_own(error: ValueError) -> bool:
    """Return whether the error is one of this project's.

    The message of such an error is meant for the user. Any other error is a fault, and its traceback is shown.
    """
    return type(error).__module__.partition(".")[0] in OWN_PACKAGES


if __name__ == "__main__":
    sys.exit(main())
