"""Similar: two arms differ by less than a margin."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from claims.kinds import simulating
from claims.kinds.measuring import negative
from claims.kinds.sampled import Sampled, finished, spread
from claims.kinds.wording import interval, quantity
from claims.model import Column, Simulation
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName
from claims.statistics.comparisons import similarity
from claims.statistics.intervals import ALPHA
from claims.statistics.power import minimum_margin, seeds_needed, seeds_needed_for_similarity
from claims.text import number, rounded


@dataclass(frozen=True, kw_only=True)
class Similar(Sampled):
    """Two arms differ by less than ``margin`` either way (two one-sided tests)."""

    first: str
    second: str
    margin: float

    rule = Rule("difference of two arms, paired by seed", "lies within ±margin (two one-sided tests)", "lies outside ±margin (two-sided)")
    detects = "a margin"
    arm_fields = ("first", "second")

    def problem(self) -> str:
        return super().problem() or negative(margin=self.margin)

    def hypotheses(self, recipes: int = 1) -> int:
        return 2  # beyond either margin

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        arms, better = self.on_scale(arms), self.higher_is_better
        return similarity(arms[self.first], arms[self.second], self.margin, unit=self.unit_on_scale, higher_is_better=better, alpha=alpha)

    def settles(self, lower: float, upper: float, evidence: Evidence, alpha: float) -> tuple[bool, bool]:
        differs = evidence.p_contradicted is not None and evidence.p_contradicted <= alpha
        return -self.margin < lower and upper < self.margin, differs

    def plan(self, evidence: Evidence, alpha: float = ALPHA) -> tuple[float | None, int | None]:
        """Find what would decide an open case, by the power of the two tests.

        The power is taken on the side of the margin where the estimate lies.
        """
        sd, estimate = spread(evidence), evidence.estimate
        if sd == 0 or estimate is None or not math.isfinite(estimate):
            return None, None
        detectable, margin = minimum_margin(evidence.n, alpha=alpha), self.margin / sd
        outside = abs(estimate) / sd - margin
        if outside > 0:
            needed = seeds_needed(outside, alpha=alpha / 2, finished=finished(evidence))
        else:
            needed = seeds_needed_for_similarity(margin, estimate / sd, alpha=alpha)
        return None if detectable is None else detectable * sd, needed

    def region(self) -> Region:
        edge, margin = number(self.margin), self.margin
        return Region(
            f"the difference {self.first} - {self.second} ({self.metric_on_scale}) lies within ±{edge}",
            f"it lies outside ±{edge} (two-sided)",
            ((-margin, margin),),
            ((-math.inf, -margin), (margin, math.inf)),
            sides=(f"{self.second} ahead", f"{self.first} ahead"),
        )

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        inside = "within" if name == "reproduced" else "against"
        return (
            f"the median difference of {self.first} and {self.second} over {evidence.n} seeds is "
            f"{quantity(evidence.estimate, evidence.unit)} ({interval(evidence)}), {inside} a margin of {rounded(self.margin)}"
        )

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate arms a margin apart; at edge the other way round.

        For the clear effect the arms are level.
        """
        margin = simulating.CLEAR

        def draw(claim: Similar, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
            effect = {"clear effect": 0.0, "edge": -margin}.get(scenario, margin)
            return simulating.judged(claim, simulating.two_arms(scenario, effect, "a", "b", size, rng))

        claim = cls("score", "sd", simulating.WHY, first="a", second="b", margin=margin)
        return (Simulation("Similar", lambda scenario: claim, draw),)
