"""Forward and backward of a recurrence, ours against torch's own, beside the multiply-add peak of this core or the ceiling of a GPU.

    python benchmarks/recurrence.py                            every cell and shape
    python benchmarks/recurrence.py --cell irnn --shape 32,200,100
    python benchmarks/recurrence.py --update                   whole training updates of the adding task, compiled and readable
    python benchmarks/recurrence.py --device cuda              packs of 1, 8, 32 and 64 trials on a GPU
    python benchmarks/recurrence.py --compile                  what a GPU's compiler makes of the Triton kernels; needs no GPU

One thread. Ours on each instruction set at hand and torch's take turns within one process; a ratio is the median over the turns of
torch's time by ours, a time the median. The gradient error is relative, the largest of the weights', against float64. The peak is
measured in the same run by a loop that stays in registers. benchmarks/README.md shows a table and says what it was measured on.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import itertools
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import torch
from recurrence_cases import CELLS, input_width, multiply_adds, ratio, reference_gradients, relative_error, start, take_turns, torch_module
from tabulate import tabulate
from torch import Tensor, nn

from claims.papers.rin_2018 import protocol
from reproductions import kernel_choice, tasks
from reproductions.recipes import Training
from reproductions.recurrence import build, unroll
from reproductions.running import process
from reproductions.training import Run

SHAPES = ((32, 50, 100), (32, 200, 100), (128, 196, 100), (128, 784, 100), (128, 784, 200), (16, 196, 100), (32, 40, 100))
WORK = 4e9  # multiply-adds of a plain recurrence to repeat a row for: about two seconds a path
TURNS = (5, 200)  # at least and at most so many turns a row
PEAK_LOOPS = 5_000_000
UPDATES = ((1, 40), (1, 200), (2, 40), (2, 200))  # layers and steps of the networks whose whole updates are timed
BLOCK = 5  # updates a turn: those after the first find the caches as training leaves them


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


def measure(name: str, batch: int, steps: int, hidden: int, peaks: dict[str, float]) -> list[dict[str, Any]]:
    """One row a path: forward and backward with the gradients of all weights, of a loss that reads the last state."""
    generator = torch.Generator().manual_seed(0)
    width = input_width(steps)
    cell = start(name, width, hidden, generator)
    inputs = torch.rand(steps, batch, width, generator=generator)
    weights = torch.randn(batch, hidden, generator=generator)
    module, trained = torch_module(cell), list(cell.parameters())

    def ours(path: str) -> tuple[Tensor, ...]:
        with kernels(path):
            return torch.autograd.grad((unroll(cell, inputs, last_only=True) * weights).sum(), trained)

    def theirs() -> tuple[Tensor, ...]:
        return torch.autograd.grad((module(inputs)[0][-1] * weights).sum(), list(module.parameters()))

    macs = multiply_adds(name, batch, steps, hidden, width)
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
                "ratio": ratio(seconds[path], seconds["torch's"]),
                "gflops": rate, "share_of_ceiling": rate / ceiling,
                "gradient_error": max(relative_error(a, b) for a, b in zip(ours(path), exact, strict=True)),
                "device": "cpu",
            }
        )  # fmt: skip
    return rows


# --- Whole updates ---


def measure_update(name: str, layers: int, steps: int, peaks: dict[str, float], turns: int = 40) -> list[dict[str, Any]]:
    """One training update of the adding task, batch 32, hidden 100: ours, compiled and readable, against torch's modules and optimiser.

    Batch assembly, loss and the check for finite numbers are the same on all sides. A turn is BLOCK updates.
    """
    recipe = protocol.adding("paper", name, 200)
    task, network = recipe.task, dataclasses.replace(recipe.network, layers=layers)
    recipe = dataclasses.replace(recipe, network=network, task=dataclasses.replace(task, length=steps, train_size=2000, test_size=100))
    runs = {(path, update): begun(recipe, path, update) for path in peaks for update in kernel_choice.UPDATE_CHOICES}
    problem, row = tasks.build(recipe.task, 0), torch.arange(recipe.batch_size)
    stack = runs[next(iter(peaks)), "readable"].model.stack
    modules, readout = nn.ModuleList(map(torch_module, stack.layers)), nn.Linear(recipe.network.hidden, 1)
    parameters = [*modules.parameters(), *readout.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=recipe.optimizer.learning_rate)

    def ours(path: str, update: str) -> None:
        run = runs[path, update]
        with kernels(path):
            for _ in range(BLOCK):
                run.advance(run.update + 1)

    def theirs() -> None:
        for _ in range(BLOCK):
            states, targets = problem.batch(row)
            optimizer.zero_grad()
            for module in modules:
                states = module(states)[0]
            loss = problem.loss(readout(states[-1]), targets)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, recipe.optimizer.clip)
            optimizer.step()
            loss.item()

    contestants: dict[Any, Callable[[], Any]] = {key: lambda key=key: ours(*key) for key in runs}
    seconds = take_turns({**contestants, "torch's": theirs}, turns)
    rows = []
    for path in peaks:
        with kernels(path):
            taken = build.path_taken()
        compiled, readable = seconds[path, "compiled"], seconds[path, "readable"]
        rows.append(
            {
                "update": name, "layers": layers, "batch": recipe.batch_size, "steps": steps, "hidden": 100, "kernels": taken,
                "ours_ms": 1e3 * statistics.median(compiled) / BLOCK,
                "readable_ms": 1e3 * statistics.median(readable) / BLOCK,
                "torch_ms": 1e3 * statistics.median(seconds["torch's"]) / BLOCK,
                "readable_ratio": ratio(compiled, readable),
                "ratio": ratio(compiled, seconds["torch's"]),
            }
        )  # fmt: skip
    return rows


def begun(recipe: Training, path: str, update: str) -> Run:
    """A run on ``path`` whose updates are "compiled" or "readable"."""
    with kernels(path), mock.patch.dict(os.environ, {kernel_choice.UPDATE_VARIABLE: update}):
        return Run(recipe, 0)


# --- The command ---


def shape(text: str) -> tuple[int, int, int]:
    batch, steps, hidden = map(int, text.split(","))
    return batch, steps, hidden


def show(rows: list[dict[str, Any]], as_json: bool, heading: str, hidden: tuple[str, ...] = ()) -> None:
    """Prints rows as a list of objects, or as a table under its heading without the columns ``hidden``."""
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    print(heading)
    shown = [{name: value for name, value in row.items() if name not in hidden} for row in rows]
    two_digits = ("ours_ms", "readable_ms", "torch_ms", "readable_ratio", "ratio", "share_of_ceiling")
    formats = dict.fromkeys(two_digits, ".2f") | {"gflops": ".0f", "gradient_error": ".1e"}
    print(tabulate(shown, headers="keys", tablefmt="github", floatfmt=[formats.get(name, "g") for name in shown[0]]))


def on_the_cpu(arguments: argparse.Namespace, names: list[str]) -> None:
    process.prepare()
    peaks = {path: peak(path) for path in paths()}
    shapes = arguments.shape or [size for size in SHAPES if not arguments.quick or (size[0] == 32 and size[1] <= 50)]
    rows = []
    for name in names:
        if arguments.update:
            rows += [row for layers, steps in UPDATES for row in measure_update(name, layers, steps, peaks)]
        else:
            rows += [row for size in shapes for row in measure(name, *size, peaks)]
    heading = ", ".join(f"multiply-add peak {value:.0f} GFLOP/s ({path})" for path, value in peaks.items())
    show(rows, arguments.json, heading, hidden=("trials", "device"))


def on_a_gpu(arguments: argparse.Namespace, names: list[str]) -> None:
    import recurrence_gpu as gpu

    gpu.require_cuda()
    ceiling, copied = gpu.product_ceiling(), gpu.copy_ceiling()
    ceilings = {"ceiling_gflops": ceiling, "copy_gb_s": copied}
    shapes = arguments.shape or (gpu.SHAPES[-1:] if arguments.quick else gpu.SHAPES)
    rows = []
    for name, size in itertools.product(names, shapes):
        beside: dict[str, Any] = {}
        if arguments.processes:
            beside = {"processes": arguments.processes, "torch_processes_ms": gpu.processes_ms(name, *size, arguments.processes)}
        for trials in arguments.trials or gpu.TRIALS:
            rows.append(gpu.measure(name, *size, trials, ceiling, arguments.precision) | ceilings | beside)
    heading = f"float32 product of two matrices {ceiling:.0f} GFLOP/s, copies {copied:.0f} GB/s; ms for each trial of a pack"
    show(rows, arguments.json, heading, hidden=tuple(ceilings))


def compiled(arguments: argparse.Namespace, names: list[str]) -> None:
    import recurrence_gpu as gpu

    rows = gpu.compiled(names, arguments.shape or list(gpu.SHAPES), arguments.precision)
    show(rows, arguments.json, "compiled for an H100 or H200 (compute capability 9.0)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cell", choices=("rin", "rin-dt", *CELLS), action="append", help="only this cell; may be given again")
    parser.add_argument("--shape", type=shape, action="append", metavar="B,T,H", help="only this shape; may be given again")
    parser.add_argument("--quick", action="store_true", help="only the shapes of batch 32 (and, on the CPU, T at most 50)")
    parser.add_argument("--update", action="store_true", help="whole training updates instead, on the CPU")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--trials", type=int, action="append", metavar="K", help="on a GPU only packs of K; may be given again")
    parser.add_argument("--processes", type=int, metavar="N", help="on a GPU also torch's kernels in N processes at the same time")
    parser.add_argument("--precision", choices=("ieee", "tf32x3"), default="ieee", help="of the products of our GPU kernels")
    parser.add_argument("--compile", action="store_true", help="registers and shared memory of the GPU kernels instead of times")
    parser.add_argument("--json", action="store_true", help="a list of objects instead of a table")
    arguments = parser.parse_args()
    names = arguments.cell or (["rin", "lstm"] if arguments.update else ["irnn", "lstm"])
    if "rin-dt" in names and not arguments.compile:
        parser.error("torch has no module of a rin-dt to measure it against; --compile takes it")
    command = compiled if arguments.compile else on_a_gpu if arguments.device == "cuda" else on_the_cpu
    command(arguments, names)


if __name__ == "__main__":
    main()
