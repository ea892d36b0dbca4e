"""The GPU side of ``benchmarks/recurrence.py``: packs of trials on the Triton kernels against torch's own (cuDNN's), one after another.

A time is in milliseconds for each trial of a pack. The ceilings, a float32 product of two large matrices without tf32 and a copy within
the memory, are measured in the same run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from recurrence_cases import input_width, multiply_adds, reference_gradients, relative_error, start, torch_module
from timing import milliseconds, ratio, take_turns
from torch import Tensor, multiprocessing

from reproductions import cells, recurrence_gpu

SHAPES = ((128, 784, 100), (128, 784, 200), (32, 400, 100))
TRIALS = (1, 8, 32, 64)
TURNS = 10
PROCESSES_TRIALS = 20  # what each of several processes does while its time is taken


def require_cuda() -> None:
    """Ends with one line and exit code 2 where the measurement cannot be made."""
    if not torch.cuda.is_available() or not recurrence_gpu.available():
        missing = "a CUDA GPU and a build of torch for it" if not torch.cuda.is_available() else "triton: pip install 'rin-claims[gpu]'"
        print(f"recurrence.py: --device cuda needs {missing}", file=sys.stderr)
        raise SystemExit(2)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False  # torch's recurrences in float32, like ours


def synchronised(function: Callable[[], Any], device: str = "cuda") -> Callable[[], None]:
    """``function``, which then waits for what it has started on a GPU."""

    def call() -> None:
        function()
        if device.startswith("cuda"):
            torch.cuda.synchronize(device)

    return call


def product_ceiling(side: int = 8192, device: str = "cuda") -> float:
    """GFLOP/s of a float32 product of two square matrices, the best of five."""
    a, b = torch.rand(2, side, side, device=device).unbind()
    seconds = take_turns({"product": synchronised(lambda: a @ b, device)}, 5)["product"].wall
    return 2 * side**3 / min(seconds) / 1e9


def copy_ceiling(size: int = 1 << 30, device: str = "cuda") -> float:
    """GB/s read and written by a copy of ``size`` bytes, the best of five."""
    source = torch.zeros(size // 4, device=device)
    target = torch.empty_like(source)
    seconds = take_turns({"copy": synchronised(lambda: target.copy_(source), device)}, 5)["copy"].wall
    return 2 * size / min(seconds) / 1e9


def pack_recurrence(made: list[cells.RecurrentCell], inputs: Tensor, parameters: list[Tensor], precision: str) -> Tensor:
    """The last outputs (K, B, H) of a pack with stacked W, recurrent matrices and b."""
    W, R, b = parameters
    if isinstance(made[0], cells.LSTM):
        return recurrence_gpu.lstm(inputs, W, R, b, last_only=True, precision=precision)
    return recurrence_gpu.plain_recurrence(inputs, W, R[:, None], b[:, None], made[0].nonlinearity, last_only=True, precision=precision)


def measure(name: str, batch: int, steps: int, hidden: int, trials: int, ceiling: float, precision: str) -> dict[str, Any]:
    """One row: forward and backward of a pack with the gradients of all weights, of a loss that reads the last states."""
    generator = torch.Generator().manual_seed(0)
    width = input_width(steps)
    made = [start(name, width, hidden, generator) for _ in range(trials)]
    inputs = torch.rand(trials, steps, batch, width, generator=generator)
    weights = torch.randn(batch, hidden, generator=generator)
    exact = reference_gradients(made[0], inputs[0], weights)
    pack, weighed = inputs.cuda(), weights.cuda()
    recurrent = [cell.U if name == "lstm" else cell.recurrent_matrix() for cell in made]
    stacked = [[cell.W for cell in made], recurrent, [cell.b for cell in made]]
    parameters = [torch.stack(values).detach().cuda().requires_grad_() for values in stacked]
    modules = [torch_module(cell).cuda() for cell in made]

    def ours() -> tuple[Tensor, ...]:
        return torch.autograd.grad((pack_recurrence(made, pack, parameters, precision) * weighed).sum(), parameters)

    def theirs() -> None:
        for module, own in zip(modules, pack, strict=True):
            torch.autograd.grad((module(own)[0][-1] * weighed).sum(), list(module.parameters()))

    seconds = {name: spent.wall for name, spent in take_turns({"ours": synchronised(ours), "torch's": synchronised(theirs)}, TURNS).items()}
    spent = milliseconds(seconds["ours"])
    rate = 2 * trials * multiply_adds(name, batch, steps, hidden, width) / spent / 1e6
    found = [gradient[0].cpu() for gradient in ours()]
    return {
        "cell": name, "batch": batch, "steps": steps, "hidden": hidden, "trials": trials,
        "ours_ms": spent / trials,
        "torch_ms": milliseconds(seconds["torch's"]) / trials,
        "ratio": ratio(seconds["ours"], seconds["torch's"]),
        "gflops": rate, "share_of_ceiling": rate / ceiling,
        "gradient_error": max(relative_error(a, b) for a, b in zip(found, exact, strict=True)),
        "device": torch.cuda.get_device_name(),
    }  # fmt: skip


# --- Several processes on one GPU, each with torch's kernels ---


def _train_alone(name: str, batch: int, steps: int, hidden: int, gate: Any) -> None:
    require_cuda()
    generator = torch.Generator().manual_seed(0)
    width = input_width(steps)
    module = torch_module(start(name, width, hidden, generator)).cuda()
    inputs = torch.rand(steps, batch, width, generator=generator).cuda()
    for trial in range(PROCESSES_TRIALS + 1):
        if trial == 1:  # the first one warms up
            torch.cuda.synchronize()
            gate.wait()
        torch.autograd.grad(module(inputs)[0][-1].sum(), list(module.parameters()))
    torch.cuda.synchronize()
    gate.wait()


def processes_ms(name: str, batch: int, steps: int, hidden: int, processes: int) -> float:
    """Milliseconds for each trial while ``processes`` processes work on the GPU at the same time, each with torch's kernels."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(processes + 1)
    workers = [context.Process(target=_train_alone, args=(name, batch, steps, hidden, gate)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    gate.wait()
    begin = time.perf_counter()
    gate.wait()
    seconds = time.perf_counter() - begin
    for worker in workers:
        worker.join()
    return 1e3 * seconds / (processes * PROCESSES_TRIALS)


# --- Without a GPU: what the compiler makes of the kernels ---


def compiled(names: list[str], shapes: list[tuple[int, int, int]], precision: str) -> list[dict[str, Any]]:
    """One row a kernel, compiled for an H100 or H200: shared memory, registers and spilled bytes."""
    from reproductions.recurrence_gpu.compilation import compile_recurrence

    rows = []
    for name in names:
        for hidden, batch in sorted({(hidden, batch) for batch, _, hidden in shapes}):
            for kernel in compile_recurrence("relu" if name in ("irnn", "rin") else name, hidden, batch, precision):
                plan = kernel.layout
                rows.append(
                    {
                        "cell": name, "hidden": hidden, "batch": batch, "kernel": kernel.kernel, "blocks": "+".join(map(str, plan.blocks)),
                        "on chip": plan.resident, "rows": plan.tile, "warps": plan.warps, "shared bytes": kernel.shared_bytes,
                        "registers": kernel.registers, "spilled bytes": kernel.stack_bytes,
                    }
                )  # fmt: skip
    return rows
