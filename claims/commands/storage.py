"""``rin-claims data`` and ``store``: the data sets and the outcomes on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from claims.commands import exchange
from claims.commands.output import add_json_option, print_json, print_table

if TYPE_CHECKING:
    from claims.commands.output import Commands


def add(commands: Commands) -> None:
    data = commands.add_parser("data", help="the data sets: status, fetch, verify").add_subparsers(metavar="ACTION", required=True)
    status = data.add_parser("status", help="which files are here and genuine", description=data_status.__doc__)
    fetch = data.add_parser("fetch", help="download a data set", description=data_fetch.__doc__)
    fetch.add_argument("name", help="mnist or babi")
    verify = data.add_parser("verify", help="check every file", description=data_verify.__doc__)
    for parser, command in ((status, data_status), (fetch, data_fetch), (verify, data_verify)):
        add_json_option(parser)
        parser.set_defaults(command=command)

    store = commands.add_parser("store", help="the stored outcomes: status, verify, export, import")
    actions = store.add_subparsers(metavar="ACTION", required=True)
    status = actions.add_parser("status", help="how much is stored and where", description=store_status.__doc__)
    status.set_defaults(command=store_status)
    verify = actions.add_parser("verify", help="check every outcome", description=store_verify.__doc__)
    verify.set_defaults(command=store_verify)
    for parser in (status, verify, *exchange.add(actions)):
        parser.add_argument("--claims-store", type=Path, metavar="DIR", help="default: RIN_CLAIMS_STORE, then the user's data folder")
        add_json_option(parser)


def data_status(arguments: argparse.Namespace) -> int:
    """Show where each file of the data sets is and whether it is genuine."""
    from reproductions import datasets

    rows = datasets.status()
    if arguments.json:
        print_json(rows)
    else:
        columns = ("dataset", "file", "state", "where")
        print_table(columns, [[row[column] or "–" for column in columns] for row in rows])
    return 0


def data_fetch(arguments: argparse.Namespace) -> int:
    """Download a data set into the user's cache, unless a genuine copy is here already."""
    from reproductions import datasets

    paths = [str(path) for path in datasets.fetch(arguments.name)]
    if arguments.json:
        print_json(paths)
    else:
        print("\n".join(paths))
    return 0


def data_verify(arguments: argparse.Namespace) -> int:
    """Check every file of the data sets; exit code 1 where one is missing or altered."""
    from reproductions import datasets

    return _problems(datasets.verify(), "every data set is here and genuine", arguments.json)


def store_status(arguments: argparse.Namespace) -> int:
    """Show how many outcomes are stored and where."""
    from reproductions.store import Store

    status = Store(arguments.claims_store or Store.default_folder()).status()
    if arguments.json:
        print_json(status)
    else:
        print_table(("what", "value"), [(name.replace("_", " "), value) for name, value in status.items()])
    return 0


def store_verify(arguments: argparse.Namespace) -> int:
    """Check every stored outcome; what cannot be trusted is set aside, and the exit code is 1."""
    from reproductions.store import Store

    return _problems(Store(arguments.claims_store or Store.default_folder()).verify(), "every stored outcome is sound", arguments.json)


def _problems(problems: list[str], none: str, as_json: bool) -> int:
    if as_json:
        print_json(problems)
    else:
        print("\n".join(problems) or none)
    return 1 if problems else 0
