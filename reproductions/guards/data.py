"""Guards of the data: the adding problem, pixel MNIST and bAbI as the training loop reads them.

They ask the ``Problem`` alone: its training batches, its test inputs, and its ``evaluate``, which scores stand-in "networks" whose
result is known.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import torch
from scipy import stats
from torch import Tensor, nn

from reproductions import tasks
from reproductions.guards.chance import CHANCE, deviations
from reproductions.recipes import Adding, Babi, PixelMnist
from reproductions.tasks import pixel_mnist

ADDING = Adding(length=40, train_size=1_000, test_size=500)
DIGITS = PixelMnist("permuted", 2, "embedded", train_size=600, test_size=300)
STORIES = Babi(1, "simulated", train_size=100, test_size=20)  # "Where is Mary?", 6 answers
BASELINE, BASELINE_SD = 1 / 6, (1 / 15 - 1 / 36) ** 0.5  # of (a + b - 1)^2, a and b uniform on [0, 1]


# --- Adding ---


def two_markers(seed: int) -> str:
    """Check that every adding sequence marks exactly two steps with 1 and all others with 0."""
    for split, inputs in _adding(seed):
        mask = inputs[:, :, 1]
        if not bool(((mask == 0) | (mask == 1)).all()):
            return f"the mask of the adding {split} data holds numbers other than 0 and 1"
        counts = (mask == 1).sum(dim=0)
        if not bool((counts == 2).all()):
            return f"adding {split} sequences have {int(counts.min())} to {int(counts.max())} markers; the task marks two numbers"
    return ""


def marker_positions(seed: int) -> str:
    """Check that markers cover all steps evenly (chi-square).

    They must also fall into the same half of the sequence as often as two distinct steps do.
    """
    for split, inputs in _adding(seed):
        steps, count = inputs.shape[:2]
        marked = inputs[:, :, 1] == 1
        if stats.chisquare(marked.sum(dim=1).numpy()).pvalue < CHANCE:
            return f"the markers of the adding {split} data do not cover the steps evenly"
        in_first = marked[: steps // 2].sum(dim=0)
        same = int(((in_first == 0) | (in_first == 2)).sum())
        expected = (steps // 2 - 1) / (steps - 1)
        if stats.binomtest(same, count, expected).pvalue < CHANCE:
            return f"{same / count:.0%} of the adding {split} sequences have both markers in one half; {expected:.0%} is what chance gives"
    return ""


def target_is_marked_sum(seed: int) -> str:
    """Check that an adding sequence's target is the sum of its marked numbers.

    A network that adds them has no error.
    """
    problem = tasks.build(ADDING, seed)
    inputs, targets = problem.batch(torch.arange(ADDING.train_size))
    worst = float((_marked_sum(inputs)[:, 0] - targets).abs().max())
    if worst > 1e-5:  # float32 sums of two numbers below 1 are off by 1e-7
        return f"adding training targets are up to {worst:.2g} away from the sum of the marked numbers"
    error = problem.evaluate(_marked_sum)["test_mse"]
    return f"adding the marked numbers has a test MSE of {error:.2g}, not 0" if error > 1e-10 else ""


def constant_baseline(seed: int) -> str:
    """Check that predicting 1 always has a mean squared error of 1/6 on the adding data."""
    problem = tasks.build(ADDING, seed)
    train = problem.batch(torch.arange(ADDING.train_size))[1].double()
    test = problem.evaluate(lambda inputs: torch.ones(inputs.shape[1], 1))["test_mse"]
    for split, error, count in (("training", float((train - 1).square().mean()), ADDING.train_size), ("test", test, ADDING.test_size)):
        if abs(error - BASELINE) > deviations() * BASELINE_SD / count**0.5:
            return f"predicting 1 always has an MSE of {error:.3f} on the adding {split} data, not 1/6"
    return ""


def no_leak(seed: int) -> str:
    """Check that no single input of an adding sequence gives the target away.

    By itself a number is in the sum with probability 2 / T.
    """
    inputs, targets = tasks.build(ADDING, seed).batch(torch.arange(ADDING.train_size))
    features = inputs.permute(1, 0, 2).reshape(len(targets), -1).double()
    centred, target = features - features.mean(dim=0), targets.double() - targets.double().mean()
    norms = (centred.norm(dim=0) * target.norm()).clamp(min=1e-12)  # a constant input has norm 0 and correlation 0
    correlation = ((centred * target[:, None]).sum(dim=0) / norms).abs()
    place = int(correlation.argmax())
    if correlation[place] > 0.5:  # 2 / T = 0.05 is expected, with a standard error of 0.02
        where = f"{('the number', 'the mask')[place % 2]} at step {place // 2 + 1} of the adding training data"
        return f"{where} has a correlation of {float(correlation[place]):.2f} with the target"
    return ""


# --- Pixel MNIST ---


def one_permutation(seed: int) -> str:
    """Check that permuted digits are the sequential ones in the recorded order.

    It must be so at every length, in training and test, in every epoch.
    """
    for pooling in (1, 2, 4):
        task = dataclasses.replace(DIGITS, pooling=pooling)
        order = torch.from_numpy(pixel_mnist.draw_permutation(task.steps))  # drawn anew, not read from the file
        plain, permuted = (tasks.build(dataclasses.replace(task, order=name), seed) for name in ("sequential", "permuted"))
        every = torch.arange(task.train_size)
        expected = plain.batch(every)[0][order]
        for epoch in ("first", "second"):
            if not torch.equal(permuted.batch(every)[0], expected):
                return f"permuted training digits of {task.steps} pixels are not in the recorded order in the {epoch} epoch"
        if not torch.equal(permuted.samples(100), plain.samples(100)[order]):
            return f"permuted test digits of {task.steps} pixels are not in the recorded order, which the training digits follow"
    return ""


def label_marginals(seed: int) -> str:
    """Check that the ten digits are equally frequent, as in the embedded data they are drawn from (chi-square)."""
    labels = tasks.build(DIGITS, seed).batch(torch.arange(DIGITS.train_size))[1]
    counts = torch.bincount(labels, minlength=10)
    if len(counts) > 10 or stats.chisquare(counts.numpy()).pvalue < CHANCE:
        return f"the digits 0, 1, ... occur {', '.join(map(str, counts.tolist()))} times among {len(labels)} training labels"
    return ""


def labels_fit_images(seed: int) -> str:
    """Check that similar digits have the same label.

    The nearest other training image gives the label of most images, training and test.
    """
    problem = tasks.build(DIGITS, seed)
    inputs, labels = problem.batch(torch.arange(DIGITS.train_size))
    images = inputs[:, :, 0].T
    distances = torch.cdist(images, images).fill_diagonal_(float("inf"))
    train = 100 * float((labels[distances.argmin(dim=1)] == labels).double().mean())

    def nearest(batch: Tensor) -> Tensor:
        return nn.functional.one_hot(labels[torch.cdist(batch[:, :, 0].T, images).argmin(dim=1)], 10).double()

    test = problem.evaluate(nearest)["test_accuracy"]
    for split, accuracy in (("training", train), ("test", test)):
        if accuracy < 75:  # 88 and 83 % of these digits; a fifth of wrong labels leaves 61 %
            return f"the nearest training image has the label of {accuracy:.0f} % of the {split} images only"
    return ""


# --- bAbI ---


def answers_are_in_stories(seed: int) -> str:
    """Check that stories with the same answer share a word that not all stories have.

    In bAbI task 1 it is the place that is asked for.
    """
    problem = tasks.build(STORIES, seed)
    batch, answers = problem.batch(torch.arange(STORIES.train_size))
    stories = [set(story[:length].tolist()) for story, length in zip(batch.story, batch.story_length, strict=True)]
    everywhere = set.intersection(*stories)
    for answer in answers.unique():
        shared = set.intersection(*(story for story, own in zip(stories, answers, strict=True) if own == answer))
        if not shared - everywhere:
            return f"the bAbI stories with answer {int(answer)} have no word in common that could be the answer"
    return ""


# --- Training and test data ---


def splits_are_disjoint(seed: int) -> str:
    """Check that no test sample has the content of a training sample."""
    for name, task in (("adding", ADDING), ("digit", DIGITS)):
        problem = tasks.build(task, seed)
        known = set(_contents(problem.batch(torch.arange(task.train_size))[0]))
        shared = sum(content in known for content in _contents(problem.samples(task.test_size)))
        if shared:
            return f"{shared} of {task.test_size} {name} test samples are training samples too"
    return ""


def memory_does_not_score(seed: int) -> str:
    """Check that a table of the training samples scores no better on the test than a constant.

    The table knows nothing of any other sample.
    """
    problem = tasks.build(ADDING, seed)
    error = problem.evaluate(_table(problem, ADDING.train_size, lambda target: [float(target)], [1.0]))["test_mse"]
    if error < BASELINE / 2:
        return f"a table of the adding training data has a test MSE of {error:.3f}; one that is right by chance has 1/6"
    problem = tasks.build(DIGITS, seed)
    one_hot = torch.eye(10).tolist()
    table = _table(problem, DIGITS.train_size, lambda label: one_hot[int(label)], [0.0] * 10)
    accuracy = problem.evaluate(table)["test_accuracy"]
    # unknown samples count as digit 0, a tenth of the test
    if stats.binom.sf(round(accuracy / 100 * DIGITS.test_size) - 1, DIGITS.test_size, 0.1) < CHANCE:
        return f"a table of the training digits has a test accuracy of {accuracy:.0f} %; one that is right by chance has 10 %"
    return ""


def _adding(seed: int) -> Iterator[tuple[str, Tensor]]:
    """Return name and inputs (T, B, 2) of the adding splits."""
    problem = tasks.build(ADDING, seed)
    yield "training", problem.batch(torch.arange(ADDING.train_size))[0]
    yield "test", problem.samples(ADDING.test_size)


def _marked_sum(inputs: Tensor) -> Tensor:
    return (inputs[:, :, 0] * inputs[:, :, 1]).sum(dim=0)[:, None]


def _contents(inputs: Tensor) -> list[bytes]:
    """Return the bytes of each sample of inputs (T, B, D)."""
    return [sample.tobytes() for sample in inputs.transpose(0, 1).contiguous().numpy()]


def _table(
    problem: tasks.Problem, size: int, scores: Callable[[Tensor], list[float]], otherwise: list[float]
) -> Callable[[Tensor], Tensor]:
    """Return a "network" that gives each training sample the ``scores`` of its target, and every other sample ``otherwise``."""
    inputs, targets = problem.batch(torch.arange(size))
    known = {content: scores(target) for content, target in zip(_contents(inputs), targets, strict=True)}
    return lambda batch: torch.tensor([known.get(content, otherwise) for content in _contents(batch)])
