"""A GPU is checked before it is believed; where a planted fault is found, torch's own kernels train.

The fused kernels are stood in for by torch's, sound or with a fault. ``tests/runs/test_gpu_in_the_interpreter.py`` has the real ones.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from test_gpu_packs import TRIALS, measured, recipe
from torch import Tensor

from reference_results import Draw, admitted
from reference_results.recorded import dumps
from reproductions import packs, recurrence, recurrence_gpu
from reproductions.kernel_choice import FALLBACK, KernelError
from reproductions.recipe_data import digest
from reproductions.recipes import Network, PixelMnist
from reproductions.recurrence_gpu import pack_torch
from reproductions.running import gpu, gpu_check
from reproductions.running.executor import LocalExecutor
from reproductions.running.gpu import GpuPacks
from reproductions.running.gpu_check import Shape, check, shapes, status
from reproductions.store.exchange import outgoing
from reproductions.store.outcomes import Store
from reproductions.training import train

GPU = "cpu:0"  # a device that is not "cpu", so that packs train as on a GPU
SMALL = (Shape("irnn", 8, 1), Shape("rin-tanh", 8, 2, False), Shape("rin-dt", 8, 1), Shape("lstm", 8, 8))
Kernel = Callable[..., Tensor]


class OutOfResources(Exception):  # noqa: N818 - named as triton names it
    """What triton raises where a kernel wants more than a GPU has."""


def sound(kernel: Kernel) -> Kernel:
    return kernel


def without_shared_memory(kernel: Kernel) -> Kernel:
    def refusing(*operands: Any, **options: Any) -> Tensor:
        raise OutOfResources("out of resource: shared memory, Required: 199680, Hardware limit: 101376.\nReducing block sizes may help.")

    return refusing


def wrong_outputs(kernel: Kernel) -> Kernel:
    return lambda *operands, **options: kernel(*operands, **options) * 1.0001


def wrong_gradients(kernel: Kernel) -> Kernel:
    def changed(*operands: Any, **options: Any) -> Tensor:
        outputs = kernel(*operands, **options)
        return outputs + 1e-4 * (outputs - outputs.detach())

    return changed


def not_a_number(kernel: Kernel) -> Kernel:
    return lambda *operands, **options: kernel(*operands, **options) * float("nan")


FAULTS = {
    without_shared_memory: "do not run (OutOfResources: out of resource: shared memory, Required: 199680, Hardware limit: 101376. Reducing",
    wrong_outputs: "are off by 0.0001 of the value, and 1e-05 is the most",
    wrong_gradients: "are off by 0.0001 of the value, and 1e-05 is the most",
    not_a_number: "are off by nan of the value",
}


@pytest.fixture(autouse=True)
def unchecked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that has checked nothing yet, where packs reach the kernels of a GPU."""

    def unroll_pack(cells: Sequence[Any], inputs: Tensor, last_only: bool = False) -> Tensor:
        return recurrence._unroll_fused(cells, inputs, last_only)

    monkeypatch.setattr(packs, "unroll_pack", unroll_pack)
    check.cache_clear()
    yield
    check.cache_clear()


@pytest.fixture
def fused(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Kernel], Kernel]], None]:
    """Plants kernels for a GPU: torch's with a fault."""
    own = recurrence_gpu._kernels

    def plant(fault: Callable[[Kernel], Kernel]) -> None:
        planted = SimpleNamespace(plain_recurrence=fault(pack_torch.plain_recurrence), lstm=fault(pack_torch.lstm))
        monkeypatch.setattr(recurrence_gpu, "missing", lambda: "")
        monkeypatch.setattr(recurrence_gpu, "_kernels", lambda name: planted if recurrence_gpu.available() else own(name))

    return plant


# --- The check ---


def test_sound_kernels_are_trusted(fused: Any) -> None:
    fused(sound)
    found = status(GPU, SMALL)
    assert (found["kernels"], found["problem"], len(found["checks"])) == ("triton", "", len(SMALL))
    assert all(0 < one["fused_error"] < 1e-5 > one["torch_error"] > 0 for one in found["checks"])
    assert json.loads(json.dumps(found)) == found  # plain data


@pytest.mark.parametrize("shape", SMALL, ids=lambda shape: shape.cell)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_each_fault_is_found_in_every_kind_of_cell(fused: Any, shape: Shape, fault: Any) -> None:
    fused(fault)
    found = status(GPU, [shape])
    assert found["kernels"] == "torch"
    assert found["problem"].startswith(f"the fused kernels of {shape.label} {FAULTS[fault]}")
    assert "\n" not in found["problem"]


def test_without_triton_torchs_kernels_are_the_ones_to_train_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurrence_gpu, "missing", lambda: "triton is not installed (pip install 'rin-claims[gpu]')")
    found = status(GPU, SMALL)
    assert (found["kernels"], found["problem"]) == ("torch", "triton is not installed (pip install 'rin-claims[gpu]')")


def test_where_torchs_own_kernels_are_wrong_nothing_trains(fused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fused(sound)
    monkeypatch.setattr(pack_torch, "plain_recurrence", wrong_outputs(pack_torch.plain_recurrence))
    found = status(GPU, SMALL)
    assert found["kernels"] is None
    assert found["problem"] == (
        "the GPU cpu:0 cannot be trusted: torch's own kernels of irnn of hidden 8 are off by 0.0001 of the value, and 1e-05 is the most; "
        "train on the CPU (CUDA_VISIBLE_DEVICES='')"
    )
    with pytest.raises(KernelError, match="cannot be trusted"):
        GpuPacks(GPU).run(TRIALS[:1], [])


def test_without_a_gpu_nothing_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert status() == {"device": None, "kernels": None, "problem": "torch sees no CUDA GPU", "checks": [], "seconds": 0.0}


def test_a_process_checks_a_kernel_once(fused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fused(sound)
    first = check(SMALL[0], GPU)
    fused(wrong_outputs)
    assert check(SMALL[0], GPU) is first


def test_no_unit_of_the_check_stands_at_its_kink() -> None:
    for shape in SMALL:
        cells, inputs, _ = gpu_check._operands(shape)
        assert gpu_check._distance_from_kinks(cells, inputs) > gpu_check.KINK
    cells, inputs, _ = gpu_check._operands(SMALL[0])
    with torch.no_grad():
        cells[0].b.zero_()
        inputs.zero_()
    assert gpu_check._distance_from_kinks(cells, inputs) == 0


@pytest.mark.parametrize(
    ("made", "checked"),
    [
        (recipe("rin"), (Shape("irnn", 8, 2),)),
        (
            dataclasses.replace(recipe("lstm"), network=Network("lstm", 3, 8)),
            (Shape("lstm", 8, 2, False), Shape("lstm", 8, 8, False), Shape("lstm", 8, 8)),
        ),
        (recipe("rin-tanh", task=PixelMnist("permuted", 4, "embedded", 40, 20)), (Shape("rin-tanh", 8, 1),)),
    ],
)
def test_what_is_checked_is_what_the_layers_of_a_recipe_train_on(made: Any, checked: tuple[Shape, ...]) -> None:
    assert shapes(made) == checked


def test_the_suite_of_checks_has_every_cell_and_size_that_the_paper_trains_in_packs() -> None:
    from claims import papers
    from claims.run.demands import demanded_trials

    recipes = {trial.recipe for trial in demanded_trials(papers.all_claims(), [gpu.PROFILE]) if packs.shape(trial.recipe) is not None}
    needed = {(shape.cell.replace("rin-tanh", "tanh"), shape.hidden) for recipe in recipes for shape in shapes(recipe)}  # type: ignore[arg-type]
    assert needed == {(shape.cell, shape.hidden) for shape in gpu_check.SUITE}


# --- A run on a GPU that failed it ---


def trained(folder: Path) -> dict[Any, Any]:
    return LocalExecutor(Store(folder), packing=GpuPacks(GPU)).ensure(TRIALS)


def test_on_sound_kernels_an_outcome_names_them(tmp_path: Path, fused: Any) -> None:
    fused(sound)
    outcomes = trained(tmp_path)
    assert {outcome.provenance["recurrence"] for outcome in outcomes.values()} == {"triton"}
    # of the stand-in, which is a CPU, an outcome may say that nothing compiles there
    assert not any(outcome.provenance.get("fallback", "").startswith(FALLBACK) for outcome in outcomes.values())
    assert gpu.fallbacks(outcomes.values()) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_pack_falls_back_to_torchs_kernels_and_every_outcome_says_so(tmp_path: Path, fused: Any, fault: Any) -> None:
    fused(fault)
    outcomes = trained(tmp_path)
    for trial, outcome in outcomes.items():
        alone = measured(train(trial))
        assert outcome.curves["train_loss"] == pytest.approx(alone["curves"]["train_loss"], rel=1e-3)
        assert outcome.provenance["recurrence"] == "torch"
        assert outcome.provenance["fallback"].startswith(f"{FALLBACK}: the fused kernels of ")
    lines = gpu.fallbacks(outcomes.values())
    assert [FAULTS[fault][:20] in line and "\n" not in line for line in lines] == [True, True]  # RIN's and IRNN's, and the LSTM's
    assert recurrence_gpu.provenance() == {"recurrence": "triton"}  # it ends with the pack


def test_an_outcome_of_the_fallback_is_exported_and_admitted(tmp_path: Path, fused: Any) -> None:
    fused(without_shared_memory)
    trained(tmp_path)
    draws = [Draw(**payload) for payload in outgoing(Store(tmp_path), TRIALS)]
    back = admitted(dumps(draws), "draws.jsonl", {digest(trial.recipe): () for trial in TRIALS})
    assert {draw.outcome["provenance"]["recurrence"] for draw in back} == {"torch"}
    assert all(draw.outcome["provenance"]["fallback"].startswith(FALLBACK) for draw in back)


def test_torchs_kernels_that_were_asked_for_are_no_fallback(tmp_path: Path, fused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fused(sound)
    monkeypatch.setenv("RIN_CLAIMS_KERNELS", "torch")
    outcomes = trained(tmp_path)
    assert {outcome.provenance["recurrence"] for outcome in outcomes.values()} == {"torch"}
    assert gpu.fallbacks(outcomes.values()) == []


def test_on_the_cpu_packs_are_not_checked(tmp_path: Path, fused: Any) -> None:
    fused(wrong_outputs)
    (outcome,) = LocalExecutor(Store(tmp_path), packing=GpuPacks("cpu")).ensure(TRIALS[:1]).values()
    assert outcome.provenance["recurrence"] != "triton"
    assert check.cache_info().misses == 0
