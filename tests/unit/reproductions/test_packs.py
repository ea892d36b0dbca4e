"""Trials that train together end as they end alone."""

import dataclasses
import math

import pytest
import torch

from reproductions import packs, training
from reproductions.checkpoint import CheckpointFile
from reproductions.packs import batched_losses, shape, train_pack
from reproductions.recipes import Adding, Babi, Network, Optimizer, PixelMnist, Probe, Training
from reproductions.tasks.adding import AddingProblem
from reproductions.training import Run, train
from reproductions.trials import Trial

ADDING = Adding(length=6, train_size=40, test_size=20)
PIXELS = PixelMnist("permuted", 4, "embedded", 40, 20)


def recipe(task=ADDING, cell="rin", optimizer="adam", rate=1e-2, clip=None, layers=1, **changes):
    """Sixteen updates of batches of 16: with 40 training samples an epoch is 16 + 16 + 8."""
    settings = {"batch_size": 16, "updates": 16, "evaluations": 4} | changes
    return Training("smoke", task, Network(cell, layers, 8), Optimizer(optimizer, rate, clip), **settings)


def measured(outcome):
    """What an outcome says of the trial, without its cost and provenance."""
    return {name: getattr(outcome, name) for name in ("status", "metrics", "curves", "first_losses", "updates", "diverged_at")}


PACKS = {
    "seeds": [Trial(recipe(estimation_error=True), seed) for seed in range(3)],
    "RIN and IRNN": [Trial(recipe(cell=cell, clip=0.1), seed) for cell in ("rin", "irnn", "irnn-noise") for seed in (0, 1)],
    "learning rates": [Trial(recipe(PIXELS, "irnn", "rmsprop", rate), 4) for rate in (1e-4, 1e-3, 3e-3)],
    "learning rates under Adam": [Trial(recipe(rate=rate, clip=clip), 4) for rate, clip in ((1e-4, None), (1e-2, 0.05), (3e-3, 1.0))],
    "LSTM": [Trial(recipe(PIXELS, "lstm", gradient_norms=True), seed) for seed in (0, 1)],
    "two layers of deep transitions": [Trial(recipe(cell="rin-dt", layers=2), seed) for seed in (0, 1)],
    "ending at different updates": [
        Trial(recipe(rate=rate, patience=2, evaluations=8), seed) for rate, seed in ((1e-12, 0), (1e-2, 0), (1e-12, 1))
    ],
    "one alone": [Trial(recipe(), 3)],
}


@pytest.mark.parametrize("name", PACKS)
def test_an_outcome_is_the_same_alone_and_in_company_to_the_bit(name):
    trials = PACKS[name]
    together = train_pack(trials)
    assert [measured(outcome) for outcome in together] == [measured(train(trial)) for trial in trials]


def test_a_pack_of_unequal_patience_really_ends_at_different_updates():
    assert len({outcome.updates for outcome in train_pack(PACKS["ending at different updates"])}) > 1


# --- One that diverges ---


@pytest.mark.parametrize("evaluations", [1, 16])  # found by the loss of update 2, or by the test metric after update 1
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_member_that_diverges_disturbs_no_other(place, evaluations):
    trials = [Trial(recipe(evaluations=evaluations), seed) for seed in range(2)]
    trials.insert(place, Trial(recipe(rate=1e30, evaluations=evaluations), 7))
    outcomes = train_pack(trials)
    assert [outcome.diverged for outcome in outcomes] == [number == place for number in range(3)]
    assert [measured(outcome) for outcome in outcomes] == [measured(train(trial)) for trial in trials]


def test_a_pack_whose_members_all_diverge_ends():
    outcomes = train_pack([Trial(recipe(rate=1e30, evaluations=1), seed) for seed in (0, 1)])
    assert [outcome.diverged_at for outcome in outcomes] == [2, 2]


def test_a_poisoned_gradient_reaches_no_parameter_of_the_pack(monkeypatch):
    loss, calls = AddingProblem.loss, []

    def poisoned(self, scores, targets):
        calls.append(1)
        return loss(self, scores, targets) * (math.nan if len(calls) == 6 else 1.0)  # the second of two runs at update 3

    runs = [Run(recipe(), seed) for seed in (0, 1)]
    pack = packs.Pack(runs)
    monkeypatch.setattr(AddingProblem, "loss", poisoned)
    for update in (1, 2):
        assert pack.advance(update) is pack
    before = runs[1].parameters.values.clone()
    rest = pack.advance(3)
    assert rest is not None
    assert rest.runs == [runs[0]]
    assert runs[1].status == "diverged"
    assert torch.equal(runs[1].parameters.values, before)
    assert runs[0].parameters.values.isfinite().all()


# --- Interruption ---


@pytest.mark.parametrize("saves", [1, 4, 7])
def test_a_pack_killed_while_it_saves_resumes_to_the_bit(tmp_path, monkeypatch, saves):
    # the kill falls between the members' saves, so that they stand at different updates afterwards
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)
    trials = PACKS["RIN and IRNN"]
    files = [CheckpointFile(tmp_path / f"{number}.pt") for number in range(len(trials))]
    left = [saves]
    for file in files:
        monkeypatch.setattr(file, "save", dying(file.save, left))
    with pytest.raises(KeyboardInterrupt):
        train_pack(trials, files)
    resumed = train_pack(trials, [CheckpointFile(file.path) for file in files])
    assert [measured(outcome) for outcome in resumed] == [measured(train(trial)) for trial in trials]


def dying(save, left):
    def replacement(state):
        save(state)
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    return replacement


def test_a_pack_that_is_asked_to_stop_saves_every_member_and_goes_on_later(tmp_path):
    trials = PACKS["seeds"]
    files = [CheckpointFile(tmp_path / f"{number}.pt") for number in range(len(trials))]
    asked = iter([False] * 10 + [True] * 10)
    with pytest.raises(training.Interrupted):
        train_pack(trials, files, stop=lambda: next(asked))
    positions = [state["update"] for file in files if (state := file.load()) is not None]
    assert len(positions) == 3
    assert 0 < min(positions) < 16
    assert [measured(outcome) for outcome in train_pack(trials, files)] == [measured(train(trial)) for trial in trials]


# --- What may share a pack ---


def test_seeds_rates_clips_and_cells_of_one_recurrence_share_a_shape():
    one = recipe(cell="rin")
    for other in (recipe(cell="irnn"), recipe(rate=1e-4), recipe(clip=1.0), recipe(patience=3)):
        assert shape(other) == shape(one)


@pytest.mark.parametrize(
    "other",
    [
        recipe(cell="lstm"),
        recipe(cell="tanh"),
        recipe(cell="rin-dt"),
        recipe(layers=2),
        recipe(optimizer="rmsprop"),
        recipe(batch_size=8),
        recipe(updates=32),
        recipe(Adding(7, 40, 20)),
        recipe(Adding(6, 56, 20)),
        recipe(PIXELS),
    ],
)
def test_what_is_computed_differently_has_another_shape(other):
    assert shape(other) != shape(recipe())
    with pytest.raises(ValueError, match="one shape"):
        train_pack([Trial(recipe(), 0), Trial(other, 0)])


@pytest.mark.parametrize("alone", [recipe(Babi(1, "simulated", 40, 20)), Probe("smoke", "baseline-mse")])
def test_a_story_and_a_probe_run_alone(alone):
    assert shape(alone) is None


# --- The batched losses of a GPU, computed here on the CPU ---


@pytest.mark.parametrize("task", [ADDING, PIXELS])
@pytest.mark.parametrize(("cells", "layers"), [(("rin", "irnn"), 1), (("lstm", "lstm"), 2), (("rin-dt", "rin-dt"), 1)])
def test_batched_losses_and_their_gradients_are_those_of_each_network(task, cells, layers):
    runs = [Run(recipe(task, cell, layers=layers), seed) for seed, cell in enumerate(cells)]
    twins = [Run(recipe(task, cell, layers=layers), seed) for seed, cell in enumerate(cells)]
    losses = batched_losses(runs[0].problem.loss, [run.model for run in runs], [run.next_batch(1) for run in runs])
    losses.sum().backward()
    for run, twin, loss in zip(runs, twins, losses, strict=True):
        inputs, targets = twin.next_batch(1)
        expected = twin.problem.loss(twin.model(inputs), targets)
        expected.backward()
        torch.testing.assert_close(loss, expected, rtol=1e-6, atol=1e-7)
        torch.testing.assert_close(run.parameters.gradient, twin.parameters.gradient, rtol=1e-5, atol=1e-7)
        assert run.parameters.gradient.any()


def test_the_optimiser_of_a_pack_takes_each_members_own_rate():
    trials = PACKS["learning rates"]
    rates = [trial.recipe.optimizer.learning_rate for trial in trials]
    pack = packs.Pack([Run(dataclasses.replace(trial.recipe, batch_size=16), trial.seed) for trial in trials])
    before = pack.values.clone()
    pack.advance(1)
    moved = (pack.values - before).abs().amax(dim=1)  # RMSprop's first step is lr / sqrt(0.1) wherever a gradient is
    assert moved.tolist() == pytest.approx([rate / math.sqrt(0.1) for rate in rates], rel=1e-3)
