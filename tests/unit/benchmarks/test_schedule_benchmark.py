"""The simulated schedule of the whole paper adds up its packs, and leaves out what has no data here."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from claims.papers.rin_2018 import protocol
from reproductions import tasks
from reproductions.data_files import DataError
from reproductions.recipes import PixelMnist, Task
from reproductions.running import cost
from reproductions.trials import Trial

ADDING = [Trial(protocol.adding("paper", "irnn", 200), seed) for seed in range(16)]
HOST = 1e-4  # seconds of a batch


@pytest.fixture
def schedule(benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark("schedule")


def rows(schedule: ModuleType, gpus: int) -> list[dict[str, Any]]:
    return list(schedule.simulated({"first": ADDING}, gpus, 4, schedule.Costs({(32, 200): HOST})))


def test_a_pack_takes_the_longer_of_steps_and_arithmetic_and_its_batches(schedule: ModuleType) -> None:
    recipe = protocol.adding("paper", "irnn", 200)
    steps = recipe.updates * 200 * schedule.STEP
    (row,) = rows(schedule, 1)
    assert (row["packs"], row["trials_a_pack"]) == (1, 16)
    tested = 1 + cost.FORWARD_SHARE * recipe.task.test_size / 32 * 300 / recipe.updates  # three hundred evaluations
    arithmetic = tested * sum(map(cost.relative_cost, ADDING)) / schedule.FLOPS
    assert row["hours"] == pytest.approx((max(steps, arithmetic) + 16 * recipe.updates * HOST) / 3600)
    assert row["gpus_busy"] == pytest.approx(1)


def test_two_gpus_take_less_time_and_no_less_work_than_one(schedule: ModuleType) -> None:
    (one,), (two,) = rows(schedule, 1), rows(schedule, 2)
    assert two["packs"] == 2
    assert two["hours"] < one["hours"]
    assert two["gpu_hours"] >= one["gpu_hours"]


def test_trials_whose_data_are_not_here_are_left_out(schedule: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(task: Task, seed: int) -> None:
        if isinstance(task, PixelMnist):
            raise DataError("not here")

    monkeypatch.setattr(tasks, "build", build)
    lacking = Trial(protocol.pixel_mnist("paper", "rin", "sequential"), 0)
    assert schedule.with_data([*ADDING, lacking]) == ADDING
