"""A short training is held against counts and scores made by hand, and a network against its cells' steps.

Each guard passes the code as it is and names what is broken.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from reproductions import networks, tasks, training
from reproductions.guards.networks import last_state_is_read
from reproductions.guards.of_recipes import RECIPE_GUARDS
from reproductions.recipes import Adding, Babi, Network, Optimizer, PixelMnist, Task, Training
from reproductions.step_tasks import Language
from reproductions.tasks import adding, babi_problem, pixel_mnist

ADDING, DIGITS = Adding(10, 64, 64), PixelMnist("permuted", 4, "embedded", 200, 100, 50)
TASKS = (ADDING, dataclasses.replace(ADDING, train_size=None), DIGITS, Babi(1, "simulated", 200, 40))


def recipe(task: Task, cell: str = "rin") -> Training:
    optimizer = Optimizer("rmsprop" if isinstance(task, PixelMnist) else "adam", 1e-3, 100.0)
    return Training("smoke", task, Network(cell, hidden=8, embedding=8), optimizer, 16, 40, 8, 4)


def said(task: Task, cell: str = "rin") -> str:
    own = recipe(task, cell)
    return RECIPE_GUARDS["short-run-by-hand"](tasks.build(task, 0), own, 0)


@pytest.mark.parametrize("cell", ["rin", "lstm", "rin-dt"])
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.label)
def test_a_sound_training_is_as_counted_and_scored_by_hand(task: Task, cell: str) -> None:
    assert said(task, cell) == ""


@pytest.mark.parametrize(
    ("owner", "name", "kept"),
    [
        (adding.AddingProblem, "evaluate", ADDING),
        (pixel_mnist.PixelMnistProblem, "_metrics", DIGITS),
        (babi_problem.BabiProblem, "evaluate", TASKS[3]),
    ],
)
def test_a_score_that_is_not_that_of_all_samples_is_named(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, kept: Task) -> None:
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *arguments: {key: 0.999 * value for key, value in original(*arguments).items()})
    assert "by hand over all samples" in said(kept)


def test_a_training_loss_that_is_not_the_mean_of_its_updates_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    note = training.Run.note_loss
    monkeypatch.setattr(training.Run, "note_loss", lambda self, loss, norm: note(self, loss / 2, norm))
    assert "after 1 updates train_loss is reported as" in said(ADDING)


def test_an_update_too_many_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    advance = training.Run.advance

    def twice(self: training.Run, update: int) -> None:
        advance(self, update)
        advance(self, update)

    monkeypatch.setattr(training.Run, "advance", twice)
    assert "the loop had read 32, 64, 96 samples" in said(ADDING)


def test_a_last_score_that_is_another_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    summary = training.summary
    monkeypatch.setattr(training, "summary", lambda curves, own: {**summary(curves, own), "test_mse": min(curves["test_mse"]) / 2})
    assert said(ADDING).startswith("the final test_mse is reported as")


def test_a_task_without_a_score_by_hand_is_left_alone() -> None:
    language = dataclasses.replace(recipe(ADDING), task=Language("stories", 40, 5, 64, 20))
    assert RECIPE_GUARDS["short-run-by-hand"](None, language, 0) == ""  # type: ignore[arg-type]


# --- What a network reads ---


def test_every_network_reads_the_states_that_it_says() -> None:
    assert [last_state_is_read(seed) for seed in range(5)] == [""] * 5


@pytest.mark.parametrize(
    ("owner", "name", "broken", "named"),
    [
        (networks.SequenceNetwork, "forward", lambda self, inputs: self.readout(self.stack(inputs)[-2]), "state after the last step"),
        (
            networks.FrameNetwork,
            "forward",
            lambda self, inputs: self.readout(self.stack(inputs)[self.unread - 1 : -1]),
            "state of each frame",
        ),
        (networks, "at_length", lambda outputs, length: outputs[0], "last words of story and question"),
    ],
)
def test_a_network_that_reads_another_state_is_named(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, broken: Any, named: str
) -> None:
    monkeypatch.setattr(owner, name, broken)
    assert named in last_state_is_read(0)
