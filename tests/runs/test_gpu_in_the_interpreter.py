"""The check of a GPU with the real kernels, in Triton's interpreter: planted faults are found.

The interpreter is chosen for a whole process: this file is also the script that runs there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GPU = "cpu:0"  # a device that is not "cpu", so that packs train as on a GPU


def answers() -> dict[str, Any]:
    """Everything that the tests below ask, in the interpreter's process."""
    from unittest import mock

    from triton.runtime.errors import OutOfResources

    from reproductions import packs, recurrence
    from reproductions.recipes import Adding, Network, Optimizer, Training
    from reproductions.recurrence_gpu import launch, pack_lstm, pack_plain, products
    from reproductions.running import gpu_check
    from reproductions.running.executor import LocalExecutor
    from reproductions.running.gpu import GpuPacks
    from reproductions.store.outcomes import Store
    from reproductions.training import train
    from reproductions.trials import Trial

    def status(*shapes: gpu_check.Shape) -> dict[str, Any]:
        gpu_check.check.cache_clear()
        return gpu_check.status(GPU, shapes)

    gpu_check.STEPS, gpu_check.BATCH = 4, 16  # the interpreter is slow
    shapes = [gpu_check.Shape("irnn", 8, 2), gpu_check.Shape("tanh", 8, 8, False), gpu_check.Shape("lstm", 8, 1)]
    found: dict[str, Any] = {"sound": status(*shapes)}

    def refusing(*_: Any, **__: Any) -> None:
        raise OutOfResources(199_680, 101_376, "shared memory")

    with mock.patch.object(pack_plain, "launched", refusing), mock.patch.object(pack_lstm, "launched", refusing):
        found["no shared memory"] = [status(shape) for shape in shapes]

    def shifted(*operands: Any, **options: Any) -> Any:
        return products.product(*operands, **options) * 1.001

    with mock.patch.object(pack_plain, "product", shifted), mock.patch.object(pack_lstm, "product", shifted):
        found["wrong weight gradients"] = [status(shape) for shape in shapes]

    own = launch.launched

    def forgetting(kernel: Any, *operands: Any, **constants: Any) -> None:
        own(kernel, *operands, **constants)
        if "KEEP" in constants and not constants["KEEP"]:  # only what an evaluation runs is wrong
            operands[-4].mul_(1.001)

    with mock.patch.object(pack_lstm, "launched", forgetting):
        found["wrong evaluation"] = [status(shapes[2])]

    gpu_check.check.cache_clear()
    recipe = Training("paper", Adding(6, 40, 20), Network("rin", 1, 8), Optimizer("adam", 1e-2), 16, 4, 2)
    trials = [Trial(recipe, seed) for seed in (0, 1)]
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(packs, "unroll_pack", recurrence._unroll_fused):
        outcomes = LocalExecutor(Store(folder), packing=GpuPacks(GPU)).ensure(trials)
    found["trained"] = [
        [outcome.provenance["recurrence"], outcome.provenance.get("fallback"), outcome.curves["train_loss"]]
        for outcome in outcomes.values()
    ]
    found["alone"] = [train(trial).curves["train_loss"] for trial in trials]
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    pytest.importorskip("triton", reason="triton is not installed (pip install -e '.[gpu]')")
    path = tmp_path_factory.mktemp("interpreter") / "answers.json"
    settings = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run([sys.executable, __file__, str(path)], env=os.environ | settings, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-4000:]
    return json.loads(path.read_text())


def test_the_kernels_are_trusted(found: dict[str, Any]) -> None:
    assert (found["sound"]["kernels"], found["sound"]["problem"]) == ("triton", "")
    assert all(0 < one["fused_error"] < 1e-5 for one in found["sound"]["checks"])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("no shared memory", "do not run (OutOfResources: out of resource: shared memory, Required: 199680, Hardware limit: 101376."),
        ("wrong weight gradients", "are off by 0.001 of the value"),
        ("wrong evaluation", "are off by 0.001 of the value"),
    ],
)
def test_a_planted_fault_is_found_and_torchs_kernels_are_taken(found: dict[str, Any], fault: str, said: str) -> None:
    for status in found[fault]:
        assert status["kernels"] == "torch"
        assert said in status["problem"]


def test_a_pack_trains_on_the_kernels_and_its_outcomes_say_so(found: dict[str, Any]) -> None:
    for (kernels, fallback, losses), alone in zip(found["trained"], found["alone"], strict=True):
        assert (kernels, fallback) == ("triton", None)
        assert losses == pytest.approx(alone, rel=1e-4)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(answers()))
