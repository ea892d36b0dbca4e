"""``rin-claims store export`` and ``import``: recorded draws, out of a store and into one.

reference_results/README.md gives the rule.
"""

from __future__ import annotations

import argparse
import os.path
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from claims.commands import completion, repository
from claims.commands.completion import completed_by
from claims.commands.filters import known, matching
from claims.commands.output import add_json_option, print_json
from claims.commands.stores import add_store_option, opened, tell
from claims.commands.terminal import remark, say
from claims.text import plural
from reproductions.trials import Trial

if TYPE_CHECKING:
    from claims.commands.output import Commands
    from claims.run.demands import Demand
    from reference_results.recorded import Draw
    from reproductions.store.outcomes import Store

EXPORT_KEYS = "file, draws, recipes, missing"
IMPORT_KEYS = "new, kept, differing"
EXPORT_EXAMPLES = ("rin-claims store export draws.jsonl --claim '{pattern}' --profile smoke",)
IMPORT_EXAMPLES = ("rin-claims store import draws.jsonl",)


class ExchangeError(ValueError):
    """A file of draws that cannot be written or read; the message names it and the remedy."""


def add(actions: Commands) -> None:
    """Add the parsers of both actions below ``rin-claims store``."""
    export = actions.add_parser(
        "export", help="write outcomes as recorded draws", description=store_export.__doc__, examples=EXPORT_EXAMPLES
    )
    export.add_argument("file", type=Path, metavar="FILE", help="a new file, for example draws.jsonl")
    pattern = export.add_argument("--claim", metavar="PATTERN", help="only what these claims rest on; * stands for anything")
    profile = export.add_argument("--profile", help="only what this profile measures")
    completed_by(pattern, completion.claim_patterns)
    completed_by(profile, completion.profiles)
    receive = actions.add_parser(
        "import", help="take recorded draws into the store", description=store_import.__doc__, examples=IMPORT_EXAMPLES
    )
    receive.add_argument("file", type=Path, metavar="FILE", help="a file that `rin-claims store export` wrote")
    for parser, command, keys in ((export, store_export, EXPORT_KEYS), (receive, store_import, IMPORT_KEYS)):
        add_store_option(parser)
        add_json_option(parser, f"an object with {keys}")
        parser.set_defaults(command=command)


def store_export(arguments: argparse.Namespace) -> int:
    """Write the stored outcomes of the present code that claims rest on to FILE, one JSON line a trial.

    Each line has recipe, digest, seed, outcome, provenance, fingerprint of the code and checksum. Seeds bought while a claim was
    undecided go along; pilot seeds and outcomes of other code are left out.
    """
    from claims.run.demands import demanded_trials, further_trials
    from reference_results.recorded import Draw, dumps, packed
    from reproductions.store.exchange import outgoing
    from reproductions.store.files import StoreError, write_atomically

    project = repository.here()
    profile = known("profile", arguments.profile, project.profiles)
    chosen, profiles = matching(arguments.claim, project.claims), None if profile is None else (profile,)
    trials = demanded_trials(chosen, profiles)
    store = opened(arguments)
    demanded = [Draw(**payload) for payload in outgoing(store, trials)]
    draws = [*demanded, *(Draw(**payload) for payload in outgoing(store, further_trials(chosen, profiles)))]
    tell(store)
    if not trials:
        raise ExchangeError("these claims rest on no trials, so there is nothing to export; name others with --claim or --profile")
    if not draws:
        wanted = plural(len(trials), "trial")
        raise ExchangeError(f"the store {store.folder} has none of the {wanted} wanted, made by the present code; run their claims first")
    if os.path.exists(arguments.file):  # pathlib raises for a name that is too long
        raise ExchangeError(f"{arguments.file} exists already; name a new file, or remove it first")
    try:
        write_atomically(arguments.file, packed(dumps(draws), arguments.file.name))
    except StoreError as error:  # its remedy speaks of the store's own folder
        reason = getattr(error.__cause__, "strerror", None) or error
        raise ExchangeError(f"{arguments.file} cannot be written ({reason}); name a file in a folder that exists and has room") from error
    recipes = len({draw.digest for draw in draws})
    if arguments.json:
        print_json({"file": str(arguments.file), "draws": len(draws), "recipes": recipes, "missing": len(trials) - len(demanded)})
        return 0
    say(f"{plural(len(draws), 'draw')} of {plural(recipes, 'recipe')} written to {arguments.file}")
    if len(demanded) < len(trials):
        say(f"{plural(len(trials) - len(demanded), 'trial')} not in the store; an import that lacks seeds of a recipe is refused")
    return 0


def store_import(arguments: argparse.Namespace) -> int:
    """Check every line of FILE against the admission rule and take its draws into the store.

    Draws of older code count where reference_results/recorded/equivalent_code.csv has shown that it stands for the present code.
    Nothing of a refused file is taken, and the exit code is 2. Trials that the store has already are kept.
    """
    from claims.run.demands import demands
    from reference_results.recorded import RefusedDrawsError, admitted, text_of_draws
    from reproductions.store.exchange import receive

    text = text_of_draws(arguments.file)
    store, demanded = opened(arguments), demands(repository.here().claims)

    def present(digest: str) -> set[int]:
        demand = demanded[digest]
        return {seed for seed in demand.seeds if store.readable_entry(Trial(demand.recipe, seed)) is not None}

    try:
        draws = admitted(
            text,
            str(arguments.file),
            {digest: demand.seeds for digest, demand in demanded.items()},
            present,
            lambda draw: _made_by_other_code(draw, demanded, store),
        )
    except RefusedDrawsError as refused:
        if len(refused.refusals) == 1:
            raise ExchangeError(f"{refused}; nothing of {arguments.file} was imported") from None
        for line in refused.refusals:
            remark(f"refused: {line}")
        remark(f"error: nothing of {arguments.file} was imported ({plural(len(refused.refusals), 'refusal')})")
        return 2
    received = receive(store, [(Trial(demanded[draw.digest].recipe, draw.seed), draw.outcome, draw.fingerprint) for draw in draws])
    tell(store)
    if arguments.json:
        print_json(received)
        return 0
    say(f"{plural(received.new, 'trial')} imported, {received.kept} in the store already and kept")
    if received.differing:
        say(f"{plural(received.differing, 'trial')} of these with other numbers in the file; those of the store stay")
    return 0


def _made_by_other_code(draw: Draw, demanded: Mapping[str, Demand], store: Store) -> str:
    """Return why a draw is no result of this code, or "".

    Such a draw may stay a record, but a verdict of this code never rests on it.
    """
    demand = demanded.get(draw.digest)
    if demand is None or draw.fingerprint in (known := store.accepted(demand.recipe)):
        return ""
    made = draw.outcome["provenance"]
    commit = made.get("rin_claims_git", made.get("git", {})).get("commit")
    return (
        f"made by other numerics code (fingerprint {draw.fingerprint[:16]}, here {known[0][:16]}); import it at "
        f"{f'commit {commit}' if commit else 'the version that made it'}, or keep the file in reference_results/recorded as a record"
    )
