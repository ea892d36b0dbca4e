"""LessSensitive: the results of one arm vary less over a grid of settings than the results of another."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from claims.kinds import simulating
from claims.kinds.advantage import Roughness
from claims.kinds.measuring import Rows, column, log10_of, runs_of
from claims.measurements.values import arm_sensitivities, in_log10
from claims.model import Arm, Column, Lookup, Simulation
from claims.regions import Region, Rule
from claims.results import Evidence
from claims.statistics.sensitivity import filled


@dataclass(frozen=True, kw_only=True)
class LessSensitive(Roughness):
    """The results of ``steadier`` vary less over a grid of settings than the results of ``rougher``.

    An arm's recipes are the grid. A seed's statistic is the sensitivity of ``metric`` over the grid (``claims.statistics.sensitivity``):
    the mean shortfall from the grid's best run, in the metric's unit. A diverged run takes ``diverged_value``, which this kind needs. With
    ``log10`` the shortfalls are taken in the metric's decimal logarithm.
    """

    diverged_value: float = field(metadata={"remedy": ": the metric of a run that learned nothing, for example 10.0 for chance in percent"})

    rule = Rule(
        "difference of two arms' mean shortfall from their best run of a grid of settings",
        "lies above 0",
        "lies below the smallest effect of interest",
    )
    claimed = "less sensitive"
    columns = "grid"
    together = "sensitivity over"

    def problem_of_arms(self, profile: str, recipes: Mapping[str, int], seeds: int) -> str:
        if min(recipes.values()) >= 2:
            return ""
        return f"LessSensitive compares grids, but under profile {profile!r} an arm has one recipe; give a recipe for each setting"

    def on_scale(self, arms: Mapping[str, Column]) -> Mapping[str, Column]:
        """Return ``arms`` as they are."""
        # a sensitivity is taken of the logarithm already
        return arms

    def measure(self, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> tuple[Evidence, Mapping[str, Column]]:
        runs = runs_of(arms, seeds, lookup, self)
        lost = log10_of(self.diverged_value) if self.log10 else self.diverged_value
        spreads: dict[str, Column] = {}
        for name, rows in runs.items():
            logged = [in_log10(row, self.metric) if self.log10 else row for row in rows]
            spreads[name] = arm_sensitivities(logged, lost, self.higher_is_better)
        found = self.evidence(spreads, alpha=alpha)
        details = (*found.details, *(self._ends(name, rows) for name, rows in runs.items()))
        return dataclasses.replace(found, details=details), {column(name, "sensitivity"): spread for name, spread in spreads.items()}

    def _ends(self, arm: str, runs: Rows) -> str:
        """Write the metric of the best and of the worst setting in the median seed of ``runs`` (recipes, seeds)."""
        grids = [filled(grid, self.diverged_value) or () for grid in zip(*runs, strict=True)]
        # a reader needs both, because a result may be insensitive and bad
        ends = [statistics.median(end(grid) for grid in grids) for end in (max, min)]
        best, worst = ends if self.higher_is_better else reversed(ends)
        return f"{arm}: {self.metric_as_read} {best:.4g} at the best of {len(runs)} settings, {worst:.4g} at the worst (medians over seeds)"

    def region(self) -> Region:
        return self.advantage_region(
            f"over the settings, {self.metric_on_scale} of {self.steadier} falls short of its own best by less on average than that of "
            f"{self.rougher}: the advantage lies above 0"
        )

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate two equal arms; for the clear effect b falls off along the grid.

        At edge the first setting of both is far above the others, by so much more in b that its mean shortfall is larger by the smallest
        effect of interest.
        """
        lost, others = simulating.LOST, simulating.SETTINGS - 1
        far = 4 * simulating.CLEAR
        more = simulating.SMALLEST_EFFECT * simulating.SETTINGS / others

        def draw(claim: LessSensitive, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
            level = [0.0] * simulating.SETTINGS
            a, b = {
                "clear effect": (level, [-simulating.CLEAR * setting for setting in range(simulating.SETTINGS)]),
                "edge": ([far, *level[1:]], [far + more, *level[1:]]),
            }.get(scenario, (level, level))
            grids = simulating.two_grids(scenario, a, b, lambda runs: arm_sensitivities(runs, lost, higher_is_better=True), size, rng)
            return simulating.judged(claim, grids)

        def claim(scenario: str) -> LessSensitive:
            smallest = simulating.smallest_effect(scenario)
            return cls("score", "sd", simulating.WHY, diverged_value=lost, steadier="a", rougher="b", smallest_effect=smallest)

        return (Simulation("LessSensitive", claim, draw, simulating.ORDER_ERRORS, recipes=simulating.SETTINGS),)
