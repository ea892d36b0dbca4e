"""Below and Above: the level of one arm against a threshold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from claims.kinds import simulating
from claims.kinds.measuring import not_finite
from claims.kinds.sampled import Sampled
from claims.kinds.wording import bound, quantity
from claims.model import Column, Simulation
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName
from claims.statistics.intervals import ALPHA
from claims.statistics.levels import level
from claims.text import number, rounded


@dataclass(frozen=True, kw_only=True)
class _Level(Sampled):
    """The arm's level lies on one side of ``threshold``."""

    arm: str
    threshold: float

    side: ClassVar[Literal["below", "above"]]
    sequential = True
    arm_fields = ("arm",)

    def problem(self) -> str:
        return super().problem() or not_finite(threshold=self.threshold)

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        values = arms[self.arm]
        return level(self.side, values, self.threshold, unit=self.unit, higher_is_better=self.higher_is_better, alpha=alpha)

    def settles(self, lower: float, upper: float, evidence: Evidence, alpha: float) -> tuple[bool, bool]:
        is_below, is_above = upper < self.threshold, lower > self.threshold
        return (is_below, is_above) if self.side == "below" else (is_above, is_below)

    def beyond(self, estimate: float, evidence: Evidence) -> tuple[tuple[float, int], ...]:
        return ((abs(estimate - self.threshold), 1),)

    def region(self) -> Region:
        other = "above" if self.side == "below" else "below"
        edge, low, high = number(self.threshold), ((-math.inf, self.threshold),), ((self.threshold, math.inf),)
        inside, outside = (low, high) if self.side == "below" else (high, low)
        holds, fails = f"{self.metric_as_read} of {self.arm} lies {self.side} {edge}", f"it lies {other} {edge}"
        return Region(holds, fails, inside, outside, self.threshold, sides=("lower", "higher"))

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        is_below = self.side == "below"
        beyond = sum(value < self.threshold if is_below else value > self.threshold for value in evidence.values)
        return (
            f"{self.arm} lies {self.side} {quantity(self.threshold, evidence.unit)} in {beyond} of {evidence.n} seeds: "
            f"the median is {rounded(evidence.estimate)} ({bound(evidence, name, positive=not is_below)})"
        )

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate one arm with its level at the threshold. Lower is better for Below."""
        sign, metric = (-1, "loss") if cls.side == "below" else (1, "score")

        def draw(claim: _Level, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
            values = simulating.noise(scenario, size, rng) + sign * simulating.level(scenario)
            return simulating.judged(claim, ({"a": row} for row in simulating.diverging(scenario, values, rng)))

        claim = cls(metric, "sd", simulating.WHY, higher_is_better=sign > 0, arm="a", threshold=0.0)
        return (Simulation(cls.__name__, lambda scenario: claim, draw),)


@dataclass(frozen=True, kw_only=True)
class Below(_Level):
    """The arm's level lies below ``threshold``."""

    rule = Rule("a metric of one arm", "lies below the threshold", "lies above it")
    side = "below"


@dataclass(frozen=True, kw_only=True)
class Above(_Level):
    """The arm's level lies above ``threshold``."""

    rule = Rule("a metric of one arm", "lies above the threshold", "lies below it")
    side = "above"
