"""``rin-claims starts``: trainings are stopped at their first evaluation, and what paths disagree in is no start."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import pytest

from claims.cli import main
from claims.papers.rin_2018 import protocol
from claims.run import rounding, starts
from reference_results.start_tolerances import parse
from reproductions.openings import Opening
from reproductions.recipe_data import digest
from reproductions.trials import Trial

CLAIM = "rin-2018/adding/below-baseline/rin/T200"
RECIPE = protocol.adding("smoke", "rin", 200)  # 4,000 updates, an evaluation every 200


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two paths, which this machine would have, and an empty working directory."""
    monkeypatch.setattr(rounding, "paths_here", lambda: ("plain", "torch"))
    monkeypatch.chdir(tmp_path)


def moved(monkeypatch: pytest.MonkeyPatch, by: float) -> list[str]:
    """Make the last loss of torch lie apart by a share of it; return the choices that are asked for."""
    asked: list[str] = []

    def under(choice: str, trials: Iterable[Trial], workers: int) -> dict[Trial, starts.Start]:
        asked.append(choice)
        last = 1.0 - by if choice == "torch" else 1.0
        return {trial: {("train_loss", 1): 1.0, ("train_loss", 64): last, ("test_mse", 0): 0.5} for trial in trials}

    monkeypatch.setattr(starts, "starts_under", under)
    return asked


@pytest.mark.parametrize(
    ("updates", "evaluations", "ends"),
    [(4000, 20, 200), (4000, 100, 80), (640, 10, 64), (630, 10, 126), (100, 1, None), (64, 8, None)],
)
def test_an_opening_ends_at_the_first_evaluation_that_follows_the_first_losses(updates: int, evaluations: int, ends: int | None) -> None:
    trial = Trial(dataclasses.replace(RECIPE, updates=updates, evaluations=evaluations), 3)
    begun = starts.opening(trial)
    assert begun.seed == 3
    if ends is None:
        assert begun == trial
    else:
        assert isinstance(begun.recipe, Opening)
        assert (begun.recipe.stop_after, begun.trained) == (ends, trial)


@pytest.mark.parametrize(("by", "through", "tolerance"), [(2e-6, 64, 2e-5), (1e-3, 1, 1e-6)])
def test_the_table_has_the_tolerance_of_each_training_that_was_begun_under_all_paths(
    by: float, through: int, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = moved(monkeypatch, by)
    assert main(["starts", "table.csv", "--claim", CLAIM]) == 0
    assert asked == ["plain", "torch"]
    row = parse(Path("table.csv").read_text())[digest(RECIPE)]
    assert (row.through, row.curves, row.paths) == (through, ("test_mse",), ("plain", "torch"))
    assert row.tolerance == pytest.approx(tolerance)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no/such/table.csv",), "there is no folder no/such"),
        (("table.csv", "--path", "torch"), "torch alone has nothing to be compared with"),
        (("table.csv", "--path", "avx512"), "no kernel path 'avx512'"),
        (("table.csv", "--claim", "rin-2018/tables/headline-12-67"), "train nothing under smoke"),
        ((".",), ". is a folder"),
    ],
)
def test_what_cannot_be_measured_or_written_is_one_line_and_writes_nothing(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moved(monkeypatch, 0.0)
    assert main(["starts", *words]) == 2
    *paths, line = capsys.readouterr().err.splitlines()
    assert said in line
    assert all("kernel path" in one for one in paths)
    assert not list(Path().iterdir())


@pytest.mark.usefixtures("compiler")
def test_each_path_trains_with_its_own_kernels_and_they_agree_to_rounding() -> None:
    trials = [Trial(RECIPE, 0)]
    (plain,), (torch,) = (starts.starts_under(choice, trials, 1).values() for choice in ("plain", "torch"))
    assert plain.keys() == torch.keys() >= {("train_loss", 1), ("gradient_norm", 64), ("test_mse", 0)}
    apart = [starts.difference(plain[key], torch[key]) for key in plain]
    assert 0 < max(apart) < 1e-4
