"""What the simulations of several kinds share: scenarios, the noise of each, diverged runs.

Effects are in standard deviations (sd) of the per-seed effect. In every scenario but "clear effect", and a few that a simulation's
``errors`` name, the truth lies on the boundary of the claim's region, where errors are most likely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import scipy

from claims.kinds.sampled import Sampled
from claims.model import Column
from claims.results import VerdictName
from claims.statistics.intervals import FloatArray

SHAPES = ("heavy tails", "skew", "two-point", "10 % divergence", "30 % divergence", "unequal variances", "ties")
SCENARIOS = ("null", "edge", "clear effect", *SHAPES)

CLEAR = 3.0  # sd: the effect that five seeds must show
SMALLEST_EFFECT = 1.0  # sd: separates null (no effect) from edge (the smallest effect of interest)
SETTINGS = 4  # of a grid
LOST = -5.0  # sd: what a diverged run of a grid counts as, below any run that learns
WHY = "simulation"

REPRODUCED: frozenset[VerdictName] = frozenset({"reproduced"})
CONTRADICTED: frozenset[VerdictName] = frozenset({"contradicted"})
ORDER_ERRORS = {"null": REPRODUCED, "edge": CONTRADICTED}  # of the claims of an order

Rng = np.random.Generator
JudgeAt = Callable[[int, float], VerdictName]  # (seeds, alpha) -> verdict on the first seeds
Rows = list[list[float | None]]  # (simulations, seeds); None: diverged


def noise(scenario: str, size: tuple[int, ...], rng: Rng) -> FloatArray:
    """Draw per-seed effects (``size``) with median 0; the last axis is seeds.

    They are normal with sd 1 unless the scenario names another shape. Heavy tails: Student t with 2 degrees of freedom, infinite variance.
    Skew: exponential. Two-point: -1 or 1, each in half of the runs. Unequal variances: every seed has its own sd, log-uniform from 0.2 to
    5. Ties: normal, rounded to whole sd.
    """
    match scenario:
        case "heavy tails":
            return np.asarray(rng.standard_t(2, size), dtype=np.float64)
        case "skew":
            return np.asarray(rng.exponential(1.0, size) - np.log(2), dtype=np.float64)
        case "two-point":
            return rng.choice([-1.0, 1.0], size)
        case "unequal variances":
            return np.asarray(rng.standard_normal(size) * 5.0 ** rng.uniform(-1, 1, size), dtype=np.float64)
        case "ties":
            return np.asarray(np.round(rng.standard_normal(size)), dtype=np.float64)
        case _:
            return rng.standard_normal(size)


def diverging(scenario: str, values: FloatArray, rng: Rng) -> Rows:
    """Return ``values`` (simulations, n) as rows of runs, each diverged (None) with the scenario's chance."""
    lost = rng.random(values.shape) < _divergence(scenario)
    return [[None if gone else value for value, gone in zip(*row, strict=True)] for row in zip(values.tolist(), lost.tolist(), strict=True)]


def advantage(scenario: str) -> float:
    """Return the true advantage, in sd, of a claim of an order.

    It is the smallest effect of interest at edge, a clear one for the clear effect, and otherwise none.
    """
    return {"clear effect": CLEAR, "edge": SMALLEST_EFFECT}.get(scenario, 0.0)


def smallest_effect(scenario: str) -> float:
    """Return the smallest effect of interest, in sd, that a claim of an order is made with.

    It is 0 for the shapes, so that the truth lies on both boundaries at once.
    """
    return 0.0 if scenario in SHAPES else SMALLEST_EFFECT


def seed_effect(size: tuple[int, ...], rng: Rng) -> FloatArray:
    """Draw what the arms of a pair owe to their seed."""
    # in quarters, so that paired differences come out exact
    return rng.integers(-8, 9, size) / 4


def level(scenario: str) -> float:
    """Compute how many sd a level lies on the good side of its boundary.

    Diverged runs have the worst rank. Where runs diverge, the level is normal, and as far from the boundary as it takes for the median,
    diverged runs included, to lie on it.
    """
    share = _divergence(scenario)
    if share:
        return float(-scipy.stats.norm.ppf((0.5 - share) / (1 - share)))
    return CLEAR if scenario == "clear effect" else 0.0


def two_arms(scenario: str, effect: float, better: str, worse: str, size: tuple[int, ...], rng: Rng) -> Iterable[Mapping[str, Column]]:
    """Draw two arms whose difference has the scenario's shape about ``effect``; ``better`` has the higher values."""
    seed = seed_effect(size, rng)
    higher = diverging(scenario, seed + effect + noise(scenario, size, rng), rng)
    lower = diverging(scenario, seed, rng)
    return ({better: x, worse: y} for x, y in zip(higher, lower, strict=True))


def two_grids(
    scenario: str,
    a: Sequence[float],
    b: Sequence[float],
    statistic: Callable[[Sequence[Column]], Column],
    size: tuple[int, ...],
    rng: Rng,
) -> Iterable[Mapping[str, Column]]:
    """Draw two grids, whose settings lie at ``a`` and ``b`` (settings,).

    Gives ``statistic`` of the runs (settings, n) of each.
    """
    seed = seed_effect(size, rng)

    def arm(steps: Sequence[float]) -> Iterable[Column]:
        settings = [diverging(scenario, seed + step + noise(scenario, size, rng), rng) for step in steps]
        return map(statistic, zip(*settings, strict=True))

    return ({"a": one, "b": other} for one, other in zip(arm(a), arm(b), strict=True))


def judged(prediction: Sampled, claims: Iterable[Mapping[str, Sequence[Any]]]) -> Iterable[JudgeAt]:
    """Make a function (seeds, alpha) -> verdict for each of ``claims``, given as the numbers of its arms."""
    return (_judge_at(prediction, arms) for arms in claims)


def _judge_at(prediction: Sampled, arms: Mapping[str, Sequence[Any]]) -> JudgeAt:
    def judge_at(seeds: int, alpha: float) -> VerdictName:
        return prediction.decide(prediction.evidence({arm: numbers[:seeds] for arm, numbers in arms.items()}, alpha=alpha), alpha)

    return judge_at


def _divergence(scenario: str) -> float:
    return {"10 % divergence": 0.1, "30 % divergence": 0.3}.get(scenario, 0.0)
