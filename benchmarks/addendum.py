"""What the open questions of the RIN paper change: the readings of the addendum run beside their alternatives, on pilot seeds (>= 10,000).

    python benchmarks/addendum.py
    python benchmarks/addendum.py --only lstm-draw forget-bias --seeds 5
    python benchmarks/addendum.py --data > compared_readings.toml

prints one row an option, one column a seed. The last form writes all results as ``reference_results/rin_2018/compared_readings.toml``, from
which the readings take what was measured for them (write it elsewhere, then move it there). The alternatives live here alone: a recipe
describes the reading that was chosen. Nothing is stored; nothing enters a verdict.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import torch
from tabulate import tabulate
from torch import Tensor

from claims.papers.rin_2018 import protocol
from claims.readings import Comparison, Option
from reproductions import cells, optimizers
from reproductions.data_files import DataError
from reproductions.datasets import babi_text
from reproductions.recipes import Cell, Training
from reproductions.running import process
from reproductions.training import train
from reproductions.trials import PILOT_SEEDS_FROM, Outcome, Trial

HEAD = """\
# What the readings of the RIN paper's open questions do beside their alternatives, on pilot seeds; a run that diverged has the value nan.
# Written whole by `python benchmarks/addendum.py --data > compared_readings.toml`, then moved here; do not edit."""
LONG_TASKS = (3, 5)  # the bAbI tasks with the longest stories, where RINs diverge

Patch = tuple[Any, str, Callable[[Any], Any]]  # owner, attribute, and what makes the replacement of it


@dataclass(frozen=True)
class Alternative:
    """One option: the code it patches, or how it alters the recipe where the recipe has the setting already."""

    name: str
    patches: tuple[Patch, ...] = ()
    recipe: Callable[[Training], Training] = lambda recipe: recipe

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """The patches hold inside the ``with`` block."""
        with ExitStack() as stack:
            for owner, attribute, replacement in self.patches:
                stack.enter_context(mock.patch.object(owner, attribute, replacement(getattr(owner, attribute))))
            yield


@dataclass(frozen=True)
class Question:
    """Options to run on the same ``recipes``; a seed's value is the mean of ``metric`` over them. The first option is the chosen one."""

    what: str
    recipes: tuple[Training, ...]
    metric: str
    unit: str
    options: tuple[Alternative, ...]


def questions() -> Mapping[str, tuple[Question, ...]]:
    """Every comparison by the name that ``--only`` takes."""
    spread = (Alternative("standard deviation 0.001"), Alternative("variance 0.001", ((cells, "WEIGHT_STD", lambda sd: sd**0.5),)))
    clip = (
        Alternative("global norm at most 100"),
        Alternative("each entry at most 100", ((optimizers, "clip_by_norm", lambda _: clip_by_value),)),
    )
    rmsprop = (
        Alternative("decay 0.9, epsilon outside"),
        Alternative("decay 0.99, epsilon outside", ((optimizers, "RMSPROP_DECAY", lambda _: 0.99),)),
        Alternative("decay 0.9, epsilon inside", ((optimizers.RMSprop, "step", lambda _: rmsprop_with_epsilon_inside),)),
    )
    bias = (Alternative("forget bias 0"), Alternative("forget bias 1", ((cells.LSTM, "__init__", after(open_forget_gate)),)))
    draw = (Alternative("four gates together"), Alternative("gate by gate", ((cells.LSTM, "__init__", drawn_gate_by_gate),)))
    combine = (Alternative("beside each state"), Alternative("along time", recipe=lambda recipe: _task(recipe, combine="time")))
    start = (Alternative("Glorot W, orthogonal U"), Alternative("N(0, 1e-3), no identity", ((cells, "build", with_small_weights),)))
    no_clip = (Alternative("no clipping"), Alternative("norm at most 100", recipe=lambda recipe: _optimizer(recipe, clip=protocol.CLIP)))
    paper_rate = protocol.babi("paper", "irnn", 1).optimizer.learning_rate
    rate = (
        Alternative("rate x epochs as in the paper"),
        Alternative("rate of the paper", recipe=lambda recipe: _optimizer(recipe, learning_rate=paper_rate)),
    )
    return {
        "initial-spread": tuple(adding(cell, spread) for cell in ("rin", "irnn")),
        "clip": tuple(adding(cell, clip) for cell in ("rin", "irnn")),
        "rmsprop": tuple(pixels(cell, "sequential", rmsprop) for cell in ("rin", "irnn")),
        "forget-bias": (pixels("lstm", "sequential", bias), adding("lstm", bias)),
        "lstm-draw": tuple(pixels("lstm", order, draw) for order in ("sequential", "permuted")),
        "concatenated": tuple(babi(cell, combine) for cell in ("rin", "lstm")),
        "mnist-clip": tuple(pixels(cell, "sequential", no_clip) for cell in ("rin", "irnn")),
        "babi-clip": tuple(long_babi(task, no_clip) for task in LONG_TASKS),
        "babi-rate": (babi("irnn", rate),),
        "standard-rnn-start": tuple(pixels(cell, "sequential", start) for cell in ("tanh", "relu")),
    }


def adding(cell: Cell, options: tuple[Alternative, ...]) -> Question:
    recipe = protocol.adding("smoke", cell, 200)
    return Question(recipe.label, (recipe,), "test_mse", "MSE", options)


def pixels(cell: Cell, order: str, options: tuple[Alternative, ...]) -> Question:
    recipe = protocol.pixel_mnist("smoke", cell, order)
    return Question(recipe.label, (recipe,), "test_accuracy", "percent", options)


def babi(cell: Cell, options: tuple[Alternative, ...]) -> Question:
    recipes = tuple(protocol.babi("smoke", cell, task) for task in protocol.SMOKE_BABI_TASKS)
    tasks = ", ".join(map(str, protocol.SMOKE_BABI_TASKS))
    return Question(f"mean over simulated bAbI {tasks} {cell} 1-100", recipes, "test_accuracy", "percent", options)


def long_babi(task: int, options: tuple[Alternative, ...]) -> Question:
    """The paper's own recipe of the RIN on one bAbI task; it needs the published files."""
    recipe = protocol.babi("paper", "rin", task)
    return Question(recipe.label, (recipe,), "test_accuracy", "percent", options)


# --- The alternatives ---


def clip_by_value(gradient: Tensor, norm: Tensor, limit: float) -> None:
    """Bounds each entry of ``gradient`` in place, in the place of ``optimizers.clip_by_norm``."""
    gradient.clamp_(-limit, limit)


def rmsprop_with_epsilon_inside(self: optimizers.RMSprop, values: Tensor, gradient: Tensor, update: int) -> None:
    """v <- 0.9 v + 0.1 g^2;  p <- p - lr g / sqrt(v + epsilon): the rule of TensorFlow's own RMSprop of 2017."""
    decay = optimizers.RMSPROP_DECAY
    square = self.slots["square"].mul_(decay).addcmul_(gradient, gradient, value=1 - decay)
    values.addcdiv_(gradient, (square + optimizers.EPSILON).sqrt_(), value=-self.learning_rate)


def open_forget_gate(lstm: cells.LSTM, generator: torch.Generator) -> None:
    """The forget gate's bias 1 at the start (Jozefowicz et al., 2015; Keras's unit_forget_bias); gates are stacked i, f, g, o."""
    with torch.no_grad():
        lstm.b[lstm.hidden : 2 * lstm.hidden] = 1.0


def drawn_gate_by_gate(build: Any) -> Any:
    """A constructor that draws W Glorot uniform and U orthogonal for each gate by itself."""

    def redraw(lstm: cells.LSTM, generator: torch.Generator) -> None:
        with torch.no_grad():
            lstm.W.copy_(torch.cat([cells.glorot_uniform(lstm.hidden, lstm.inputs, generator) for _ in range(4)]))
            lstm.U.copy_(torch.cat([cells.orthogonal(lstm.hidden, lstm.hidden, generator) for _ in range(4)]))

    return after(redraw)(build)


def with_small_weights(build: Any) -> Any:
    """A ``cells.build`` whose cell starts from N(0, 1e-3) weights, as the RIN's but without the identity."""

    def replacement(name: str, inputs: int, hidden: int, generator: torch.Generator) -> cells.RecurrentCell:
        cell = build(name, inputs, hidden, generator)
        with torch.no_grad():
            cell.W.copy_(cells.gaussian(hidden, inputs, generator))
            cell.U.copy_(cells.gaussian(hidden, hidden, generator))
        return cell

    return replacement


def after(change: Callable[[cells.LSTM, torch.Generator], None]) -> Callable[[Any], Any]:
    """The replacement of the LSTM's constructor that does ``change`` to what it has built, with the same random stream."""

    def replacement(build: Any) -> Any:
        def init(self: cells.LSTM, inputs: int, hidden: int, generator: torch.Generator) -> None:
            build(self, inputs, hidden, generator)
            change(self, generator)

        return init

    return replacement


def _task(recipe: Training, **changes: Any) -> Training:
    return dataclasses.replace(recipe, task=dataclasses.replace(recipe.task, **changes))


def _optimizer(recipe: Training, **changes: Any) -> Training:
    return dataclasses.replace(recipe, optimizer=dataclasses.replace(recipe.optimizer, **changes))


# --- Running them ---


def value(outcomes: Sequence[Outcome], metric: str) -> float | None:
    """The mean of ``metric`` over the runs of a seed; None where one of them diverged."""
    values = [None if outcome.diverged else outcome.metrics[metric] for outcome in outcomes]
    known = [one for one in values if one is not None]
    return statistics.fmean(known) if len(known) == len(values) else None


def compare(name: str, question: Question, seeds: Sequence[int]) -> Comparison:
    """Trains every option of ``question`` on ``seeds``."""
    options = []
    for option in question.options:
        with option.in_force():
            runs = [[train(Trial(option.recipe(recipe), seed)) for recipe in question.recipes] for seed in seeds]
        options.append(Option(option.name, tuple(_four_digits(value(outcomes, question.metric)) for outcomes in runs)))
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    command = f"python benchmarks/addendum.py --only {name} --seeds {len(seeds)}"
    return Comparison(question.what, question.metric, question.unit, tuple(seeds), tuple(options), command, today)


def _four_digits(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.4g}")


def table(comparisons: Sequence[Comparison]) -> str:
    """A row an option, a column a seed."""
    seeds = comparisons[0].seeds
    rows = [
        (comparison.recipe, comparison.metric, option.name, *("diverged" if one is None else f"{one:.4g}" for one in option.values))
        for comparison in comparisons
        for option in comparison.options
    ]
    return tabulate(rows, headers=("recipe", "metric", "option", *map(str, seeds)), tablefmt="simple", disable_numparse=True)


def toml(found: Mapping[str, Sequence[Comparison]]) -> str:
    """The text of ``reference_results/rin_2018/compared_readings.toml`` that holds ``found``."""
    lines = [HEAD]
    for name, comparisons in found.items():
        for one in comparisons:
            lines += ["", f"[[{name}]]"]
            lines += [f"{field} = {json.dumps(getattr(one, field))}" for field in ("recipe", "metric", "unit", "seeds", "command", "date")]
            lines += ["options = [", *map(_option, one.options), "]"]
    return "\n".join(lines) + "\n"


def _option(option: Option) -> str:
    values = ", ".join("nan" if one is None else repr(one) for one in option.values)
    return f"    {{ name = {json.dumps(option.name)}, values = [{values}] }},"


def main() -> None:
    known = questions()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=tuple(known), metavar="NAME", help=f"of {', '.join(known)} (default: all)")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="pilot seeds from 10,000 on (default: %(default)s)")
    parser.add_argument("--data", action="store_true", help="print the file that holds the results; the table goes to stderr")
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error("--seeds must be at least 1")
    process.prepare()
    seeds = range(PILOT_SEEDS_FROM, PILOT_SEEDS_FROM + arguments.seeds)
    chosen = arguments.only or tuple(known)
    if "babi-clip" in chosen:
        try:  # before anything is trained
            babi_text(LONG_TASKS[0], "train")
        except DataError as problem:
            parser.error(f"babi-clip: {problem}")
    found: dict[str, list[Comparison]] = {}
    for name in chosen:
        found[name] = [compare(name, question, seeds) for question in known[name]]
        print(f"{name}\n{table(found[name])}\n", file=sys.stderr if arguments.data else sys.stdout, flush=True)
    if arguments.data:
        print(toml(found), end="")


if __name__ == "__main__":
    main()
