"""Data that cannot be downloaded: a licensed corpus, and what an optional extra synthesises."""

from __future__ import annotations

import importlib.util

from reproductions.data_files import DataError
from reproductions.speech import synthetic, timit

NAMES = ("timit", "speech")


def status() -> list[dict[str, str | None]]:
    """List a row as ``datasets.status`` has them for each of NAMES.

    The state is "licensed" or "not installed" where there is none. Nothing of it is pinned, so a row has no problem: what is missing is
    said by who asks for it.
    """
    corpus = timit.folder()
    engine = importlib.util.find_spec(synthetic.ENGINE)
    return [
        _row("timit", "TIMIT (LDC93S1)", None if corpus is None else str(corpus), "licensed"),
        _row("speech", "eSpeak NG", None if engine is None else synthetic.ENGINE, "not installed"),
    ]


def fetch(name: str) -> list[str]:
    """Return where the data ``name``, one of NAMES, is. Raises DataError, which says how to get it."""
    where = next(row["where"] for row in status() if row["dataset"] == name)
    if where is None:
        missing = {"timit": f"TIMIT cannot be downloaded; {timit.LICENCE}", "speech": synthetic.MISSING}
        raise DataError(missing[name])
    return [where]


def _row(dataset: str, file: str, where: str | None, otherwise: str) -> dict[str, str | None]:
    state = otherwise if where is None else "ok"
    return {"dataset": dataset, "file": file, "where": where, "state": state, "sha256": None, "problem": None}
