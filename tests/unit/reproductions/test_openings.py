"""An opening is the beginning of its whole training, to the bit, and the whole training goes on from there."""

from __future__ import annotations

import dataclasses
import json
import pickle
from pathlib import Path

import pytest

from reproductions import training
from reproductions.checkpoint import CheckpointFile
from reproductions.guards.of_outcomes import budget_is_spent
from reproductions.openings import opening_of
from reproductions.recipe_data import as_data, digest, from_data
from reproductions.recipes import Optimizer, RecipeError, Training
from reproductions.running import cost
from reproductions.running.executor import LocalExecutor
from reproductions.running.gpu import GpuPacks
from reproductions.running.opening_runs import train_opening
from reproductions.store.exchange import outgoing_states, receive_states
from reproductions.store.fingerprint import recipe_fingerprint
from reproductions.store.outcomes import Store, outcome_as_data
from reproductions.trials import Outcome, Trial
from tests.unit.reproductions.recipe_samples import ADDING, DIGITS
from tests.unit.reproductions.recipe_samples import training as sample

WHOLES = [
    dataclasses.replace(sample(task, cell, optimizer), updates=20, evaluations=10, estimation_error=True)
    for task, cell, optimizer in ((ADDING, "rin", "adam"), (DIGITS, "lstm", "rmsprop"), (DIGITS, "irnn", "rmsprop"))
]
WHOLE = WHOLES[0]
OPENING = opening_of(WHOLE, 6)
SEED = 3
TIMES = ("seconds", "provenance")


def content(outcome: Outcome) -> str:
    """What an outcome measured, as the store writes it: everything but how long it took and where."""
    data = outcome_as_data(outcome, "")
    return json.dumps({name: value for name, value in data.items() if name not in TIMES}, sort_keys=True)


def test_an_opening_is_its_whole_training_in_everything_but_where_it_stops() -> None:
    assert OPENING.whole == WHOLE
    assert digest(OPENING.whole) == digest(WHOLE) != digest(OPENING)
    assert from_data(json.loads(json.dumps(as_data(OPENING)))) == OPENING
    assert recipe_fingerprint(OPENING) == recipe_fingerprint(WHOLE)
    assert (OPENING.updates, OPENING.last_update, WHOLE.last_update) == (20, 6, 20)
    assert sorted(OPENING.checkpoints) == [2, 4, 6]
    assert pickle.loads(pickle.dumps(OPENING)) == OPENING


@pytest.mark.parametrize(
    ("whole", "stop_after", "problem"),
    [
        (WHOLE, 5, "stops at an evaluation before the last of 20 updates, not after 5"),
        (WHOLE, 20, "not after 20"),
        (WHOLE, 0, "not after 0"),
        (dataclasses.replace(WHOLE, patience=2), 6, "patience may end"),
    ],
)
def test_an_opening_stops_at_an_evaluation_of_a_training_that_runs_on(whole: Training, stop_after: int, problem: str) -> None:
    with pytest.raises(RecipeError, match=problem):
        opening_of(whole, stop_after)


@pytest.mark.parametrize("whole", WHOLES, ids=lambda recipe: recipe.label)
def test_its_curves_are_the_first_part_of_the_whole_trainings(whole: Training, tmp_path: Path) -> None:
    uninterrupted = training.train(Trial(whole, SEED))
    opened = train_opening(Trial(opening_of(whole, 6), SEED), CheckpointFile(tmp_path / "state.pt"))
    assert (opened.status, opened.updates) == ("budget", 6)
    assert opened.curves["updates"] == (2, 4, 6)
    for name in ("updates", "train_loss", *(one for one in uninterrupted.curves if one.startswith(("test_", "train_")))):
        assert opened.curves[name] == uninterrupted.curves[name][:3], name
    assert opened.first_losses == {name: values[: len(opened.first_losses[name])] for name, values in uninterrupted.first_losses.items()}
    loss = "test_mse" if "test_mse" in opened.curves else "test_loss"
    assert opened.metrics["early_loss"] == uninterrupted.metrics["early_loss"] == sum(opened.curves[loss][:2]) / 2  # type: ignore[arg-type]


@pytest.mark.parametrize("whole", WHOLES, ids=lambda recipe: recipe.label)
def test_a_whole_training_goes_on_from_its_opening_to_the_same_bytes(whole: Training, tmp_path: Path) -> None:
    alone, store = Store(tmp_path / "alone"), Store(tmp_path / "store")
    opening = Trial(opening_of(whole, 6), SEED)
    made = LocalExecutor(alone).ensure([Trial(whole, SEED)])[Trial(whole, SEED)]
    LocalExecutor(store).ensure([opening])
    ahead = CheckpointFile(store.checkpoint_path(Trial(whole, SEED)))
    assert ahead.position() == 6
    assert not store.checkpoint_path(opening).exists()
    state = ahead.load()
    seen: list[int] = []
    LocalExecutor(store, run=noting(seen)).ensure([Trial(whole, SEED)])
    assert seen[0] == 7  # it did not begin again
    assert content(store.get(Trial(whole, SEED))) == content(made)  # type: ignore[arg-type]
    assert state is not None
    assert state["recipe"] == digest(whole)


def noting(seen: list[int]):  # type: ignore[no-untyped-def]
    """A run that notes the updates that it makes."""

    def run(trial: Trial, checkpoint: CheckpointFile) -> Outcome:
        one = training.Run.of(trial, checkpoint)
        for update in one.course(checkpoint):
            seen.append(update)
            one.advance(update)
        return one.outcome()

    return run


def test_an_interrupted_opening_goes_on_and_ends_where_it_would_have(tmp_path: Path) -> None:
    checkpoint = CheckpointFile(tmp_path / "state.pt")
    asked: list[bool] = []

    def after_three() -> bool:
        asked.append(True)
        return len(asked) == 3

    with pytest.raises(training.Interrupted):
        train_opening(Trial(OPENING, SEED), checkpoint, after_three)
    assert checkpoint.position() == 3
    resumed = train_opening(Trial(OPENING, SEED), checkpoint)
    assert content(resumed) == content(train_opening(Trial(OPENING, SEED), CheckpointFile(tmp_path / "other.pt")))
    again = train_opening(Trial(OPENING, SEED), checkpoint)  # killed before its outcome was stored
    assert content(again) == content(resumed)
    assert checkpoint.position() == 6


def test_a_whole_training_that_is_further_keeps_its_own_state(tmp_path: Path) -> None:
    store, whole = Store(tmp_path), Trial(WHOLE, SEED)
    run = training.Run.of(whole)
    ahead = CheckpointFile(store.checkpoint_path(whole))
    for update in run.course():
        run.advance(update)
        if update == 11:
            break
    ahead.save(run.state())
    LocalExecutor(store).ensure([Trial(OPENING, SEED)])
    assert ahead.position() == 11


def test_an_opening_that_diverges_is_the_whole_training(tmp_path: Path) -> None:
    store = Store(tmp_path)
    lost = dataclasses.replace(WHOLE, optimizer=Optimizer("adam", 1e38), task=ADDING)
    LocalExecutor(store).ensure([Trial(opening_of(lost, 6), SEED)])
    whole = store.get(Trial(lost, SEED))
    assert whole is not None
    assert whole.status == "diverged"
    assert content(whole) == content(training.train(Trial(lost, SEED)))


def test_its_cost_is_that_of_its_updates_and_it_trains_in_no_pack() -> None:
    opening, whole = Trial(OPENING, SEED), Trial(WHOLE, SEED)
    assert cost.relative_cost(opening) == cost.relative_cost(whole) * 6 / 20
    measured = cost.Calibration({cost.shape(WHOLE): 1.0})
    assert measured.seconds(opening) == pytest.approx(6 + 3 * cost.FORWARD_SHARE * 20 / 16)  # 20 test samples in batches of 16
    assert measured.seconds(opening, done=6) == 0.0
    assert cost.shape(OPENING) == cost.shape(WHOLE)
    packs = GpuPacks("cuda:0")
    paper = dataclasses.replace(WHOLE, profile="paper")
    assert packs.takes(Trial(paper, SEED))
    assert not packs.takes(Trial(opening_of(paper, 6), SEED))


def test_a_guard_holds_it_against_its_own_last_update(tmp_path: Path) -> None:
    opened = train_opening(Trial(OPENING, SEED), CheckpointFile(tmp_path / "state.pt"))
    assert budget_is_spent(OPENING, {SEED: opened}) == ""
    assert "ended after 6 of 20 updates" in budget_is_spent(WHOLE, {SEED: opened})
    cut = dataclasses.replace(opened, updates=4)
    assert "ended after 4 of 6 updates" in budget_is_spent(OPENING, {SEED: cut})


def test_the_state_of_an_unfinished_opening_travels(tmp_path: Path) -> None:
    here, there, opening = Store(tmp_path / "here"), Store(tmp_path / "there"), Trial(OPENING, SEED)
    stopping = LocalExecutor(here, run=lambda trial, checkpoint: train_opening(trial, checkpoint, lambda: True))
    with pytest.raises(training.Interrupted):
        stopping.ensure([opening])
    (state,) = outgoing_states(here, [opening])
    assert here.reports == []
    receive_states(there, [(opening, state["update"], state["content"])])
    made = LocalExecutor(there).ensure([opening])[opening]
    assert there.reports == []
    assert content(made) == content(LocalExecutor(Store(tmp_path / "alone")).ensure([opening])[opening])
