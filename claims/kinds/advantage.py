"""The advantage of one arm over another, which every kind of order claims.

Greater, Ranking, LearnsFaster, MoreStable and LessSensitive share it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from claims.kinds.measuring import not_positive
from claims.kinds.sampled import Sampled
from claims.kinds.wording import bound, quantity, seeds_won
from claims.model import Column
from claims.regions import Region
from claims.results import Evidence, VerdictName
from claims.statistics.comparisons import advantage
from claims.statistics.intervals import ALPHA
from claims.text import number, rounded


@dataclass(frozen=True, kw_only=True)
class Advantage(Sampled):
    """An advantage lies above 0.

    The prediction is contradicted when the whole interval lies below ``smallest_effect``, the smallest advantage of interest (> 0). So two
    arms that are level are shown to be so. An advantage shown to lie between 0 and the smallest effect of interest is reproduced, because
    the paper says no more than "better".
    """

    smallest_effect: float

    def problem(self) -> str:
        return super().problem() or not_positive(smallest_effect=self.smallest_effect)

    @property
    def sides(self) -> tuple[str, str]:
        """What a negative and a positive advantage mean."""
        ahead, *others = self.arm_names
        return (f"{others[0]} ahead", f"{ahead} ahead") if len(others) == 1 else ("against the claim", "as claimed")

    @property
    def edge(self) -> float:
        """The smallest effect of interest on the axis of the effect."""
        return self.smallest_effect

    @property
    def smallest(self) -> str:
        """The smallest effect of interest in words."""
        return f"the smallest effect of interest, {rounded(self.smallest_effect)}"

    def settles(self, lower: float, upper: float, evidence: Evidence, alpha: float) -> tuple[bool, bool]:
        return lower > 0, upper < self.edge

    def beyond(self, estimate: float, evidence: Evidence) -> tuple[tuple[float, int], ...]:
        recipes = max(1, len(evidence.arms) // len(self.arm_names))
        return (estimate, 1), (self.edge - estimate, self.hypotheses(recipes))

    def advantage_region(self, holds: str, fails: str = "the advantage lies below {}") -> Region:
        """Make the region; ``holds`` and ``fails`` are its words, with a place for the smallest effect of interest in ``fails``."""
        smallest = f"{number(self.smallest_effect)}, the smallest effect of interest"
        return Region(holds, fails.format(smallest), ((0.0, math.inf),), ((-math.inf, self.edge),), sides=self.sides)

    def against_smallest(self, name: VerdictName, evidence: Evidence) -> str:
        """Say how a decided advantage lies to the smallest effect of interest, where that says more than the bound."""
        if name == "inconclusive" or evidence.upper is None or not 0 <= evidence.upper < self.edge:
            return ""
        if name == "reproduced":
            return f", though less than {self.smallest}"
        level = evidence.lower is not None and evidence.lower > -self.edge
        return f", below {self.smallest}: no {'difference' if level else 'advantage'} worth the name"

    def advantage_found(self, claimed: str, name: VerdictName, evidence: Evidence) -> str:
        """Write the sentence of an advantage; ``claimed`` says which arm has it."""
        size = f"the median advantage is {quantity(evidence.estimate, evidence.unit)} ({bound(evidence, name)})"
        return f"{claimed} {seeds_won(evidence)}: {size}{self.against_smallest(name, evidence)}"


@dataclass(frozen=True, kw_only=True)
class Roughness(Advantage):
    """A roughness or a spread is smaller for ``steadier`` than for ``rougher``.

    Lower is better, whatever ``higher_is_better`` says of the metric.
    """

    steadier: str
    rougher: str

    claimed: ClassVar[str]  # what stands between the two arms in the sentence
    sequential = True
    arm_fields = ("steadier", "rougher")

    @property
    def sides(self) -> tuple[str, str]:
        return f"{self.rougher} steadier", f"{self.steadier} steadier"

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        arms = self.on_scale(arms)
        return advantage(
            arms[self.steadier],
            arms[self.rougher],
            unit=self.unit_on_scale,
            higher_is_better=False,
            smallest_effect=self.smallest_effect,
            alpha=alpha,
        )

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        return self.advantage_found(f"{self.steadier} is {self.claimed} than {self.rougher}", name, evidence)
