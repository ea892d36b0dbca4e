"""MoreStable: a named roughness is smaller for one arm than for another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from claims.kinds import simulating
from claims.kinds.advantage import Roughness
from claims.measurements.values import arm_means
from claims.model import Simulation
from claims.regions import Region, Rule


@dataclass(frozen=True, kw_only=True)
class MoreStable(Roughness):
    """A named roughness statistic is smaller for ``steadier`` than for ``rougher``.

    ``metric`` is the statistic; lower is smoother. Where the arms are grids of settings it is the mean over the grid.
    """

    rule = Rule("a named roughness statistic", "lies above 0", "lies below the smallest effect of interest")
    claimed = "smoother"

    def region(self) -> Region:
        return self.advantage_region(
            f"{self.metric_on_scale} of {self.steadier} is smaller than that of {self.rougher}: the advantage lies above 0"
        )

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate an advantage of ``simulating.advantage``, of two arms and of two grids."""

        def claim(scenario: str, diverged_value: float | None = None) -> MoreStable:
            smallest = simulating.smallest_effect(scenario)
            return cls(
                "roughness", "sd", simulating.WHY, diverged_value=diverged_value, steadier="a", rougher="b", smallest_effect=smallest
            )

        return (
            Simulation("MoreStable", claim, _two_arms, simulating.ORDER_ERRORS),
            Simulation(
                "MoreStable, grid",
                lambda scenario: claim(scenario, -simulating.LOST),
                _two_grids,
                simulating.ORDER_ERRORS,
                recipes=simulating.SETTINGS,
            ),
        )


def _two_arms(claim: MoreStable, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
    return simulating.judged(claim, simulating.two_arms(scenario, simulating.advantage(scenario), "b", "a", size, rng))


def _two_grids(claim: MoreStable, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
    """Draw two grids; b is rougher by the advantage at every setting."""
    alike, apart = ([effect] * simulating.SETTINGS for effect in (0.0, simulating.advantage(scenario)))
    grids = simulating.two_grids(scenario, alike, apart, lambda runs: arm_means(runs, claim.diverged_value), size, rng)
    return simulating.judged(claim, grids)
