"""What the smoke suite costs from an empty store, section by section.

    python benchmarks/suite.py
    python benchmarks/suite.py -n 4 --json
    python benchmarks/suite.py --cold-kernels

runs ``pytest -m smoke`` once with a store and a report of its own, then adds up the seconds of the trials in that store. A trial that
several sections use counts for the first of them, in the order of the paper. What is left of the workers' time is start-up, collection,
judging, the report, and workers that wait for the last trial; with ``--cold-kernels`` the compiled recurrences are built anew too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from claims import papers
from claims.model import Claim
from claims.run.demands import demanded_trials
from reproductions.store.outcomes import Store
from reproductions.trials import Trial

PROFILE = "smoke"
REST = "everything else"


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


def run(folder: Path, workers: int, cold_kernels: bool) -> float:
    """Runs the suite with everything it writes in ``folder``; its wall time in seconds. SystemExit where it fails."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        PROFILE,
        "-q",
        f"--claims-store={folder / 'store'}",
        f"--claims-report={folder / 'report'}",
    ]
    environment = {**os.environ, **({"XDG_CACHE_HOME": str(folder / "cache")} if cold_kernels else {})}
    started = time.perf_counter()
    finished = subprocess.run([*command, "-n", str(workers)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wall = time.perf_counter() - started
    if finished.returncode != 0:
        print(finished.stdout[-4000:], file=sys.stderr)
        raise SystemExit(f"the smoke suite ended with exit code {finished.returncode}; mend that first")
    return wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=2, metavar="N", dest="workers", help="worker processes (default 2)")
    parser.add_argument("--cold-kernels", action="store_true", help="build the compiled recurrences anew, as a fresh installation does")
    parser.add_argument("--json", action="store_true", help="print a list of objects")
    arguments = parser.parse_args()
    if arguments.workers < 1:
        parser.error(f"-n takes a number of workers from 1, not {arguments.workers}")
    claims = [claim for claim in papers.all_claims() if PROFILE in claim.profiles]
    with tempfile.TemporaryDirectory() as folder:
        wall = run(Path(folder), arguments.workers, arguments.cold_kernels)
        store = Store(Path(folder) / "store")
        outcomes = {trial: store.get(trial) for trial in demanded_trials(claims, [PROFILE])}
    rows = by_section(claims, {trial: outcome.seconds for trial, outcome in outcomes.items() if outcome is not None})
    trained = sum(row["seconds"] for row in rows)
    rows.append({"section": REST, "claims": 0, "trials": 0, "seconds": arguments.workers * wall - trained})
    for row in rows:
        row["share"] = row["seconds"] / (arguments.workers * wall)
    if arguments.json:
        print(json.dumps({"wall_seconds": wall, "workers": arguments.workers, "sections": rows}, indent=1))
        return
    cells = [[row["section"], row["claims"] or "", row["trials"] or "", f"{row['seconds']:.0f}", f"{row['share']:.0%}"] for row in rows]
    print(tabulate(cells, headers=["section", "claims", "trials", "seconds", "share"], tablefmt="github", disable_numparse=True))
    print(f"\n{wall:.0f} s wall, {arguments.workers} workers")


if __name__ == "__main__":
    main()
