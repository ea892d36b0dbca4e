"""NearZero: curves stay within a tolerance at every step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from claims.kinds import simulating
from claims.kinds.measuring import negative
from claims.kinds.sampled import Sampled
from claims.kinds.wording import bound
from claims.measurements.values import arm_suprema
from claims.model import Arm, Column, Lookup, Simulation
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName
from claims.statistics.curves import near_zero
from claims.statistics.intervals import ALPHA
from claims.text import enumeration, number, rounded

TOLERANCE = 100.0  # sd, of a simulated curve: far from 0 in units of its noise, so that a supremum stays positive


@dataclass(frozen=True, kw_only=True)
class NearZero(Sampled):
    """The curve ``metric`` stays within +-``tolerance`` times the outcome's ``scale`` metric at every step.

    A curve on the tolerance is within it. The simultaneous statement is made through the per-seed supremum over steps of |curve| / scale.
    ``also`` lists further curves (further layers), each with its own scale metric, that must stay within the same tolerance. The supremum
    is then over all of them.
    """

    arm: str
    tolerance: float
    scale: str = ""  # metric that holds the scale; "" for raw units
    also: tuple[tuple[str, str], ...] = ()

    rule = Rule("a curve over steps", "its largest deviation over steps is within the tolerance", "it exceeds the tolerance")
    columns = "curve"
    together = "the largest over"
    sequential = True
    arm_fields = ("arm",)

    @property
    def curves(self) -> tuple[tuple[str, str], ...]:
        """Every curve with its scale metric, the first curve included."""
        return ((self.metric, self.scale), *self.also)

    def problem(self) -> str:
        if malformed := super().problem() or negative(tolerance=self.tolerance):
            return malformed
        if any(len(pair) != 2 or not pair[0] for pair in self.also):
            return "`also` lists pairs of a curve and its scale metric, for example (('eq3/layer2', 'activation_scale/layer2'),)"
        if len({bool(scale) for _, scale in self.curves}) > 1:
            return "one tolerance cannot hold for raw and for scaled curves; give every curve a scale, or none"
        return "`also` repeats a curve; name each curve once" if len(set(self.curves)) < len(self.curves) else ""

    def measure(self, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> tuple[Evidence, Mapping[str, Column]]:
        suprema = {arm.name: arm_suprema(arm, seeds, lookup, self.curves) for arm in arms}
        return self.evidence(suprema, alpha=alpha), suprema

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        """Return the evidence from ``arms[name]``: suprema over steps (n,), in units of the scale."""
        unit = self.unit if not self.scale else "of each curve's own scale" if self.also else f"of {self.scale}"
        return near_zero(arms[self.arm], self.tolerance, unit=unit, alpha=alpha)

    def settles(self, lower: float, upper: float, evidence: Evidence, alpha: float) -> tuple[bool, bool]:
        return upper <= self.tolerance, lower > self.tolerance

    def beyond(self, estimate: float, evidence: Evidence) -> tuple[tuple[float, int], ...]:
        return ((abs(estimate - self.tolerance), 1),)

    def region(self) -> Region:
        also, scale = self.also, "its own scale" if self.scale and self.also else self.scale
        edge = f"{number(self.tolerance)} x {scale}" if scale else number(self.tolerance)
        curves = f"each of the curves {enumeration([name for name, _ in self.curves])}" if also else f"the curve {self.metric}"
        return Region(
            f"{curves} of {self.arm} stays within ±{edge} at every step",
            "one leaves its band somewhere" if also else "it leaves that band somewhere",
            ((0.0, self.tolerance),),
            ((self.tolerance, math.inf),),
            sides=("nearer to zero", "farther from zero"),
        )

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        scale = f" times {'its own scale' if self.also else self.scale}" if self.scale else ""
        curves = " and ".join(f"|{curve}|" for curve, _ in self.curves) if len(self.curves) < 3 else f"of {len(self.curves)} curves"
        return (
            f"the largest {curves} over all steps is {rounded(evidence.estimate)}{scale} in the median of {evidence.n} seeds "
            f"({bound(evidence, name, positive=False)}), against a tolerance of {rounded(self.tolerance)}"
        )

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate suprema over steps, and curves, that lie on the tolerance in the median seed, or well inside."""

        def draw(claim: NearZero, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
            suprema = TOLERANCE - simulating.level(scenario) + simulating.noise(scenario, size, rng)
            return simulating.judged(claim, ({"a": row} for row in simulating.diverging(scenario, suprema, rng)))

        claim = cls("curve", "sd", simulating.WHY, arm="a", tolerance=TOLERANCE)
        errors = {"ties": simulating.CONTRADICTED}  # on the tolerance is within it
        return (Simulation("NearZero", lambda scenario: claim, draw, errors),)
