"""The kernels compiled for a GPU that need not be there, with their shared memory, registers and spills.

``layout`` says what should stay on chip. This module compares the compiler's answer with it, on any machine that has triton.
"""

from __future__ import annotations

import dataclasses
import re
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from reproductions.recurrence_gpu import kernels_lstm, kernels_plain
from reproductions.recurrence_gpu.layout import H100_SHARED_BYTES, Layout, layout

HOPPER = 90  # the compute capability of H100 and H200
OPERANDS = {"x", "W", "R", "U", "b", "states", "outputs", "kept", "last", "gradient", "deltas"}


@dataclasses.dataclass(frozen=True)
class Compiled:
    """The resources of a compiled kernel.

    They are shared memory of a program in bytes, registers of a thread, and bytes of its stack (spilled registers).
    """

    kernel: str
    layout: Layout
    shared_bytes: int
    registers: int
    stack_bytes: int


def compile_recurrence(cell: str, hidden: int, batch: int, precision: str = "ieee") -> Iterator[Compiled]:
    """Compile the forward that keeps what a backward needs, the forward that keeps nothing, and the backward.

    They are for one input number a step. ``cell`` is "relu", "tanh", "rin-dt" or "lstm". The GPU is an H100 or H200.
    """
    lstm, stages = cell == "lstm", 2 if cell == "rin-dt" else 1
    plan = layout(stages, 4 if lstm else 1, hidden, batch, precision, H100_SHARED_BYTES)
    shape = {"HIDDEN": hidden, "TILE": plan.tile, "BLOCKS": plan.blocks, "RESIDENT": plan.resident, "PRECISION": precision}
    kernels = kernels_lstm if lstm else kernels_plain
    own = {} if lstm else {"STAGES": stages, "TANH": cell == "tanh"}
    last = {"LAST_ONLY": True}
    forward = {**shape, **own, "WIDTH": 1, **(last if lstm else {})}
    yield _compiled("forward, kept", kernels.forward, {**forward, "KEEP": True}, plan)
    yield _compiled("forward", kernels.forward, {**forward, "KEEP": False}, plan)
    yield _compiled("backward", kernels.backward, {**shape, **own, **last}, plan)


def _compiled(name: str, kernel: Any, constants: dict[str, Any], plan: Layout) -> Compiled:
    kinds = {name: "constexpr" if name in constants else "*fp32" if name in OPERANDS else "i32" for name in kernel.arg_names}
    options = {"num_warps": plan.warps, "num_stages": 1, "enable_fp_fusion": True}
    made = triton.compile(ASTSource(kernel, kinds, constexprs=constants), target=GPUTarget("cuda", HOPPER, 32), options=options)
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(made.asm["cubin"])
        file.flush()
        tool = triton.knobs.nvidia.cuobjdump.path
        usage = subprocess.run([tool, "--dump-resource-usage", file.name], capture_output=True, text=True, check=True).stdout
    registers, stack = (int(re.search(rf"{field}:(\d+)", usage)[1]) for field in ("REG", "STACK"))
    return Compiled(name, plan, made.metadata.shared, registers, stack)
