"""What a claim compares is what its recipes measure: every metric and curve it names comes out of a run."""

from __future__ import annotations

import dataclasses
import functools

import pytest

from claims.kinds import LearnsFaster, NearZero
from claims.model import Claim, Prediction
from claims.papers import all_claims
from reproductions import training
from reproductions.recipes import EARLY_SHARE, Adding, Babi, PixelMnist, Training
from reproductions.step_tasks import Language, Speech
from reproductions.trials import Outcome, Trial

SMALL_TASKS = {
    Adding: Adding(4, 16, 8),
    PixelMnist: PixelMnist("sequential", 14, "embedded", 16, 8),  # four steps
    Babi: Babi(1, "simulated", 16, 8),
    Language: Language("stories", 40, 5, 16, 8),
    Speech: Speech("espeak-stories", 20, 8, 4),
}


def small(recipe: Training) -> Training:
    """``recipe`` with its cell, layers and measurements, cut to ten updates on a handful of samples."""
    return dataclasses.replace(
        getattr(recipe, "whole", recipe),
        profile="smoke",
        task=SMALL_TASKS[type(recipe.task)],
        network=dataclasses.replace(recipe.network, hidden=16, embedding=2),  # 16: not every ReLU is closed
        optimizer=dataclasses.replace(recipe.optimizer, learning_rate=1e-3),
        batch_size=4,
        updates=10,
        evaluations=10,
        early_evaluations=0,
    )


@functools.cache
def outcome(recipe: Training) -> Outcome:
    return training.train(Trial(recipe, 0))


def trainings(claim: Claim, profile: str | None = None) -> set[Training]:
    arms = [arm for name, own in claim.arms.items() if profile in (None, name) for arm in own]
    return {recipe for arm in arms for recipe in arm.recipes if isinstance(recipe, Training)}


def missing(prediction: Prediction, found: Outcome) -> list[str]:
    """The metrics and curves of ``prediction`` that ``found`` does not have."""
    if not isinstance(prediction, NearZero):
        undefined = found.metrics.get(prediction.metric) is None and not isinstance(prediction, LearnsFaster)
        return [prediction.metric] * (undefined or prediction.metric not in found.metrics)
    absent = [curve for curve, _ in prediction.curves if not found.curves.get(curve)]
    return absent + [scale for _, scale in prediction.curves if scale and found.metrics.get(scale) is None]


@pytest.mark.parametrize("section", sorted({(claim.paper, claim.section) for claim in all_claims() if trainings(claim)}))
def test_every_metric_and_curve_that_a_claim_names_comes_out_of_its_runs(section: tuple[str, str]) -> None:
    for claim in all_claims():
        if (claim.paper, claim.section) == section:
            for profile in claim.arms:
                for recipe in {small(recipe) for recipe in trainings(claim, profile)}:
                    assert not missing(claim.at(profile).prediction, outcome(recipe)), (claim.id, profile, recipe.label)


def test_a_claim_about_the_early_stage_is_measured_by_recipes_that_evaluate_in_it() -> None:
    early = [claim for claim in all_claims() if claim.prediction.metric.startswith("early_")]
    assert early
    for claim in early:
        for recipe in trainings(claim):
            assert min(recipe.checkpoints) <= EARLY_SHARE * recipe.updates, (claim.id, recipe.label)
