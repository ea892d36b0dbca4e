"""``rin-claims run`` and ``report``: judge the claims with pytest, render a report anew."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from claims.report.json import load_report
from reproductions.profiles import PROFILE_NAMES

if TYPE_CHECKING:
    from claims.commands.output import Commands


def add(commands: Commands) -> None:
    run = commands.add_parser("run", help="judge the claims", description=run_claims.__doc__)
    run.add_argument("--profile", choices=PROFILE_NAMES, default="smoke", help="how big the measurements are (default: %(default)s)")
    run.add_argument("pytest_arguments", nargs="*", metavar="...", help="passed on to pytest after --, for example -- -k adding")
    run.set_defaults(command=run_claims)
    report = commands.add_parser("report", help="render a report anew from its report.json", description=render.__doc__)
    report.add_argument("--from", dest="source", type=Path, default=Path("report/report.json"), metavar="FILE", help="default: %(default)s")
    report.add_argument("--to", type=Path, metavar="DIR", help="where to write it (default: the folder of FILE)")
    report.set_defaults(command=render)


def run_claims(arguments: argparse.Namespace) -> int:
    """Run pytest on the claims of a profile, from the root of the repository."""
    import pytest

    from claims import judging  # here, because it brings in scipy

    command = shlex.split(judging.PROFILE_COMMANDS[arguments.profile])[1:]
    code = pytest.main([*command, *arguments.pytest_arguments])
    return int(code) if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) else 2


def render(arguments: argparse.Namespace) -> int:
    """Render index.html, report.md, report.json and claims.csv from a report.json."""
    from claims.report.write import write_report  # here, because it brings in matplotlib and pandas

    report = load_report(arguments.source)
    for path in write_report(report, arguments.to or arguments.source.parent):
        print(path)
    return 0
