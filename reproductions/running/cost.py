"""The cost of a trial: relative to others by arithmetic, and in seconds on this machine after a calibration.

The calibration trains a handful of updates of every shape of network and data through the real training path. Shapes for which its time
does not last, or whose data is not here, are scaled by arithmetic from the measured shape that is nearest.
"""

from __future__ import annotations

import dataclasses
import heapq
import math
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reproductions.recipes import Adding, Network, Optimizer, Probe, Training
from reproductions.running import process
from reproductions.trials import Trial

# How much longer an update takes than one of a plain recurrence of the same shape: an LSTM 2.5 to 3.3 times, measured on two cores;
# a RIN-DT makes two transitions a step. RIN, IRNN and their variants (tanh for ReLU, another start) are plain recurrences.
CELL_COST: Mapping[str, float] = {"lstm": 2.8, "rin-dt": 2.0}
FORWARD_SHARE = 1 / 3  # of an update's time: a forward pass has one matrix product a step, the backward two
TYPICAL_FLOPS = 3e10  # a second, of one core with the compiled kernels; only for what to calibrate first, and where nothing could be
# Of training for one shape: with 0.12 the total of 23 shapes changes by 3 %, one shape by 7 % (median), for a second more.
MEASURED_SECONDS = 0.04
BUSY_SECONDS = 0.03  # several turns of a scheduler
DEAREST_SECONDS = 2.0  # a shape of which five updates take longer is scaled instead
_WARM_UP = Training(
    "calibration", Adding(10, None, 1), Network("rin", 1, 4), Optimizer("adam", 1e-4), 8, 5, 1
)  # trained before the clock runs
PROBE_SECONDS = 0.2  # the mean of the probes on two cores


def relative_cost(trial: Trial) -> float:
    """Estimate the floating-point operations of a trial's updates, for running the longest first.

    The estimate is 6 H^2 a step, sample and layer, times CELL_COST; it is 0 for a probe.
    """
    recipe = trial.recipe
    return 0.0 if isinstance(recipe, Probe) else recipe.last_update * _update_cost(recipe)


def _update_cost(recipe: Training) -> float:
    network = recipe.network
    return 6.0 * CELL_COST.get(network.cell, 1.0) * network.hidden**2 * network.layers * recipe.batch_size * recipe.task.steps


def checkpoint_bytes(trial: Trial) -> int:
    """Estimate the size of a trial's checkpoint.

    It has the parameters in single precision and two slots of the optimiser for each.
    """
    if isinstance(trial.recipe, Probe):
        return 0
    network = trial.recipe.network
    gates = 4 if network.cell == "lstm" else 1
    recurrent = 2 * gates * network.layers * network.hidden**2
    words = 3 * gates * network.hidden * network.embedding if trial.recipe.task.embeds_words else 0
    return 3 * 4 * (recurrent + words)


# --- Seconds on this machine ---


def shape(recipe: Training) -> Training:
    """Return the five-update recipe that stands for all trainings whose updates take the same time.

    It has the same network, sequences and batch as these trainings. It has few samples, none of them downloaded where that can be, and
    measures nothing afterwards.
    """
    size, optimizer = recipe.batch_size, Optimizer(recipe.optimizer.name, 1e-4)
    return Training("calibration", recipe.task.shortened(size), recipe.network, optimizer, size, 5, 1, early_evaluations=1)


@dataclass(frozen=True)
class Calibration:
    """The seconds of one update by ``shape``, as measured on this machine.

    ``took`` is what the measuring took, ``age`` how many seconds ago the oldest of them was measured. Seconds are seconds of a core. While
    other programs kept the cores busy, a second of a core took ``busy`` seconds.
    """

    update_seconds: Mapping[Training, float] = field(default_factory=dict)
    took: float = 0.0
    busy: float = 1.0
    age: float = 0.0

    def seconds(self, trial: Trial, done: int = 0) -> float:
        """Estimate how long a trial takes on one core from update ``done`` on.

        The time is that of its updates and its evaluations. A run that diverges or converges early takes less.
        """
        recipe = trial.recipe
        if isinstance(recipe, Probe):
            return PROBE_SECONDS
        samples = (recipe.last_update - done) * recipe.batch_size
        left = [update for update in recipe.checkpoints if update > done]
        evaluated = sum(_evaluated(recipe, update) for update in left)
        return self._update_seconds(recipe) / recipe.batch_size * (samples + FORWARD_SHARE * evaluated)

    def _update_seconds(self, recipe: Training) -> float:
        own = shape(recipe)
        if own in self.update_seconds:
            return self.update_seconds[own]
        cost = _update_cost(own)
        if not self.update_seconds:
            return cost / TYPICAL_FLOPS
        nearest = min(self.update_seconds, key=lambda measured: _distance(measured, own))
        return self.update_seconds[nearest] * cost / _update_cost(nearest)


def _evaluated(recipe: Training, update: int) -> int:
    """Return the test samples of the evaluation after ``update``."""
    interim = getattr(recipe.task, "interim_test_size", None) if update != recipe.updates else None
    return interim or recipe.task.test_size


def _distance(measured: Training, wanted: Training) -> tuple[bool, bool, float]:
    """Return how far a measured shape is from a wanted one.

    Another cell counts first, then another task, then another size.
    """
    return (
        measured.network.cell != wanted.network.cell,
        type(measured.task) is not type(wanted.task),
        abs(math.log(_update_cost(measured) / _update_cost(wanted))),
    )


@process.settled()
def calibrate(trials: Iterable[Trial], limit: float = 6.0) -> Calibration:
    """Measure the shapes of ``trials`` on one thread of this machine, for about ``limit`` seconds.

    First one shape of every task and cell, the quickest first, then the others, those with the most work first. The time does not count
    what a process pays once: to load torch, and to compile or load the kernels.
    """
    _measure(shape(_WARM_UP))
    started = time.perf_counter()
    found: dict[Training, Spent] = {}
    for recipe in _in_order(trials):
        if found and time.perf_counter() - started > limit:
            break
        if (spent := _measure(recipe)) is not None:
            found[recipe] = spent
    core, clock = (sum(column) for column in zip(*found.values(), strict=True)) if found else (1.0, 1.0)
    return Calibration({recipe: spent.core for recipe, spent in found.items()}, time.perf_counter() - started, max(1.0, clock / core))


def _in_order(trials: Iterable[Trial]) -> Iterator[Training]:
    """Return the shapes to measure, without the shapes of which five updates would take DEAREST_SECONDS."""
    work: dict[Training, float] = {}
    for trial in trials:
        if isinstance(trial.recipe, Training):
            own = shape(trial.recipe)
            work[own] = work.get(own, 0.0) + relative_cost(trial)
    ranked = sorted(affordable(work), key=lambda recipe: -work[recipe])
    first = {(type(recipe.task), recipe.network.cell): recipe for recipe in reversed(ranked)}.values()
    yield from sorted(first, key=_update_cost)
    yield from (recipe for recipe in ranked if recipe not in first)


def affordable(shapes: Collection[Training]) -> list[Training]:
    """Select the shapes that are measured: the quickest, and all of which five updates take less than DEAREST_SECONDS."""
    found = [recipe for recipe in shapes if 5 * _update_cost(recipe) / TYPICAL_FLOPS < DEAREST_SECONDS]
    return found or sorted(shapes, key=_update_cost)[:1]


def busy_now() -> float:
    """Measure how many seconds a second of a core takes at the moment, in BUSY_SECONDS of counting."""
    core, clock = time.process_time(), time.perf_counter()
    while (spent := time.process_time() - core) < BUSY_SECONDS:
        pass
    return max(1.0, (time.perf_counter() - clock) / spent)


class Spent(NamedTuple):
    """The time of an update: seconds of a core, and seconds of a clock.

    The clock's are more while other programs share the core.
    """

    core: float
    clock: float


def _measure(recipe: Training) -> Spent | None:
    """Measure one update of a shape, evaluation taken off.

    Returns None where the shape's data is not at hand.
    """
    from reproductions import training  # here, because it brings in torch
    from reproductions.data_files import DataError

    warm_up = min(20, math.ceil(MEASURED_SECONDS * TYPICAL_FLOPS / (5 * _update_cost(recipe))))
    longer = dataclasses.replace(recipe, updates=5 * warm_up)  # evaluated after the first fifth, and at the end
    times: list[Spent] = []
    try:
        training.train(Trial(longer, 0), progress=lambda update, updates: times.append(Spent(time.process_time(), time.perf_counter())))
    except DataError:
        return None
    if len(times) != 2:  # it diverged
        return None
    first, last = times
    updates = 4 * warm_up + FORWARD_SHARE
    return Spent((last.core - first.core) / updates, (last.clock - first.clock) / updates)


def makespan(seconds: Sequence[float], workers: int, cores: int) -> float:
    """Estimate how long ``workers`` processes take for independent trials, the longest first.

    More workers than ``cores`` slow each other down.
    """
    ends = [0.0] * max(1, min(workers, len(seconds)))
    for one in sorted(seconds, reverse=True):
        heapq.heapreplace(ends, ends[0] + one)
    return max(ends) * max(1.0, len(ends) / cores)
