"""Forward and backward of a recurrence, ours against torch's own, beside the multiply-add peak of this core.

    python benchmarks/recurrence.py                            every cell and shape
    python benchmarks/recurrence.py --cell irnn --shape 32,200,100
    python benchmarks/recurrence.py --update                   whole training updates of the adding task, T = 200

One thread. Ours on each instruction set at hand and torch's take turns within one process; a ratio is the median over the turns of
torch's time by ours, a time the median. The gradient error is relative, the largest of the weights', against float64. The peak is
measured in the same run by a loop that stays in registers. benchmarks/README.md shows a table and says what it was measured on.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from tabulate import tabulate
from torch import Tensor, nn

from reproductions import cells, kernel_choice, process, profiles, tasks
from reproductions.recurrence import build, plain, unroll
from reproductions.training import Run

CELLS = ("irnn", "tanh", "lstm")  # the ReLU recurrence (a RIN's too), the tanh recurrence, the LSTM
SHAPES = ((32, 50, 100), (32, 200, 100), (128, 196, 100), (128, 784, 100), (128, 784, 200), (16, 196, 100), (32, 40, 100))
WORK = 4e9  # multiply-adds of a plain recurrence to repeat a row for: about two seconds a path
TURNS = (5, 200)  # at least and at most so many turns a row
PEAK_LOOPS = 5_000_000


@contextlib.contextmanager
def kernels(path: str) -> Iterator[None]:
    """Our recurrences on ``path``, a value of RIN_CLAIMS_KERNELS."""
    before = os.environ.get(kernel_choice.VARIABLE)
    os.environ[kernel_choice.VARIABLE] = path
    try:
        yield
    finally:
        if before is None:
            del os.environ[kernel_choice.VARIABLE]
        else:
            os.environ[kernel_choice.VARIABLE] = before


def paths() -> list[str]:
    """The paths to measure: the instruction sets at hand, best first, or the one that RIN_CLAIMS_KERNELS names."""
    forced = os.environ.get(kernel_choice.VARIABLE)
    if forced:
        return [forced]
    return ["native", *(path for path in build.available()[1:] if path == "avx2")]


def peak(path: str) -> float:
    """GFLOP/s of independent multiply-adds in registers on ``path``, the best of five; nan without compiled kernels."""
    with kernels(path):
        library = build.library()
    if library is None:
        return float("nan")
    library.plain_peak.argtypes, library.plain_peak.restype = [build.ctypes.c_int64], build.ctypes.c_double
    seconds, operations = [], 0.0
    for _ in range(5):
        start = time.perf_counter()
        operations = library.plain_peak(PEAK_LOOPS)
        seconds.append(time.perf_counter() - start)
    return operations / min(seconds) / 1e9


# --- One cell and shape ---


def torch_module(cell: cells.RecurrentCell) -> nn.Module:
    """torch's own module with the weights of ``cell``, its second bias at zero."""
    lstm = isinstance(cell, cells.LSTM)
    module = nn.LSTM(cell.inputs, cell.hidden) if lstm else nn.RNN(cell.inputs, cell.hidden, nonlinearity=cell.nonlinearity)
    with torch.no_grad():
        module.weight_ih_l0.copy_(cell.W)
        module.weight_hh_l0.copy_(cell.U if lstm else cell.recurrent_matrix())
        module.bias_ih_l0.copy_(cell.b)
        module.bias_hh_l0.zero_()
    return module


def timed(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def take_turns(contestants: dict[str, Callable[[], Any]], turns: int) -> dict[str, list[float]]:
    """Seconds of every contestant in each of ``turns`` turns, after one that does not count.

    Who begins changes from turn to turn, because whoever follows another's work finds the caches full of it.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for turn in range(turns + 1):
        begin = turn % len(names)
        for name in (*names[begin:], *names[:begin]):
            elapsed = timed(contestants[name])
            if turn:
                seconds[name].append(elapsed)
    return seconds


def measure(name: str, batch: int, steps: int, hidden: int, peaks: dict[str, float]) -> list[dict[str, Any]]:
    """One row a path: forward and backward with the gradients of all weights, of a loss that reads the last state."""
    generator = torch.Generator().manual_seed(0)
    width = 2 if steps in (40, 50, 200) else 1  # adding reads two numbers a step, pixel MNIST one
    cell = cells.build(name, width, hidden, generator)
    inputs = torch.rand(steps, batch, width, generator=generator)
    weights = torch.randn(batch, hidden, generator=generator)
    with torch.no_grad():
        cell.b.fill_(0.01)  # a bias of zero would leave half of a RIN's units off for ever
    module, trained = torch_module(cell), list(cell.parameters())

    def ours(path: str) -> tuple[Tensor, ...]:
        with kernels(path):
            return torch.autograd.grad((unroll(cell, inputs, last_only=True) * weights).sum(), trained)

    def theirs() -> tuple[Tensor, ...]:
        return torch.autograd.grad((module(inputs)[0][-1] * weights).sum(), list(module.parameters()))

    macs = steps * batch * hidden * (hidden + width) * 3 * (4 if name == "lstm" else 1)  # forward, to the state, to the weights
    turns = int(min(max(WORK / macs, TURNS[0]), TURNS[1]))
    contestants: dict[str, Callable[[], Any]] = {path: lambda path=path: ours(path) for path in peaks}
    seconds = take_turns({**contestants, "torch's": theirs}, turns)
    exact = reference_gradients(cell, inputs, weights)
    rows = []
    for path, ceiling in peaks.items():
        rate = 2 * macs / statistics.median(seconds[path]) / 1e9
        with kernels(path):
            taken = build.path_taken()
        rows.append(
            {
                "cell": name, "batch": batch, "steps": steps, "hidden": hidden, "trials": 1, "kernels": taken,
                "ours_ms": 1e3 * statistics.median(seconds[path]),
                "torch_ms": 1e3 * statistics.median(seconds["torch's"]),
                "ratio": statistics.median(b / a for a, b in zip(seconds[path], seconds["torch's"], strict=True)),
                "gflops": rate, "share_of_ceiling": rate / ceiling,
                "gradient_error": max(relative_error(a, b) for a, b in zip(ours(path), exact, strict=True)),
                "device": "cpu",
            }
        )  # fmt: skip
    return rows


def reference_gradients(cell: cells.RecurrentCell, inputs: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
    """The same gradients in float64, by torch's operations."""
    parameters = {name: value.detach().double().requires_grad_() for name, value in cell.named_parameters()}
    double = inputs.double()
    if isinstance(cell, cells.LSTM):
        start = double.new_zeros(1, inputs.shape[1], cell.hidden)
        values = [*(parameters[name] for name in ("W", "U", "b")), torch.zeros_like(parameters["b"])]
        last = torch.lstm(double, (start, start), values, True, 1, 0.0, True, False, False)[0][-1]
    else:
        # U + I is formed in float32, as the cell forms it: what is compared is the recurrence
        recurrent = cell.recurrent_matrix().detach().double() - cell.U.detach().double() + parameters["U"]
        last = plain.plain_recurrence(double, parameters["W"], recurrent, parameters["b"], cell.nonlinearity, last_only=True)
    return torch.autograd.grad((last * weights).sum(), list(parameters.values()))


def relative_error(found: Tensor, exact: Tensor) -> float:
    return float((found.double() - exact).norm() / exact.norm())


# --- Whole updates ---


def measure_update(name: str, peaks: dict[str, float], turns: int = 40) -> list[dict[str, Any]]:
    """One training update of the adding task at T = 200, batch 32: ours against torch's module, optimiser and clipping.

    Batch assembly, loss and the check for finite numbers are the same on both sides.
    """
    recipe = profiles.adding("paper", name, 200)
    recipe = dataclasses.replace(recipe, task=dataclasses.replace(recipe.task, train_size=2000, test_size=100))
    run = Run(recipe, 0)
    module, readout = torch_module(run.model.stack.layers[0]), nn.Linear(recipe.network.hidden, 1)
    parameters = [*module.parameters(), *readout.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=recipe.optimizer.learning_rate)
    problem, row = tasks.build(recipe.task, 0), torch.arange(recipe.batch_size)

    def ours(path: str) -> None:
        with kernels(path):
            run.advance(run.update + 1)

    def theirs() -> None:
        inputs, targets = problem.batch(row)
        optimizer.zero_grad()
        loss = problem.loss(readout(module(inputs)[0][-1]), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, recipe.optimizer.clip)
        optimizer.step()
        loss.item()

    contestants: dict[str, Callable[[], Any]] = {path: lambda path=path: ours(path) for path in peaks}
    seconds = take_turns({**contestants, "torch's": theirs}, turns)
    rows = []
    for path in peaks:
        with kernels(path):
            taken = build.path_taken()
        ratio = statistics.median(b / a for a, b in zip(seconds[path], seconds["torch's"], strict=True))
        times = {"ours_ms": 1e3 * statistics.median(seconds[path]), "torch_ms": 1e3 * statistics.median(seconds["torch's"])}
        rows.append({"update": name, "batch": recipe.batch_size, "steps": 200, "hidden": 100, "kernels": taken, **times, "ratio": ratio})
    return rows


def shape(text: str) -> tuple[int, int, int]:
    batch, steps, hidden = map(int, text.split(","))
    return batch, steps, hidden


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cell", choices=("rin", *CELLS), action="append", help="only this cell; may be given again")
    parser.add_argument("--shape", type=shape, action="append", metavar="B,T,H", help="only this shape; may be given again")
    parser.add_argument("--quick", action="store_true", help="the two shapes of batch 32 and T at most 50 only")
    parser.add_argument("--update", action="store_true", help="whole training updates instead")
    parser.add_argument("--json", action="store_true", help="a list of objects instead of a table")
    arguments = parser.parse_args()
    process.prepare()
    peaks = {path: peak(path) for path in paths()}
    chosen = arguments.cell or (["rin", "lstm"] if arguments.update else ["irnn", "lstm"])
    shapes = arguments.shape or [size for size in SHAPES if not arguments.quick or (size[0] == 32 and size[1] <= 50)]
    rows = []
    for name in chosen:
        rows += measure_update(name, peaks) if arguments.update else [row for size in shapes for row in measure(name, *size, peaks)]
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return
    print(", ".join(f"multiply-add peak {value:.0f} GFLOP/s ({path})" for path, value in peaks.items()))
    shown = [{name: value for name, value in row.items() if name not in ("trials", "device")} for row in rows]
    formats = {"ours_ms": ".2f", "torch_ms": ".2f", "ratio": ".2f", "gflops": ".0f", "share_of_ceiling": ".2f", "gradient_error": ".1e"}
    print(tabulate(shown, headers="keys", tablefmt="github", floatfmt=[formats.get(name, "g") for name in shown[0]]))


if __name__ == "__main__":
    main()
