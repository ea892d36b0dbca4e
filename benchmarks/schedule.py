"""How long the whole paper takes on 1, 8 and 64 GPUs, and what limits it: the executor's own schedule on simulated machines.

The Ray executor hands its tasks to a cluster that is made up and has a clock of its own. A task takes what ``pack_seconds`` says: a GPU was
not measured yet, so its costs are the assumptions below, and so are the results. What a member of a pack costs the host was measured.

    python benchmarks/schedule.py
    python benchmarks/schedule.py --gpus 1 8 64 --cpus-a-gpu 16 --json
    python benchmarks/schedule.py --gpus 1 --claim 'rin-2018/pixel-mnist/table1/*'
"""

from __future__ import annotations

import argparse
import fnmatch
import functools
import heapq
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from timing import table

from claims import papers
from claims.commands.output import print_json
from claims.run.demands import demanded_trials, further_trials
from reproductions import tasks
from reproductions.data_files import DataError
from reproductions.recipes import Recipe, Task, Training
from reproductions.running import cost, ray_executor
from reproductions.running.ray_cluster import Result, Work
from reproductions.running.ray_executor import RayExecutor
from reproductions.store.outcomes import Store
from reproductions.training import Run
from reproductions.trials import Outcome, Trial

# Assumed of a GPU, until `recurrence.py --device cuda` has run on one:
STEP = 8e-6  # seconds of one step of a layer, forward and backward, however few trials share the pack
FLOPS = 25e12  # a second, of the recurrences of a full pack in float32
MEASURED = 30  # batches, of which the median is taken


@dataclass(frozen=True)
class Costs:
    """Seconds of the host for a batch of a trial, by (batch, steps): its rows are gathered on the CPU, member by member."""

    batch: Mapping[tuple[int, int], float]

    def parts(self, trials: Sequence[Trial]) -> dict[str, float]:
        """The seconds of a pack in each of what may limit it."""
        recipe = trials[0].recipe
        assert isinstance(recipe, Training)
        steps, layers = recipe.task.steps, recipe.network.layers
        flops = sum(cost.relative_cost(trial) for trial in trials)
        tested = cost.FORWARD_SHARE * recipe.task.test_size / recipe.batch_size * recipe.evaluations / recipe.updates
        return {
            "steps": recipe.updates * steps * layers * STEP,
            "arithmetic": (1 + tested) * flops / FLOPS,
            "host": len(trials) * recipe.updates * self.batch[recipe.batch_size, steps],
        }

    def pack_seconds(self, trials: Sequence[Trial]) -> float:
        """The host prepares batches while the GPU waits, and the kernels take what is longer of steps and arithmetic."""
        parts = self.parts(trials)
        return max(parts["steps"], parts["arithmetic"]) + parts["host"]


def host_costs(recipes: Collection[Recipe]) -> Costs:
    """Measure the batches of every size that occurs in ``recipes``. Raises DataError."""
    found: dict[tuple[int, int], float] = {}
    for recipe in recipes:
        if not isinstance(recipe, Training) or (recipe.batch_size, recipe.task.steps) in found or recipe.task.embeds_words:
            continue
        run, seconds = Run(cost.shape(recipe), 0), []
        for update in range(1, MEASURED):
            begun = time.process_time()
            run.next_batch(update)
            seconds.append(time.process_time() - begun)
        found[recipe.batch_size, recipe.task.steps] = sorted(seconds)[MEASURED // 2]
    return Costs(found)


def with_data(trials: Sequence[Trial]) -> list[Trial]:
    """Those of ``trials`` whose data are here: the cost of others is not known."""

    @functools.cache
    def here(task: Task) -> bool:
        try:
            tasks.build(task, 0)
        except DataError:
            return False
        return True

    return [trial for trial in trials if not isinstance(trial.recipe, Training) or here(trial.recipe.task)]


class SimulatedCluster:
    """Machines with a clock of their own, in place of ``ray_cluster.Cluster``."""

    name = "a cluster that is made up"

    def __init__(self, gpus: int, cpus: int, costs: Costs) -> None:
        self.now, self._costs, self._order = 0.0, costs, count()
        self._free = {True: [0.0] * gpus, False: [0.0] * cpus}
        self.busy = {True: 0.0, False: 0.0}
        self.packs: list[tuple[float, tuple[Trial, ...]]] = []
        self._under_way: list[tuple[float, int, Work]] = []

    def start(self, work: Work, without: Collection[str]) -> Any:
        packed = bool(work.device)
        took = self._costs.pack_seconds(work.trials) if packed else CPU.seconds(work.trials[0])
        end = max(self.now, heapq.heappop(self._free[packed])) + took
        heapq.heappush(self._free[packed], end)
        self.busy[packed] += took
        if packed:
            self.packs.append((took, work.trials))
        task = (end, next(self._order), work)
        heapq.heappush(self._under_way, task)
        return task

    def ended(self, references: list[Any], seconds: float) -> list[Any]:
        return [heapq.heappop(self._under_way)] if self._under_way else []

    def result(self, reference: Any) -> Result:
        self.now, _, work = reference
        return Result("a node", tuple(Outcome("budget", {}) for _ in work.trials))

    def cpus(self, without: Collection[str] = ()) -> float:
        return float(len(self._free[False]))

    def gpus(self) -> float:
        return float(len(self._free[True]))

    def keep(self, *arguments: Any) -> None: ...
    def ask_nodes(self, codes: Any) -> None: ...
    def require_cpu(self) -> None: ...
    def cancel(self, references: Any) -> None: ...
    def close(self) -> None: ...
    def describe(self) -> Iterator[str]:
        return iter(())


CPU = cost.Calibration()  # by arithmetic: TYPICAL_FLOPS of a core


def simulated(rounds: Mapping[str, Sequence[Trial]], gpus: int, cpus: int, costs: Costs) -> Iterator[dict[str, Any]]:
    """Yield a row when each round is done: the executor runs its trials, the longest first, on these machines."""
    cluster = SimulatedCluster(gpus, cpus, costs)
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(ray_executor, "Cluster", return_value=cluster):
        executor = RayExecutor(Store(Path(folder)), packs=True)
        for looks, trials in rounds.items():
            executor.ensure(sorted(trials, key=cost.relative_cost, reverse=True))
            yield {"looks": looks, "gpus": gpus, "cpus": cpus, **_row(cluster, gpus, costs)}


def _row(cluster: SimulatedCluster, gpus: int, costs: Costs) -> dict[str, Any]:
    longest = max(cluster.packs, key=lambda pack: pack[0])
    parts = [costs.parts(trials) for _, trials in cluster.packs]
    shares = {name: sum(part[name] for part in parts) for name in parts[0]}
    return {
        "hours": cluster.now / 3600,
        "gpu_hours": cluster.busy[True] / 3600,
        "gpus_busy": cluster.busy[True] / (gpus * cluster.now),
        "cpu_hours": cluster.busy[False] / 3600,
        "packs": len(cluster.packs),
        "trials_a_pack": sum(len(trials) for _, trials in cluster.packs) / len(cluster.packs),
        "longest_pack_h": longest[0] / 3600,
        "longest_pack": longest[1][0].recipe.label,
        **{f"{name}_h": seconds / 3600 for name, seconds in shares.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpus", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--cpus-a-gpu", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--claim", default="*", metavar="PATTERN", help="only what these claims rest on; * stands for anything")
    arguments = parser.parse_args()
    claims = [claim for claim in papers.all_claims() if fnmatch.fnmatchcase(claim.id, arguments.claim)]
    wanted = demanded_trials(claims, ["paper"]), further_trials(claims, ["paper"])
    first, further = map(with_data, wanted)
    costs = host_costs({trial.recipe for trial in (*first, *further)})
    if left_out := sum(map(len, wanted)) - len(first) - len(further):
        print(f"left out: {left_out} trials whose data are not here", file=sys.stderr)
    rounds = {"first": first, "all": further}
    if not first:
        parser.exit(2, f"schedule.py: no claim of {arguments.claim!r} trains anything under paper; name others with --claim\n")
    rows = [row for gpus in arguments.gpus for row in simulated(rounds, gpus, arguments.cpus_a_gpu * gpus, costs)]
    batches = [{"batch": batch, "steps": steps, "host_ms": 1000 * seconds} for (batch, steps), seconds in sorted(costs.batch.items())]
    if arguments.json:
        print_json({"step_us": 1e6 * STEP, "tflops": FLOPS / 1e12, "batches": batches, "rows": rows})
    else:
        print(f"assumed of a GPU: {1e6 * STEP:g} us a step and layer, {FLOPS / 1e12:g} TFLOP/s; measured of the host:\n{table(batches)}\n")
        print(table(rows))


if __name__ == "__main__":
    main()
