"""Simulated claims whose truth is known: seeds are drawn and judged by the functions that judge measured ones.

A kind of prediction and a scenario fix what is claimed and what is true; ``judges`` draws claims of both and hands their numbers to
``claims.kinds.verdict``. Effects are in standard deviations (sd) of the per-seed effect. In every scenario but "clear effect", and a
few that ``false_verdicts`` names, the truth lies on the boundary of the claim's region, where errors are most likely.

Identity and Arithmetic are not here: they compute exactly, so no chance can make their verdicts false.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import scipy

from claims.kinds.predictions import (
    Above,
    Below,
    FailsToConverge,
    Greater,
    LearnsFaster,
    LessSensitive,
    MatchesPublished,
    MoreStable,
    NearZero,
    Prediction,
    Ranking,
    Similar,
)
from claims.kinds.verdict import decide, evidence, evidence_in_all, updates_evidence
from claims.measurements.values import arm_means, arm_sensitivities
from claims.results import VerdictName
from claims.statistics.censored import UpdatesToLevel
from claims.statistics.effects import Values
from claims.statistics.intervals import FloatArray

# A kind, and after a comma a variant of it that is decided differently.
KINDS = (
    "Below",
    "Above",
    "Greater",
    "Greater, in all",
    "Similar",
    "Ranking",
    "LearnsFaster",
    "LearnsFaster, several",
    "LearnsFaster, allowance",
    "FailsToConverge",
    "MoreStable",
    "MoreStable, grid",
    "LessSensitive",
    "NearZero",
    "MatchesPublished",
)
SHAPES = ("heavy tails", "skew", "two-point", "10 % divergence", "30 % divergence", "unequal variances", "ties")
SCENARIOS = ("null", "edge", "clear effect", *SHAPES)

CLEAR = 3.0  # sd: the effect that five seeds must show
SMALLEST_EFFECT = 1.0  # sd: separates null (no effect) from edge (the smallest effect of interest)
USEFUL_WIDTH = 9.0  # sd: five normal seeds give an interval narrower than this in 93 % of cases (chi-squared with 4 degrees of freedom)
ALLOWANCE = 2.0  # times the updates
PAIRS = 3  # of recipes that "in all" compares
SETTINGS = 4  # of a grid
LOST = -5.0  # sd: what a diverged run of a grid counts as, below any run that learns
TOLERANCE = 100.0  # sd: of a curve, far from 0 in units of its noise, so that a supremum stays positive
BUDGET = 4000  # updates: four times the median run, so that slow runs are censored

Runs = Mapping[str, Values]
Counts = Mapping[str, Sequence[UpdatesToLevel]]
WHY = "simulation"


class SimulationError(ValueError):
    """A kind or scenario that is not simulated; the message lists those that are."""


def false_verdicts(kind: str, scenario: str) -> frozenset[VerdictName]:
    """The verdicts that would be errors. On a boundary that separates true from false both are."""
    if scenario == "clear effect":
        return frozenset({"contradicted"})
    if kind == "MatchesPublished":  # edge: the printed run lies a useful width away; otherwise it is one more of our runs
        return frozenset({"reproduced"} if scenario == "edge" else {"contradicted"})
    if kind == "NearZero" and scenario == "ties":  # on the tolerance is within it
        return frozenset({"contradicted"})
    if kind.startswith("Greater") and scenario in ("null", "edge"):
        return frozenset({"reproduced"} if scenario == "null" else {"contradicted"})
    return frozenset({"reproduced", "contradicted"})


def noise(scenario: str, size: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """Per-seed effects with median 0, ``size``; the last axis is seeds. Normal with sd 1 unless the scenario names another shape.

    Heavy tails: Student t with 2 degrees of freedom, infinite variance. Skew: exponential. Two-point: -1 or 1, each in half of the
    runs. Unequal variances: every seed has its own sd, log-uniform from 0.2 to 5. Ties: normal, rounded to whole sd.
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


def _divergence(scenario: str) -> float:
    return {"10 % divergence": 0.1, "30 % divergence": 0.3}.get(scenario, 0.0)


def _diverging(values: FloatArray, share: float, rng: np.random.Generator) -> list[list[float | None]]:
    """``values`` (simulations, n) as rows of runs, each diverged (None) with chance ``share``."""
    lost = rng.random(values.shape) < share
    return [[None if gone else value for value, gone in zip(*row, strict=True)] for row in zip(values.tolist(), lost.tolist(), strict=True)]


def _balanced(share: float) -> float:
    """How many sd a normal level must lie on the good side for its median, diverged runs at the worst rank, to be the boundary."""
    return float(-scipy.stats.norm.ppf((0.5 - share) / (1 - share)))


def _seed_effect(size: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """What both arms of a pair owe to their seed; in quarters, so that paired differences come out exact."""
    return rng.integers(-8, 9, size) / 4


def prediction(kind: str, scenario: str) -> Prediction:
    """The claim that a scenario puts to the test. Raises SimulationError for a kind that is not simulated."""
    smallest = 0.0 if scenario in SHAPES else SMALLEST_EFFECT
    known: Mapping[str, Prediction] = {
        "Below": Below("loss", "sd", WHY, higher_is_better=False, arm="a", threshold=0.0),
        "Above": Above("score", "sd", WHY, arm="a", threshold=0.0),
        "Greater": Greater("score", "sd", WHY, better="a", worse="b", smallest_effect=smallest),
        "Greater, in all": Greater("score", "sd", WHY, better="a", worse="b", smallest_effect=smallest, in_all=True),
        "Similar": Similar("score", "sd", WHY, first="a", second="b", margin=CLEAR),
        "Ranking": Ranking("score", "sd", WHY, order=(("a",), ("b",), ("c",))),
        "LearnsFaster": LearnsFaster("updates", "updates", WHY, faster="a", slower="b"),
        "LearnsFaster, several": LearnsFaster("updates", "updates", WHY, faster=("a", "b"), slower="c"),
        "LearnsFaster, allowance": LearnsFaster("updates", "updates", WHY, faster="a", slower="b", allowance=ALLOWANCE),
        "FailsToConverge": FailsToConverge("score", "sd", WHY, arm="a", baseline=0.0, share=0.5),
        "MoreStable": MoreStable("roughness", "sd", WHY, steadier="a", rougher="b"),
        "MoreStable, grid": MoreStable("roughness", "sd", WHY, diverged_value=-LOST, steadier="a", rougher="b"),
        "LessSensitive": LessSensitive("score", "sd", WHY, diverged_value=LOST, steadier="a", rougher="b"),
        "NearZero": NearZero("curve", "sd", WHY, arm="a", tolerance=TOLERANCE),
        "MatchesPublished": MatchesPublished("score", "sd", WHY, arm="a", published=0.0, useful_width=USEFUL_WIDTH),
    }
    if kind not in known or scenario not in SCENARIOS:
        raise SimulationError(f"{kind!r} under {scenario!r} is not simulated; kinds: {', '.join(KINDS)}; scenarios: {', '.join(SCENARIOS)}")
    return known[kind]


def _one_arm(kind: str, scenario: str, size: tuple[int, ...], rng: np.random.Generator) -> Iterable[Runs]:
    """Below (lower is better), Above and FailsToConverge (higher is better)."""
    share, values = _divergence(scenario), noise(scenario, size, rng)
    level = _balanced(share) if share else CLEAR if scenario == "clear effect" else 0.0
    if kind == "Below" or (kind == "FailsToConverge" and scenario == "clear effect"):
        level = -level
    if kind == "FailsToConverge" and scenario == "ties":  # half a step off the grid, because level with the baseline is a failure
        values = values + 0.5 * rng.choice([-1, 1], size)
    values = values + level
    return ({"a": row} for row in _diverging(values, share, rng))


def _two_arms(kind: str, scenario: str, size: tuple[int, ...], rng: np.random.Generator) -> Iterable[Runs]:
    """Greater, Similar, MoreStable: the difference a - b (b - a, where lower is better) has the scenario's shape about the true effect."""
    share, seed = _divergence(scenario), _seed_effect(size, rng)
    effects: Mapping[str, Mapping[str, float]] = {
        "Greater": {"clear effect": CLEAR, "edge": SMALLEST_EFFECT},
        "Similar": {"clear effect": 0.0, "edge": -CLEAR},
        "MoreStable": {"clear effect": CLEAR},
    }
    effect = effects[kind].get(scenario, CLEAR if kind == "Similar" else 0.0)
    higher = _diverging(seed + effect + noise(scenario, size, rng), share, rng)
    lower = _diverging(seed, share, rng)
    first, second = ("b", "a") if kind == "MoreStable" else ("a", "b")
    return ({first: x, second: y} for x, y in zip(higher, lower, strict=True))


def _three_arms(_: str, scenario: str, size: tuple[int, ...], rng: np.random.Generator) -> Iterable[Runs]:
    """Ranking: null has the first two arms alike and the third far below; edge and the shapes have all three alike."""
    steps = {"clear effect": (2 * CLEAR, CLEAR, 0.0), "null": (CLEAR, CLEAR, 0.0)}.get(scenario, (0.0, 0.0, 0.0))
    share, seed = _divergence(scenario), _seed_effect(size, rng)
    arms = [_diverging(seed + level + noise(scenario, size, rng) / np.sqrt(2), share, rng) for level in steps]
    return ({"a": x, "b": y, "c": z} for x, y, z in zip(*arms, strict=True))


def _pairs(scenario: str, size: tuple[int, ...], rng: np.random.Generator) -> Iterable[Mapping[str, Sequence[Values]]]:
    """Greater in all, (pairs, n) for each arm: null has one pair without an effect and the others clear, the shapes have all without one.

    Edge has every pair at the smallest effect, where it is likeliest that one of them looks worse than it is.
    """
    share, seed = _divergence(scenario), _seed_effect(size, rng)
    effects = {"clear effect": [CLEAR] * PAIRS, "edge": [SMALLEST_EFFECT] * PAIRS, "null": [0.0] + [2 * CLEAR] * (PAIRS - 1)}
    better, worse = [], []
    for effect in effects.get(scenario, [0.0] * PAIRS):
        better.append(_diverging(seed + effect + noise(scenario, size, rng), share, rng))
        worse.append(_diverging(seed, share, rng))
    return ({"a": a, "b": b} for a, b in zip(zip(*better, strict=True), zip(*worse, strict=True), strict=True))


def _grids(kind: str, scenario: str, size: tuple[int, ...], rng: np.random.Generator) -> Iterable[Runs]:
    """MoreStable and LessSensitive over a grid: arms alike, but for the clear effect, where b is rougher or falls off along the grid."""
    share, seed, stable = _divergence(scenario), _seed_effect(size, rng), kind == "MoreStable, grid"

    def arm(steps: Sequence[float]) -> Iterable[Values]:
        settings = [_diverging(seed + step + noise(scenario, size, rng), share, rng) for step in steps]
        for runs in zip(*settings, strict=True):
            yield arm_means(runs, -LOST) if stable else arm_sensitivities(runs, LOST, higher_is_better=True)

    alike = [0.0] * SETTINGS
    apart = [CLEAR if stable else -CLEAR * setting for setting in range(SETTINGS)]
    return ({"a": a, "b": b} for a, b in zip(arm(alike), arm(apart if scenario == "clear effect" else alike), strict=True))


def _curves(_: str, scenario: str, size: tuple[int, ...], rng: np.random.Generator) -> Iterable[Runs]:
    """NearZero: the supremum over steps, and curves, lies on the tolerance in the median seed, or well inside."""
    share = _divergence(scenario)
    level = TOLERANCE - (_balanced(share) if share else CLEAR if scenario == "clear effect" else 0.0)
    return ({"a": row} for row in _diverging(level + noise(scenario, size, rng), share, rng))


def _learning(kind: str, scenario: str, size: tuple[int, ...], rng: np.random.Generator) -> Iterable[Counts]:
    """LearnsFaster: log2 of the updates of the slower arm has the scenario's shape; runs beyond BUDGET are censored.

    With an allowance the truth lies on it. With several faster arms each has the shape, independently of the other: null has one alike
    and the other far faster, edge and the shapes have both alike.
    """
    share, seed = _divergence(scenario), _seed_effect(size, rng) / 2
    effect = CLEAR if scenario == "clear effect" else 0.0
    allowed = np.log2(ALLOWANCE) if kind == "LearnsFaster, allowance" else 0.0

    def run(updates: float | None) -> UpdatesToLevel:
        if updates is None:
            return UpdatesToLevel.never()
        return UpdatesToLevel.censored(BUDGET) if updates > BUDGET else UpdatesToLevel.reached(max(1.0, round(updates)))

    def arm(log2_updates: FloatArray) -> list[list[UpdatesToLevel]]:
        rows = _diverging(1000 * 2.0 ** np.minimum(log2_updates, 40.0), share, rng)
        return [[run(updates) for updates in row] for row in rows]

    if kind == "LearnsFaster, several":
        slow, leads = arm(seed), (effect, 2 * CLEAR if scenario == "null" else effect)
        first, second = (arm(seed - lead - noise(scenario, size, rng)) for lead in leads)
        return ({"a": a, "b": b, "c": c} for a, b, c in zip(first, second, slow, strict=True))
    fast, slow = arm(seed), arm(seed + effect - allowed + noise(scenario, size, rng))
    return ({"a": a, "b": b} for a, b in zip(fast, slow, strict=True))


_ARMS: Mapping[str, Callable[[str, str, tuple[int, ...], np.random.Generator], Iterable[Runs]]] = {
    "Below": _one_arm,
    "Above": _one_arm,
    "FailsToConverge": _one_arm,
    "Greater": _two_arms,
    "Similar": _two_arms,
    "MoreStable": _two_arms,
    "Ranking": _three_arms,
    "MoreStable, grid": _grids,
    "LessSensitive": _grids,
    "NearZero": _curves,
}


def judges(kind: str, scenario: str, n: int, simulations: int, rng: np.random.Generator) -> Iterable[Callable[[int, float], VerdictName]]:
    """For each of ``simulations`` claims with ``n`` seeds an arm a function (seeds, alpha) -> verdict on its first ``seeds`` seeds.

    Raises SimulationError for a kind or scenario that is not simulated.
    """
    p, size = prediction(kind, scenario), (simulations, n)
    if isinstance(p, LearnsFaster):
        for counts in _learning(kind, scenario, size, rng):
            yield partial(_verdict_on_updates, p, counts)
    elif isinstance(p, Greater) and p.in_all:
        for pairs in _pairs(scenario, size, rng):
            yield partial(_verdict_on_pairs, p, pairs)
    elif isinstance(p, MatchesPublished):
        printed = noise(scenario, (simulations, 1), rng)[:, 0] + (USEFUL_WIDTH if scenario == "edge" else 0.0)
        for row, number in zip(_diverging(noise(scenario, size, rng), _divergence(scenario), rng), printed.tolist(), strict=True):
            yield partial(_verdict_on_values, dataclasses.replace(p, published=number), {"a": row})
    else:
        for runs in _ARMS[kind](kind, scenario, size, rng):
            yield partial(_verdict_on_values, p, runs)


def _verdict_on_values(p: Prediction, runs: Runs, seeds: int, alpha: float) -> VerdictName:
    return decide(p, evidence(p, {arm: values[:seeds] for arm, values in runs.items()}, alpha=alpha), alpha)


def _verdict_on_pairs(p: Greater, pairs: Mapping[str, Sequence[Values]], seeds: int, alpha: float) -> VerdictName:
    first = {arm: [values[:seeds] for values in rows] for arm, rows in pairs.items()}
    return decide(p, evidence_in_all(p, first, [str(pair) for pair in range(PAIRS)], alpha=alpha), alpha)


def _verdict_on_updates(p: LearnsFaster, counts: Counts, seeds: int, alpha: float) -> VerdictName:
    return decide(p, updates_evidence(p, {arm: runs[:seeds] for arm, runs in counts.items()}, alpha=alpha), alpha)
