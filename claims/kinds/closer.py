"""Closer: the metric of one arm lies nearer to that of a second arm than to that of a third."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from claims.kinds import simulating
from claims.kinds.advantage import Advantage
from claims.model import Column, Simulation
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName
from claims.statistics.comparisons import advantage
from claims.statistics.intervals import ALPHA

APART = 40.0  # sd between the two outer arms of a simulated claim: effects beyond are rare in every scenario


@dataclass(frozen=True, kw_only=True)
class Closer(Advantage):
    """``arm`` lies closer to ``near`` than to ``far`` (paired by seed).

    The excess |arm - far| - |arm - near| is above 0. Which way the metric is better does not matter. A diverged run of ``arm`` or ``near``
    is the worst for the claim. One of ``far`` alone is the best.
    """

    arm: str
    near: str
    far: str

    rule = Rule("excess of the distance to one arm over that to another", "lies above 0", "lies below the smallest effect of interest")
    arm_fields = ("arm", "near", "far")
    sequential = True

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        arms = self.on_scale(arms)
        near, far = (_distances(arms[self.arm], arms[name]) for name in (self.near, self.far))
        far = [0.0 if own is None else distance for own, distance in zip(arms[self.arm], far, strict=True)]
        return advantage(
            near, far, unit=self.unit_on_scale, higher_is_better=False, smallest_effect=self.smallest_effect, alpha=alpha
        )  # fmt: skip

    def region(self) -> Region:
        excess = f"the distance of {self.arm} to {self.far} ({self.metric_on_scale}) exceeds that to {self.near}"
        return self.advantage_region(excess, "the excess lies below {}")

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        return self.advantage_found(f"{self.arm} is closer to {self.near} than to {self.far}", name, evidence)

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate an arm about the middle of two others, nearer to one of them by the advantage of the scenario.

        The outer arms diverge, so that what diverges is on either side equally often.
        """

        def draw(claim: Closer, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
            seed = simulating.seed_effect(size, rng)
            excess = simulating.advantage(scenario) + simulating.noise(scenario, size, rng)
            middle = (seed + (APART - excess) / 2).tolist()
            near, far = (simulating.diverging(scenario, seed + apart, rng) for apart in (0.0, APART))
            return simulating.judged(claim, ({"a": a, "b": b, "c": c} for a, b, c in zip(middle, near, far, strict=True)))

        def claim(scenario: str) -> Closer:
            return cls("score", "sd", simulating.WHY, arm="a", near="b", far="c", smallest_effect=simulating.smallest_effect(scenario))

        return (Simulation("Closer", claim, draw, simulating.ORDER_ERRORS),)


def _distances(first: Column, second: Column) -> Column:
    return [None if a is None or b is None else abs(a - b) for a, b in zip(first, second, strict=True)]
