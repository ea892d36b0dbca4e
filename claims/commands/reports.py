"""``rin-claims run`` and ``report``: judge the claims with pytest, render a report anew."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from claims import text
from claims.commands import completion, repository
from claims.commands.completion import completed_by
from claims.commands.filters import known
from claims.commands.output import add_json_option, print_json
from claims.commands.terminal import remark, say
from claims.report.folder import to_be_replaced
from claims.report.formats.json import load_report
from claims.report.model import ReportError

if TYPE_CHECKING:
    from claims.commands.output import Commands

# What --format prints: the file of a report's folder that has the same text. A comment on a pull request and a badge are no files of it.
FORMATS: Mapping[str, str] = {
    "github": "",
    "badge": "",
    "html": "index.html",
    "markdown": "report.md",
    "json": "report.json",
    "csv": "claims.csv",
    "summary": "summary.md",
}
COMPARISON_KEYS = "outcome, before, now, same, changes"
RUN_EXAMPLES = (
    "rin-claims run --profile smoke",
    "rin-claims run --profile compact --time-budget 1h30m",
    "rin-claims run -- -k {section} -n 0",
)
REPORT_EXAMPLES = (
    "rin-claims report --to site",
    "rin-claims report --format github",
    "rin-claims report --from report/report.json --compare OLD.json --json",
)
TO_PYTEST = "pytest's options go after --, as in `rin-claims run -- -k WORD`; `rin-claims report --json` prints what a run found"


def add(commands: Commands) -> None:
    run = commands.add_parser("run", help="judge the claims", description=run_claims.__doc__, examples=RUN_EXAMPLES, elsewhere=TO_PYTEST)
    profile = run.add_argument("--profile", help="how big the measurements are (default: the smallest)")
    completed_by(profile, completion.profiles)
    run.add_argument("--time-budget", metavar="TIME", help=f"train as much as fits into {text.DURATION_EXAMPLES}, then stop cleanly")
    run.add_argument("pytest_arguments", nargs="*", metavar="...", help="passed on to pytest after --, for example -- -k adding")
    run.set_defaults(command=run_claims)
    report = commands.add_parser(
        "report", help="render a report anew from its report.json", description=render.__doc__, examples=REPORT_EXAMPLES
    )
    report.add_argument("--from", dest="source", type=Path, default=Path("report/report.json"), metavar="FILE", help="default: %(default)s")
    report.add_argument("--to", type=Path, metavar="DIR", help="where to write it (default: the folder of FILE)")
    what = report.add_mutually_exclusive_group()
    what.add_argument(
        "--format",
        choices=FORMATS,
        metavar="FORMAT",
        help=f"print the report as {', '.join(FORMATS)} and write nothing; github is a short comment, badge JSON for shields.io",
    )
    add_json_option(what, f"report.json; with --compare an object with {COMPARISON_KEYS}")
    report.add_argument("--compare", type=Path, metavar="OLD.json", help="print what changed since an older report.json")
    report.set_defaults(command=render)


def run_claims(arguments: argparse.Namespace) -> int:
    """Run pytest on the claims of a profile, from the root of the repository.

    With a time budget no trial is started that would not be done in it. A trial that runs at its end saves its state and stops. A claim
    that lacks trials is "not run", or "inconclusive" so far where its first seeds left it undecided. The exit code stays 0, and the last
    lines say what is left and which command goes on.

    What is printed is pytest's. The same as JSON is in report/report.json, which `rin-claims report --json` prints.
    """
    import pytest

    project = repository.here()
    profile = known("profile", arguments.profile, project.profiles) or project.registry.default_profile("smoke")
    budget: list[str] = []
    if arguments.time_budget is not None:
        text.parse_duration(arguments.time_budget, "--time-budget")
        budget = ["--claims-time-budget", arguments.time_budget]
    command = [*project.pytest_arguments(profile), *budget]
    code = pytest.main([*command, *arguments.pytest_arguments])
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        remark("error: no claim was selected; `rin-claims list` shows the claims there are")
    return int(code) if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) else 2


def render(arguments: argparse.Namespace) -> int:
    """Render a report's files anew from its report.json, print one format, or compare it with an older report.

    With --compare the changes are printed as text, with --format github as a comment, with --json as JSON. The exit code is then 1 if a
    claim that both reports judged has another verdict now, by more than rounding was seen to move.
    """
    from claims.report.content import compare
    from claims.report.formats import badge, github  # here and below, because pandas and matplotlib take their time
    from claims.report.write import FILES, write_report

    report = load_report(arguments.source)
    if arguments.to and (arguments.format or arguments.json or arguments.compare):
        raise ReportError("--to names the folder for a report's files; leave it out with --format, --json and --compare, which print")
    if arguments.compare:
        if arguments.format not in (None, "github"):
            raise ReportError(f"--compare prints text, --json or --format github, not --format {arguments.format}; leave one of them out")
        comparison = compare.compare(load_report(arguments.compare, "--compare"), report)
        if arguments.json:
            print_json(compare.as_data(comparison))
        else:
            say(github.dumps(report, comparison) if arguments.format else compare.dumps(comparison), end="")
        return int(comparison.verdict_changed)
    if arguments.format in ("github", "badge"):
        say((github.dumps if arguments.format == "github" else badge.dumps)(report), end="")
    elif arguments.format or arguments.json:
        say(FILES[FORMATS[arguments.format or "json"]](report), end="")
    else:
        replaced = to_be_replaced(arguments.to) if arguments.to else ""  # beside its report.json a report is what it was
        written = write_report(report, arguments.to or arguments.source.parent)
        if replaced:
            remark(replaced)
        for path in written:
            say(str(path))
    return 0
