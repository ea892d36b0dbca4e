"""The last verdicts of each profile, kept beside a store for ``list`` and ``show``, whatever folder a report went to."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

from claims.report.formats.json import dumps, load_report
from claims.report.model import Report, ReportError
from claims.text import visible
from reproductions.store.files import replace_file

FOLDER = "verdicts"  # in the folder of a store


def keep(report: Report, store: Path) -> None:
    """Keep the verdicts of a report in the folder of a store, without trials, pictures and papers.

    Where they cannot be written, ``list`` says what the run before said.
    """
    entries = tuple(dataclasses.replace(entry, trials=()) for entry in report.entries)
    slim = dataclasses.replace(report, entries=entries, drift=report.drift.without_runs, pictures=(), papers=(), addendum=(), prices=())
    with contextlib.suppress(OSError):
        (store / FOLDER).mkdir(exist_ok=True)
        replace_file(store / FOLDER / f"{report.profile}.json", visible(dumps(slim)).encode())


def kept(store: Path) -> Iterator[Report]:
    """Yield the reports whose verdicts are kept; one that cannot be read says nothing, and the next run replaces it."""
    for file in sorted((store / FOLDER).glob("*.json")):
        with contextlib.suppress(ReportError):
            yield load_report(file)
