"""``rin-claims store train``: the trials of a record, without judging a claim."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from claims.commands import completion, repository
from claims.commands.completion import completed_by
from claims.commands.filters import known, matching
from claims.commands.output import add_json_option, counting, print_json
from claims.commands.stores import add_store_option, opened, tell
from claims.commands.terminal import remark, say
from claims.text import plural
from reproductions.running.process import cores

if TYPE_CHECKING:
    from claims.commands.output import Commands

KEYS = "folder, trials, trained"
EXAMPLES = (
    "rin-claims store train --profile smoke --seeds 29",
    "rin-claims store train --profile smoke --claim '{pattern}' -n 1",
)
MOST_SEEDS = 10_000  # the first pilot seed


class NothingToTrainError(ValueError):
    """Claims that rest on no trials, in one line that names the remedy."""


def add(actions: Commands) -> None:
    """Add the parser, below the parser of ``rin-claims store``."""
    parser = actions.add_parser("train", help="train what a record needs, and judge nothing", description=train.__doc__, examples=EXAMPLES)
    pattern = parser.add_argument("--claim", metavar="PATTERN", help="only what these claims rest on; * stands for anything")
    profile = parser.add_argument("--profile", help="only what this profile measures (default: the smallest)")
    add_seeds_option(parser, "also seeds 0 to N-1 of each training")
    parser.add_argument("-n", dest="workers", type=counting("workers", 1024), metavar="N", help="processes (default: one a core)")
    completed_by(pattern, completion.claim_patterns)
    completed_by(profile, completion.profiles)
    add_store_option(parser)
    add_json_option(parser, f"an object with {KEYS}")
    parser.set_defaults(command=train)


def add_seeds_option(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument("--seeds", type=counting("seeds", MOST_SEEDS), default=0, metavar="N", help=meaning)


def train(arguments: argparse.Namespace) -> int:
    """Train the trials that claims of a profile rest on, and with --seeds further seeds, where the store lacks them.

    `rin-claims store export --seeds` writes them as recorded draws. Verdicts rest on the seeds that a claim states, whatever else is
    stored. After an interruption the same command goes on from the saved states.
    """
    from claims.run.recording import make, trials_to_record

    project = repository.here()
    profile = known("profile", arguments.profile, project.profiles) or project.registry.default_profile("smoke")
    trials = trials_to_record(matching(arguments.claim, project.claims), (profile,), arguments.seeds)
    if not trials:
        raise NothingToTrainError(f"these claims rest on no trials under {profile}; name others with --claim or --profile")
    store = opened(arguments)
    missing = [trial for trial in trials if not store.has(trial)]
    workers = min(arguments.workers or cores(), len(missing))
    for done, trial in enumerate(make(missing, Path(store.folder), workers) if missing else (), start=1):
        remark(f"{done} of {len(missing)}: {trial.label}")
    tell(store)
    if arguments.json:
        print_json({"folder": str(store.folder), "trials": len(trials), "trained": len(missing)})
    else:
        say(f"{plural(len(trials), 'trial')} of {profile} in {store.folder}, {len(missing)} of them trained now")
    return 0
