"""MoreStable: a named roughness is smaller for one arm than for another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from claims.kinds import simulating
from claims.kinds.advantage import Roughness, advantage_region
from claims.measurements.values import arm_means
from claims.model import Region, Rule, Simulation


@dataclass(frozen=True, kw_only=True)
class MoreStable(Roughness):
    """A named roughness statistic is smaller for ``steadier`` than for ``rougher``.

    ``metric`` is the statistic; lower is smoother. Where the arms are grids of settings it is the mean over the grid.
    """

    rule = Rule("a named roughness statistic", "lies above 0", "lies below 0")
    claimed = "smoother"

    def region(self) -> Region:
        return advantage_region(
            f"{self.metric_on_scale} of {self.steadier} is smaller than that of {self.rougher}: the advantage lies above 0"
        )

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        plain = cls("roughness", "sd", simulating.WHY, steadier="a", rougher="b")
        grid = cls("roughness", "sd", simulating.WHY, diverged_value=-simulating.LOST, steadier="a", rougher="b")
        return (
            Simulation("MoreStable", lambda scenario: plain, _two_arms),
            Simulation("MoreStable, grid", lambda scenario: grid, _two_grids, recipes=simulating.SETTINGS),
        )


def _two_arms(claim: MoreStable, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
    effect = simulating.CLEAR if scenario == "clear effect" else 0.0
    return simulating.judged(claim, simulating.two_arms(scenario, effect, "b", "a", size, rng))


def _two_grids(claim: MoreStable, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
    """Draw two equal grids; for the clear effect b is rougher at every setting."""
    apart = [simulating.CLEAR] * simulating.SETTINGS
    return simulating.judged(claim, simulating.two_grids(scenario, apart, lambda runs: arm_means(runs, claim.diverged_value), size, rng))
