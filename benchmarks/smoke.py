"""What the smoke suite costs from nothing, section by section, and what it costs once more. A part of ``suite.py``.

It runs ``pytest -m smoke`` with a store and a cache of its own, so that the recurrences are compiled too, then adds up the seconds of the
trials in that store. A trial that several sections use counts for the first of them, in the order of the paper. What is left of the
workers' time is start-up, collection, judging, the report, and workers that wait for the last trial.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from command_times import PYTEST, REPEAT, spent

from claims import papers
from claims.model import Claim
from claims.run.demands import demanded_trials
from reproductions.store.outcomes import Store
from reproductions.trials import Trial

PROFILE = "smoke"
REST = "everything else"
WORKERS = 2


def section(claim: Claim) -> str:
    """Paper and section, as "rin-2018/adding"."""
    return f"{claim.paper}/{claim.section}"


def by_section(claims: Sequence[Claim], seconds: Mapping[Trial, float]) -> list[dict[str, Any]]:
    """A row for each section: its claims, the trials that count for it and their seconds; every trial counts once."""
    rows: dict[str, dict[str, Any]] = {}
    counted: set[Trial] = set()
    for claim in claims:
        row = rows.setdefault(section(claim), {"section": section(claim), "claims": 0, "trials": 0, "seconds": 0.0})
        row["claims"] += 1
        for trial in demanded_trials([claim], [PROFILE]):
            if trial not in counted:
                counted.add(trial)
                row["trials"] += 1
                row["seconds"] += seconds[trial]
    return list(rows.values())


def tables(quick: bool) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The cold run beside warm ones, then the cold run by section; ``quick``: two claims, one process, the usual cache."""
    only = "irnn-2015/formal/"
    claims = [claim for claim in papers.all_claims() if PROFILE in claim.profiles and (not quick or claim.id.startswith(only))]
    command = (*PYTEST, "-m", PROFILE, "-n", "0" if quick else str(WORKERS), *(("-k", "irnn-2015 and formal") if quick else ()))
    with tempfile.TemporaryDirectory() as folder:
        store, cache = Path(folder) / "store", None if quick else Path(folder) / "cache"
        times = {
            f"{name} smoke": spent({"run": command}, n, store, cache=cache)["run"]
            for name, n in (("cold", 1), ("warm", 1 if quick else REPEAT))
        }
        kept = Store(store)
        outcomes = {trial: kept.get(trial) for trial in demanded_trials(claims, [PROFILE])}
    yield "smoke", [{"command": name, "runs": len(seconds.wall), **seconds.columns()} for name, seconds in times.items()]
    rows = by_section(claims, {trial: outcome.seconds for trial, outcome in outcomes.items() if outcome is not None})
    whole = WORKERS * times["cold smoke"].wall[0]
    rows.append({"section": REST, "claims": 0, "trials": 0, "seconds": whole - sum(row["seconds"] for row in rows)})
    yield "cold smoke by section, seconds of two workers", [row | {"share": row["seconds"] / whole} for row in rows]
