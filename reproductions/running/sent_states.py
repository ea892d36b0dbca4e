"""The states of trials that train on other machines: sent to the machine of the store, and kept there."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reproductions.checkpoint import CheckpointFile
from reproductions.recipe_data import digest
from reproductions.running.executor import surroundings
from reproductions.store.files import write_atomically
from reproductions.trials import Trial


class Keeper:
    """An actor on the driver's machine that writes the states of running trials into the store, wherever they train."""

    def __init__(self, folder: str, ends: float | None) -> None:
        """Keep states in ``folder``; ``ends`` is the deadline by the clock of this machine."""
        self._folder, self._ends = Path(folder), ends

    def begin(self, names: Sequence[str]) -> tuple[list[bytes | None], float | None]:
        """Return the saved states of these names, and how many seconds the deadline leaves."""
        paths = [self._folder / name for name in names]
        left = None if self._ends is None else self._ends - time.monotonic()
        return [path.read_bytes() if name and path.exists() else None for name, path in zip(names, paths, strict=True)], left

    def keep(self, name: str, content: bytes) -> None:
        """Replace a state. Raises StoreError."""
        write_atomically(self._folder / name, content)


class SentCheckpoint(CheckpointFile):
    """The state of a trial on a node, of which every new one is sent to the keeper."""

    def __init__(self, path: Path, trial: Trial, send: Callable[[bytes], None], content: bytes | None, device: str = "cpu") -> None:
        super().__init__(path, here=functools.partial(surroundings, trial, device), trial=(digest(trial.trained.recipe), trial.seed))
        self._send = send
        if content is not None:
            path.write_bytes(content)

    def save(self, state: dict[str, Any]) -> None:
        """Save a state here and in the store.

        Raises StoreError where either cannot be written; the state before stays.
        """
        super().save(state)
        self._send(self.path.read_bytes())
