"""``rin-claims drift``: hold runs against recorded draws, number by number."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from claims.commands import completion, repository
from claims.commands.completion import completed_by
from claims.commands.filters import known, matching
from claims.commands.output import add_json_option, print_json, print_table
from claims.commands.terminal import say, say_filled
from claims.text import number

if TYPE_CHECKING:
    from claims.commands.output import Commands

KEYS = "recipe, label, metric, word, why, n, n_recorded, diverged, recorded_diverged, p, shift, values, recorded, claims"
EXAMPLES = ("rin-claims drift", "rin-claims drift OLD-STORE NEW-STORE --profile smoke", "rin-claims drift draws.jsonl report --json")


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "drift", help="hold a store, a report or a file of draws against recorded draws", description=show.__doc__, examples=EXAMPLES
    )
    parser.add_argument("record", nargs="?", type=Path, metavar="A", help="what is taken as the record (default: the project's draws)")
    parser.add_argument("now", nargs="?", type=Path, metavar="B", help="what is held against it (default: the ordinary store)")
    pattern = parser.add_argument("--claim", metavar="PATTERN", help="only what these claims rest on; * stands for anything")
    completed_by(pattern, completion.claim_patterns)
    profile = parser.add_argument("--profile", help="only what this profile trains")
    completed_by(profile, completion.profiles)
    add_json_option(parser, f"a list of numbers of recipes, each with {KEYS}")
    parser.set_defaults(command=show)


def show(arguments: argparse.Namespace) -> int:
    """Compare trainings with recorded ones: to the bit, by their first losses, and as clouds of seeds.

    A and B are a store's folder, a report's folder, or a file that `rin-claims store export` wrote; a single one is B. The exit code is 1
    where a number drifted.
    """
    from claims.report.drift import DriftResults, lines
    from claims.run.demands import demands  # here and below, because scipy takes its time
    from claims.run.drift import drifts
    from claims.run.drift_sources import compared, recorded_runs, runs_in
    from reference_results.start_tolerances import start_tolerances
    from reproductions.store.outcomes import Store

    project = repository.here()
    claims = matching(arguments.claim, project.claims)
    profile = known("profile", arguments.profile, project.profiles)
    given = [place for place in (arguments.record, arguments.now) if place is not None]
    now = given[-1] if given else Store.default_folder()
    record = runs_in(given[0], project.claims, profile) if len(given) > 1 else recorded_runs(demands(claims), profile)
    found = drifts(compared(record, runs_in(now, project.claims, profile), claims, profile), start_tolerances())
    results = DriftResults(found)
    if arguments.json:
        print_json(found)
    else:
        rows = [(one.label, one.metric, one.word, f"{one.n} / {one.n_recorded}", _shown(one.p), _shown(one.shift)) for one in found]
        print_table(("training", "number", "compared", "n / recorded", "p (Holm)", "shift, sd"), rows, wrap=("training", "number"))
        say()
        for line in lines(results):
            say_filled(line)
    return int(bool(results.drifted))


def _shown(value: float | None) -> str:
    return "" if value is None else number(value)
