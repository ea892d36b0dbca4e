"""``rin-claims store export`` and ``import``: recorded draws and unfinished trials, out of a store and into one.

reference_results/README.md gives the rule.
"""

from __future__ import annotations

import argparse
import datetime
import os.path
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.commands import completion, repository
from claims.commands.completion import completed_by
from claims.commands.filters import known, matching
from claims.commands.output import add_json_option, print_json
from claims.commands.recording import add_seeds_option
from claims.commands.stores import add_store_option, opened, tell
from claims.commands.terminal import remark, say_filled
from claims.text import plural
from reproductions.trials import Trial

if TYPE_CHECKING:
    from claims.commands.output import Commands
    from claims.run.demands import Demand
    from reference_results.recorded import Draw
    from reference_results.unfinished import Campaign, State
    from reproductions.store.outcomes import Store

EXPORT_KEYS = "file, draws, recipes, missing, states"
IMPORT_KEYS = "new, kept, differing, begun, begun_kept"
EXPORT_EXAMPLES = (
    "rin-claims store export draws.jsonl --claim '{pattern}' --profile smoke",
    "rin-claims store export record.jsonl.gz --profile smoke --seeds 29",
    "rin-claims store export campaign.jsonl --profile paper --checkpoints",
)
IMPORT_EXAMPLES = ("rin-claims store import draws.jsonl", "rin-claims store import reference_results/recorded/smoke-*.jsonl.gz")


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
    export.add_argument(
        "--checkpoints", action="store_true", help="with the saved states of unfinished trials, to go on elsewhere; seeds may be missing"
    )
    add_seeds_option(export, "also the seeds 0 to N-1 of each training that are stored")
    completed_by(pattern, completion.claim_patterns)
    completed_by(profile, completion.profiles)
    receive = actions.add_parser(
        "import", help="take recorded draws into the store", description=store_import.__doc__, examples=IMPORT_EXAMPLES
    )
    receive.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a file that `rin-claims store export` wrote")
    for parser, command, keys in ((export, store_export, EXPORT_KEYS), (receive, store_import, IMPORT_KEYS)):
        add_store_option(parser)
        add_json_option(parser, f"an object with {keys}")
        parser.set_defaults(command=command)


def store_export(arguments: argparse.Namespace) -> int:
    """Write the stored outcomes of the present code that claims rest on to FILE, one JSON line a trial.

    Each line has recipe, digest, seed, outcome, provenance, fingerprint of the code and checksum. Seeds bought while a claim was
    undecided go along, and with --seeds others that `rin-claims store train` made; pilot seeds and outcomes of other code are left out.
    A FILE whose name ends in .gz is packed.

    With --checkpoints the file carries an unfinished campaign: the states of trials that were begun go along, and an import does not ask
    for the seeds that are missing.
    """
    from claims.run.demands import demanded_trials, further_trials
    from claims.run.recording import trials_to_record
    from reference_results.recorded import Draw, dumps, packed
    from reference_results.unfinished import State, dumps_campaign
    from reproductions.store.exchange import outgoing, outgoing_states
    from reproductions.store.files import StoreError, write_atomically

    project = repository.here()
    profile = known("profile", arguments.profile, project.profiles)
    chosen, profiles = matching(arguments.claim, project.claims), None if profile is None else (profile,)
    trials = demanded_trials(chosen, profiles)
    store = opened(arguments)
    further = dict.fromkeys([*further_trials(chosen, profiles), *trials_to_record(chosen, profiles, arguments.seeds)[len(trials) :]])
    demanded = [Draw(**payload) for payload in outgoing(store, trials)]
    draws = [*demanded, *(Draw(**payload) for payload in outgoing(store, further))]
    states = [State(**payload) for payload in outgoing_states(store, (*trials, *further))] if arguments.checkpoints else []
    tell(store)
    if not trials:
        raise ExchangeError("these claims rest on no trials, so there is nothing to export; name others with --claim or --profile")
    if not draws and not states:
        wanted = plural(len(trials), "trial")
        raise ExchangeError(f"the store {store.folder} has none of the {wanted} wanted, made by the present code; run their claims first")
    if os.path.exists(arguments.file):  # pathlib raises for a name that is too long
        raise ExchangeError(f"{arguments.file} exists already; name a new file, or remove it first")
    try:
        text = dumps_campaign(draws, states) if arguments.checkpoints else dumps(draws)
        write_atomically(arguments.file, packed(text, arguments.file.name))
    except StoreError as error:  # its remedy speaks of the store's own folder
        reason = getattr(error.__cause__, "strerror", None) or error
        raise ExchangeError(f"{arguments.file} cannot be written ({reason}); name a file in a folder that exists and has room") from error
    recipes = len({draw.digest for draw in draws})
    if arguments.json:
        counts = {"draws": len(draws), "recipes": recipes, "missing": len(trials) - len(demanded), "states": len(states)}
        print_json({"file": str(arguments.file), **counts})
        return 0
    begun = f" and {plural(len(states), 'unfinished trial')}" if arguments.checkpoints else ""
    say_filled(f"{plural(len(draws), 'draw')} of {plural(recipes, 'recipe')}{begun} written to {arguments.file}")
    if len(demanded) < len(trials) and not arguments.checkpoints:
        say_filled(f"{plural(len(trials) - len(demanded), 'trial')} not in the store; an import that lacks seeds of a recipe is refused")
    return 0


def store_import(arguments: argparse.Namespace) -> int:
    """Check every line of each FILE against the admission rule and take its draws into the store.

    Draws of older code count where reference_results/recorded/equivalent_code.csv has shown that it stands for the present code.
    Nothing is taken where a file is refused, and the exit code is 2. Trials that the store has already are kept. The states of unfinished
    trials that `store export --checkpoints` wrote must be of the present code; a trial goes on from the state that is further.
    """
    from claims.run.demands import demands
    from reference_results.recorded import RefusedDrawsError, text_of_draws

    texts = [(file, text_of_draws(file)) for file in arguments.files]  # before a store is made for what cannot be read
    store, demanded = opened(arguments), demands(repository.here().claims)
    named = "these files" if len(arguments.files) > 1 else arguments.files[0]
    try:
        files = [(file, *_admitted(file, text, demanded, store)) for file, text in texts]
    except RefusedDrawsError as refused:
        if len(refused.refusals) == 1:
            raise ExchangeError(f"{refused}; nothing of {named} was imported") from None
        for line in refused.refusals:
            remark(f"refused: {line}")
        remark(f"error: nothing of {named} was imported ({plural(len(refused.refusals), 'refusal')})")
        return 2
    counts: Counter[str] = Counter(dict.fromkeys(IMPORT_KEYS.split(", "), 0))
    for file in files:
        counts.update(_received(*file, demanded, store))
    tell(store)
    if arguments.json:
        print_json(dict(counts))
        return 0
    say_filled(f"{plural(counts['new'], 'trial')} imported, {counts['kept']} in the store already and kept")
    if counts["differing"]:
        say_filled(f"{plural(counts['differing'], 'trial')} of these with other numbers in the file; those of the store stay")
    if any(campaign.announced is not None for _, _, campaign in files):
        say_filled(f"{plural(counts['begun'], 'unfinished trial')} imported, {counts['begun_kept']} as far here already and kept")
    return 0


def _admitted(file: Path, text: str, demanded: Mapping[str, Demand], store: Store) -> tuple[Sequence[Draw], Campaign]:
    """Return the draws and the unfinished trials in the text of a file. Raises RefusedDrawsError."""
    from reference_results.recorded import RefusedDrawsError, admitted
    from reference_results.unfinished import Campaign

    campaign = Campaign(lambda state: _unwanted_state(state, demanded, store))

    def present(digest: str) -> set[int]:
        demand = demanded[digest]
        if campaign.announced is not None:  # what is missing is trained when the campaign goes on
            return set(demand.seeds)
        return {seed for seed in demand.seeds if store.readable_entry(Trial(demand.recipe, seed)) is not None}

    draws = admitted(
        text,
        str(file),
        {digest: demand.seeds for digest, demand in demanded.items()},
        present,
        lambda draw: _made_by_other_code(draw, demanded, store),
        campaign.take,
    )
    if shortage := campaign.shortage(str(file), len(draws)):
        raise RefusedDrawsError([shortage])
    return draws, campaign


def _received(file: Path, draws: Sequence[Draw], campaign: Campaign, demanded: Mapping[str, Demand], store: Store) -> dict[str, int]:
    """Take what was admitted of a file into the store, and count it."""
    from reproductions.store.exchange import receive, receive_states

    found = [(Trial(demanded[draw.digest].recipe, draw.seed), draw.outcome, draw.fingerprint) for draw in draws]
    received = receive(store, found, f"from {file.name} on {datetime.datetime.now(datetime.UTC).date()}")
    begun = receive_states(store, [(Trial(demanded[one.digest].recipe, one.seed), one.update, one.content) for one in campaign.states])
    return {**asdict(received), **asdict(begun)}


def _made_by_other_code(draw: Draw, demanded: Mapping[str, Demand], store: Store) -> str:
    """Return why a draw is no result of this code, or "".

    Such a draw may stay a record, but a verdict of this code never rests on it.
    """
    demand = demanded.get(draw.digest)
    if demand is None or draw.fingerprint in (known := store.accepted(demand.recipe)):
        return ""
    other = _other_code(draw.fingerprint, known[0], draw.outcome["provenance"])
    return f"{other}, or keep the file in reference_results/recorded as a record"


def _other_code(made_with: str, here: str, provenance: Mapping[str, Any]) -> str:
    """Say that other code made a draw or a state, and where it can be imported."""
    commit = provenance.get("rin_claims_git", provenance.get("git", {})).get("commit")
    return (
        f"made by other numerics code (fingerprint {made_with[:16]}, here {here[:16]}); import it at "
        f"{f'commit {commit}' if commit else 'the version that made it'}"
    )


def _unwanted_state(state: State, demanded: Mapping[str, Demand], store: Store) -> str:
    """Return why no trial of this code goes on from a state, or ""."""
    from reference_results.recorded import describe
    from reproductions.store.exchange import state_problem

    if (demand := demanded.get(state.digest)) is None:
        return f"recipe {state.digest[:16]} ({describe(state.recipe)}) belongs to no claim of this version; leave the line out"
    # the code of the ledger stands for whole trials alone: half a trial of each would be a trial of neither
    if state.fingerprint != (here := store.fingerprint(demand.recipe)):
        return _other_code(state.fingerprint, here, state.made_by[-1])
    problem = state_problem(Trial(demand.recipe, state.seed), state.content, state.update, state.made_by)
    return problem and f"{problem}; write the file anew with `rin-claims store export --checkpoints`"
