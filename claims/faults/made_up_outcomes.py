"""Made-up outcomes of trained networks, so that the judging can be tried on what would take hours to measure.

They are the two cases in which a wrong judging says something else: one seed in six diverged, or one seed in six alone succeeded.
Nothing here is a measurement, and no report holds it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from claims.faults.known_faults import smallest_profile
from claims.judging.judge import judge_claim
from claims.judging.result import Result
from claims.kinds.below_above import Above, Below
from claims.model import Arm, Claim, Locator, Lookup
from claims.protocol import STANDARD
from reproductions.recipes import Probe, Recipe, Training
from reproductions.trials import Outcome

SEEDS = 6  # five successes and a failure decide nothing, five successes alone do


def can_be_made_up(claim: Claim) -> bool:
    """Return whether the claim sets the level of trained networks against a threshold."""
    recipes = [recipe for arm in claim.arms.get(smallest_profile(claim), ()) for recipe in arm.recipes]
    return isinstance(claim.prediction, Below | Above) and any(isinstance(recipe, Training) for recipe in recipes)


def one_diverged(claim: Claim) -> Lookup:
    """Return outcomes of which every sixth seed diverged and every other one succeeded."""

    def outcome(recipe: Recipe, seed: int) -> Outcome:
        return Outcome("diverged", {}, updates=1, diverged_at=1) if seed % SEEDS == 0 else _outcome(claim, recipe, seed, succeeds=True)

    return outcome


def one_succeeded(claim: Claim) -> Lookup:
    """Return outcomes of which every sixth seed succeeded and every other one failed."""
    return lambda recipe, seed: _outcome(claim, recipe, seed, succeeds=seed % SEEDS == 0)


def judged(claim: Claim) -> Iterator[tuple[Result, Lookup]]:
    """Judge the claim on six seeds of the outcomes of each case, and return these outcomes beside the results."""
    claim = dataclasses.replace(claim, seeds=dict.fromkeys(claim.seeds, SEEDS), protocol=STANDARD)  # whose smoke has one look
    for lookup in (one_diverged(claim), one_succeeded(claim)):
        yield judge_claim(claim, smallest_profile(claim), lookup, {}), lookup


def sample_claim() -> Claim:
    """Return a claim of nobody, for the guard of the judging."""
    return Claim(
        id="made-up/judging/below",
        paper="made-up",
        quote="The loss is below 1.",
        locator=Locator(section="1"),
        prediction=Below(
            metric="loss",
            unit="nats",
            higher_is_better=False,
            why="it is made up",
            reading="level",
            why_reading="so that a level is judged too",
            arm="network",
            threshold=1.0,
        ),
        statement="The loss of a network is below 1.",
        arms={STANDARD.names[0]: (Arm("network", (Probe(STANDARD.names[0], "made-up"),)),)},
        seeds={STANDARD.names[0]: SEEDS},
    )


def _outcome(claim: Claim, recipe: Recipe, seed: int, succeeds: bool) -> Outcome:
    """Return a run that ended, half the threshold or so away from it.

    No two seeds end at the same number, and every reading of the last evaluations is another one, on the same side of the threshold.
    """
    prediction = claim.prediction
    assert isinstance(prediction, Below | Above)
    threshold = prediction.threshold or 0.0
    away = (abs(threshold) or 1.0) * (0.5 + (seed % 100) / 1000)
    level = threshold - away if isinstance(prediction, Below) == succeeds else threshold + away
    curve = tuple(level + (level - threshold) * part for part in (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.0))
    updates = recipe.updates if isinstance(recipe, Training) else len(curve)
    evaluations = tuple(updates * number // len(curve) for number in range(1, len(curve) + 1))
    return Outcome("budget", {prediction.metric: level}, {"updates": evaluations, prediction.metric: curve}, updates)
