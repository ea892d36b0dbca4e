"""Whole training updates, compiled, readable and torch's, and what evaluation takes of a run. A part of ``suite.py``."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any
from unittest import mock

import torch
from recurrence import kernels
from recurrence_cases import torch_module
from timing import Seconds, milliseconds, ratio, take_turns, timed
from torch import nn

from claims.papers.rin_2018 import protocol
from reproductions import kernel_choice, tasks
from reproductions.data_files import DataError
from reproductions.recipes import Adding, Cell, Network, Training
from reproductions.recurrence import build
from reproductions.training import Run

CELLS: tuple[Cell, ...] = ("rin", "lstm")
TURNS = 20
BLOCK = 5  # updates a turn: those after the first find the caches as training leaves them
EVALUATIONS = 4  # of the short runs, the last of which takes the whole test set


# --- One update ---


def update_recipes(quick: bool) -> list[Training]:
    """The recipes whose updates are timed: adding at one and two layers, sequential pixel MNIST at two batch sizes."""
    found = []
    for cell in CELLS:
        recipe = protocol.adding("smoke", cell, 200)
        for layers, steps in ((1, 5),) if quick else ((1, 40), (1, 200), (2, 40), (2, 200)):
            network, task = Network(cell, layers), Adding(steps, 2_000, 100)
            found.append(dataclasses.replace(recipe, network=network, task=task))
        sizes = () if quick else (protocol.SMOKE_BATCH, protocol.COMPACT_BATCH)
        found += [protocol.pixel_mnist("smoke", cell, "sequential", batch_size=size) for size in sizes]
    return found


def updates(paths: Sequence[str], quick: bool) -> Iterator[dict[str, Any]]:
    """One row a recipe and path: an update of ours, compiled and readable, against torch's modules and optimiser."""
    for recipe in update_recipes(quick):
        yield from update(recipe, paths, 2 if quick else TURNS)


def update(recipe: Training, paths: Sequence[str], turns: int) -> Iterator[dict[str, Any]]:
    """One row a path. Batch assembly, loss and the check for finite numbers are the same on all sides."""
    runs = {(path, way): begun(recipe, path, way) for path in paths for way in kernel_choice.UPDATE_CHOICES}
    inputs, _ = next(iter(runs.values())).problem.batch(torch.arange(recipe.batch_size))

    def ours(path: str, way: str) -> None:
        run = runs[path, way]
        with kernels(path):
            for _ in range(BLOCK):
                run.advance(run.update + 1)

    contestants: dict[Hashable, Callable[[], Any]] = {key: lambda key=key: ours(*key) for key in runs}
    seconds = take_turns({**contestants, "torch's": by_torch(recipe, next(iter(runs.values())))}, turns)
    theirs = seconds["torch's"]
    for path in paths:
        with kernels(path):
            taken = build.path_taken()
        compiled, readable = seconds[path, "compiled"], seconds[path, "readable"]
        yield {
            "task": kind(recipe), "cell": recipe.network.cell, "layers": recipe.network.layers, "batch": recipe.batch_size,
            "steps": len(inputs), "kernels": taken,
            "compiled_ms": milliseconds(compiled.wall) / BLOCK, "compiled_cpu_ms": milliseconds(compiled.cpu) / BLOCK,
            "readable_cpu_ms": milliseconds(readable.cpu) / BLOCK, "torch_cpu_ms": milliseconds(theirs.cpu) / BLOCK,
            "readable_ratio": ratio(compiled.cpu, readable.cpu), "ratio": ratio(compiled.cpu, theirs.cpu),
        }  # fmt: skip


def kind(recipe: Training) -> str:
    return "adding" if isinstance(recipe.task, Adding) else "pixel MNIST"


def begun(recipe: Training, path: str, way: str) -> Run:
    """A run on ``path`` whose updates are "compiled" or "readable"."""
    with kernels(path), mock.patch.dict("os.environ", {kernel_choice.UPDATE_VARIABLE: way}):
        return Run(recipe, 0)


def by_torch(recipe: Training, run: Run) -> Callable[[], None]:
    """BLOCK updates of the network of ``run`` by torch's modules and torch's optimiser."""
    problem, row = run.problem, torch.arange(recipe.batch_size)
    modules = nn.ModuleList(map(torch_module, run.model.stack.layers))
    readout = nn.Linear(recipe.network.hidden, len(run.model.readout.bias))
    parameters = [*modules.parameters(), *readout.parameters()]
    made_by = torch.optim.Adam if recipe.optimizer.name == "adam" else torch.optim.RMSprop
    optimizer = made_by(parameters, lr=recipe.optimizer.learning_rate)

    def advance() -> None:
        for _ in range(BLOCK):
            states, targets = problem.batch(row)
            optimizer.zero_grad()
            for module in modules:
                states = module(states)[0]
            loss = problem.loss(readout(states[-1]), targets)
            loss.backward()
            if recipe.optimizer.clip is not None:
                nn.utils.clip_grad_norm_(parameters, recipe.optimizer.clip)
            optimizer.step()
            loss.item()

    return advance


# --- The share of evaluation ---


def evaluation(quick: bool) -> Iterator[dict[str, Any]]:
    """One row a recipe of the smoke and compact profiles: what its evaluations take of a run.

    A recipe whose data set is not at hand is one line on standard error.
    """
    profiles = ("smoke",) if quick else ("smoke", "compact")
    for profile, cell, pixels in itertools.product(profiles, CELLS, (False,) if quick else (False, True)):
        recipe = protocol.pixel_mnist(profile, cell, "sequential") if pixels else protocol.adding(profile, cell, 200)
        if quick:
            recipe = dataclasses.replace(recipe, updates=8, evaluations=4, task=Adding(5, 100, 20))
        try:
            problem = tasks.build(recipe.task, 0)
        except DataError as error:
            print(f"left out: {recipe.label} ({error})", file=sys.stderr)
            continue
        yield share(recipe, problem)


def share(recipe: Training, problem: tasks.Problem) -> dict[str, Any]:
    """What evaluations take of the CPU seconds of a whole run, from a short one that looks as often and ends as the whole one does.

    What the recipe has measured inside the trained network is a time of its own and counts as neither.
    """
    between = recipe.updates // recipe.evaluations
    short = dataclasses.replace(recipe, updates=between * EVALUATIONS, evaluations=EVALUATIONS, early_evaluations=0)
    run = Run(short, 0, problem=problem)
    trained, looked = Seconds(), Seconds()

    def train() -> None:
        for _ in range(between):
            run.advance(run.update + 1)

    for _ in range(EVALUATIONS - 1):
        timed(train, trained)
        timed(run.evaluate, looked)
    timed(train, trained)
    last, inside = Seconds(), Seconds()
    timed(run.evaluate, last)
    timed(run.outcome, inside)
    looks = (len(recipe.checkpoints) - 1) * statistics.median(looked.cpu) + sum(last.cpu)
    training = recipe.updates / between * statistics.median(trained.cpu)
    return {
        "profile": recipe.profile, "task": kind(recipe), "cell": recipe.network.cell, "updates": recipe.updates,
        "evaluations": len(recipe.checkpoints), "update_cpu_ms": milliseconds(trained.cpu) / between,
        "evaluation_cpu_ms": milliseconds(looked.cpu), "last_cpu_ms": milliseconds(last.cpu), "inside_cpu_ms": milliseconds(inside.cpu),
        "share_of_run": looks / (looks + training),
    }  # fmt: skip
