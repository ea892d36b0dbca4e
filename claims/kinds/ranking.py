"""Ranking: the order of several arms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from claims.kinds import simulating
from claims.kinds.advantage import Advantage
from claims.kinds.wording import bound, quantity
from claims.model import Column, Simulation
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName
from claims.statistics.intervals import ALPHA
from claims.statistics.rankings import ranking
from claims.text import enumeration


@dataclass(frozen=True, kw_only=True)
class Ranking(Advantage):
    """``order`` lists arms from best to worst.

    ``order`` is a tuple of tiers, each a tuple of arm names. Every arm of one tier is better than every arm of the next tier. The
    prediction is reproduced when every step between adjacent tiers holds. It is contradicted when some step lies below
    ``smallest_effect`` (Holm over the steps).
    """

    order: tuple[tuple[str, ...], ...]

    rule = Rule(
        "the order of several arms", "each step holds (intersection-union)", "some step lies below the smallest effect of interest (Holm)"
    )

    @property
    def arm_names(self) -> tuple[str, ...]:
        return tuple(name for tier in self.order for name in tier)

    def hypotheses(self, recipes: int = 1) -> int:
        return sum(len(tier) * len(following) for tier, following in pairwise(self.order))

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        return ranking(
            self.on_scale(arms),
            self.order,
            unit=self.unit_on_scale,
            higher_is_better=self.higher_is_better,
            smallest_effect=self.smallest_effect,
            alpha=alpha,
        )

    def region(self) -> Region:
        text = " > ".join(map(enumeration, self.order))
        return self.advantage_region(
            f"every step of the order {text} ({self.metric_on_scale}) holds", "some step lies below {} (Holm over the steps)"
        )

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        order = " > ".join(", ".join(tier) for tier in self.order)
        fails = "a step is reversed" if evidence.upper is not None and evidence.upper < 0 else "a step does not hold"
        outcome = {"reproduced": "every step holds", "contradicted": fails}.get(name, "not every step is decided")
        smallest = f"the smallest median step is {quantity(evidence.estimate, evidence.unit)} ({bound(evidence, name)})"
        return f"{order}: {outcome}; {smallest}{self.against_smallest(name, evidence)}"

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate three arms that are level, for the shapes.

        Null has the first two arms level and the third far below. Edge has every step at the smallest effect of interest.
        """

        def draw(claim: Ranking, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
            clear, seed = simulating.CLEAR, simulating.seed_effect(size, rng)
            step = simulating.advantage(scenario)
            steps = (clear, clear, 0.0) if scenario == "null" else (2 * step, step, 0.0)
            arms = [
                simulating.diverging(scenario, seed + level + simulating.noise(scenario, size, rng) / np.sqrt(2), rng) for level in steps
            ]
            return simulating.judged(claim, ({"a": x, "b": y, "c": z} for x, y, z in zip(*arms, strict=True)))

        def claim(scenario: str) -> Ranking:
            smallest = simulating.smallest_effect(scenario)
            return cls("score", "sd", simulating.WHY, order=(("a",), ("b",), ("c",)), smallest_effect=smallest)

        return (Simulation("Ranking", claim, draw, simulating.ORDER_ERRORS),)
