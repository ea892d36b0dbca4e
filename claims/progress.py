"""Progress of a run's trials: a bar on a terminal, one line a minute elsewhere. It watches the store, whoever trains."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from tqdm import tqdm

from claims.judging import cost
from reproductions.store import Store
from reproductions.trials import Trial

LOOK_SECONDS = 1.0  # how often the bar looks into the store
LINE_SECONDS = 60.0  # how often a line is written where there is no terminal


class Writer(Protocol):
    def line(self, s: str = ..., /) -> None: ...


class RunProgress:
    """Counts the finished trials of a run, weighted by their cost, in a thread of its own. Silent when nothing is missing.

    ``more`` is asked whenever nothing is missing: the trials of the next look, for claims that are undecided.
    """

    def __init__(self, store: Store, trials: Sequence[Trial], writer: Writer, more: Callable[[], Sequence[Trial]] = tuple) -> None:
        self._store = store
        self._more = more
        self._missing = {trial: cost(trial) for trial in trials if not store.has(trial)}
        self._total = len(self._missing)
        self._cost = sum(self._missing.values())
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
        started = said = time.monotonic()
        on_terminal = sys.stderr.isatty()
        with tqdm(total=self._total, desc="trials", disable=not on_terminal, file=sys.stderr, leave=False) as bar:
            while not self._stopped.wait(LOOK_SECONDS):
                if not self._missing:
                    self._add(self._more())
                    bar.total = self._total
                done = [trial for trial in self._missing if self._store.has(trial)]
                for trial in done:
                    del self._missing[trial]
                bar.update(len(done))
                now = time.monotonic()
                if not on_terminal and self._missing and now - said >= LINE_SECONDS:
                    said = now
                    self._writer.line("\n" + self._sentence(now - started))

    def _add(self, trials: Sequence[Trial]) -> None:
        self._missing = {trial: cost(trial) for trial in trials}
        self._total += len(self._missing)
        self._cost += sum(self._missing.values())

    def _sentence(self, elapsed: float) -> str:
        left = sum(self._missing.values())
        line = f"{self._total - len(self._missing)} of {self._total} trials done after {elapsed / 60:.0f} min"
        if 0 < left < self._cost:
            line += f", about {elapsed * left / (self._cost - left) / 60:.0f} min left"
        return line
