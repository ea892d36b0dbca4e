"""A kept timing counts on its own machine, kernels, versions and code, and says how old it is."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from claims.papers.rin_2018 import protocol
from reproductions.recipes import Probe, Training
from reproductions.running import cost, timings
from reproductions.running.cost import Spent, shape
from reproductions.running.timings import calibrated
from reproductions.store import environment, fingerprint
from reproductions.trials import Trial

RIN = protocol.adding("smoke", "rin", 200)
LSTM = protocol.adding("smoke", "lstm", 200)
TRIALS = [Trial(RIN, 0), Trial(RIN, 1), Trial(LSTM, 0), Trial(Probe("any", "dt-depth"), 0)]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Training]:
    """The shapes that were measured, without the warm-up; each takes 0.01 s."""
    asked: list[Training] = []

    def measure(recipe: Training) -> Spent:
        if recipe.network.hidden > 4:
            asked.append(recipe)
        return Spent(0.01, 0.01)

    monkeypatch.setattr(cost, "_measure", measure)
    monkeypatch.setattr(timings, "_fallback", str)
    return asked


def test_a_second_calibration_measures_nothing_and_says_how_old_the_first_is(measured: list[Training], tmp_path: Path) -> None:
    first = calibrated(TRIALS, tmp_path)
    assert (set(measured), first.age) == ({shape(RIN), shape(LSTM)}, 0.0)
    measured.clear()
    second = calibrated(TRIALS, tmp_path)
    assert measured == []
    assert second.update_seconds == first.update_seconds
    assert 0 < second.age < 3600
    assert (second.took, second.busy >= 1) == (0.0, True)


def test_only_a_shape_without_a_timing_is_measured(measured: list[Training], tmp_path: Path) -> None:
    calibrated(TRIALS[:2], tmp_path)
    measured.clear()
    assert set(calibrated(TRIALS, tmp_path).update_seconds) == {shape(RIN), shape(LSTM)}
    assert measured == [shape(LSTM)]


def _another_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "cpu_model", lambda: "another")


def _another_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timings, "cores", lambda: 99)


def _other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "recipe_fingerprint", lambda recipe: "f" * 64)


def _another_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.importlib.metadata, "version", lambda package: "99")


def _other_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIN_CLAIMS_KERNELS", "torch")


def _another_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "another-compiler")


def _a_month_later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(timings.time, "time", lambda: now + 30 * 24 * 3600)


def _a_clock_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(timings.time, "time", lambda: now - 3600)


@pytest.mark.parametrize(
    "change",
    [
        _another_cpu,
        _another_number_of_cores,
        _other_code,
        _another_torch,
        _other_kernels,
        _another_compiler,
        _a_month_later,
        _a_clock_set_back,
    ],
    ids=lambda change: change.__name__.strip("_"),
)
def test_a_timing_is_not_trusted_elsewhere(change, measured: list[Training], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(TRIALS, tmp_path)
    measured.clear()
    change(monkeypatch)
    assert calibrated(TRIALS, tmp_path).age == 0
    assert set(measured) == {shape(RIN), shape(LSTM)}


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"a": ["x", 2]}', "\x00"])
def test_a_file_that_is_none_of_ours_is_written_anew(measured: list[Training], tmp_path: Path, content: str) -> None:
    path = tmp_path / timings.NAME
    path.write_text(content)
    calibrated(TRIALS, tmp_path)
    assert len(json.loads(path.read_text())) == 2


def test_timings_of_kernels_that_nobody_asked_for_are_not_kept(
    measured: list[Training], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timings, "_fallback", lambda: "there is no C++ compiler")
    assert calibrated(TRIALS, tmp_path).update_seconds
    assert not (tmp_path / timings.NAME).exists()
