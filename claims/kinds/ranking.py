"""Ranking: the order of several arms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from claims.kinds import simulating
from claims.kinds.advantage import advantage_region
from claims.kinds.sampled import Sampled
from claims.kinds.wording import bound, quantity
from claims.model import Column, Region, Rule, Simulation
from claims.results import Evidence, VerdictName
from claims.statistics.intervals import ALPHA
from claims.statistics.rankings import ranking
from claims.text import enumeration


@dataclass(frozen=True, kw_only=True)
class Ranking(Sampled):
    """``order`` lists arms from best to worst.

    ``order`` is a tuple of tiers, each a tuple of arm names. Every arm of one tier is better than every arm of the next tier. The
    prediction is reproduced when every step between adjacent tiers holds. It is contradicted when some step is reversed (Holm over the
    steps).
    """

    order: tuple[tuple[str, ...], ...]

    rule = Rule("the order of several arms", "each step holds (intersection-union)", "some step is reversed (Holm)")

    @property
    def arm_names(self) -> tuple[str, ...]:
        return tuple(name for tier in self.order for name in tier)

    def hypotheses(self, recipes: int = 1) -> int:
        return sum(len(tier) * len(following) for tier, following in pairwise(self.order))

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        return ranking(self.on_scale(arms), self.order, unit=self.unit_on_scale, higher_is_better=self.higher_is_better, alpha=alpha)

    def region(self) -> Region:
        text = " > ".join(map(enumeration, self.order))
        return advantage_region(
            f"every step of the order {text} ({self.metric_on_scale}) holds", "some step is reversed (Holm over the steps)"
        )

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        order = " > ".join(", ".join(tier) for tier in self.order)
        outcome = {"reproduced": "every step holds", "contradicted": "a step is reversed"}.get(name, "not every step is decided")
        smallest = f"the smallest median step is {quantity(evidence.estimate, evidence.unit)} ({bound(evidence, name)})"
        return f"{order}: {outcome}; {smallest}"

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate three arms that are level, for edge and the shapes.

        Null has the first two arms level and the third far below.
        """

        def draw(claim: Ranking, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
            clear, seed = simulating.CLEAR, simulating.seed_effect(size, rng)
            steps = {"clear effect": (2 * clear, clear, 0.0), "null": (clear, clear, 0.0)}.get(scenario, (0.0, 0.0, 0.0))
            arms = [
                simulating.diverging(scenario, seed + level + simulating.noise(scenario, size, rng) / np.sqrt(2), rng) for level in steps
            ]
            return simulating.judged(claim, ({"a": x, "b": y, "c": z} for x, y, z in zip(*arms, strict=True)))

        claim = cls("score", "sd", simulating.WHY, order=(("a",), ("b",), ("c",)))
        return (Simulation("Ranking", lambda scenario: claim, draw),)
