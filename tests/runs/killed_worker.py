"""What the processes of ``test_killed_trials`` run: trials from one list, with the state saved as often as possible."""

from __future__ import annotations

from pathlib import Path

from reproductions import training
from reproductions.recipes import Adding, Babi, Network, Optimizer, PixelMnist, Training
from reproductions.running import process
from reproductions.running.executor import LocalExecutor
from reproductions.store.outcomes import Store
from reproductions.trials import Trial


def trials() -> tuple[Trial, ...]:
    """RIN and LSTM on the three tasks: a second of training each, with evaluations, epochs and clipping in it."""
    tasks = (
        (Adding(length=20, train_size=400, test_size=50), Optimizer("adam", 1e-3, 1.0), 16),
        (PixelMnist("permuted", 4, "embedded", 200, 50), Optimizer("rmsprop", 1e-4), 16),
        (Babi(1, "simulated", 100, 50), Optimizer("adam", 1e-3), 32),
    )
    return tuple(
        Trial(Training("smoke", task, Network(cell, 1, 20, embedding=10), optimizer, batch, 300, 6), 3)
        for task, optimizer, batch in tasks
        for cell in ("rin", "lstm")
    )


def work(folder: Path) -> None:
    """Makes the outcomes of ``trials`` in the store ``folder``, beside other processes that do the same."""
    process.prepare()
    training.CHECKPOINT_SECONDS = 0.01
    LocalExecutor(Store(folder)).ensure(trials())
