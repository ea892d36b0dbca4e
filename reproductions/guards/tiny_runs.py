"""Tiny real runs, the whole way through executor and store, for the guards that look at recipes and outcomes."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Mapping

from reproductions.guards import of_outcomes, of_recipes
from reproductions.guards.alarm import Finding
from reproductions.recipes import Adding, Babi, Network, Optimizer, PixelMnist, Training
from reproductions.running.executor import LocalExecutor
from reproductions.speech import synthetic
from reproductions.step_tasks import Language, Speech
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

RUNS = 5  # seeds of each recipe; fewer tell no near copy
_ADDING, _DIGITS = Adding(length=10, train_size=256, test_size=64), PixelMnist("permuted", 4, "embedded", train_size=256, test_size=100)
_STORIES = Language("stories", 40, 5, train_size=64, test_size=20)
_SPEECH = Training(
    "smoke", Speech("espeak-stories", 100, 12, 8), Network("lstm", 2, hidden=8), Optimizer("adam", 1e-3, 1.0), 4, 4, 2
)  # fmt: skip
_SPOKEN = (_SPEECH,) if importlib.util.find_spec(synthetic.ENGINE) else ()  # the optional extra ``speech``
RECIPES = (
    *(Training("smoke", _ADDING, Network(cell, hidden=8), Optimizer("adam", 1e-3, 100.0), 32, 24, 12) for cell in ("rin", "lstm")),
    *(Training("smoke", _DIGITS, Network(cell, hidden=8), Optimizer("rmsprop", 1e-3, None), 16, 12, 4) for cell in ("rin", "irnn")),
    *_SPOKEN,
    Training("smoke", _STORIES, Network("irnn", hidden=8, embedding=8), Optimizer("adam", 1e-3, 1.0), 16, 8, 2),
    Training("smoke", Babi(1, "simulated", 200, 40), Network("rin", hidden=8, embedding=8), Optimizer("adam", 1e-3), 32, 4, 2),
)


def outcomes(seed: int) -> Mapping[Trial, Outcome]:
    """Return what RECIPES measure on RUNS seeds from ``seed`` on, trained now and kept nowhere."""
    trials = [Trial(recipe, number) for recipe in RECIPES for number in range(seed, seed + RUNS)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder, fingerprint=lambda recipe: "tiny runs".ljust(64, "-"))
        return LocalExecutor(store).ensure(trials)


def alarms(seed: int, runs: Mapping[Trial, Outcome]) -> dict[str, str]:
    """Return what the guards say of RECIPES with ``seed`` and of their ``runs``, by the guard's name.

    Each guard has its first alarm.
    """
    found: dict[str, str] = {}
    trials = [Trial(recipe, seed) for recipe in RECIPES]
    for finding in (*of_recipes.findings(trials), *of_outcomes.findings(runs)):
        if finding.message:
            found.setdefault(finding.guard, _where(finding))
    return found


def _where(finding: Finding) -> str:
    return f"{', '.join(dict.fromkeys(recipe.label for recipe in finding.recipes))}: {finding.message}"
