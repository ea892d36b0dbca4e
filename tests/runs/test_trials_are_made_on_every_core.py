"""What `rin-claims store equivalent` trains anew comes from other processes as it comes from this one."""

from __future__ import annotations

import pytest

from claims.run import retrained
from claims.run.equivalence import COMPARED, made
from reproductions.recipes import Adding, Network, Optimizer, Training
from reproductions.trials import Trial


def test_trials_are_made_by_several_processes_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrained, "cores", lambda: 2)
    recipe = Training("smoke", Adding(2, 40, 20), Network("rin", 1, 8), Optimizer("adam", 1e-2, None), 16, 8, 2)
    trials = [Trial(recipe, seed) for seed in (3, 1, 2)]
    with retrained.trainers() as make:
        outcomes = list(make(trials))
    assert [[outcome[name] for name in COMPARED] for outcome in outcomes] == [[made(trial)[name] for name in COMPARED] for trial in trials]
