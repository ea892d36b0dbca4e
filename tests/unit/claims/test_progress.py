"""Progress counts what the store holds, whoever trained it, and says how long the rest will take."""

from __future__ import annotations

import threading

import pytest

from claims import progress
from claims.progress import RunProgress
from reproductions import profiles
from reproductions.trials import Trial

TRIALS = [Trial(profiles.adding("smoke", cell, 200), seed) for cell in ("rin", "irnn") for seed in range(2)]


class Shelf:
    """A store that holds the trials it was given."""

    def __init__(self, *held: Trial) -> None:
        self.held = set(held)

    def has(self, trial: Trial) -> bool:
        return trial in self.held


class Lines:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.written = threading.Event()

    def line(self, text: str = "") -> None:
        self.texts.append(text.strip())
        self.written.set()


def test_a_run_says_how_many_trials_are_done_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    shelf, lines = Shelf(TRIALS[0]), Lines()
    watching = RunProgress(shelf, TRIALS, lines)  # type: ignore[arg-type]
    shelf.held.add(TRIALS[1])  # one of the three that were missing
    watching.start()
    assert lines.written.wait(timeout=30)
    watching.stop()
    assert lines.texts[0].startswith("1 of 3 trials done after 0 min, about 0 min left")


def test_a_run_with_nothing_to_train_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    lines = Lines()
    watching = RunProgress(Shelf(*TRIALS), TRIALS, lines)  # type: ignore[arg-type]
    watching.start()
    watching.stop()
    assert lines.texts == []


def test_time_left_is_shared_out_by_cost_not_by_number() -> None:
    lstm, rin = Trial(profiles.adding("smoke", "lstm", 200), 0), Trial(profiles.adding("smoke", "rin", 200), 0)
    shelf = Shelf()
    watching = RunProgress(shelf, [lstm, rin], Lines())  # type: ignore[arg-type]
    del watching._missing[lstm]  # four fifths of the work took four minutes
    assert watching._sentence(240.0) == "1 of 2 trials done after 4 min, about 1 min left"


def test_trials_bought_later_are_watched_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    shelf, lines = Shelf(*TRIALS), Lines()
    later = [Trial(TRIALS[0].recipe, seed) for seed in (2, 3)]
    watching = RunProgress(shelf, TRIALS, lines, lambda: [trial for trial in later if not shelf.has(trial)])  # type: ignore[arg-type]
    watching.start()
    assert lines.written.wait(timeout=30)
    watching.stop()
    assert lines.texts[0].startswith("0 of 2 trials done")
