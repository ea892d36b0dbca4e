"""The advantage of one arm over another, paired by seed.

Greater, MoreStable and LessSensitive share it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from claims.kinds.sampled import Sampled
from claims.kinds.wording import bound, quantity, seeds_won
from claims.model import Column, Region
from claims.results import Evidence, VerdictName
from claims.statistics.comparisons import advantage
from claims.statistics.intervals import ALPHA
from claims.text import rounded


@dataclass(frozen=True, kw_only=True)
class Roughness(Sampled):
    """A roughness or a spread is smaller for ``steadier`` than for ``rougher``.

    Lower is better, whatever ``higher_is_better`` says of the metric.
    """

    steadier: str
    rougher: str

    claimed: ClassVar[str]  # what stands between the two arms in the sentence
    sequential = True
    arm_fields = ("steadier", "rougher")

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        arms = self.on_scale(arms)
        return advantage(arms[self.steadier], arms[self.rougher], unit=self.unit_on_scale, higher_is_better=False, alpha=alpha)

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        return advantage_found(f"{self.steadier} is {self.claimed} than {self.rougher}", name, evidence)


def advantage_region(holds: str, fails: str = "the advantage lies below 0", smallest_effect: float = 0.0) -> Region:
    """Make the region of an advantage.

    The prediction holds above 0 and fails below ``smallest_effect``.
    """
    return Region(holds, fails, ((0.0, math.inf),), ((-math.inf, smallest_effect),))


def advantage_found(claimed: str, name: VerdictName, evidence: Evidence, smallest_effect: float = 0.0) -> str:
    """Write the sentence of an advantage; ``claimed`` says which arm has it."""
    size = f"the median advantage is {quantity(evidence.estimate, evidence.unit)} ({bound(evidence, name)})"
    text = f"{claimed} {seeds_won(evidence)}: {size}"
    if name == "contradicted" and smallest_effect:
        return f"{text}, below the smallest effect of interest, {rounded(smallest_effect)}"
    if name == "reproduced" and evidence.upper is not None and evidence.upper < smallest_effect:
        return f"{text}, though less than the smallest effect of interest, {rounded(smallest_effect)}"
    return text
