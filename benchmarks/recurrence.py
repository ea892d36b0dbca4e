"""Forward and backward of a recurrence, ours against torch's own, beside the multiply-add peak of this core or the ceiling of a GPU.

    python benchmarks/recurrence.py                            every cell and shape
    python benchmarks/recurrence.py --cell irnn --shape 32,200,100
    python benchmarks/recurrence.py --device cuda              packs of 1, 8, 32 and 64 trials on a GPU
    python benchmarks/recurrence.py --compile                  what a GPU's compiler makes of the Triton kernels; needs no GPU

One thread. Ours on each instruction set at hand and torch's take turns within one process; a ratio is the median over the turns of
torch's CPU seconds by ours, a time the median. The gradient error is relative, the largest of the weights', against float64. The peak is
measured in the same run by a loop that stays in registers. benchmarks/README.md shows a table and says what it was measured on.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from recurrence_cases import CELLS, input_width, multiply_adds, reference_gradients, relative_error, start, torch_module
from timing import Seconds, milliseconds, ratio, table, take_turns, timed
from torch import Tensor

from reproductions import kernel_choice
from reproductions.recurrence import build, unroll
from reproductions.running import process

SHAPES = ((32, 50, 100), (32, 200, 100), (128, 196, 100), (128, 784, 100), (128, 784, 200), (16, 196, 100), (32, 40, 100))
WORK = 4e9  # multiply-adds of a plain recurrence to repeat a row for: about two seconds a path
TURNS = (5, 200)  # at least and at most so many turns a row
QUICK = (2, 8, 20)  # a shape, batch, steps and hidden, that takes no time
HIDDEN = ("trials", "device")  # columns that rows of a GPU need
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
    seconds, operations = Seconds(), []
    for _ in range(5):
        timed(lambda: operations.append(library.plain_peak(PEAK_LOOPS)), seconds)
    return operations[0] / min(seconds.cpu) / 1e9


# --- One cell and shape ---


def rows(names: Sequence[str], shapes: Sequence[tuple[int, int, int]], peaks: dict[str, float]) -> list[dict[str, Any]]:
    """One row for each cell, shape and path, beside the peak of each path."""
    return [row for name in names for size in shapes for row in measure(name, *size, peaks)]


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
    theirs_spent = seconds["torch's"]
    found = []
    for path, ceiling in peaks.items():
        spent = seconds[path]
        rate = 2 * macs / milliseconds(spent.cpu) / 1e6
        with kernels(path):
            taken = build.path_taken()
        found.append(
            {
                "cell": name, "batch": batch, "steps": steps, "hidden": hidden, "trials": 1, "kernels": taken,
                "ours_ms": milliseconds(spent.wall), "ours_cpu_ms": milliseconds(spent.cpu),
                "torch_ms": milliseconds(theirs_spent.wall), "torch_cpu_ms": milliseconds(theirs_spent.cpu),
                "ratio": ratio(spent.cpu, theirs_spent.cpu),
                "gflops": rate, "share_of_ceiling": rate / ceiling,
                "best_share": 2 * macs / min(spent.cpu) / 1e9 / ceiling,
                "gradient_error": max(relative_error(a, b) for a, b in zip(ours(path), exact, strict=True)),
                "device": "cpu",
            }
        )  # fmt: skip
    return found


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
    print(table(rows, hidden))


def on_the_cpu(arguments: argparse.Namespace, names: list[str]) -> None:
    process.prepare()
    peaks = {path: peak(path) for path in paths()}
    shapes = arguments.shape or [size for size in SHAPES if not arguments.quick or (size[0] == 32 and size[1] <= 50)]
    heading = ", ".join(f"multiply-add peak {value:.0f} GFLOP/s ({path})" for path, value in peaks.items())
    show(rows(names, shapes, peaks), arguments.json, heading, HIDDEN)


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
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--trials", type=int, action="append", metavar="K", help="on a GPU only packs of K; may be given again")
    parser.add_argument("--processes", type=int, metavar="N", help="on a GPU also torch's kernels in N processes at the same time")
    parser.add_argument("--precision", choices=("ieee", "tf32x3"), default="ieee", help="of the products of our GPU kernels")
    parser.add_argument("--compile", action="store_true", help="registers and shared memory of the GPU kernels instead of times")
    parser.add_argument("--json", action="store_true", help="a list of objects instead of a table")
    arguments = parser.parse_args()
    names = arguments.cell or ["irnn", "lstm"]
    if "rin-dt" in names and not arguments.compile:
        parser.error("torch has no module of a rin-dt to measure it against; --compile takes it")
    command = compiled if arguments.compile else on_a_gpu if arguments.device == "cuda" else on_the_cpu
    command(arguments, names)


if __name__ == "__main__":
    main()
