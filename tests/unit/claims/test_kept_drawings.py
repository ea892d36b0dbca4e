"""A drawing is made once for what it shows, and anew when that, the code or the file changes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from report_samples import PICTURE

from claims.report.drawings import drawing as module
from claims.report.drawings import kept as kept_module
from claims.report.drawings.figures import curve_drawing
from reproductions import user_folders


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The titles of what was drawn, with an empty cache folder."""
    titles: list[str] = []
    draws = module._drawn

    def noted(title: str, *rest: object) -> str:
        titles.append(title)
        return draws(title, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_drawn", noted)
    monkeypatch.setattr(user_folders.platformdirs, "user_cache_path", lambda name: tmp_path / name)
    return titles


def draw(picture=PICTURE) -> str:
    curve_drawing.cache_clear()
    return curve_drawing(picture).svg


def test_what_was_drawn_is_not_drawn_again(made: list[str]) -> None:
    first = draw()
    assert draw() == first
    assert draw(dataclasses.replace(PICTURE, claims=("another",))) == first  # which is not in the drawing
    assert made == [PICTURE.title]


def test_other_data_and_other_code_are_drawn(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    draw()
    for change in ({"log_y": False}, {"baseline": 0.2}, {"y_label": "another"}, {"curves": PICTURE.curves[:2]}):
        draw(dataclasses.replace(PICTURE, **change))
    assert len(made) == 5
    monkeypatch.setattr(kept_module, "_code", lambda: "another version")
    draw()
    assert len(made) == 6


def test_a_damaged_file_is_drawn_anew_and_a_missing_home_keeps_nothing(made: list[str], tmp_path: Path, no_home_later) -> None:
    first = draw()
    (file,) = (tmp_path / "rin-claims" / "drawings").iterdir()
    whole = file.read_bytes()
    for damaged in (whole[:-40], b"", whole.replace(b"<svg", b"<sVg", 1), b"\xff" + whole):
        file.write_bytes(damaged)
        assert draw() == first
        assert file.read_bytes() == whole
    assert len(made) == 5
    no_home_later()
    assert draw() == first
    assert len(made) == 6


@pytest.fixture
def no_home_later(monkeypatch: pytest.MonkeyPatch):
    def homeless(name: str) -> Path:
        raise RuntimeError("could not determine the home directory")

    return lambda: monkeypatch.setattr(user_folders.platformdirs, "user_cache_path", homeless)


def test_the_oldest_drawings_make_room(made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "MOST", 2)
    for title in "abc":
        draw(dataclasses.replace(PICTURE, title=title))
    assert len(list((tmp_path / "rin-claims" / "drawings").iterdir())) == 2
