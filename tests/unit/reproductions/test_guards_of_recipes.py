"""The guards of a run's own tasks raise no alarm on the published data as they are.

Published data repeat themselves more than drawn data do.
"""

from __future__ import annotations

import os

import pytest

from reproductions import tasks
from reproductions.guards.of_recipes import TASK_GUARDS
from reproductions.recipes import Babi


@pytest.mark.parametrize("number", [4, 13, 15])  # shares most with its test; shares one story; answers come in clusters
def test_published_stories_raise_no_alarm(number: int) -> None:
    if not os.environ.get("RIN_CLAIMS_DATA"):
        pytest.skip("the published bAbI text is not part of the project; name the folder that holds it in RIN_CLAIMS_DATA")
    task = Babi(number, "files", 1_000, 1_000)
    problem = tasks.build(task, 0)
    assert {name: message for name, guard in TASK_GUARDS.items() if (message := guard(problem, task, 0))} == {}


def test_a_test_set_taken_from_the_training_stories_is_named() -> None:
    task = Babi(4, "simulated", 200, 100)
    problem = tasks.build(task, 0)
    assert TASK_GUARDS["test-is-not-training"](problem, task, 0) == ""
    problem._test = problem._train  # type: ignore[attr-defined]
    assert TASK_GUARDS["test-is-not-training"](problem, task, 0) == "100 of 100 test samples are training samples too; the split is wrong"
