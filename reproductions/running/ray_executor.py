"""Trials as tasks of a Ray cluster: what runs on the driver, the only process that writes the store.

A task trains one trial on one CPU, or a pack on one GPU, on a node that was found to be like the driver's machine. Ray starts it again
where its worker or node is lost. It then goes on from the last state, which the keeper holds in the store. ``ray_cluster`` has the cluster,
its nodes and what a task does there.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Training
from reproductions.running.deadline import Deadline, OutOfTime
from reproductions.running.executor import LocalExecutor, Run, TrialError, default_run
from reproductions.running.gpu import MOST_TRIALS, GpuPacks
from reproductions.running.ray_cluster import Cluster, ClusterError, Work
from reproductions.store.outcomes import Store
from reproductions.trials import Trial

LOOK_SECONDS = 1.0  # how often the driver looks after the nodes while no outcome comes
PATIENCE_SECONDS = 60.0  # for a cluster that has lost all its nodes; preemptible ones come back
STOP_SECONDS = 60.0  # after a deadline, for tasks to save their states before they are cancelled
FEWEST_TRIALS = 8  # of a pack that was divided: smaller ones take hardly less time, because their steps follow one another
DEVICE = "cuda:0"  # of a pack: Ray shows each task the one GPU that it gets


@dataclass(eq=False)
class Task:
    """Trials that run together, and the leases under which they do."""

    trials: list[Trial]
    packed: bool
    leases: ExitStack
    files: list[CheckpointFile] = field(default_factory=list)
    saved: tuple[float, ...] = ()  # when the states were saved that the task began with

    def needs(self) -> str:
        """Name the data that the trials need, the same for all of them."""
        recipe = self.trials[0].recipe
        return recipe.task.needs if isinstance(recipe, Training) else recipe.label

    def states_saved(self) -> tuple[float, ...]:
        """Read when the states of the trials were saved."""
        return tuple(file.path.stat().st_mtime if file.path.exists() else 0.0 for file in self.files)


class RayExecutor(LocalExecutor):
    """An executor that runs trials as tasks of a Ray cluster and stores what they return.

    Other runs may share the store: a trial is run under its lease, which the driver holds. ``refused`` is told which trials failed, and
    why. ``packs`` says that trials which may share a GPU do. ``tell`` receives what a person wants to know of the nodes, line by line.
    """

    def __init__(
        self,
        store: Store,
        run: Run = default_run,
        refused: Callable[[Sequence[Trial], Exception], None] = lambda trials, error: None,
        tell: Callable[[str], None] = lambda line: None,
        deadline: Deadline | None = None,
        packs: bool = False,
    ) -> None:
        super().__init__(store, run, deadline=deadline)
        self._refused = refused
        self._tell = tell
        self._without: dict[str, set[str]] = {}  # the nodes that lack some data, by what a recipe needs
        self._packs = packs
        self._cluster: Cluster | None = None
        self._tasks: dict[Any, Task] = {}  # under way, by Ray's reference to what they return
        self._queues: dict[bool, deque[Trial]] = {}  # to be started, by whether they run in packs
        self._lost_at: float | None = None  # when the last node was lost

    def run_unclaimed(self, trials: Sequence[Trial]) -> None:
        """Run missing trials until the cluster has room for more than are left.

        Whoever wants further trials may then say so; what is under way goes on. Raises as ``LocalExecutor.run_unclaimed`` does, and
        ClusterError.
        """
        missing, ran = [trial for trial in trials if not self.store.has(trial)], 0
        for _ in self._running(missing):
            ran += 1
            if not any(self._queues.values()) and any(self._room(packed) > self._spare(packed) for packed in self._queues):
                return
        if missing and not ran:
            self._wait(missing)

    def close(self) -> None:
        """Stop what is under way, and leave the cluster; the states that were saved stay."""
        if self._cluster is not None:
            self._cluster.cancel(list(self._tasks))
            for task in self._tasks.values():
                task.leases.close()
            self._tasks.clear()
            self._cluster.close()
            self._cluster = None

    # --- From trials to tasks ---

    def _running(self, trials: Sequence[Trial]) -> Iterator[Trial]:
        """Run each missing and unclaimed trial that the deadline lets start; yield it when it is stored."""
        wanted, under_way = set(trials), {trial for task in self._tasks.values() for trial in task.trials}
        startable = [trial for trial in self._startable(trials) if not self.store.has(trial)]
        if not startable and wanted.isdisjoint(under_way):
            return
        cluster = self._connected(startable)
        packing = GpuPacks(DEVICE) if self._packs and cluster.gpus() else None
        self._queues = {False: deque(), True: deque()}
        for trial in startable:
            if trial not in under_way:
                self._queues[packing is not None and packing.takes(trial)].append(trial)
        while True:
            self._fill(packing)
            if not any(self._queues.values()) and not any(trial in wanted for task in self._tasks.values() for trial in task.trials):
                return
            for trial in self._arrivals(cluster):
                if trial in wanted:
                    yield trial
                    self._fill(packing)

    def _connected(self, trials: Sequence[Trial]) -> Cluster:
        if self._cluster is None:
            codes = {recipe: self.store.fingerprint(recipe) for recipe in dict.fromkeys(trial.recipe for trial in trials)}
            self._cluster = Cluster()
            self._cluster.keep(self.store.folder, self._deadline)
            self._cluster.ask_nodes(codes)
            for line in self._cluster.describe():
                self._tell(line)
        return self._cluster

    def _room(self, packed: bool) -> int:
        """Count the tasks that may be started.

        There may be two for each CPU, of which one waits, and one for each GPU.
        """
        assert self._cluster is not None
        most = int(self._cluster.gpus() if packed else 2 * self._cluster.cpus())
        return most - sum(task.packed == packed for task in self._tasks.values())

    def _spare(self, packed: bool) -> int:
        """Count the tasks of a full ``_room`` that would only wait."""
        assert self._cluster is not None
        return 0 if packed else int(self._cluster.cpus())

    def _fill(self, packing: GpuPacks | None) -> None:
        for packed, queue in self._queues.items():
            while queue and self._room(packed) > 0:
                trial = queue.popleft()
                if self.store.has(trial) or not self._startable([trial]):
                    continue
                task = Task([trial], packed, ExitStack())
                if not self._claimed(trial, task.leases):
                    task.leases.close()
                    continue
                if packing is not None and packed:
                    task.trials += [other for other in self._companions(packing, trial, queue) if self._claimed(other, task.leases)]
                    self._queues[True] = queue = deque(other for other in queue if other not in task.trials)
                self._submit(task)

    def _companions(self, packing: GpuPacks, trial: Trial, queue: Sequence[Trial]) -> list[Trial]:
        """Choose who shares the pack of ``trial``; a pack is divided where more GPUs are idle than there are packs."""
        from reproductions import packs  # here, because it brings in torch

        shapes = Counter(packs.shape(other.recipe) for other in (trial, *queue))
        whole = sum(math.ceil(number / MOST_TRIALS) for number in shapes.values())
        parts = max(1, self._room(True) // whole)
        most = max(FEWEST_TRIALS, math.ceil(shapes[packs.shape(trial.recipe)] / parts))
        return packing.companions(trial, queue)[: most - 1]

    def _submit(self, task: Task) -> None:
        assert self._cluster is not None
        task.files = [self._checkpoint(trial, DEVICE if task.packed else "cpu") for trial in task.trials]
        for file in task.files:
            if file.path.exists():
                file.load()  # here, where one that is damaged or of another trial can be set aside
                self.store.reports.extend(file.reports)
        task.saved = task.states_saved()
        trained = [isinstance(trial.recipe, Training) for trial in task.trials]
        work = Work(
            run=self._run,
            trials=tuple(task.trials),
            codes=tuple(self.store.fingerprint(trial.recipe) for trial in task.trials),
            states=tuple(file.path.name if has_state else "" for file, has_state in zip(task.files, trained, strict=True)),
            device=DEVICE if task.packed else "",
        )
        self._tasks[self._cluster.start(work, self._without.get(task.needs(), ()))] = task

    # --- From tasks to outcomes ---

    def _arrivals(self, cluster: Cluster) -> Iterator[Trial]:
        """Wait for a task to end, and yield the trials that were stored then; nothing after LOOK_SECONDS.

        Raises what a trial raised, and ClusterError where no node is left for PATIENCE_SECONDS.
        """
        ended = cluster.ended(list(self._tasks), LOOK_SECONDS)
        for reference in ended:
            yield from self._end(cluster, self._tasks.pop(reference), reference)
        if not ended:
            self._look_after(cluster)

    def _end(self, cluster: Cluster, task: Task, reference: Any) -> list[Trial]:
        """Store what a task returns, and return its trials; start it elsewhere where its node could not take it."""
        try:
            result = cluster.result(reference)
        except ClusterError as error:  # Ray gave it up: its workers or nodes were lost more often than a task is started again
            if task.states_saved() == task.saved:
                self._fail(task, TrialError(f"{task.trials[0].label} failed: {error}"))
            self._submit(task)
            return []
        self.store.reports.extend(result.reports)
        if result.unlike:
            for line in cluster.leave_out(result.node, result.unlike):
                self._tell(line)
            self._submit(task)
            cluster.require_cpu()
        elif result.no_data is not None:
            self._note_lack(cluster, result.node, task, result.no_data)
            self._submit(task)
        elif result.error is not None and not isinstance(result.error, OutOfTime):
            self._fail(task, result.error, result.blamed)
        else:
            with task.leases:  # none is stored where time ran out
                for trial, outcome, file in zip(task.trials, result.outcomes, task.files, strict=not result.error):
                    self._hand_over(trial, outcome, file)
                    self._finished(trial, self.store.put(trial, outcome), file)
            return task.trials if result.error is None else []
        return []

    def _note_lack(self, cluster: Cluster, node: str, task: Task, error: Exception) -> None:
        """Keep in mind that a node lacks the data of a task; raise ``error`` where every node does."""
        lacking = self._without.setdefault(task.needs(), set())
        if node not in lacking:
            lacking.add(node)
            self._tell(f"{cluster.node_name(node)} gets no trial that needs {task.needs()}: {error}")
        if cluster.cpus(lacking) < 1:
            self._fail(task, error)

    def _fail(self, task: Task, error: Exception, blamed: Sequence[Trial] = ()) -> None:
        """Give a task up, and raise ``error``, for which some of its trials are ``blamed``, or else all."""
        task.leases.close()
        self._refused(blamed or task.trials, error)
        raise error

    def _look_after(self, cluster: Cluster) -> None:
        """Stop waiting for tasks that go on long after the deadline, and for nodes that do not come back.

        Raises OutOfTime or ClusterError.
        """
        if self._deadline is not None and time.monotonic() > self._deadline.at + STOP_SECONDS:
            raise OutOfTime
        if cluster.cpus() >= 1:
            self._lost_at = None
        elif self._lost_at is None:
            self._lost_at = time.monotonic()
        elif time.monotonic() > self._lost_at + PATIENCE_SECONDS:
            raise ClusterError(f"{cluster.name} has lost all nodes that could take a trial; outcomes and states are kept, so run again")
