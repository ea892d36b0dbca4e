"""The store that a command works on: its option, and the lines on its damaged files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from claims.commands.terminal import remark

if TYPE_CHECKING:
    from reproductions.store.outcomes import Store


def add_store_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--claims-store", type=folder, metavar="DIR", help="default: RIN_CLAIMS_STORE, then the user's data folder")


def opened(arguments: argparse.Namespace) -> Store:
    """Open the store that the arguments name, or the user's own. Raises StoreError."""
    from claims.run.stored import open_store

    return open_store(arguments.claims_store)


def tell(store: Store) -> None:
    """Say on stderr which files of the store could not be read, or were set aside on the way."""
    for line in dict.fromkeys(store.reports):  # a command may look at one file several times
        remark(line)


def folder(text: str) -> Path:
    """Return the folder that an option names; the type of such an option.

    Raises argparse.ArgumentTypeError for an empty name.
    """
    if not text:
        raise argparse.ArgumentTypeError("it takes a folder, not nothing")
    return Path(text)
