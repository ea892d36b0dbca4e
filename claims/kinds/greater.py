"""Greater: one arm has the better metric than another, on average or in every pair of their recipes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from claims.kinds import simulating
from claims.kinds.advantage import Advantage
from claims.kinds.measuring import Rows, column, runs_of, told_apart
from claims.kinds.wording import bound, quantity, seeds_won
from claims.measurements.values import in_log10
from claims.model import Arm, Column, Lookup, Simulation
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName
from claims.statistics.comparisons import advantage, advantage_in_all
from claims.statistics.intervals import ALPHA

PAIRS = 3  # of recipes that a simulated "in all" compares


@dataclass(frozen=True, kw_only=True)
class Greater(Advantage):
    """``better`` has the better metric (paired by seed): the advantage is above 0.

    With ``in_all`` the arms are not averaged: their recipes are paired by position ("faster in all tasks"). The prediction is reproduced
    when the advantage in every pair lies above 0, and contradicted when the advantage in some pair lies below ``smallest_effect`` (Holm
    over the pairs).
    """

    better: str
    worse: str
    in_all: bool = False

    rule = Rule("difference of two arms, paired by seed", "lies above 0", "lies below the smallest effect of interest")
    arm_fields = ("better", "worse")

    @property
    def columns(self) -> Literal["mean", "each"]:
        return "each" if self.in_all else "mean"

    @property
    def together(self) -> str:
        return "each of" if self.in_all else "mean over"

    @property
    def sequential(self) -> bool:
        return not self.in_all

    def problem(self) -> str:
        if self.in_all and self.diverged_value is not None:
            return "Greater with `in_all` averages no recipes; leave `diverged_value` out"
        return super().problem()

    def problem_of_arms(self, profile: str, recipes: Mapping[str, int], seeds: int) -> str:
        if not self.in_all or len(set(recipes.values())) == 1:
            return ""
        listed = " and ".join(f"{name} has {count}" for name, count in recipes.items())
        return f"`in_all` pairs the arms' recipes by position, but under profile {profile!r} {listed}; give both equally many"

    def hypotheses(self, recipes: int = 1) -> int:
        return recipes if self.in_all else 1

    def measure(self, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> tuple[Evidence, Mapping[str, Column]]:
        if not self.in_all:
            return super().measure(arms, seeds, lookup, alpha)
        runs = runs_of(arms, seeds, lookup, self)
        pairs = told_apart(next(arm.recipes for arm in arms if arm.name == self.better))
        found = self.evidence_in_all(runs, pairs, alpha=alpha)
        columns = {column(name, text): row for name, rows in runs.items() for text, row in zip(pairs, rows, strict=True)}
        return found, columns

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        arms = self.on_scale(arms)
        return advantage(
            arms[self.better],
            arms[self.worse],
            unit=self.unit_on_scale,
            higher_is_better=self.higher_is_better,
            smallest_effect=self.smallest_effect,
            alpha=alpha,
        )

    def evidence_in_all(self, arms: Mapping[str, Rows], names: Sequence[str], *, alpha: float = ALPHA) -> Evidence:
        """Return the evidence with ``in_all``, from ``arms[name]`` (pairs, n), one row for each recipe.

        ``names`` (pairs,) are for the reader.
        """
        if self.log10:
            arms = {name: [in_log10(row, self.metric) for row in rows] for name, rows in arms.items()}
        return advantage_in_all(
            arms[self.better],
            arms[self.worse],
            names,
            unit=self.unit_on_scale,
            higher_is_better=self.higher_is_better,
            smallest_effect=self.smallest_effect,
            alpha=alpha,
        )

    def region(self) -> Region:
        advantage_of = f"the advantage of {self.better} over {self.worse}"
        if not self.in_all:
            return self.advantage_region(f"{advantage_of} ({self.metric_on_scale}) lies above 0", "it lies below {}")
        return self.advantage_region(
            f"{advantage_of} in each of their pairs of recipes ({self.metric_on_scale}) lies above 0",
            "the advantage in some pair lies below {} (Holm over the pairs)",
        )

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        claimed = f"{self.better} is better than {self.worse}"
        if not self.in_all:
            return self.advantage_found(claimed, name, evidence)
        pairs = f"all {len(evidence.arms) // 2} pairs" if evidence.arms else "all pairs"
        smallest = f"the smallest median advantage is {quantity(evidence.estimate, evidence.unit)} ({bound(evidence, name)})"
        text = f"{claimed} in {pairs} of recipes, in the least sure one {seeds_won(evidence)}: {smallest}"
        return f"{text}{self.against_smallest(name, evidence)}"

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate no effect for null, and the smallest effect of interest for edge."""

        def claim(scenario: str, in_all: bool = False) -> Greater:
            smallest = simulating.smallest_effect(scenario)
            return cls("score", "sd", simulating.WHY, better="a", worse="b", smallest_effect=smallest, in_all=in_all)

        return (
            Simulation("Greater", claim, _two_arms, simulating.ORDER_ERRORS),
            Simulation("Greater, in all", lambda scenario: claim(scenario, in_all=True), _pairs, simulating.ORDER_ERRORS, recipes=PAIRS),
        )


def _two_arms(claim: Greater, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
    return simulating.judged(claim, simulating.two_arms(scenario, simulating.advantage(scenario), "a", "b", size, rng))


def _pairs(claim: Greater, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
    """Draw pairs of recipes for the claim with ``in_all``.

    Null has one pair without an effect and clear effects in the others. The shapes have no effect in any pair. Edge has every pair at the
    smallest effect.
    """
    effect, seed = simulating.advantage(scenario), simulating.seed_effect(size, rng)
    # at edge it is likeliest that one of the pairs looks worse than it is
    effects = [effect, *[2 * simulating.CLEAR if scenario == "null" else effect] * (PAIRS - 1)]
    better, worse = [], []
    for effect in effects:
        better.append(simulating.diverging(scenario, seed + effect + simulating.noise(scenario, size, rng), rng))
        worse.append(simulating.diverging(scenario, seed, rng))
    for a, b in zip(zip(*better, strict=True), zip(*worse, strict=True), strict=True):
        yield _judge_pairs_at(claim, {"a": a, "b": b})


def _judge_pairs_at(claim: Greater, arms: Mapping[str, Rows]) -> simulating.JudgeAt:
    names = [str(pair) for pair in range(PAIRS)]

    def judge_at(seeds: int, alpha: float) -> VerdictName:
        first = {arm: [row[:seeds] for row in rows] for arm, rows in arms.items()}
        return claim.decide(claim.evidence_in_all(first, names, alpha=alpha), alpha)

    return judge_at
