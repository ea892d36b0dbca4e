"""Guards of a run's own tasks and recipes, on the data its trials train on.

They check overlap, marginals, baselines, pixel order and the first update. The guards of ``data.py`` and ``networks.py`` look at small
samples of every kind of task; these look at what this run uses. A guard of a task takes its problem, a guard of a recipe makes one update;
each says what is wrong in one line, "" where it finds nothing.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from scipy import stats
from torch import Tensor

from reproductions import cells, tasks, training
from reproductions.data_files import DataError
from reproductions.guards import of_speech, of_texts
from reproductions.guards.alarm import Finding, finding
from reproductions.guards.chance import CHANCE, deviations
from reproductions.guards.data import BASELINE, BASELINE_SD
from reproductions.guards.short_runs import short_run_by_hand
from reproductions.networks import StoryBatch
from reproductions.recipes import Adding, Babi, PixelMnist, Task, Training
from reproductions.step_tasks import Language, Speech
from reproductions.tasks import pixel_mnist
from reproductions.trials import Trial

BLOCK = 5_000  # samples read at a time; bounds memory
ORDERED = 500  # digits of each split whose pixel order is looked at
MOST_SHARED = 0.5  # of a bAbI test set; of the published 20 tasks number 4 shares most, 13 %, and a test set taken from training all
QUESTIONS = 5  # about a bAbI story, at most; in the published text of v1.2 as in the simulated one
GRADIENT_SHARE = 0.05  # of the gradient's norm: float32 against float64 differs by 1e-4, and by more where a ReLU changes side


# --- Tasks ---


def test_is_not_training(problem: tasks.Problem, task: Task, seed: int) -> str:
    """Check that no test sample has the content of a training sample.

    Of the samples of bAbI and its stories, whose small worlds repeat, no more than MOST_SHARED may.
    """
    seen = set(_training_contents(problem))
    shared = sum(content in seen for content in _contents(problem.samples(task.test_size)))
    repeats = isinstance(task, Babi) or (isinstance(task, Language) and task.source == "stories")
    if shared > (MOST_SHARED * task.test_size if repeats else 0):
        return f"{shared} of {task.test_size} test samples are training samples too; the split is wrong"
    return ""


def answers_are_alike(problem: tasks.Problem, task: Task, seed: int) -> str:
    """Check that training and test have every label or answer equally often (chi-square of homogeneity).

    The questions of one bAbI story may share their answer, so that they count as one: chi-square is divided by their number.
    """
    if isinstance(task, Adding):
        return ""
    splits = [problem.batch(torch.arange(problem.train_size))[1], problem.targets(task.test_size)]
    counts = torch.stack([torch.bincount(split, minlength=int(max(map(torch.max, splits))) + 1) for split in splits])
    counts = counts[:, counts.sum(dim=0) > 0]
    if counts.shape[1] < 2:
        return ""
    found = stats.chi2_contingency(counts.numpy())
    if stats.chi2.sf(found.statistic / (QUESTIONS if isinstance(task, Babi) else 1), found.dof) < CHANCE:
        listed = " and ".join(str(split.tolist()) for split in counts)
        return f"training and test answers occur {listed} times; one of the splits is sorted, filtered or mislabelled"
    return ""


def constant_predictor(problem: tasks.Problem, task: Task, seed: int) -> str:
    """Check that a constant predictor scores what the test targets say: 1/6 on adding, its class's share elsewhere."""
    targets = problem.targets(task.test_size)
    if isinstance(task, Adding):
        error = problem.evaluate(lambda inputs: torch.ones(inputs.shape[1], 1))["test_mse"]
        if abs(error - BASELINE) > deviations() * BASELINE_SD / task.test_size**0.5:
            return f"predicting 1 always has a test MSE of {error:.3f}, not 1/6; the targets are no sums of two numbers in [0, 1]"
        return ""
    classes = int(targets.max()) + 1
    common = int(torch.bincount(targets).argmax())
    always = torch.nn.functional.one_hot(torch.tensor(common), classes).double()
    found = problem.evaluate(lambda inputs: always.expand(_count(inputs), classes))["test_accuracy"]
    expected = 100 * float((targets == common).double().mean())
    if abs(found - expected) > 1e-6:
        return f"answering {common} always scores {found:.4g} %, but it is right for {expected:.4g} % of the test; other items are scored"
    return ""


def pixel_order(problem: tasks.Problem, task: Task, seed: int) -> str:
    """Check that permuted digits are the sequential ones in the checksummed order, in training and test.

    Sequential digits are in no such order.
    """
    if not isinstance(task, PixelMnist):
        return ""
    order = torch.from_numpy(pixel_mnist.permutation(task.steps))  # refuses an altered file
    other = "sequential" if task.order == "permuted" else "permuted"
    twin = tasks.build(dataclasses.replace(task, order=other), seed)
    plain, permuted = (twin, problem) if task.order == "permuted" else (problem, twin)
    rows = torch.arange(min(ORDERED, problem.train_size))
    for reading in ("first", "second"):
        if not torch.equal(permuted.batch(rows)[0], plain.batch(rows)[0][order]):
            return f"permuted training digits are not in the recorded pixel order at the {reading} reading; the permutation is redrawn"
    count = min(ORDERED, task.test_size)
    if not torch.equal(permuted.samples(count), plain.samples(count)[order]):
        return "permuted test digits are not in the recorded pixel order; training and test have different permutations"
    return ""


# --- Recipes ---


@torch.no_grad()
def identity_at_start(problem: tasks.Problem, recipe: Training, seed: int) -> str:
    """Check that I is added to a RIN's U to the last bit.

    An IRNN's recurrent matrix is I to the last bit at the start.
    """
    if recipe.network.cell not in ("rin", "irnn"):
        return ""
    network = problem.network(recipe, seed)
    for layer in network.modules():
        if not isinstance(layer, cells.RIN | cells.IRNN):
            continue
        if isinstance(layer, cells.RIN):
            layer.U.zero_()
        added = layer.recurrent_matrix()
        if not torch.equal(added, torch.eye(len(added))):
            off = float((added - torch.eye(len(added))).abs().max())
            return f"a recurrent matrix, less U in a RIN, is up to {off:.2g} away from I at the start; the cell or its initial values"
    return ""


def first_update(problem: tasks.Problem, recipe: Training, seed: int) -> str:
    """Check that the first update is the recipe's.

    It has the recipe's batch size, the gradient of the loss on that batch, the recipe's clip, its optimiser and rate. The gradient is
    computed once more in float64, where no compiled kernel runs.
    """
    watched = _Watched(problem)
    run = training.Run(recipe, seed, problem=watched)  # type: ignore[arg-type]
    before = run.parameters.values.clone()
    twin = problem.network(recipe, seed).double()
    run.advance(1)
    inputs, targets = watched.read
    if targets.shape[-1] != recipe.batch_size:
        return f"the first batch has {targets.shape[-1]} samples, the recipe's batches have {recipe.batch_size}; the batch size was changed"
    loss = watched.loss(twin(_double(inputs)), _double(targets))
    parts = torch.autograd.grad(loss, [parameter for parameter in twin.parameters() if parameter.requires_grad], materialize_grads=True)
    gradient = torch.cat([part.reshape(-1) for part in parts])
    if len(gradient) != len(before):
        return f"{len(before)} weights train, and the network has {len(gradient)} to train"
    norm = float(gradient.norm())
    if recipe.optimizer.clip is not None and norm > recipe.optimizer.clip:
        gradient *= recipe.optimizer.clip / norm
    off = float((run.parameters.gradient - gradient).norm() / gradient.norm())
    if not off <= GRADIENT_SHARE:
        share = float(run.parameters.gradient.norm() / gradient.norm())
        found = f"the gradient at step 1 is {off:.0%} away from that of the batch's loss, its norm {share:.3g} times what the clip leaves"
        return f"{found}; backward pass, frozen weights or clipping"
    rate = recipe.optimizer.learning_rate / (1.0 if recipe.optimizer.name == "adam" else 0.1**0.5)
    shown = (run.parameters.gradient.abs() > 1e-4) & (before.abs() < 1e-3)  # where neither epsilon nor rounding shows
    moved = (run.parameters.values - before).abs()[shown] / rate
    if not bool((moved - 1).abs().max() < 0.01):
        found = f"{float(moved.min()):.3g} to {float(moved.max()):.3g}"
        return f"the first {recipe.optimizer.name} update moves weights by {found} times what its learning rate gives; optimiser or rate"
    return ""


TaskGuard = Callable[[tasks.Problem, Any, int], str]
RecipeGuard = Callable[[tasks.Problem, Training, int], str]
TASK_GUARDS: Mapping[str, TaskGuard] = {
    guard.__name__.replace("_", "-"): guard for guard in (test_is_not_training, answers_are_alike, constant_predictor, pixel_order)
}
STEP_GUARDS: Mapping[type[Task], Mapping[str, TaskGuard]] = {  # of the tasks with a target at every step, whose samples have no one answer
    Language: {"test-is-not-training": test_is_not_training, **of_texts.TASK_GUARDS},
    Speech: {"test-is-not-training": test_is_not_training, **of_speech.TASK_GUARDS},
}
RECIPE_GUARDS: Mapping[str, RecipeGuard] = {
    guard.__name__.replace("_", "-"): guard for guard in (identity_at_start, first_update, short_run_by_hand)
}


OWN_TASKS = (Adding, PixelMnist, Babi, *STEP_GUARDS)


def findings(trials: Iterable[Trial]) -> tuple[Finding, ...]:
    """Return what every guard says of every task and recipe of ``trials``, each with the first of its seeds.

    The tasks are this project's own. A task whose data are not there is left out, as nothing can be trained on it either.
    """
    seeds: dict[Training, int] = {}
    for trial in trials:
        if isinstance(trial.recipe, Training) and isinstance(trial.recipe.task, OWN_TASKS):
            seeds[trial.recipe] = min(trial.seed, seeds.get(trial.recipe, trial.seed))
    return tuple(_findings(seeds))


def _findings(seeds: Mapping[Training, int]) -> Iterator[Finding]:
    for task in dict.fromkeys(recipe.task for recipe in seeds):
        recipes = tuple(recipe for recipe in seeds if recipe.task == task)
        build = functools.cache(tasks.build)  # the recipes of a task share its data, which takes longer to read than to guard
        try:
            problem = build(task, seeds[recipes[0]])
        except DataError:
            continue
        for name, guard in STEP_GUARDS.get(type(task), TASK_GUARDS).items():
            if problem.train_size:
                yield finding(name, recipes, guard, problem, task, seeds[recipes[0]])
        for recipe in recipes:
            for name, recipe_guard in RECIPE_GUARDS.items():
                yield finding(name, (recipe,), _on_own_data, recipe_guard, build, recipe, seeds[recipe])


def _on_own_data(guard: RecipeGuard, build: Callable[[Task, int], tasks.Problem], recipe: Training, seed: int) -> str:
    return guard(build(recipe.task, seed), recipe, seed)


class _Watched:
    """A problem that keeps the last training batch it gave."""

    def __init__(self, problem: tasks.Problem) -> None:
        self._problem = problem
        self.read: tuple[Any, Tensor]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._problem, name)

    def batch(self, rows: Tensor) -> tuple[Any, Tensor]:
        self.read = self._problem.batch(rows)
        return self.read

    def fresh_batch(self, size: int, update: int) -> tuple[Any, Tensor]:
        self.read = self._problem.fresh_batch(size, update)  # type: ignore[attr-defined]
        return self.read


def _double(value: Any) -> Any:
    return value.double() if isinstance(value, Tensor) and value.is_floating_point() else value


def _count(inputs: Any) -> int:
    return len(inputs.story) if isinstance(inputs, StoryBatch) else int(inputs.shape[1])


def _training_contents(problem: tasks.Problem) -> Iterator[bytes]:
    for rows in torch.arange(problem.train_size).split(BLOCK):
        yield from _contents(problem.batch(rows)[0])


def _contents(inputs: Any) -> Iterator[bytes]:
    """Return a digest of each sample of inputs (T, B, D), or of a batch of stories with their questions."""
    if isinstance(inputs, StoryBatch):
        rows = zip(inputs.story, inputs.story_length, inputs.question, inputs.question_length, strict=True)
        samples = (story[:m].numpy().tobytes() + b"?" + question[:n].numpy().tobytes() for story, m, question, n in rows)
    else:
        samples = (sample.tobytes() for sample in inputs.transpose(0, 1).contiguous().numpy())
    return (hashlib.blake2b(sample, digest_size=16).digest() for sample in samples)
