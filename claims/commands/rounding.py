"""``rin-claims rounding``: judge a profile under every path of the kernels, and show which verdicts move."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from claims import text
from claims.commands import completion, repository
from claims.commands.completion import completed_by
from claims.commands.filters import known, matching
from claims.commands.output import add_json_option, check_table_file, counting, print_json, print_table
from claims.commands.stores import folder
from claims.commands.terminal import remark, say, say_filled
from claims.text import enumeration, number, plural
from reproductions.kernel_choice import CHOICES, VARIABLE

if TYPE_CHECKING:
    from claims.commands.output import Commands
    from claims.run.rounding import PathVerdicts
    from reference_results.rounding import RoundingRow

KEYS = "profile, paths, claims, lacking"
CLAIM_KEYS = "claim, recorded, moves, verdicts"
EXAMPLES = (
    "rin-claims rounding --profile smoke",
    "rin-claims rounding --path plain torch --claim '{pattern}' --json",
    "rin-claims rounding --time-budget 30m --csv reference_results/rounding.csv",
)
QUIET = ("-q", "--no-summary", "--tb=no")  # of each path's pytest, whose report has the rest
OUTPUT = 2  # where its lines go: stderr, as stdout is for the result


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "rounding", help="which verdicts move with the rounding of other kernels?", description=compare_paths.__doc__, examples=EXAMPLES
    )
    add_what_to_compare(parser)
    parser.add_argument(
        "--claims-store",
        type=folder,
        metavar="DIR",
        help="where each path has a folder with its own store and report (default: the ordinary store's name with -rounding)",
    )
    parser.add_argument(
        "--time-budget", metavar="TIME", help=f"train as much as fits into {text.DURATION_EXAMPLES}, one path after the other"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="put the verdicts into this table, in place of older ones of this machine")
    add_json_option(parser, f"an object with {KEYS}; each of claims has {CLAIM_KEYS}")
    parser.set_defaults(command=compare_paths)


def add_what_to_compare(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that compares the paths: profile, paths, claims and workers."""
    profile = parser.add_argument("--profile", help="how big the measurements are (default: the smallest)")
    completed_by(profile, completion.profiles)
    paths = parser.add_argument(
        "--path", nargs="+", default=[], metavar="PATH", help=f"kernel paths of {', '.join(CHOICES)} (default: each that this machine has)"
    )
    completed_by(paths, lambda: CHOICES)
    pattern = parser.add_argument("--claim", metavar="PATTERN", help="only these claims; * stands for anything")
    completed_by(pattern, completion.claim_patterns)
    parser.add_argument("-n", dest="workers", type=counting("workers", 1024), metavar="N", help="workers (default: a worker a core)")


def compare_paths(arguments: argparse.Namespace) -> int:
    """Judge the measured claims of a profile under each kernel path of this machine, and show which verdicts move.

    The paths compute the same in another order, so their outcomes differ in rounding alone. Each path is one pytest of the profile, whose
    lines go to stderr, with a store of its own. What is stored is not trained again, so the same command goes on after an interruption or a
    time budget. The exit code is 0 whichever verdicts move.
    """
    from claims.run import rounding  # here and below, because pandas and scipy take their time
    from claims.run.stored import open_store
    from reference_results.rounding import dumps, rows_in, updated

    project = repository.here()
    profile = known("profile", arguments.profile, project.profiles) or project.registry.default_profile("smoke")
    claims = rounding.measured_claims(matching(arguments.claim, project.claims), profile)
    if not claims:
        raise rounding.RoundingError(f"no claim of {arguments.claim or 'this repository'} is measured under {profile}; nothing rounds")
    seconds = None if arguments.time_budget is None else text.parse_duration(arguments.time_budget, "--time-budget")
    paths = rounding.chosen_paths(arguments.path, rounding.paths_here())
    known_claims = {claim.id: claim.protocol.names for claim in project.claims}
    older = rows_in(arguments.csv, known_claims) if arguments.csv else ()  # before hours of training, because it may be refused
    if arguments.csv:
        check_table_file(arguments.csv, "--csv")
    command = project.pytest_arguments(profile)
    if arguments.claim is not None:
        command += ["-k", " or ".join(claim.id for claim in claims)]
    if arguments.workers is not None:
        command += ["-n", str(arguments.workers if arguments.workers > 1 else 0)]  # one worker is the process itself
    root = arguments.claims_store or _beside_the_ordinary_store()
    stores = {path: open_store(root / path / "store") for path in paths}  # one that cannot be written is said now
    ends = None if seconds is None else time.monotonic() + seconds
    for place, path in enumerate(paths, start=1):
        left = None if ends is None else int(ends - time.monotonic())
        if left is not None and left < 1:
            break
        remark(f"kernel path {path}, {place} of {len(paths)}")
        budget = [] if left is None else ["--claims-time-budget", f"{left}s"]
        _run(path, [*command, *budget, "--claims-store", str(stores[path].folder), "--claims-report", str(root / path / "report")])
    found = [rounding.verdicts_under(path, claims, profile, stores[path]) for path in paths]
    if arguments.csv:
        _write(arguments.csv, dumps(updated(older, (row for one in found for row in one.rows))))
    recorded = {key[0]: row.expected for key, row in project.expected.items() if key[1] == profile}
    _show(arguments, profile, found, recorded)
    return 0


def _write(file: Path, text: str) -> None:
    from claims.run.rounding import RoundingError
    from reproductions.store.files import replace_file

    try:
        replace_file(file, text.encode())
    except OSError as error:
        problem = f"{file} cannot be written ({error.strerror or error})"
        raise RoundingError(f"{problem}; name another file with --csv, nothing is trained again") from error


def _beside_the_ordinary_store() -> Path:
    from reproductions.store.outcomes import Store

    ordinary = Store.default_folder()
    return ordinary.with_name(f"{ordinary.name}-rounding")


def _run(path: str, command: Sequence[str]) -> None:
    """Run pytest under ``path``, and wait for its end in order where this process is interrupted.

    Raises RoundingError where it ends with anything but verdicts.
    """
    from claims.run.interrupts import Interrupts
    from claims.run.rounding import RoundingError, choice

    interrupts = Interrupts()
    interrupts.heed()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *QUIET, *command], env={**os.environ, VARIABLE: choice(path)}, stdout=OUTPUT
    )
    try:
        code = process.wait()
    except KeyboardInterrupt:
        interrupts.pass_over()
        process.send_signal(signal.SIGINT)  # a signal may have reached this process alone; a second one leaves the ending alone
        process.wait()
        remark(f"the outcomes so far are kept; continue with: {_again()}")
        raise
    finally:
        interrupts.give_back()
    if code not in (0, 1):
        raise RoundingError(f"pytest ended with exit code {code} under the kernel path {path}; its lines above say why")


def _again() -> str:
    return shlex.join(["rin-claims", *sys.argv[1:]])


def _show(arguments: argparse.Namespace, profile: str, found: Sequence[PathVerdicts], recorded: Mapping[str, str]) -> None:
    by_claim: dict[str, dict[str, RoundingRow]] = {}
    for row in (row for one in found for row in one.rows):
        by_claim.setdefault(row.claim, {})[row.path] = row
    moving = [claim for claim, rows in by_claim.items() if len({row.verdict for row in rows.values()}) > 1]
    if arguments.json:
        claims = [
            {"claim": claim, "recorded": recorded.get(claim), "moves": claim in moving, "verdicts": list(rows.values())}
            for claim, rows in by_claim.items()
        ]
        lacking = {one.path: one.lacking for one in found if one.lacking}
        print_json({"profile": profile, "paths": [one.path for one in found], "claims": claims, "lacking": lacking})
    else:
        paths = [one.path for one in found]
        cells = [(claim, recorded.get(claim, "–"), *(_cell(by_claim[claim].get(path)) for path in paths)) for claim in moving]
        if cells:
            print_table(("claim", "recorded", *paths), cells, wrap=paths)
            say()
        judged = sum(len(rows) == len(paths) for rows in by_claim.values())
        say_filled(
            f"profile {profile}: {plural(judged, 'measured claim')} judged under {enumeration(paths)}; with rounding {_moving(moving)}"
        )
    for line in _lacking(found):
        remark(line)


def _moving(claims: Sequence[str]) -> str:
    return f"{len(claims) or 'none'} of the verdicts {'move' if len(claims) > 1 else 'moves'}"


def _cell(row: RoundingRow | None) -> str:
    return "–" if row is None else f"{row.verdict} ({number(row.estimate)}, n = {row.n})"


def _lacking(found: Sequence[PathVerdicts]) -> Iterator[str]:
    lacking = [one for one in found if one.lacking]
    for one in lacking:
        more = f" and {len(one.lacking) - 3} more" if len(one.lacking) > 3 else ""
        yield f"not judged under {one.path} for want of trials: {', '.join(one.lacking[:3])}{more}"
    if lacking:
        yield f"continue with: {_again()}"
