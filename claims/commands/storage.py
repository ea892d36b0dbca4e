"""``rin-claims data`` and ``store``: the data sets and the outcomes on this machine."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from claims.commands import completion, equivalent, exchange, recording, repository
from claims.commands.completion import completed_by
from claims.commands.filters import known
from claims.commands.output import add_json_option, print_json, print_table
from claims.commands.stores import add_store_option, opened, tell
from claims.commands.terminal import say
from claims.text import did_you_mean, one_line, plural, size
from reproductions.recipe_data import digest

if TYPE_CHECKING:
    from claims.commands.output import Commands
    from reproductions.recipes import Recipe

FILE_KEYS = "dataset, file, where, state, sha256, problem"
STATUS_KEYS = "folder, entries, bytes, checkpoints, set_aside, of_other_code, leases, removable, removable_bytes"
GC_KEYS = "path, what, why, bytes"
KEY_KEYS = "profile, key, recipes"
DATA_EXAMPLES = ("rin-claims data status", "rin-claims data fetch mnist")
STORE_EXAMPLES = ("rin-claims store status", "rin-claims store export draws.jsonl --profile smoke")
KEY_EXAMPLES = ("rin-claims store key --profile smoke",)
GC_EXAMPLES = ("rin-claims store gc --dry-run", "rin-claims store gc --stale --set-aside")


def add(commands: Commands) -> None:
    _add_data(commands)
    _add_store(commands)


def _add_data(commands: Commands) -> None:
    data = commands.add_parser("data", help="the data sets: status, fetch, verify", examples=DATA_EXAMPLES)
    actions = data.add_subparsers(metavar="ACTION", required=True)
    status = actions.add_parser(
        "status", help="which files are here and genuine", description=data_status.__doc__, examples=["rin-claims data status"]
    )
    fetch = actions.add_parser(
        "fetch", help="download a data set", description=data_fetch.__doc__, examples=["rin-claims data fetch mnist"]
    )
    completed_by(fetch.add_argument("name", help="mnist or babi"), completion.data_sets)
    verify = actions.add_parser(
        "verify", help="check every file", description=data_verify.__doc__, examples=["rin-claims data verify --json"]
    )
    for parser, command, printed in (
        (status, data_status, f"a list of files, each with {FILE_KEYS}"),
        (fetch, data_fetch, "a list of paths"),
        (verify, data_verify, "a list of problems, each a sentence"),
    ):
        add_json_option(parser, printed)
        parser.set_defaults(command=command)


def _add_store(commands: Commands) -> None:
    store = commands.add_parser("store", help="the stored outcomes: status, verify, gc, export, import and others", examples=STORE_EXAMPLES)
    actions = store.add_subparsers(metavar="ACTION", required=True)
    status = actions.add_parser(
        "status", help="how much is stored and where", description=store_status.__doc__, examples=["rin-claims store status --json"]
    )
    verify = actions.add_parser(
        "verify", help="check every outcome and checkpoint", description=store_verify.__doc__, examples=["rin-claims store verify"]
    )
    clean = actions.add_parser("gc", help="remove what nobody needs any more", description=store_gc.__doc__, examples=GC_EXAMPLES)
    clean.add_argument("--dry-run", action="store_true", help="only show what would be removed")
    clean.add_argument("--stale", action="store_true", help="also remove the outcomes that other numerics code made")
    clean.add_argument(
        "--set-aside", action="store_true", help="also remove the files that were set aside because they could not be trusted"
    )
    key = actions.add_parser(
        "key", help="name the code and recipes of a profile, for a cache", description=store_key.__doc__, examples=KEY_EXAMPLES
    )
    completed_by(key.add_argument("--profile", help="default: the smallest"), completion.profiles)
    add_json_option(key, f"an object with {KEY_KEYS}")
    key.set_defaults(command=store_key)
    for parser, command, printed in (
        (status, store_status, f"an object with {STATUS_KEYS}"),
        (verify, store_verify, "a list of problems, each a sentence"),
        (clean, store_gc, f"a list of files, each with {GC_KEYS}"),
    ):
        add_store_option(parser)
        add_json_option(parser, printed)
        parser.set_defaults(command=command)
    recording.add(actions)
    exchange.add(actions)
    equivalent.add(actions)


def data_status(arguments: argparse.Namespace) -> int:
    """Show where each file of the data sets is and whether it is genuine."""
    from reproductions import datasets, optional_data

    rows = [*datasets.status(), *optional_data.status()]
    if arguments.json:
        print_json(rows)
    else:
        columns = ("file", "dataset", "state", "where")
        print_table(columns, [[row[column] or "–" for column in columns] for row in rows])
    return 0


def data_fetch(arguments: argparse.Namespace) -> int:
    """Download a data set into the user's cache, unless a genuine copy is here already."""
    from reproductions import data_files, datasets, optional_data

    names = (*data_files.DATASETS, *optional_data.NAMES)
    known = ", ".join(names)
    if (name := arguments.name) not in names:
        raise data_files.DataError(f"unknown data set {name!r}; {did_you_mean(name, names, f'known: {known}')}")
    paths = optional_data.fetch(name) if name in optional_data.NAMES else [str(path) for path in datasets.fetch(name)]
    if arguments.json:
        print_json(paths)
    else:
        say("\n".join(paths))
    return 0


def data_verify(arguments: argparse.Namespace) -> int:
    """Check every file of the data sets; exit code 1 where one is missing or altered."""
    from reproductions import datasets

    return _problems(datasets.verify(), "every data set is here and genuine", arguments.json)


def store_status(arguments: argparse.Namespace) -> int:
    """Show how much is stored and where, and how much of it `rin-claims store gc` would remove."""
    from reproductions.store import upkeep

    store = opened(arguments)
    found = upkeep.removable(store, _known_recipes(), other_code=True)
    other_code = sum(item.what == upkeep.OTHER_CODE for item in found)
    leases = sum(item.what == upkeep.LEASE for item in found)  # empty files, one a trial, of every healthy store
    litter = [item for item in found if item.what not in (upkeep.OTHER_CODE, upkeep.LEASE)]
    counts = {"of_other_code": other_code, "leases": leases, "removable": len(litter)}
    status = {**store.status(), **counts, "removable_bytes": sum(item.size for item in litter)}
    tell(store)
    if arguments.json:
        print_json(status)
    else:
        shown = [(name, size(value) if isinstance(value, int) and name.endswith("bytes") else value) for name, value in status.items()]
        print_table(("what", "value"), [(name.replace("_", " "), value) for name, value in shown])
    return 0


def store_verify(arguments: argparse.Namespace) -> int:
    """Check every stored outcome and checkpoint.

    What cannot be trusted is set aside, what cannot be read is named, and the exit code is 1.
    """
    from reproductions.store import upkeep

    return _problems(upkeep.verify(opened(arguments)), "every stored outcome and checkpoint is sound", arguments.json)


def store_gc(arguments: argparse.Namespace) -> int:
    """Remove what nobody needs any more from the store.

    That is parts of files that killed writes left, checkpoints of trials whose outcome is stored or whose code is gone, and lease files
    that no process holds.

    Outcomes stay, also the outcomes of other code unless --stale is given, and so does what was set aside unless --set-aside is given.
    Nothing that a running process uses is removed. A file that cannot be removed is named on stderr, and the exit code is 1.
    """
    from reproductions.store import upkeep

    store = opened(arguments)
    found = upkeep.removable(store, _known_recipes(), arguments.stale, arguments.set_aside)
    before = len(store.reports)
    if not arguments.dry_run:
        found = upkeep.remove(store, found)
    refused = len(store.reports) > before
    tell(store)
    if arguments.json:
        print_json([{"path": str(item.path), "what": item.what, "why": item.why, "bytes": item.size} for item in found])
        return int(refused)
    for item in found:
        say(one_line(f"{item.path}: {item.what}, {item.why}"))
    taken = size(sum(item.size for item in found))
    say(f"{plural(len(found), 'file')}, {taken}, {'would be removed' if arguments.dry_run else 'removed'}")
    return int(refused)


def store_key(arguments: argparse.Namespace) -> int:
    """Print a key for a cache of the store.

    It changes with the recipes that a profile measures, and with the code and data that decide their numbers. A comment, a claim's words
    and its margin leave it as it is. The store itself needs no key: it takes no outcome that the present code would not make.
    """
    from reproductions.store.fingerprint import recipe_fingerprint

    project = repository.here()
    profile = known("profile", arguments.profile, project.profiles) or next(iter(project.profiles))
    arms = (arm for claim in project.claims for arm in claim.arms.get(profile, ()))
    recipes = dict.fromkeys(recipe for arm in arms for recipe in arm.recipes)
    facts = sorted(f"{digest(recipe)} {recipe_fingerprint(recipe)}" for recipe in recipes)
    key = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
    if arguments.json:
        print_json({"profile": profile, "key": key, "recipes": len(recipes)})
    else:
        say(key)
    return 0


def _known_recipes() -> Iterator[Recipe]:
    """Yield the recipes of every claim at hand.

    The claims at hand are the claims of the repository that the command runs in, and the claims of this project.
    """
    claims = (*repository.here().claims, *repository.own().claims)
    return (recipe for claim in claims for arms in claim.arms.values() for arm in arms for recipe in arm.recipes)


def _problems(problems: list[str], none: str, as_json: bool) -> int:
    if as_json:
        print_json(problems)
    else:
        say("\n".join(map(one_line, problems)) or none)
    return 1 if problems else 0
