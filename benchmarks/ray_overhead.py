"""What the Ray executor costs a trial: 10,000 probes that measure nothing, on a cluster of this machine's cores, and the driver's memory.

The same probes through the executor of this machine, in one process, are the comparison. `--trials N` takes another number.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Probe
from reproductions.running.executor import LocalExecutor
from reproductions.running.ray_executor import RayExecutor
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

NAME = "dt-depth"  # of a probe there is, so that the store finds its code
PARTS = 10  # of a run, after each of which time and memory are read


def nothing(trial: Trial, checkpoint: CheckpointFile) -> Outcome:
    """Measure nothing."""
    return Outcome("converged", {"seed": float(trial.seed)})


def memory() -> float:
    """Read the resident memory of this process, in MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def measured(number: int, make: Callable[[Store], LocalExecutor]) -> dict[str, Any]:
    """Run ``number`` trials, and return the seconds of a clock and of the driver's core for each trial, and its memory part by part."""
    trials = [Trial(Probe("any", NAME), seed) for seed in range(number + 1)]
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(make(Store(folder))) as executor:
        executor.ensure(trials[:1])  # connects, and starts workers
        clock, core, parts = time.perf_counter(), time.process_time(), [round(memory())]
        stored = executor.store.put

        def counting(trial: Trial, outcome: Outcome, code: str | None = None) -> Outcome:
            kept = stored(trial, outcome, code)
            if trial.seed % (number // PARTS) == 0:
                parts.append(round(memory()))
            return kept

        executor.store.put = counting  # type: ignore[method-assign]
        while left := [trial for trial in trials if not executor.store.has(trial)]:
            executor.run_unclaimed(left)
        took, spent = time.perf_counter() - clock, time.process_time() - core
    return {"trials": number, "ms a trial": 1000 * took / number, "ms of the driver's core": 1000 * spent / number, "MB": parts}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    wanted = parser.parse_args().trials
    from ray_overhead import nothing as run  # by a name that another process finds

    for name, make in (("ray", lambda store: RayExecutor(store, run)), ("local", lambda store: LocalExecutor(store, run))):
        print(name, json.dumps(measured(wanted, make)), flush=True)
