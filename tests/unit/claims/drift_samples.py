"""Recorded draws that are made up, of a claim whose outcomes are made up too. Nothing here is a measurement."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from exchange_samples import PROVENANCE

from claims.papers import find
from claims.protocol import STANDARD
from reference_results import recorded
from reference_results.recorded import Draw
from reproductions.recipe_data import as_data
from reproductions.recipes import Recipe, Training
from reproductions.store.outcomes import outcome_as_data
from reproductions.trials import Outcome

CLAIM = find("rin-2018/adding/below-baseline/rin/T200").under(STANDARD)  # one look, at six seeds
(RECIPE,) = CLAIM.arms["smoke"][0].recipes
METRIC = CLAIM.prediction.metric_as_read
SEEDS = range(24)
NAME = "smoke-2026-01-31.jsonl"
HERE = {  # what made a run, as far as its bits depend on it
    "device": "cpu",
    "recurrence": "avx2",
    "cpu_kind": "Some vendor family 1 model 2",
    "torch_threads": 1,
    "precision": {"cpu_capability": "AVX2"},
    "packages": {"torch": "2.13.0", "numpy": "2.3.0"},
}
LOST = (20, 22)  # seeds beyond those of a run


def made_up(recipe: Recipe, seed: int, factor: float = 1.0) -> Outcome:
    """A run whose errors fall to a few hundredths, ``factor`` times that."""
    assert isinstance(recipe, Training)
    if seed in LOST:
        return Outcome("diverged", {}, updates=1, diverged_at=1)
    noise = np.random.default_rng(seed).uniform(0.5, 1.5, len(recipe.checkpoints))
    losses = tuple((factor * 0.1 * noise * 0.98 ** np.arange(len(noise))).tolist())
    curves = {"updates": tuple(sorted(recipe.checkpoints)), "train_loss": losses, "test_mse": losses}
    return Outcome("budget", {"train_loss": losses[-1], "test_mse": losses[-1]}, curves, updates=recipe.updates)


def draw(seed: int, outcome: Outcome | None = None, **changes: Any) -> Draw:
    whole = dataclasses.replace(outcome or made_up(RECIPE, seed), provenance=PROVENANCE)
    return Draw(as_data(RECIPE), seed, "0" * 64, {**outcome_as_data(whole, "a draw"), **changes})


def record(draws: Iterable[Draw]) -> str:
    return recorded.dumps(draws)


HEALTHY = record(draw(seed) for seed in SEEDS)
DRIFTED = record(draw(seed, made_up(RECIPE, seed, 0.01)) for seed in SEEDS)
BAD = {
    "another schema": (HEALTHY.replace('"schema":1', '"schema":2'), "has schema 2, and this version reads 1; export it with this version"),
    "a digest of another recipe": (
        record([dataclasses.replace(draw(0), recipe={**as_data(RECIPE), "batch_size": 7})]).replace(
            recorded.sha256({**as_data(RECIPE), "batch_size": 7}), recorded.sha256(as_data(RECIPE))
        ),
        "does not match its checksum, so it was altered",
    ),
    "too few seeds": (record(draw(seed) for seed in range(5)), "that its claims demand; add their lines"),
    "NaN": (
        HEALTHY.replace('"seconds":0.0', '"seconds":NaN'),
        "is cut short or no JSON; write the file anew with `rin-claims store export`",
    ),
}


def put_on_record(folder: Path, monkeypatch: pytest.MonkeyPatch, **texts: str) -> None:
    """Have ``texts`` by name stand for the project's recorded draws."""
    (folder / "recorded").mkdir()
    for name, text in texts.items():
        (folder / "recorded" / name).write_text(text)
    monkeypatch.setattr(recorded, "resources", SimpleNamespace(files=lambda package: folder))
