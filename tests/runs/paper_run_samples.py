"""A run of the ``paper`` profile, or of a smaller one, with made-up outcomes.

Under ``paper`` every claim is judged, with every curve there is and as many trials as the looks buy. Nothing here is a measurement. The
curves are as long as the recipes make them and as jagged as a real one is at most, so that a report of them weighs what the report of
such a run would.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from claims import papers
from claims.judging.judge import judge_claim, result_not_run, unmet
from claims.judging.result import Result
from claims.kinds import NearZero
from claims.model import Claim
from claims.report.build import build_report
from claims.report.content.pictures import pictures
from claims.report.model import Report
from claims.results import Evidence, Verdict
from reproductions.recipes import Adding, PixelMnist, Recipe, Training
from reproductions.trials import Outcome, Trial

PROFILE = "paper"
NOT_RUN_SECONDS = 4000.0  # of a claim that a smaller profile does not measure
LEVELS = {
    "test_mse": 0.1,
    "train_loss": 0.5,
    "test_loss": 0.5,
    "test_accuracy": 15.0,
    "train_accuracy": 15.0,
    "frame_error_rate": 30.0,
}  # that curves over updates end near
NOISE = {"Adding": 0.05, "PixelMnist": 0.01, "Babi": 0.01, "Language": 0.01, "Speech": 0.01}  # relative, from one evaluation to the next
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@functools.cache
def measured() -> Mapping[Recipe, tuple[str, ...]]:
    """The metrics and curves that claims look at, and the scales of the curves, by recipe."""
    names: dict[Recipe, dict[str, None]] = {}
    for claim in papers.all_claims():
        for profile, arms in claim.arms.items():
            p = claim.at(profile).prediction
            wanted = tuple(name for pair in p.curves for name in pair) if isinstance(p, NearZero) else (p.metric,)
            for recipe in (recipe for arm in arms for recipe in arm.recipes):
                names.setdefault(recipe, {}).update(dict.fromkeys(wanted))
    return {recipe: tuple(found) for recipe, found in names.items()}


@functools.cache
def outcome(recipe: Recipe, seed: int) -> Outcome:
    """A run whose numbers are drawn from its recipe and seed alone; one of forty diverges half-way."""
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(Trial(recipe, seed).address.encode()).digest()[:8]))
    level = 50 * 10 ** rng.normal(0, 0.1)
    found = {name: float(level * (1 + rng.normal(0, 0.05))) for name in measured()[recipe]}
    provenance = {"git": {"commit": COMMIT}, "recurrence": "native avx512"}
    if not isinstance(recipe, Training):
        return Outcome("budget", found, _step_curves(measured()[recipe], 784, rng), provenance=provenance)
    diverged = rng.random() < 0.025
    curves = _update_curves(recipe, 0.5 if diverged else 1.0, rng)
    if diverged:
        return Outcome("diverged", dict.fromkeys(found), curves, recipe.updates // 2, recipe.updates // 2, 12345.6, provenance)
    if isinstance(recipe.task, (Adding, PixelMnist)):
        steps = recipe.task.length if isinstance(recipe.task, Adding) else recipe.task.steps
        layers = range(1, recipe.network.layers + 1)
        names = [f"{name}/layer{layer}" for name in ("eq1", "eq3", "variance", "variance_from_last") for layer in layers]
        curves = _step_curves([*names, *measured()[recipe]], steps, rng) | curves
    return Outcome("budget", found, curves, recipe.updates, None, 12345.6, provenance)


def _update_curves(recipe: Training, share: float, rng: np.random.Generator) -> dict[str, tuple[float, ...]]:
    """A fall from a multiple of the level to it, with NOISE at each checkpoint; ``share`` of the budget is run."""
    count = max(1, int(recipe.evaluations * share))
    fall = np.geomspace(5.0, 1.0, recipe.evaluations)[:count]
    updates = np.linspace(0, recipe.updates, recipe.evaluations + 1)[1 : count + 1].round()
    noise = NOISE[type(recipe.task).__name__]
    curves = {name: tuple((level * fall * (1 + rng.normal(0, noise, count))).tolist()) for name, level in LEVELS.items()}
    for name, items in (("test_accuracy", 10_000), ("train_accuracy", 500)):
        curves[name] = tuple(100 - round(value * items / 100) * 100 / items for value in curves[name])
    return {"updates": tuple(updates.astype(int).tolist()), **curves}


def _step_curves(names: Sequence[str], steps: int, rng: np.random.Generator) -> dict[str, tuple[float, ...]]:
    """A walk with noise on it, over the steps of a sequence."""
    return {name: tuple((np.cumsum(rng.normal(0, 0.02, steps)) + rng.normal(0, 0.05, steps)).tolist()) for name in names}


def _result(claim: Claim, profile: str) -> Result:
    if reason := unmet(claim, profile):
        if profile != PROFILE:
            return result_not_run(claim, profile, reason, {})
        # needs what the project has not got; here as if it had been judged
        return Result(claim, profile, Verdict("inconclusive", "made up", Evidence(1.0, 0.5, 1.5, 6, 0, "made up", claim.prediction.unit)))
    return judge_claim(claim, profile, outcome, {})


def results(profile: str = PROFILE) -> list[Result]:
    """Every claim of the registry, judged where ``profile`` measures it."""
    return [_result(claim, profile) for claim in papers.all_claims()]


def made_up_report(profile: str = PROFILE) -> Report:
    """The report of the run, with its pictures."""
    judged = results(profile)
    return build_report(
        judged,
        {"git": {"commit": COMMIT}},
        "2026-01-02T03:04:05+00:00",
        profile=profile,
        order=[claim.id for claim in papers.all_claims()],
        papers=papers.registry().papers,
        pictures=pictures(papers.registry().papers, judged, outcome),
        seconds={result.claim.id: NOT_RUN_SECONDS for result in judged if result.verdict.verdict == "not run"},
    )
