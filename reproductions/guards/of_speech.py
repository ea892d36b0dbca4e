"""Guards of a run's own speech: speakers, labels, the majority baseline, and what the networks make of it.

They are made as the guards of texts are (``of_texts``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from reproductions import tasks
from reproductions.guards.of_texts import FEWEST_UPDATES
from reproductions.recipes import Training
from reproductions.speech.log_mel import BANDS
from reproductions.step_tasks import Speech
from reproductions.tasks.speech import UNSCORED
from reproductions.trials import Outcome

SHIFTS = range(-3, 4)  # frames by which labels are tried
FEWEST_CHANGES = 50  # of the label, below which the sound between two frames shows too little


def speakers_are_disjoint(problem: Any, task: Speech, seed: int) -> str:
    """Check that nobody who speaks in the test speaks in training."""
    train, test = problem.speakers
    shared = sorted(train & test)
    return f"{len(shared)} of {len(test)} test speakers speak in training too, {shared[0]} among them; the split leaks" if shared else ""


def labels_fit_frames(problem: tasks.Problem, task: Speech, seed: int) -> str:
    """Check that the sound changes most where the label does; the labels of synthesised speech are exact."""
    if task.source == "timit":  # people marked it, to within a frame
        return ""
    splits = (problem.batch(torch.arange(problem.train_size)), (problem.samples(task.test_size), problem.targets(task.test_size)))
    for split, (frames, labels) in zip(("training", "test"), splits, strict=True):
        scored = (labels[1:] != UNSCORED) & (labels[:-1] != UNSCORED)
        changes = (labels[1:] != labels[:-1]) & scored
        if int(changes.sum()) < FEWEST_CHANGES:
            continue
        moved = (frames[1:, :, :BANDS] - frames[:-1, :, :BANDS]).norm(dim=2)
        inner = slice(max(SHIFTS), -max(SHIFTS))
        means = {shift: float(torch.roll(moved, shift, 0)[inner][changes[inner]].mean()) for shift in SHIFTS}
        best = max(means, key=lambda shift: means[shift])
        if best:
            return f"the sound of the {split} frames changes {10 * abs(best)} ms {'before' if best > 0 else 'after'} the labels do"
    return ""


def majority_baseline(problem: tasks.Problem, task: Speech, seed: int) -> str:
    """Check that the commonest phone of training has the frame error rate that counting gives it."""
    common, expected = _majority(problem, task)
    always = torch.nn.functional.one_hot(torch.tensor(common), problem.classes).double()  # type: ignore[attr-defined]
    found = problem.evaluate(lambda frames: always.expand(*frames.shape[:2], -1))["frame_error_rate"]
    if abs(found - expected) > 1e-6:
        return f"one phone for every frame has an error rate of {found:.4g} %, and {expected:.4g} % by hand; other frames are scored"
    return ""


def better_than_majority(problem: tasks.Problem, task: Speech, outcomes: Mapping[Training, Mapping[int, Outcome]]) -> str:
    """Check that networks that were trained for FEWEST_UPDATES at least beat one phone for every frame."""
    _, expected = _majority(problem, task)
    for recipe, seeds in outcomes.items():
        rates = [rate for outcome in seeds.values() if (rate := outcome.metrics.get("frame_error_rate")) is not None]
        if recipe.updates >= FEWEST_UPDATES and rates and min(rates) >= expected:
            return f"{recipe.label} ends with an error rate of {min(rates):.4g} % at best; one phone for every frame has {expected:.4g} %"
    return ""


TASK_GUARDS = {guard.__name__.replace("_", "-"): guard for guard in (speakers_are_disjoint, labels_fit_frames, majority_baseline)}
OUTCOME_GUARDS = {"better-than-majority": better_than_majority}


def _majority(problem: tasks.Problem, task: Speech) -> tuple[int, float]:
    """Return the commonest class of the training frames, and its frame error rate on the test."""
    labels, test = problem.batch(torch.arange(problem.train_size))[1], problem.targets(task.test_size)
    common = int(torch.bincount(labels[labels != UNSCORED]).argmax())
    return common, 100 * float((test[test != UNSCORED] != common).double().mean())
