"""FailsToConverge: the share of runs that fail exceeds a stated one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from claims.kinds import simulating
from claims.kinds.measuring import not_finite
from claims.kinds.sampled import Sampled
from claims.kinds.wording import bound
from claims.model import Column, Simulation
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName
from claims.statistics.intervals import ALPHA, clopper_pearson
from claims.statistics.power import minimum_detectable_share, seeds_needed_for_share
from claims.statistics.shares import failing_share
from claims.text import number, rounded


@dataclass(frozen=True, kw_only=True)
class FailsToConverge(Sampled):
    """The share of runs that fail exceeds ``share`` (Clopper-Pearson).

    A run fails if it diverges, or if its metric is no better than ``baseline``.
    """

    arm: str
    baseline: float
    share: float = 0.5

    rule = Rule("share of runs that diverge or stay at the baseline", "Clopper-Pearson bound above the stated share", "bound below it")
    detects = "a share"
    arm_fields = ("arm",)

    @property
    def sequential(self) -> bool:
        return self.share == 0.5

    def problem(self) -> str:
        return super().problem() or not_finite(baseline=self.baseline)

    def within_reach(self, seeds: int, recipes: int = 1) -> tuple[VerdictName, ...]:
        """Decide by Clopper and Pearson's bounds, where all runs fail or none does."""
        reached: dict[VerdictName, bool] = {
            "reproduced": clopper_pearson(seeds, seeds)[0] > self.share,
            "contradicted": clopper_pearson(0, seeds)[1] < self.share,
        }
        return tuple(name for name, is_reached in reached.items() if is_reached)

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        return failing_share(arms[self.arm], self.baseline, self.share, higher_is_better=self.higher_is_better, alpha=alpha)

    def settles(self, lower: float, upper: float, evidence: Evidence, alpha: float) -> tuple[bool, bool]:
        return lower > self.share, upper < self.share

    def plan(self, evidence: Evidence, alpha: float = ALPHA) -> tuple[float | None, int | None]:
        """Find what would decide an open case, by the binomial power of the share."""
        estimate = evidence.estimate
        needed = None if estimate is None else seeds_needed_for_share(estimate, self.share, alpha=alpha)
        return minimum_detectable_share(evidence.n, self.share, alpha=alpha), needed

    def region(self) -> Region:
        edge = number(self.share)
        read = "" if self.reading == "final" else f" ({self.metric_as_read})"
        return Region(
            f"the share of {self.arm} runs that diverge or do not beat {number(self.baseline)}{read} lies above {edge}",
            f"it lies below {edge}",
            ((self.share, 1.0),),
            ((0.0, self.share),),
            sides=("fewer runs fail", "more runs fail"),
        )

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        return (
            f"{round(sum(evidence.values))} of {evidence.n} runs of {self.arm} fail: the share is {rounded(evidence.estimate)} "
            f"({bound(evidence, name)}), against a stated {rounded(self.share)}"
        )

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate an arm with its level at the baseline, so that half of the runs fail.

        For the clear effect the level lies three sd below the baseline.
        """

        def draw(claim: FailsToConverge, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
            values = simulating.noise(scenario, size, rng)
            if scenario == "ties":  # half a step off the grid, because level with the baseline is a failure
                values = values + 0.5 * rng.choice([-1, 1], size)
            values = values + (-simulating.CLEAR if scenario == "clear effect" else simulating.level(scenario))
            return simulating.judged(claim, ({"a": row} for row in simulating.diverging(scenario, values, rng)))

        claim = cls("score", "sd", simulating.WHY, arm="a", baseline=0.0, share=0.5)
        return (Simulation("FailsToConverge", lambda scenario: claim, draw),)
