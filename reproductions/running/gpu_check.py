"""The check of a GPU before it is believed: the kernels of packs against float64.

The fused kernels may not compile (too little shared memory), compute wrong numbers, or lack triton. Then torch's own kernels train the
pack, if they pass the same check, and every outcome says so. A process checks each kind of cell and size once, at a small shape, when it
first needs it: an LSTM of hidden 200 alone takes minutes to compile.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reproductions import kernel_choice
from reproductions.kernel_choice import KernelError
from reproductions.recipes import Adding, Training
from reproductions.running import process

if TYPE_CHECKING:
    from torch import Tensor

    from reproductions.cells import RecurrentCell

MOST_ERROR = 1e-5  # relative; float32 has some 1e-6 at these shapes, products in tf32 have 1e-3
# Multiples of 16, as the sizes of the suite are: the kernels compiled for the check are then the ones that train.
TRIALS, STEPS, BATCH = 2, 16, 32
KINK = 3e-6  # rounding in float32 moves the argument of a unit by less than 1e-6 at these shapes
SAID = 200  # characters of a compiler's message


@dataclasses.dataclass(frozen=True)
class Shape:
    """The kernels of one layer; ``width`` counts the numbers that a step reads."""

    cell: str
    hidden: int
    width: int
    last_only: bool = True

    @property
    def label(self) -> str:
        return f"{self.cell} of hidden {self.hidden}"


@dataclasses.dataclass(frozen=True)
class Found:
    """The result of one check: the greatest relative errors, and what is wrong with the fused kernels ("": nothing).

    An error is None where the kernels could not be run.
    """

    shape: Shape
    fused_error: float | None
    torch_error: float | None
    problem: str


# Every kind of kernel and hidden size that the suite trains in packs.
SUITE = (
    *(Shape("irnn", hidden, width) for hidden in (100, 200) for width in (1, 2)),
    *(Shape("irnn", hidden, hidden, last_only) for hidden in (100, 200) for last_only in (False, True)),
    *(Shape(cell, 100, 1) for cell in ("tanh", "rin-dt")),
    *(Shape("lstm", 100, width) for width in (1, 2, 100)),
    Shape("lstm", 200, 1),
)


def shapes(recipe: Training) -> tuple[Shape, ...]:
    """List the kernels of a recipe's layers."""
    from reproductions import packs

    network = recipe.network
    cell = "irnn" if network.cell in packs.PLAIN_CELLS else network.cell
    widths = [2 if isinstance(recipe.task, Adding) else 1] + [network.hidden] * (network.layers - 1)
    layers = (Shape(cell, network.hidden, width, layer == network.layers) for layer, width in enumerate(widths, start=1))
    return tuple(dict.fromkeys(layers))


@contextlib.contextmanager
def believed(recipe: Training, device: str) -> Iterator[None]:
    """Choose, for what runs within, kernels of ``recipe`` that passed the check on ``device``.

    On the CPU there is nothing to check. Raises KernelError if torch's own fail it too.
    """
    from reproductions import recurrence_gpu

    if device == "cpu":
        yield
        return
    with contextlib.ExitStack() as kept:
        if kernel_choice.requested() == "torch":
            kept.enter_context(recurrence_gpu.torch_instead())  # asked for, and so no fallback
        elif problem := _problem([check(shape, device) for shape in shapes(recipe)]):
            kept.enter_context(recurrence_gpu.torch_instead(problem))
        yield


@process.settled()
def status(device: str | None = None, suite: Sequence[Shape] = SUITE) -> dict[str, Any]:
    """Check the kernels of ``suite`` on a device, and return the results as plain data.

    ``device`` None is the first GPU; without one nothing is checked. "kernels" is "triton", "torch" or None (none to be trusted or no GPU),
    "problem" one line or "". The first check on a machine compiles for minutes.
    """
    import torch

    started = time.perf_counter()
    if device is None and not torch.cuda.is_available():
        return {"device": None, "kernels": None, "problem": "torch sees no CUDA GPU", "checks": [], "seconds": 0.0}
    found: list[Found] = []
    try:
        for shape in suite:
            found.append(check(shape, device or "cuda:0"))
        problem = _problem(found)
        kernels: str | None = "torch" if problem else "triton"
    except KernelError as error:
        kernels, problem = None, str(error)
    return {
        "device": torch.cuda.get_device_name(device) if torch.cuda.is_available() else device,
        "kernels": kernels,
        "problem": problem,
        "checks": [{**dataclasses.asdict(one.shape), **_without_shape(one)} for one in found],
        "seconds": time.perf_counter() - started,
    }


def _without_shape(found: Found) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(found).items() if name != "shape"}


def _problem(found: Sequence[Found]) -> str:
    return next((one.problem for one in found if one.problem), "")


@functools.cache
def check(shape: Shape, device: str) -> Found:
    """Run the kernels of ``shape`` on ``device`` and compare them with the readable cells in float64, once a process.

    Raises KernelError if torch's own kernels do not agree with them: then no number of this GPU can be trusted.
    """
    from reproductions import recurrence_gpu

    cells, inputs, weights = _operands(shape)
    exact = _measured(lambda cells, x: _stacked([cell(own) for cell, own in zip(cells, x, strict=True)], shape), cells, inputs, weights)
    with recurrence_gpu.torch_instead():
        torch_error, problem = _error(shape, _pack, device, exact, cells, inputs, weights)
        alone_error, also = _error(shape, _one_by_one, device, exact, cells, inputs, weights)
    if problem or also:
        raise KernelError(
            f"the GPU {device} cannot be trusted: torch's own kernels of {shape.label} {problem or also}; "
            "train on the CPU (CUDA_VISIBLE_DEVICES='')"
        )
    assert torch_error is not None
    assert alone_error is not None
    if lacking := recurrence_gpu.missing():
        fused_error, problem = None, lacking
    else:
        fused_error, problem = _error(shape, _pack, device, exact, cells, inputs, weights)
        problem = problem and f"the fused kernels of {shape.label} {problem}"
    return Found(shape, fused_error, max(torch_error, alone_error), problem)


Recurrence = Callable[["Sequence[RecurrentCell]", "Tensor"], "Tensor"]


def _error(
    shape: Shape, recurrence: Callable[..., Tensor], device: str, exact: list[Tensor], cells: list[RecurrentCell], *values: Tensor
) -> tuple[float | None, str]:
    """Return the greatest relative error of ``recurrence`` on ``device``, and what is wrong with it, or ""."""
    import copy

    import torch

    try:
        moved = [copy.deepcopy(cell).float().to(device) for cell in cells]
        run = functools.partial(recurrence, shape)
        found = _measured(run, moved, *(value.float().to(device) for value in values))
        with torch.no_grad():  # an evaluation keeps nothing for a backward, and is another kernel
            again = run(moved, values[0].float().to(device)).double().cpu()
    except Exception as error:  # of whatever library: the compiler's, the driver's, torch's
        said = " ".join(str(error).split())
        return None, f"do not run ({type(error).__name__}: {said[:SAID]})"
    pairs = [*zip(found, exact, strict=True), (again, exact[0])]
    errors = [float((one - other).norm() / other.norm()) for one, other in pairs]
    greatest = max(errors, key=lambda error: (error != error, error))  # NaN is the greatest
    return greatest, "" if greatest <= MOST_ERROR else f"are off by {greatest:.1g} of the value, and {MOST_ERROR:g} is the most"


def _operands(shape: Shape) -> tuple[list[RecurrentCell], Tensor, Tensor]:
    """Make operands with which no unit stands at the kink of its ReLU."""
    # there the rounding of a machine would decide the slope
    return next(made for seed in itertools.count() if _distance_from_kinks(*(made := _random_operands(shape, seed))[:2]) > KINK)


def _distance_from_kinks(cells: Sequence[RecurrentCell], inputs: Tensor) -> float:
    """Return the least absolute argument of a ReLU of the cells."""
    import torch
    from torch.overrides import TorchFunctionMode

    least = [math.inf]

    class Looking(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if function is torch.relu:
                least.append(args[0].abs().min().item())
            return function(*args, **(kwargs or {}))

    with torch.no_grad(), Looking():
        for cell, own in zip(cells, inputs, strict=True):
            cell(own)
    return min(least)


def _random_operands(shape: Shape, seed: int) -> tuple[list[RecurrentCell], Tensor, Tensor]:
    """Make the cells of a pack, inputs, and the weights of a loss, in float64 on the CPU."""
    import torch

    from reproductions import cells

    generator = torch.Generator().manual_seed(seed)
    made = [cells.build(shape.cell, shape.width, shape.hidden, generator) for _ in range(TRIALS)]
    with torch.no_grad():
        for cell in made:
            for name, parameter in cell.named_parameters():
                spread = (shape.width if name == "W" else shape.hidden) ** -0.5 if parameter.dim() > 1 else 0.3
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread)
    inputs = torch.randn(TRIALS, STEPS, BATCH, shape.width, generator=generator)
    weights = torch.randn(*((BATCH, shape.hidden) if shape.last_only else (STEPS, BATCH, shape.hidden)), generator=generator)
    return [cell.double() for cell in made], inputs.double(), weights.double()


def _measured(recurrence: Recurrence, cells: Sequence[RecurrentCell], inputs: Tensor, weights: Tensor) -> list[Tensor]:
    """Return the outputs of a pack and the gradients of a loss, in float64 on the CPU."""
    import torch

    leaves = [inputs.detach().requires_grad_(), *(parameter for cell in cells for parameter in cell.parameters())]
    outputs = recurrence(cells, leaves[0])
    gradients = torch.autograd.grad((outputs * weights).sum(), leaves)
    return [value.detach().double().cpu() for value in (outputs, *gradients)]


def _stacked(outputs: Sequence[Tensor], shape: Shape) -> Tensor:
    import torch

    every = torch.stack(list(outputs))
    return every[:, -1] if shape.last_only else every


def _pack(shape: Shape, cells: Sequence[RecurrentCell], inputs: Tensor) -> Tensor:
    """Run the kernels of packs: the fused ones, or within ``torch_instead`` torch's."""
    from reproductions import recurrence

    run = next(kernel for kind, kernel in recurrence.FUSED.items() if isinstance(cells[0], kind))
    return run(cells, inputs, shape.last_only)


def _one_by_one(shape: Shape, cells: Sequence[RecurrentCell], inputs: Tensor) -> Tensor:
    """Run what evaluates a network where packs train on torch's kernels."""
    import torch

    from reproductions.recurrence import unroll

    return torch.stack([unroll(cell, own, shape.last_only) for cell, own in zip(cells, inputs, strict=True)])
