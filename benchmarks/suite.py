"""Everything that is fast or slow here, by one command: tables as benchmarks/README.md shows them.

    python benchmarks/suite.py                             all but smoke, whose first run trains
    python benchmarks/suite.py --all                       everything
    python benchmarks/suite.py --only recurrences --only commands --json
    python benchmarks/suite.py --all --quick               every part at sizes that take seconds; the numbers say nothing

parts: recurrences and updates against torch's, the share of evaluation in a run, commands, growth with the store and the registry, and
smoke, cold and warm. One thread; what is compared takes turns. CPU seconds stand beside wall seconds.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import command_times
import growth
import recurrence
import smoke
import whole_updates
from timing import table

from reproductions.running import process
from reproductions.store.environment import environment

IDLE = 0.3  # a load average that is near 0
Peaks = dict[str, float]  # the multiply-add peak of each path of kernels, in GFLOP/s
Tables = Iterator[tuple[str, list[dict[str, Any]]]]


def _recurrences(quick: bool, peaks: Peaks) -> Tables:
    shapes = (recurrence.QUICK,) if quick else recurrence.SHAPES
    rows = recurrence.rows(("irnn", "lstm"), shapes, peaks)
    yield "recurrences", [{name: value for name, value in row.items() if name not in recurrence.HIDDEN} for row in rows]


def _updates(quick: bool, peaks: Peaks) -> Tables:
    yield "whole updates", list(whole_updates.updates(list(peaks), quick))


def _evaluation(quick: bool, _: Peaks) -> Tables:
    yield "evaluation", list(whole_updates.evaluation(quick))


def _commands(quick: bool, _: Peaks) -> Tables:
    yield "commands", command_times.rows(quick)


PARTS: dict[str, Callable[[bool, Peaks], Tables]] = {
    "recurrences": _recurrences,
    "updates": _updates,
    "evaluation": _evaluation,
    "commands": _commands,
    "growth": lambda quick, _: growth.tables(quick),
    "smoke": lambda quick, _: smoke.tables(quick),
}
TRAINS = "smoke"  # the part that takes minutes of training


def machine(peaks: Peaks) -> dict[str, Any]:
    """What the numbers were measured on, and a warning where other programs kept the cores busy."""
    known, load = environment(), os.getloadavg()[0]
    warning = f"other programs keep the cores busy (load average {load:.1f}): trust CPU seconds and ratios" if load > IDLE else None
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": f"{known['cpu']}{_family()}",
        "cores": process.cores(),
        "kernels": known["recurrence"],
        "peak_gflops": peaks,
        "torch": known["packages"]["torch"],
        "commit": (known["rin_claims_git"]["commit"] or "unknown")[:7],
        "load_average": load,
        "warning": warning,
    }


def _family() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((f" family {line.partition(':')[2].strip()}" for line in lines if line.startswith("cpu family")), "")


def head(found: dict[str, Any]) -> str:
    """One sentence on the machine, and the warning."""
    peaks = ", ".join(f"{value:.0f} ({path})" for path, value in found["peak_gflops"].items())
    said = (
        f"Measured on {found['date']} at commit {found['commit']}: {found['cpu']}, {found['cores']} cores, kernels {found['kernels']}, "
        f"multiply-add peak of a core {peaks} GFLOP/s, torch {found['torch']}, load average {found['load_average']:.1f} at the start."
    )
    return said + (f"\nWarning: {found['warning']}." if found["warning"] else "")


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help=f"every part, {TRAINS} too")
    parser.add_argument("--only", action="append", metavar="PART", help=f"one of {', '.join(PARTS)}; may be given again")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, once each")
    parser.add_argument("--json", action="store_true", help="an object with machine, tables (name to rows) and part_seconds")
    arguments = parser.parse_args(words)
    for name in arguments.only or ():
        if name not in PARTS:
            parser.exit(2, f"suite.py: there is no part {name!r}; the parts are {', '.join(PARTS)}\n")
    chosen = PARTS if arguments.all else arguments.only or [name for name in PARTS if name != TRAINS]
    process.prepare()
    found = machine(peaks := {path: recurrence.peak(path) for path in recurrence.paths()})
    if not arguments.json:
        print(head(found), flush=True)
    tables: dict[str, list[dict[str, Any]]] = {}
    part_seconds: dict[str, float] = {}
    for part in dict.fromkeys(chosen):
        started = time.perf_counter()
        for name, rows in PARTS[part](arguments.quick, peaks):
            tables[name] = rows
            if not arguments.json:
                print(f"\n## {name[0].upper()}{name[1:]}\n\n{table(rows)}", flush=True)
        part_seconds[part] = time.perf_counter() - started
        print(f"{part}: {part_seconds[part]:.0f} s", file=sys.stderr)
    if arguments.json:
        print(json.dumps({"machine": found, "tables": tables, "part_seconds": part_seconds}, indent=1))


if __name__ == "__main__":
    main()
