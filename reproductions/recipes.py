"""Everything that fixes a training run except its seed, as frozen, hashable, torch-free data.

A ``Recipe`` is either a ``Training`` or a ``Probe`` (something measured without training). ``digest`` is its address in
the store: the SHA-256 of its canonical JSON.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, Literal

Cell = Literal["rin", "irnn", "lstm", "rin-dt", "tanh", "relu", "rin-tanh", "irnn-noise", "irnn-0.01"]
CELLS: tuple[Cell, ...] = ("rin", "irnn", "lstm", "rin-dt", "tanh", "relu", "rin-tanh", "irnn-noise", "irnn-0.01")
EARLY_SHARE = 0.2  # of the budget: "the early stage of training (first 100 epochs)" of 500, Fig. 3
OPTIMIZERS = ("adam", "rmsprop")
ORDERS = ("sequential", "permuted")
BABI_TASKS = tuple(range(1, 21))
ADDED_LATER = {"absent at its default": True}  # metadata of a field younger than stored outcomes, so that they keep their addresses


class RecipeError(ValueError):
    """A recipe that names something unknown or impossible; the message names it and the remedy."""


def _one_of(what: str, value: Any, known: tuple[Any, ...]) -> None:
    if value not in known:
        raise RecipeError(f"unknown {what} {value!r}; known: {', '.join(map(str, known))}")


def _positive(what: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise RecipeError(f"{what} must be positive and finite, not {value!r}")


@dataclass(frozen=True)
class Adding:
    """The adding problem (RIN paper section 3.1): sequences of ``length`` numbers in [0, 1] with two marked.

    ``train_size`` None streams fresh training sequences instead of repeating a fixed set.
    """

    length: int
    train_size: int | None
    test_size: int

    def __post_init__(self) -> None:
        if self.length < 2:
            raise RecipeError(f"the adding problem marks two distinct positions, so its length is at least 2, not {self.length}")
        if self.train_size is not None:
            _positive("train_size", self.train_size)
        _positive("test_size", self.test_size)


@dataclass(frozen=True)
class PixelMnist:
    """Sequential or permuted pixel MNIST (section 3.2); ``pooling`` k averages k x k blocks, so a sequence has (28 / k)^2 steps.

    ``source`` is "embedded" (5,000 real digits that come with a pip package) or "mnist" (the full data set). Evaluations before the
    last one look at the first ``interim_test_size`` test images only (None: at all).
    """

    order: str
    pooling: int
    source: str
    train_size: int
    test_size: int
    interim_test_size: int | None = field(default=None, metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        _one_of("pixel order", self.order, ORDERS)
        _one_of("pixel MNIST source", self.source, ("embedded", "mnist"))
        if self.pooling < 1 or 28 % self.pooling:
            raise RecipeError(f"pooling must divide 28, not {self.pooling}")
        _positive("train_size", self.train_size)
        _positive("test_size", self.test_size)
        if self.interim_test_size is not None and not 1 <= self.interim_test_size <= self.test_size:
            raise RecipeError(f"interim_test_size must lie between 1 and test_size={self.test_size}, not {self.interim_test_size}")

    @property
    def steps(self) -> int:
        return (28 // self.pooling) ** 2


@dataclass(frozen=True)
class Babi:
    """One bAbI task (section 3.3). ``source`` is "simulated" or "files" (the published v1.2 text).

    ``combine`` is the reading of "concatenated": "state" puts the last story state beside every question state,
    "time" appends the question's outputs after the story's along time.
    """

    task: int
    source: str
    train_size: int
    test_size: int
    combine: str = "state"

    def __post_init__(self) -> None:
        _one_of("bAbI source", self.source, ("simulated", "files"))
        _one_of("bAbI task", self.task, BABI_TASKS)
        _one_of("reading of 'concatenated'", self.combine, ("state", "time"))
        _positive("train_size", self.train_size)
        _positive("test_size", self.test_size)


@dataclass(frozen=True)
class Language:
    """Next-word prediction on a plain text (IRNN paper section 2.3, where the text is the One Billion Word benchmark).

    ``corpus`` names a text file of the data folders; the ``vocabulary`` most frequent words of its training part are kept, windows
    have ``length`` words, and the last ``test_size`` windows are the test set.
    """

    corpus: str
    vocabulary: int
    length: int
    train_size: int
    test_size: int

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", self.corpus):
            raise RecipeError(f"a corpus is named by letters, digits, - and _, not {self.corpus!r}")
        if self.vocabulary < 2:
            raise RecipeError(f"a vocabulary has at least 2 words, not {self.vocabulary}")
        for name in ("length", "train_size", "test_size"):
            _positive(name, getattr(self, name))


@dataclass(frozen=True)
class Speech:
    """Frame-wise phone recognition (IRNN paper section 2.4, where the data is TIMIT) on synthetic utterances of ``frames`` frames.

    TIMIT is licensed; the stand-in draws ``phones`` phones with their own spectra, durations and order, and is labelled so.
    """

    phones: int
    frames: int
    train_size: int
    test_size: int

    def __post_init__(self) -> None:
        if self.phones < 2:
            raise RecipeError(f"phone recognition needs at least 2 phones, not {self.phones}")
        for name in ("frames", "train_size", "test_size"):
            _positive(name, getattr(self, name))


@dataclass(frozen=True)
class Network:
    """``layers`` recurrent layers of ``hidden`` units ("1-100" in the paper's notation); the cells are those of ``cells.build``."""

    cell: Cell
    layers: int = 1
    hidden: int = 100
    embedding: int = 200  # of words: bAbI and language

    def __post_init__(self) -> None:
        _one_of("cell", self.cell, CELLS)
        _positive("layers", self.layers)
        _positive("hidden", self.hidden)
        _positive("embedding", self.embedding)


@dataclass(frozen=True)
class Optimizer:
    """``adam`` or ``rmsprop`` with the constants Keras of 2017 used; ``clip`` bounds the global gradient norm (None: no clipping)."""

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


Task = Adding | PixelMnist | Babi | Language | Speech


@dataclass(frozen=True)
class Training:
    """A training run except its seed.

    ``updates`` is the budget in optimiser steps, ``evaluations`` the number of equally spaced test evaluations and
    ``early_evaluations`` that of further ones, equally spaced over the first EARLY_SHARE of the budget.
    ``patience`` stops a run as converged when the test loss has not improved by 1 % over that many evaluations (None: never).
    ``estimation_error`` records Eqs. 1 and 3 on 128 test samples after training, ``gradient_norms`` how the gradient of their loss
    changes on its way from h_T back to h_1.
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
            if isinstance(self.task, PixelMnist) and self.task.interim_test_size is not None:
                raise RecipeError(
                    "patience may end a run before its last evaluation, the one on all test images; leave interim_test_size None"
                )
        if self.estimation_error and not isinstance(self.task, Adding | PixelMnist):
            raise RecipeError("estimation_error is measured on a stack that reads h_T, on adding and pixel MNIST alone; leave it False")
        if self.gradient_norms and not (isinstance(self.task, Adding | PixelMnist) and self.network.layers == 1):
            raise RecipeError("gradient_norms are measured on one layer that reads h_T, on adding and pixel MNIST alone; leave them False")

    @property
    def checkpoints(self) -> frozenset[int]:
        """The updates after which the test metrics are evaluated; the last update is one of them."""
        regular = (self.updates * k // self.evaluations for k in range(1, self.evaluations + 1))
        early = (int(EARLY_SHARE * self.updates * k / self.early_evaluations) for k in range(1, self.early_evaluations + 1))
        return frozenset((*regular, *early))

    @property
    def label(self) -> str:
        """A short name for progress lines: task, network, cell."""
        match self.task:
            case Adding(length=length):
                task = f"adding T={length}"
            case PixelMnist(order=order, steps=steps):
                task = f"{order} MNIST T={steps}"
            case Babi(task=number):
                task = f"bAbI {number}"
            case Language(corpus=corpus):
                task = f"language {corpus}"
            case Speech(frames=frames):
                task = f"synthetic speech T={frames}"
        return f"{task} {self.network.cell} {self.network.layers}-{self.network.hidden}"


@dataclass(frozen=True)
class Probe:
    """Something measured without training: the name of a function in ``reproductions.probes`` and its arguments."""

    profile: str
    name: str
    arguments: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        return "probe " + self.name + "".join(f" {key}={value}" for key, value in self.arguments)


Recipe = Training | Probe


def as_data(value: Any) -> Any:
    """A recipe, or a part of one, as plain JSON data; dataclasses carry their class name under "kind"."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        data: dict[str, Any] = {"kind": type(value).__name__}
        for part in dataclasses.fields(value):
            own = getattr(value, part.name)
            if part.metadata != ADDED_LATER or own != part.default:
                data[part.name] = as_data(own)
        return data
    if isinstance(value, (tuple, list)):
        return [as_data(item) for item in value]
    return value


def digest(recipe: Recipe) -> str:
    """The SHA-256 of the recipe's canonical JSON, as 64 hexadecimal digits."""
    text = json.dumps(as_data(recipe), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
