"""Progress of a run's trials: a bar with the time left on a terminal, one line a minute elsewhere.

The progress is read from the store, whichever process trains.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from tqdm import tqdm

from claims.text import about, duration
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Training
from reproductions.running.cost import relative_cost
from reproductions.store.files import StoreError
from reproductions.store.outcomes import Store
from reproductions.trials import Trial

LOOK_SECONDS = 1.0  # how often the bar looks into the store
CHECKPOINT_SECONDS = 30.0  # how often it asks the checkpoints how far the running trials are, as often as those are written
LINE_SECONDS = 60.0  # how often a line is written where there is no terminal
BAR = "{desc} |{bar}| {percentage:3.0f}% [{elapsed} gone, {remaining} left]"


class Writer(Protocol):
    def line(self, s: str = ..., /) -> None: ...


class RunProgress:
    """How much of the work of a run's trials is done, weighted by their cost.

    It is watched in a thread of its own, and silent when nothing is missing. ``more`` is then asked for the trials of the next look, for
    claims that are undecided.
    """

    def __init__(self, store: Store, trials: Sequence[Trial], writer: Writer, more: Callable[[], Sequence[Trial]] = tuple) -> None:
        self._store = store
        self._more = more
        self._missing: set[Trial] = set()
        self._shares: dict[Trial, float] = {}  # how much of a missing trial its checkpoint holds
        self._total, self._work = 0, 0.0
        self._add([trial for trial in trials if not store.has(trial)])
        self._writer = writer
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="claims progress")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        started = said = asked = time.monotonic()
        on_terminal = sys.stderr.isatty()
        # the delay keeps the bar from being drawn before there is a trial to count
        with tqdm(bar_format=BAR, smoothing=0, disable=not on_terminal, file=sys.stderr, leave=False, mininterval=0, delay=0.001) as bar:
            while not self._stopped.wait(LOOK_SECONDS):
                if not self._missing:
                    self._add(self._more())
                self._missing = {trial for trial in self._missing if not self._store.has(trial)}
                now = time.monotonic()
                if now - asked >= CHECKPOINT_SECONDS:
                    asked = now
                    self._ask_checkpoints(self._missing)
                bar.total = self._work
                bar.n = self._work - self._left()
                if self._total:
                    bar.set_description(f"{self._total - len(self._missing)} of {self._total} trials")  # which draws the bar
                if not on_terminal and self._missing and now - said >= LINE_SECONDS:
                    said = now
                    self._writer.line("\n" + self._sentence(now - started))

    def _add(self, trials: Sequence[Trial]) -> None:
        """Take trials that are missing."""
        self._missing = set(trials)
        self._ask_checkpoints(self._missing)
        self._total += len(self._missing)
        # the work of a resumed trial is what its checkpoint leaves
        self._work += self._left()

    def _ask_checkpoints(self, trials: set[Trial]) -> None:
        for trial in trials:
            with contextlib.suppress(StoreError):  # a file that cannot be read: the process that trains says so
                if isinstance(trial.recipe, Training) and (done := CheckpointFile(self._store.checkpoint_path(trial)).position()):
                    self._shares[trial] = done / trial.recipe.last_update

    def _left(self) -> float:
        return sum(relative_cost(trial) * (1 - self._shares.get(trial, 0.0)) for trial in self._missing)

    def _sentence(self, elapsed: float) -> str:
        left = self._left()
        line = f"{self._total - len(self._missing)} of {self._total} trials done after {duration(elapsed)}"
        if 0 < left < self._work:
            line += f", {about(elapsed * left / (self._work - left))} left"
        return line
