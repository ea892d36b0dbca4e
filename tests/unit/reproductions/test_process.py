"""A process trains with one thread and no TF32, and no trial depends on global state that others left."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Adding, Network, Optimizer, PixelMnist, Probe, Training
from reproductions.running import process
from reproductions.running.executor import default_run
from reproductions.trials import Trial


def test_a_prepared_process_trains_on_one_thread_in_full_single_precision() -> None:
    torch.set_num_threads(2)
    process.prepare.cache_clear()
    process.prepare()
    assert torch.get_num_threads() == 1
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32


def test_preparing_twice_changes_nothing_more() -> None:
    process.prepare()
    torch.set_num_threads(2)
    process.prepare()
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)


# --- What others have left behind ---

TRIALS = {
    "adding": Trial(Training("smoke", Adding(8, 64, 32), Network("rin", hidden=8), Optimizer("adam", 1e-2, 100.0), 16, 6, 2), 3),
    "digits": Trial(
        Training("smoke", PixelMnist("permuted", 4, "embedded", 64, 32), Network("lstm", hidden=8), Optimizer("rmsprop", 1e-2), 16, 4, 2), 3
    ),
    "probe": Trial(Probe("any", "eq12-eq13"), 3),
}
HELD = contextlib.ExitStack()  # what is left open
LEFT_BEHIND: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
    "default dtype": (torch.get_default_dtype, lambda: torch.set_default_dtype(torch.float64)),
    "default device": (torch.get_default_device, lambda: torch.set_default_device("meta")),
    "inference mode": (torch.is_inference_mode_enabled, lambda: HELD.enter_context(torch.inference_mode())),
    "gradients off": (torch.is_grad_enabled, lambda: torch.set_grad_enabled(False)),
    "autocast": (lambda: torch.is_autocast_enabled("cpu"), lambda: HELD.enter_context(torch.autocast("cpu", dtype=torch.bfloat16))),
    "threads": (torch.get_num_threads, lambda: torch.set_num_threads(2)),
    "products in bfloat16": (torch.get_float32_matmul_precision, lambda: torch.set_float32_matmul_precision("medium")),
    "deterministic algorithms": (torch.are_deterministic_algorithms_enabled, lambda: torch.use_deterministic_algorithms(True)),
    "denormals flushed": (lambda: float(torch.tensor([1e-40]) * 0.5) == 0.0, lambda: torch.set_flush_denormal(True)),
    "numpy raises": (np.geterr, lambda: np.seterr(all="raise")),
}


def measured(trial: Trial, folder: Path) -> tuple[object, ...]:
    outcome = default_run(trial, CheckpointFile(folder / "checkpoint.pt"))
    return outcome.status, outcome.metrics, outcome.curves, outcome.provenance["precision"], outcome.provenance["torch_threads"]


@pytest.mark.parametrize("left", LEFT_BEHIND)
@pytest.mark.parametrize("name", TRIALS)
def test_a_trial_measures_the_same_whatever_state_others_left_and_leaves_it_as_it_was(left: str, name: str, tmp_path: Path) -> None:
    """In a thread of its own, where torch keeps some of this state, and given back for the tests that follow."""
    process.prepare()
    expected = measured(TRIALS[name], tmp_path)
    read, leave = LEFT_BEHIND[left]

    def hostile() -> None:
        before = read()
        leave()
        there = read()
        assert there != before
        found.append((measured(TRIALS[name], tmp_path), read() == there))
        HELD.close()

    found: list[tuple[object, bool]] = []
    kept = torch.get_default_dtype(), torch.get_num_threads(), torch.get_float32_matmul_precision()
    try:
        thread = threading.Thread(target=hostile)
        thread.start()
        thread.join()
    finally:
        torch.set_default_dtype(kept[0])
        torch.set_num_threads(kept[1])
        torch.set_float32_matmul_precision(kept[2])
        torch.set_default_device(None)
        torch.use_deterministic_algorithms(False)
        torch.set_flush_denormal(False)
    assert found == [(expected, True)]
