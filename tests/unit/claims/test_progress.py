"""Progress counts what the store holds, whoever trained it, and says how long the rest will take."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest

from claims.papers.rin_2018 import protocol
from claims.run import progress
from claims.run.progress import RunProgress
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Training
from reproductions.trials import Trial

TRIALS = [Trial(protocol.adding("smoke", cell, 200), seed) for cell in ("rin", "irnn") for seed in range(2)]


class Shelf:
    """A store that holds the trials it was given, with checkpoints in ``folder``."""

    def __init__(self, *held: Trial, folder: Path = Path("nowhere")) -> None:
        self.held, self.folder = set(held), folder

    def checkpoint_path(self, trial: Trial) -> Path:
        return self.folder / f"{trial.address}.pt"

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
    assert lines.texts[0].startswith("1 of 3 trials done after under 1 s, ")
    assert lines.texts[0].endswith(" left")


def test_a_run_with_nothing_to_train_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    lines = Lines()
    watching = RunProgress(Shelf(*TRIALS), TRIALS, lines)  # type: ignore[arg-type]
    watching.start()
    watching.stop()
    assert lines.texts == []


def test_time_left_is_shared_out_by_cost_not_by_number() -> None:
    lstm, rin = Trial(protocol.adding("smoke", "lstm", 200), 0), Trial(protocol.adding("smoke", "rin", 200), 0)
    shelf = Shelf()
    watching = RunProgress(shelf, [lstm, rin], Lines())  # type: ignore[arg-type]
    watching._missing.remove(lstm)  # 2.8 parts of 3.8 of the work took four minutes
    assert watching._sentence(240.0) == "1 of 2 trials done after 4 min, about 86 s left"


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


def test_a_running_trial_counts_with_the_updates_its_checkpoint_holds(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    rin = TRIALS[0]
    assert isinstance(rin.recipe, Training)
    shelf = Shelf(folder=tmp_path)
    checkpoint = CheckpointFile(shelf.checkpoint_path(rin))
    checkpoint.save({"update": rin.recipe.updates // 2})
    watching = RunProgress(shelf, [rin], Lines())  # type: ignore[arg-type]
    assert watching._sentence(60.0) == "0 of 1 trials done after 60 s"  # half of it was there before: nothing is known of its speed
    checkpoint.save({"update": rin.recipe.updates * 3 // 4})
    watching._ask_checkpoints({rin})
    assert watching._sentence(60.0) == "0 of 1 trials done after 60 s, about 60 s left"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_nothing_where_there_is_no_trial_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, lines = Terminal(), Lines()
    monkeypatch.setattr(progress.sys, "stderr", terminal)
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.001)
    asked = threading.Event()
    shelf = Shelf()
    shelf.held.update(TRIALS)

    def more() -> tuple[()]:
        asked.set()
        return ()

    watching = RunProgress(shelf, TRIALS, lines, more)  # type: ignore[arg-type]
    watching.start()
    assert asked.wait(30)
    threading.Event().wait(0.05)
    watching.stop()
    assert terminal.getvalue() == ""


def test_a_terminal_gets_a_bar_with_the_time_left_and_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, lines = Terminal(), Lines()
    monkeypatch.setattr(progress.sys, "stderr", terminal)
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    shelf = Shelf()
    watching = RunProgress(shelf, TRIALS, lines)  # type: ignore[arg-type]
    shelf.held.add(TRIALS[0])
    watching.start()
    for _ in range(3_000):
        if "1 of 4 trials" in terminal.getvalue():
            break
        threading.Event().wait(0.01)
    watching.stop()
    assert "1 of 4 trials" in terminal.getvalue()
    assert "25% [00:0" in terminal.getvalue()
    assert " left]" in terminal.getvalue()
    assert lines.texts == []
