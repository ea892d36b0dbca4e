"""A trial is a function of its recipe and seed: it repeats, resumes and diverges the same way."""

import dataclasses
import io
import math

import pytest
import torch

from reproductions import training
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Adding, Network, Optimizer, PixelMnist, Training
from reproductions.summary import summary
from reproductions.tasks.adding import BASELINE_MSE, AddingProblem
from reproductions.training import Run, train
from reproductions.trials import Trial

ADDING = Adding(length=6, train_size=40, test_size=20)
STREAMED = Adding(length=6, train_size=None, test_size=20)
PIXELS = PixelMnist("permuted", 4, "embedded", 40, 20)


def recipe(task=ADDING, cell="rin", optimizer="adam", rate=1e-2, clip=None, layers=1, **changes):
    """Sixteen updates of batches of 16: with 40 training samples an epoch is 16 + 16 + 8."""
    settings = {"batch_size": 16, "updates": 16, "evaluations": 4} | changes
    return Training("smoke", task, Network(cell, layers, 8), Optimizer(optimizer, rate, clip), **settings)


def measured(outcome):
    """What an outcome says of the trial, without its cost and provenance."""
    return {name: getattr(outcome, name) for name in ("status", "metrics", "curves", "first_losses", "updates", "diverged_at")}


class Memory:
    """A checkpoint in memory that interrupts the run after the ``saves``-th save (None: never)."""

    def __init__(self, saves=None):
        self.left = saves
        self.content = None

    def save(self, state):
        buffer = io.BytesIO()
        torch.save(state, buffer)
        self.content = buffer.getvalue()
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt

    def load(self):
        return None if self.content is None else torch.load(io.BytesIO(self.content), weights_only=True)


@pytest.fixture
def every_update_is_saved(monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)


# --- The same trial twice ---


@pytest.mark.parametrize("task", [ADDING, STREAMED, PIXELS])
@pytest.mark.parametrize("cell", ["rin", "irnn", "lstm", "rin-dt"])
def test_a_trial_repeats_to_the_bit(task, cell):
    trial = Trial(recipe(task, cell, estimation_error=True), 3)
    torch.manual_seed(1)
    first = train(trial)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert measured(train(trial)) == measured(first)
    assert torch.equal(torch.get_rng_state(), before)
    assert first.status == "budget"
    assert measured(train(Trial(trial.recipe, 4))) != measured(first)


# --- Batches ---


def rows_seen(monkeypatch, trial):
    """The training rows of every update of ``trial``."""
    seen, batch = [], AddingProblem.batch
    with monkeypatch.context() as patch:
        patch.setattr(AddingProblem, "batch", lambda self, rows: (seen.append(rows.tolist()), batch(self, rows))[1])
        train(trial)
    return seen


def test_arms_of_one_seed_see_the_same_batches(monkeypatch):
    arms = [recipe(cell="rin"), recipe(cell="lstm", optimizer="rmsprop", rate=1e-4), recipe(cell="irnn", layers=2)]
    first, *others = (rows_seen(monkeypatch, Trial(arm, 5)) for arm in arms)
    assert all(other == first for other in others)
    assert rows_seen(monkeypatch, Trial(arms[0], 6)) != first


def test_every_epoch_is_another_permutation_of_the_training_set_with_a_smaller_last_batch(monkeypatch):
    seen = rows_seen(monkeypatch, Trial(recipe(), 5))
    assert [len(rows) for rows in seen] == [16, 16, 8] * 5 + [16]
    epochs = [[*seen[start], *seen[start + 1], *seen[start + 2]] for start in range(0, 15, 3)]
    assert all(sorted(epoch) == list(range(40)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 5


def test_streamed_updates_are_numbered_from_one(monkeypatch):
    seen, fresh_batch = [], AddingProblem.fresh_batch
    monkeypatch.setattr(AddingProblem, "fresh_batch", lambda self, *key: (seen.append(key), fresh_batch(self, *key))[1])
    train(Trial(recipe(STREAMED), 0))
    assert seen == [(16, update) for update in range(1, 17)]


# --- Learning ---


@pytest.mark.parametrize(("cell", "optimizer"), [("rin", "adam"), ("irnn", "rmsprop"), ("lstm", "adam")])
def test_a_learnable_task_is_learned(cell, optimizer):
    # with two numbers the answer is the sum of all inputs
    outcome = train(Trial(recipe(Adding(2, None, 200), cell, optimizer, updates=400, evaluations=20), 0))
    assert outcome.metrics["test_mse"] < BASELINE_MSE / 4
    reached = outcome.metrics["updates_to_half_baseline"]
    below = [update for update, mse in zip(outcome.curves["updates"], outcome.curves["test_mse"], strict=True) if mse <= 1 / 12]
    assert reached == below[0]
    assert outcome.curves["train_loss"][-1] < outcome.curves["train_loss"][0] / 5


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_training_is_the_optimiser_applied_to_the_gradient_of_the_loss(name):
    # the same run with torch's own optimiser on ordinary parameters
    run = Run(recipe(optimizer=name), 2)
    twin = run.problem.network(run.recipe, run.seed)
    options = {"betas": (0.9, 0.999)} if name == "adam" else {"alpha": 0.9}
    optimizer = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}[name](twin.parameters(), lr=1e-2, eps=1e-8, **options)
    for update, rows in enumerate(rows_of(run, 5), start=1):
        run.advance(update)
        inputs, targets = run.problem.batch(rows)
        if name == "adam":  # torch divides its epsilon by the bias correction, Keras does not; gradients here are small enough to tell
            optimizer.param_groups[0]["eps"] = 1e-8 / math.sqrt(1 - 0.999**update)
        optimizer.zero_grad()
        (twin(inputs)[:, 0] - targets).square().mean().backward()
        optimizer.step()
    expected = torch.cat([parameter.detach().reshape(-1) for parameter in twin.parameters()])
    torch.testing.assert_close(run.parameters.values, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("task", "cell", "clip"), [(ADDING, "rin", None), (ADDING, "lstm", 0.05), (PIXELS, "irnn", 0.5)])
def test_the_first_losses_are_the_losses_and_gradient_norms_of_the_first_updates(task, cell, clip):
    trial = Trial(recipe(task, cell, "rmsprop", 1e-2, clip, updates=100, evaluations=2), 2)
    run = Run(trial.recipe, trial.seed)
    twin = run.problem.network(trial.recipe, trial.seed)
    optimizer = torch.optim.RMSprop(twin.parameters(), lr=1e-2, eps=1e-8, alpha=0.9)
    losses, norms = {}, {}
    for update, rows in enumerate(rows_of(run, 64), start=1):
        inputs, targets = run.problem.batch(rows)
        optimizer.zero_grad()
        scores = twin(inputs)
        loss = (scores[:, 0] - targets).square().mean() if task is ADDING else torch.nn.functional.cross_entropy(scores, targets)
        loss.backward()
        norms[update] = float(torch.nn.utils.clip_grad_norm_(twin.parameters(), clip or math.inf))  # as it is before the clipping
        losses[update] = float(loss.detach())
        optimizer.step()
    first = train(trial).first_losses
    assert first["updates"] == (1, 2, 4, 8, 16, 32, 64)
    assert first["train_loss"] == pytest.approx([losses[update] for update in first["updates"]], rel=1e-4)
    assert first["gradient_norm"] == pytest.approx([norms[update] for update in first["updates"]], rel=1e-3)
    assert train(Trial(dataclasses.replace(trial.recipe, updates=5), 2)).first_losses == {
        name: values[:3] for name, values in first.items()
    }


def rows_of(run, updates):
    """The rows of the first ``updates`` batches, from a second run whose batches are looked at instead of trained on."""
    other = Run(run.recipe, run.seed)
    other.problem.batch = lambda rows: rows
    stream = other._stream(1)
    return [next(stream) for _ in range(updates)]


def test_the_gradient_is_clipped_to_the_global_norm():
    free, clipped = Run(recipe(), 0), Run(recipe(clip=1e-3), 0)
    free.advance(1)
    clipped.advance(1)
    assert free.parameters.gradient.norm() > 1e-2
    assert clipped.parameters.gradient.norm().item() == pytest.approx(1e-3, rel=1e-5)
    direction = torch.nn.functional.cosine_similarity(free.parameters.gradient, clipped.parameters.gradient, dim=0)
    assert direction.item() == pytest.approx(1, abs=1e-5)


# --- Curves and progress ---


def test_curves_hold_equally_spaced_evaluations_and_the_mean_loss_between_them(monkeypatch):
    losses, loss = [], AddingProblem.loss

    def recorded(self, scores, targets):
        value = loss(self, scores, targets)
        losses.append(value.item())
        return value

    monkeypatch.setattr(AddingProblem, "loss", recorded)
    calls = []
    outcome = train(Trial(recipe(updates=10, evaluations=3), 0), progress=lambda *done: calls.append(done))
    assert outcome.curves["updates"] == (3, 6, 10)
    assert outcome.curves["train_loss"] == pytest.approx([sum(losses[:3]) / 3, sum(losses[3:6]) / 3, sum(losses[6:]) / 4], rel=1e-12)
    assert len(outcome.curves["test_mse"]) == 3
    assert calls == [(3, 10), (6, 10), (10, 10)]
    assert outcome.updates == 10


def test_the_estimation_error_of_every_layer_is_recorded_on_request():
    outcome = train(Trial(recipe(layers=2, estimation_error=True), 0))
    assert all(len(outcome.curves[f"{name}/layer{n}"]) == 6 for name in ("eq1", "eq3", "variance", "variance_from_last") for n in (1, 2))
    assert outcome.metrics["activation_scale/layer2"] > 0
    assert outcome.metrics["late_variance_ratio/layer2"] > 0
    plain = train(Trial(recipe(layers=2), 0))
    assert set(plain.curves) == {"updates", "train_loss", "test_mse"}
    assert plain.metrics.items() <= outcome.metrics.items()  # and asking for it changes nothing else


# --- Divergence is an outcome ---


def diverged(outcome, at):
    assert outcome.status == "diverged"
    assert outcome.diverged
    assert outcome.diverged_at == outcome.updates == at
    assert outcome.metrics == {}
    assert all(math.isfinite(value) for curve in outcome.curves.values() for value in curve)
    return True


def test_an_absurd_learning_rate_diverges_at_the_next_loss():
    # update 1 moves every weight by about 1e30, so the second batch's output, a product of three, overflows
    outcome = train(Trial(recipe(rate=1e30, evaluations=1), 0))
    assert diverged(outcome, at=2)
    assert {name: len(values) for name, values in outcome.first_losses.items()} == {"updates": 1, "train_loss": 1, "gradient_norm": 1}


def test_a_test_metric_that_is_not_finite_is_a_divergence():
    # the same run, tested after the first update
    assert diverged(train(Trial(recipe(rate=1e30, evaluations=16), 0)), at=1)


@pytest.mark.parametrize("poison", ["loss", "gradient"])
def test_a_run_stops_before_a_poisoned_gradient_reaches_the_parameters(monkeypatch, poison):
    calls, loss = [], AddingProblem.loss

    def poisoned(self, scores, targets):
        calls.append(1)
        if len(calls) < 6:
            return loss(self, scores, targets)
        if poison == "loss":
            return loss(self, scores, targets) * math.nan
        return (scores - scores.detach()).abs().sqrt().sum()  # 0 with an infinite slope

    monkeypatch.setattr(AddingProblem, "loss", poisoned)
    outcome = train(Trial(recipe(estimation_error=True), 0))
    assert diverged(outcome, at=6)
    assert outcome.curves["updates"] == (4,)  # what was measured before stays
    assert outcome.first_losses["updates"] == (1, 2, 4)
    calls.clear()
    run = Run(recipe(), 0)
    for update in range(1, 6):
        run.advance(update)
    with pytest.raises(training.Diverged):
        run.advance(6)
    assert run.update == 6
    assert run.parameters.values.isfinite().all()


# --- Patience ---


def test_a_run_that_no_longer_improves_stops_as_converged():
    # at this rate nothing moves: the first evaluation is the best, three more do not improve on it
    outcome = train(Trial(recipe(rate=1e-12, updates=40, evaluations=20, patience=3), 0))
    assert outcome.status == "converged"
    assert outcome.curves["updates"] == (2, 4, 6, 8)
    assert outcome.updates == 8
    assert outcome.metrics["updates_to_half_baseline"] is None
    assert outcome.metrics["test_mse"] == outcome.curves["test_mse"][-1]


@pytest.mark.parametrize(
    ("losses", "stalled"),
    [
        ([1.0, 1.0], False),  # two evaluations cannot have waited for two
        ([1.0, 1.0, 1.0], True),
        ([1.0, 0.992, 0.991], True),  # less than 1 % better
        ([1.0, 1.2, 0.989], False),  # more than 1 % better, once
        ([1.0, 0.5, 0.6, 0.7], True),
        ([1.0, 0.6, 0.7, 0.5], False),
    ],
)
@pytest.mark.parametrize(("task", "metric"), [(ADDING, "test_mse"), (PIXELS, "test_loss")])
def test_stalled_means_no_gain_of_one_percent_within_the_patience(task, metric, losses, stalled):
    run = Run(recipe(task, patience=2), 0)
    run.curves[metric] = losses
    assert run.stalled() == stalled
    without = Run(recipe(task), 0)
    without.curves[metric] = losses
    assert not without.stalled()


# --- Interruption ---

RESUMED = {
    "adding rin": recipe(ADDING, "rin", "adam", estimation_error=True),
    "adding lstm": recipe(ADDING, "lstm", "rmsprop"),
    "streamed irnn, clipped": recipe(STREAMED, "irnn", "adam", clip=0.1),
    "pixels rin": recipe(PIXELS, "rin", "rmsprop", rate=1e-4, gradient_norms=True),
    "pixels lstm": recipe(PIXELS, "lstm", "adam", layers=2, estimation_error=True),
    "patient": recipe(ADDING, "rin", "rmsprop", rate=1e-12, patience=2),
}


@pytest.mark.usefixtures("every_update_is_saved")
@pytest.mark.parametrize("saves", [1, 3, 6, 11])  # inside an epoch, at its end, twice at or between evaluations
@pytest.mark.parametrize("name", RESUMED)
def test_an_interrupted_run_resumes_to_the_bit(name, saves):
    trial, checkpoint = Trial(RESUMED[name], 7), Memory(saves)
    with pytest.raises(KeyboardInterrupt):
        train(trial, checkpoint)
    assert checkpoint.load()["update"] >= saves
    assert measured(train(trial, checkpoint)) == measured(train(trial))


@pytest.mark.usefixtures("every_update_is_saved")
@pytest.mark.parametrize("name", [*RESUMED, "diverging"])
def test_the_checkpoint_of_a_finished_run_gives_its_outcome_again(name):
    # a run that is killed after its last update, before its outcome was stored, must lose nothing
    trial, checkpoint = Trial((RESUMED | {"diverging": recipe(rate=1e30, evaluations=1)})[name], 7), Memory()
    first = train(trial, checkpoint)
    assert checkpoint.content is not None
    assert measured(train(trial, checkpoint)) == measured(first)


@pytest.mark.usefixtures("every_update_is_saved")
def test_a_run_interrupted_again_and_again_still_ends_the_same(tmp_path):
    trial, checkpoint = Trial(recipe(PIXELS, "rin", "rmsprop", rate=1e-4), 7), CheckpointFile(tmp_path / "trial.pt")
    save, interruptions = checkpoint.save, 0

    def save_and_die(state):
        save(state)
        raise KeyboardInterrupt

    checkpoint.save = save_and_die
    outcome = None
    while outcome is None:
        try:
            outcome = train(trial, checkpoint)
        except KeyboardInterrupt:
            interruptions += 1
    assert interruptions == 16
    assert measured(outcome) == measured(train(trial))


@pytest.mark.usefixtures("every_update_is_saved")
@pytest.mark.parametrize(("other", "seed"), [(recipe(rate=1e-3), 7), (recipe(cell="irnn"), 7), (recipe(), 8)])
def test_a_checkpoint_of_another_recipe_or_seed_is_ignored(other, seed):
    checkpoint = Memory(5)
    with pytest.raises(KeyboardInterrupt):
        train(Trial(other, seed), checkpoint)
    assert measured(train(Trial(recipe(), 7), checkpoint)) == measured(train(Trial(recipe(), 7)))


@pytest.mark.usefixtures("every_update_is_saved")
def test_the_cost_of_the_interrupted_part_counts():
    checkpoint = Memory(4)
    with pytest.raises(KeyboardInterrupt):
        train(Trial(recipe(), 7), checkpoint)
    state = checkpoint.load()
    checkpoint.save(state | {"seconds": 1000.0})
    assert train(Trial(recipe(), 7), checkpoint).seconds > 1000


# --- What a finished run reports ---


def test_a_finished_run_reports_the_summary_of_its_own_curves():
    trial = Trial(recipe(PIXELS, "irnn", evaluations=16), 0)
    outcome = train(trial)
    assert dict(outcome.metrics) == summary(outcome.curves, trial.recipe)
    assert outcome.metrics["early_accuracy"] == pytest.approx(sum(outcome.curves["test_accuracy"][:3]) / 3)  # updates 1 to 3 of 16


def test_evaluations_before_the_last_look_at_the_first_interim_test_images_alone():
    task = dataclasses.replace(PIXELS, interim_test_size=8)
    whole, interim = (train(Trial(recipe(chosen, "rin", "rmsprop", rate=1e-3), 0)) for chosen in (PIXELS, task))
    for name in ("test_loss", "test_accuracy"):
        assert interim.curves[name][-1] == whole.curves[name][-1] == interim.metrics[name]
    assert interim.curves["train_loss"] == whole.curves["train_loss"]
    run = Run(recipe(task, "rin", "rmsprop", rate=1e-3), 0)
    for update in range(1, 5):
        run.advance(update)
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(run.model(run.problem.samples(8)), run.problem.targets(8))
    assert interim.curves["test_loss"][0] == pytest.approx(loss.item(), rel=1e-6)
    assert interim.curves["test_loss"][0] != pytest.approx(whole.curves["test_loss"][0], rel=1e-4)


@pytest.mark.parametrize("task", [ADDING, PIXELS])
@pytest.mark.parametrize("cell", ["rin", "lstm", "rin-dt"])
def test_gradient_norms_are_recorded_on_request(task, cell):
    outcome = train(Trial(recipe(task, cell, gradient_norms=True), 0))
    curve = outcome.curves["gradient_decades/layer1"]
    assert len(curve) == (6 if task is ADDING else 49)
    assert curve[-1] == 0
    assert outcome.metrics["first_gradient_decades/layer1"] == curve[0]
    plain = train(Trial(recipe(task, cell), 0))
    assert "gradient_decades/layer1" not in plain.curves
    assert plain.metrics.items() <= outcome.metrics.items()  # and asking for them changes nothing else
    assert plain.curves.items() <= outcome.curves.items()


def test_an_inner_state_that_overflowed_is_recorded_as_none(monkeypatch):
    def overflowed(stack, inputs):
        return {"eq1/layer1": (1.0, math.inf, math.nan)}, {"activation_scale/layer1": math.inf, "late_variance_ratio/layer1": None}

    monkeypatch.setattr(training.estimation, "measure", overflowed)
    outcome = train(Trial(recipe(estimation_error=True), 0))
    assert outcome.status == "budget"
    assert outcome.curves["eq1/layer1"] == (1.0, None, None)
    assert outcome.metrics["activation_scale/layer1"] is outcome.metrics["late_variance_ratio/layer1"] is None
