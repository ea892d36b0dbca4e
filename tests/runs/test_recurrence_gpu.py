"""The GPU recurrences give the outputs and gradients of the reference cells in float64, whoever shares the pack.

Without a GPU the kernels run in Triton's interpreter, which is chosen for a whole process: this file is also the script that runs there.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from reproductions import cells, recurrence_gpu
from reproductions import recurrence as dispatch
from reproductions.kernel_choice import KernelError
from reproductions.recurrence_gpu import layout

CASES = [  # cell, whether the last output alone is read, trials, steps, batch, hidden, width
    ("relu", False, 2, 3, 17, 5, 2),  # two tiles of batch rows
    ("relu", True, 1, 5, 3, 17, 7),
    ("relu", False, 1, 2, 3, 200, 2),  # 128 + 64 + 16
    ("relu", False, 1, 1, 1, 3, 1),
    ("tanh", False, 1, 2, 5, 100, 7),  # one block of 128
    ("rin-dt", False, 2, 3, 4, 17, 1),
    ("rin-dt", True, 1, 2, 1, 200, 1),  # read anew at every step
    ("lstm", True, 2, 3, 5, 5, 2),
    ("lstm", False, 1, 2, 2, 100, 7),  # 64 + 32 + 16
    ("lstm", True, 1, 2, 1, 200, 1),  # read anew at every step
]
PACKS = ["relu", "rin-dt", "lstm"]
TRIALS, SICK, ALONE = 3, 1, (2,)  # of the packs; which of the trials is made to diverge, which are also run alone
LONG = 2100  # terms of a product: more than one chunk, and not a whole number of them
ERROR = 1e-5


def numbers(*shape: int, seed: int, scale: float = 1.0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * scale


def operands(cell: str, _: bool, trials: int, steps: int, batch: int, hidden: int, width: int) -> list[Tensor]:
    """Inputs and parameters of a pack, float32 on the CPU."""
    rows, spread = 4 * hidden if cell == "lstm" else hidden, hidden**-0.5
    inputs, W = numbers(trials, steps, batch, width, seed=1), numbers(trials, rows, width, seed=2, scale=width**-0.5)
    if cell == "lstm":
        return [inputs, W, numbers(trials, rows, hidden, seed=3, scale=spread), numbers(trials, rows, seed=4, scale=0.3)]
    stages = 2 if cell == "rin-dt" else 1
    return [inputs, W, numbers(trials, stages, hidden, hidden, seed=3, scale=spread), numbers(trials, stages, hidden, seed=4, scale=0.3)]


def recurrence(cell: str, values: list[Tensor], **options: Any) -> Tensor:
    if cell == "lstm":
        return recurrence_gpu.lstm(*values, **options)
    return recurrence_gpu.plain_recurrence(*values, "tanh" if cell == "tanh" else "relu", **options)


def reference(cell: str, values: list[Tensor], last_only: bool = False) -> Tensor:
    """The outputs of the cells of cells.py, one trial after another."""
    outputs = []
    for inputs, W, R, b in zip(*values, strict=True):
        made = cells.build(cell, W.shape[1], R.shape[-1], torch.Generator().manual_seed(0)).to(W.dtype)
        if cell == "rin-dt":
            identity = torch.eye(R.shape[-1], dtype=R.dtype)
            parameters = {"W": W, "U1": R[0] - identity, "U2": R[1] - identity, "b1": b[0], "b2": b[1]}
        else:
            parameters = {"W": W, "U": R, "b": b} if cell == "lstm" else {"W": W, "U": R[0], "b": b[0]}
        outputs.append(torch.func.functional_call(made, parameters, (inputs,)))
    every = torch.stack(outputs)
    return every[:, -1] if last_only else every


def with_gradients(function: Any, cell: str, values: list[Tensor], **options: Any) -> list[Tensor]:
    """Outputs, then the gradients of a loss that weighs them, on the CPU."""
    leaves = [value.clone().requires_grad_() for value in values]
    outputs = function(cell, leaves, **options)
    weights = numbers(1, *outputs.shape[1:], seed=5).to(outputs)  # the same for every trial, as its neighbours must not matter
    made = [outputs, *torch.autograd.grad((outputs * weights).sum(), leaves)]
    return [value.detach().cpu() for value in made]


def relative_error(found: Tensor, exact: Tensor) -> float:
    return float((found.double() - exact).norm() / exact.norm().clamp(min=1e-30))


def strided(value: Tensor) -> Tensor:
    """The same numbers with the order of their dimensions in memory turned round."""
    turned = tuple(reversed(range(value.dim())))
    return value.permute(turned).contiguous().permute(turned)


def pack_of(cell: str) -> list[Tensor]:
    return operands(cell, False, TRIALS, 2, 4, 5, 2)


MIXED = [("rin", "irnn"), ("tanh", "tanh"), ("rin-dt", "rin-dt"), ("lstm", "lstm")]  # cells that share a pack


def cells_of(names: tuple[str, ...]) -> list[cells.RecurrentCell]:
    return [cells.build(name, 2, 5, torch.Generator().manual_seed(seed)) for seed, name in enumerate(names)]


# --- What runs on the kernels, in the interpreter's process or on a GPU ---


def measured(device: str) -> dict[str, Any]:
    """Everything that the tests below ask of the kernels, by name."""
    answers: dict[str, Any] = {"imported": "triton" in sys.modules, "available": recurrence_gpu.available()}
    for number, case in enumerate(CASES):
        values = [value.to(device) for value in operands(*case)]
        answers[f"case {number}"] = with_gradients(recurrence, case[0], values, last_only=case[1])
    for cell in PACKS:
        pack = [value.to(device) for value in pack_of(cell)]
        answers[f"{cell} pack"] = with_gradients(recurrence, cell, pack)
        answers[f"{cell} alone"] = [with_gradients(recurrence, cell, [value[k : k + 1] for value in pack]) for k in ALONE]
        with torch.no_grad():
            answers[f"{cell} not kept"] = [recurrence(cell, pack, last_only=last_only).cpu() for last_only in (False, True)]
        pack[0][SICK, 1, 0, 0], pack[2][SICK] = float("nan"), float("inf")  # an input and all recurrent weights
        answers[f"{cell} sick"] = with_gradients(recurrence, cell, pack)
    for names in MIXED:
        made = [cell.to(device) for cell in cells_of(names)]
        outputs = dispatch._unroll_fused(made, numbers(len(made), 3, 4, 2, seed=6).to(device), last_only=True)
        outputs.square().sum().backward()
        answers[f"cells {names}"] = [outputs.detach().cpu(), *(p.grad.cpu() for cell in made for p in cell.parameters())]
    values = [value.to(device) for value in operands("relu", False, 1, 3, 2, 5, 2)]
    values[0][0, 1, 0, 0] = -float("inf")
    values[1].abs_()
    answers["infinite input"] = recurrence("relu", values).cpu()
    for cell in PACKS:
        answers[f"{cell} strided"] = recurrence(cell, [strided(value.to(device)) for value in pack_of(cell)]).cpu()
    from reproductions.recurrence_gpu import products

    a, b = numbers(1, 3, LONG, seed=1).to(device), numbers(1, LONG, 4, seed=2).to(device)
    answers["product"], answers["total"] = products.product(a, b).cpu(), products.total(b).cpu()
    for name, values in (("double", [value.double() for value in pack_of("relu")]), ("wide", operands("relu", False, 1, 1, 1, 257, 1))):
        try:
            answers[name] = recurrence("relu", [value.to(device) for value in values])
        except KernelError as error:
            answers[name] = f"KernelError: {error}"
    answers["tf32x3"] = with_gradients(recurrence, "relu", [value.to(device) for value in operands(*CASES[0])], precision="tf32x3")
    return answers


def compiled() -> tuple[bool, int, int, int]:
    """Of one kernel compiled for a GPU: whether the matrix is to stay on chip, shared memory planned and taken, bytes spilled."""
    from reproductions.recurrence_gpu.compilation import compile_recurrence

    kernel = next(compile_recurrence("relu", 100, 32))
    return kernel.layout.resident, kernel.layout.shared_bytes, kernel.shared_bytes, kernel.stack_bytes


TASKS = {"measure": lambda: measured("cpu"), "compile": compiled}


def in_a_process(factory: pytest.TempPathFactory, task: str, **environment: str) -> Any:
    """What this file as a script answers to a task of TASKS in a process of its own, which one worker of a run waits for."""
    pytest.importorskip("triton", reason="triton is not installed (pip install -e '.[gpu]')")
    folder = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    path = folder / f"recurrence_gpu_{task}.pt"
    inherited = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    settings = {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1", "TRITON_CACHE_DIR": str(folder / "triton")}
    with FileLock(f"{path}.lock"):
        if not path.exists():
            command = [sys.executable, __file__, task, str(path)]
            run = subprocess.run(command, env=inherited | settings | environment, capture_output=True, text=True)
            assert run.returncode == 0, run.stderr[-4000:]
    return torch.load(path)


@pytest.fixture(scope="module", params=["interpreter", "cuda"])
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if request.param == "interpreter":
        return in_a_process(tmp_path_factory, "measure", TRITON_INTERPRET="1")
    pytest.importorskip("triton", reason="triton is not installed (pip install -e '.[gpu]')")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA GPU here")
    return measured("cuda")


# --- Against the reference cells ---


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: "-".join(map(str, CASES[number])))
def test_outputs_and_every_gradient_are_the_reference_cells(answers: dict[str, Any], number: int) -> None:
    cell, last_only, *_ = CASES[number]
    exact = with_gradients(reference, cell, [value.double() for value in operands(*CASES[number])], last_only=last_only)
    for found, wanted in zip(answers[f"case {number}"], exact, strict=True):
        assert found.shape == wanted.shape
        assert relative_error(found, wanted) < ERROR


@pytest.mark.parametrize("names", MIXED)
def test_the_cells_of_a_pack_get_their_own_outputs_and_gradients(answers: dict[str, Any], names: tuple[str, ...]) -> None:
    found, *gradients = answers[f"cells {names}"]
    made = [cell.double() for cell in cells_of(names)]
    exact = torch.stack([cell(own.double())[-1] for cell, own in zip(made, numbers(len(made), 3, 4, 2, seed=6), strict=True)])
    exact.square().sum().backward()
    assert relative_error(found, exact.detach()) < ERROR
    for gradient, parameter in zip(gradients, (p for cell in made for p in cell.parameters()), strict=True):
        assert parameter.grad is not None
        assert relative_error(gradient, parameter.grad) < ERROR


@pytest.mark.parametrize("cell", PACKS)
def test_outputs_are_the_same_when_nothing_is_kept_for_a_backward(answers: dict[str, Any], cell: str) -> None:
    every, last = answers[f"{cell} not kept"]
    assert torch.equal(every, answers[f"{cell} pack"][0])
    assert torch.equal(last, every[:, -1])


def test_products_in_three_parts_keep_float32s_accuracy(answers: dict[str, Any]) -> None:
    exact = with_gradients(reference, "relu", [value.double() for value in operands(*CASES[0])])
    for found, wanted in zip(answers["tf32x3"], exact, strict=True):
        assert relative_error(found, wanted) < ERROR


def test_a_product_over_many_rows_is_that_of_float64(answers: dict[str, Any]) -> None:
    a, b = numbers(1, 3, LONG, seed=1).double(), numbers(1, LONG, 4, seed=2).double()
    assert relative_error(answers["product"], a @ b) < 1e-6
    assert relative_error(answers["total"], b.sum(dim=1)) < 1e-6


@pytest.mark.parametrize("cell", PACKS)
def test_operands_need_not_be_contiguous(answers: dict[str, Any], cell: str) -> None:
    assert torch.equal(answers[f"{cell} strided"], answers[f"{cell} pack"][0])


# --- A pack is its trials ---


@pytest.mark.parametrize("cell", PACKS)
def test_a_trials_bits_do_not_depend_on_the_pack(answers: dict[str, Any], cell: str) -> None:
    for k, alone in zip(ALONE, answers[f"{cell} alone"], strict=True):
        for together, single in zip(answers[f"{cell} pack"], alone, strict=True):
            assert torch.equal(together[k], single[0])


@pytest.mark.parametrize("cell", PACKS)
def test_a_diverged_trial_shows_and_leaves_the_others_alone(answers: dict[str, Any], cell: str) -> None:
    for before, after in zip(answers[f"{cell} pack"], answers[f"{cell} sick"], strict=True):
        for k in range(TRIALS):
            assert torch.equal(before[k], after[k]) == (k != SICK)
    assert answers[f"{cell} sick"][0][SICK].isnan().any()


def test_an_infinite_input_makes_no_nan_of_the_units_that_it_turns_off(answers: dict[str, Any]) -> None:
    values = operands("relu", False, 1, 3, 2, 5, 2)
    values[0][0, 1, 0, 0] = -float("inf")
    values[1].abs_()
    expected = reference("relu", values)
    assert (expected[0, 1, 0] == 0).all()
    torch.testing.assert_close(answers["infinite input"], expected)


# --- What stays on chip ---


def test_compiled_for_a_gpu_a_kernel_holds_the_matrix_in_shared_memory_and_spills_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    resident, planned, taken, spilled = in_a_process(tmp_path_factory, "compile")
    assert resident
    assert 128 * 128 * 4 < taken <= planned < 2 * 128 * 128 * 4  # once, and for all steps: nothing else is that large
    assert spilled == 0


@pytest.mark.parametrize(
    ("shape", "blocks"),
    [((1, 1, 100), (128,)), ((1, 1, 200), (128, 64, 16)), ((2, 1, 100), (128,)), ((1, 4, 100), (64, 32, 16))],
)
def test_the_papers_sizes_stay_on_the_chip_of_an_h100(shape: tuple[int, int, int], blocks: tuple[int, ...]) -> None:
    plan = layout.layout(*shape, 128, "ieee", layout.H100_SHARED_BYTES)
    assert (plan.blocks, plan.resident) == (blocks, True)


@settings(max_examples=60, deadline=None)  # a busy machine is no failure
@given(
    st.integers(1, 2), st.sampled_from([1, 4]), st.integers(1, layout.LARGEST_HIDDEN), st.integers(1, 200),
    st.sampled_from(["ieee", "tf32x3"]), st.sampled_from([48_000, 101_376, 166_912, layout.H100_SHARED_BYTES]),
)  # fmt: skip
def test_a_layout_covers_the_hidden_units_and_fits(stages: int, gates: int, hidden: int, batch: int, precision: str, shared: int) -> None:
    plan = layout.layout(stages, gates, hidden, batch, precision, shared)
    width = sum(plan.blocks)
    assert hidden <= width
    assert all(block >= 16 and block & (block - 1) == 0 for block in plan.blocks)  # powers of two that a product takes
    if plan.resident:
        assert stages * gates * width * width * 4 < plan.shared_bytes <= shared


# --- What is asked of the caller ---


def test_triton_is_imported_only_to_run_a_recurrence(tmp_path_factory: pytest.TempPathFactory) -> None:
    answers = in_a_process(tmp_path_factory, "measure", TRITON_INTERPRET="1")
    assert (answers["imported"], answers["available"]) == (False, True)


def test_without_triton_or_a_gpu_they_are_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert not recurrence_gpu.available()
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not recurrence_gpu.available()
    with pytest.raises(KernelError, match="need triton"):
        recurrence("relu", pack_of("relu"))


def test_what_the_kernels_do_not_run_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("triton", reason="triton is not installed (pip install -e '.[gpu]')")
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    values = pack_of("relu")
    with pytest.raises(KernelError, match=r"one device|CUDA|triton"):  # the CPU without the interpreter
        recurrence("relu", values)
    for wrong, cell in (([values[0][0], *values[1:]], "relu"), ([*values[:2], values[2][:, :, :-1], values[3]], "relu")):
        with pytest.raises(ValueError, match="do not fit"):
            recurrence(cell, wrong)
    with pytest.raises(ValueError, match="do not fit"):
        recurrence("lstm", values)
    with pytest.raises(ValueError, match="precision"):
        recurrence("relu", values, precision="tf32")
    with pytest.raises(ValueError, match="sigmoid"):
        recurrence_gpu.plain_recurrence(*values, "sigmoid")


@pytest.mark.parametrize("refused", ["double", "wide"])
def test_other_numbers_and_sizes_are_left_to_torch(answers: dict[str, Any], refused: str) -> None:
    assert "KernelError" in answers[refused]


if __name__ == "__main__":
    torch.save(TASKS[sys.argv[1]](), sys.argv[2])
