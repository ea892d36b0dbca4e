"""Identity: the largest absolute error of a formal identity is at most a tolerance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claims.kinds.measuring import column, negative, runs_of, told_apart
from claims.model import Arm, ClaimError, Column, Lookup, Prediction
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName
from claims.text import number, rounded


@dataclass(frozen=True, kw_only=True)
class Identity(Prediction):
    """The largest absolute error of a formal identity, float64, is at most ``tolerance``.

    Nothing is sampled.
    """

    tolerance: float = 0.0

    rule = Rule("largest absolute error, float64", "at most the stated tolerance (no sampling)", "exceeds it")
    basis = "exact"
    columns = "each"
    together = "the largest over"

    def problem(self) -> str:
        return super().problem() or negative(tolerance=self.tolerance)

    def measure(self, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> tuple[Evidence, Mapping[str, Column]]:
        runs = runs_of(arms, seeds, lookup, self)
        each = {column(arm.name, text): row for arm in arms for text, row in zip(told_apart(arm.recipes), runs[arm.name], strict=True)}
        return self.evidence(each), each

    def evidence(self, errors_of: Mapping[str, Column]) -> Evidence:
        """Return the largest |error| over all columns and seeds, infinite for a diverged probe.

        Nothing is sampled, so both bounds are the estimate. Raises ClaimError without seeds.
        """
        errors = [math.inf if value is None else abs(value) for values in errors_of.values() for value in values]
        if not errors:
            raise ClaimError("no seeds; an identity needs at least one measurement")
        worst = max(errors)
        return Evidence(
            estimate=worst,
            lower=worst,
            upper=worst,
            n=len(errors),
            n_diverged=sum(value is None for values in errors_of.values() for value in values),
            method="largest absolute error, exact computation, no sampling",
            unit=self.unit,
            confidence=1.0,
            values=tuple(errors),
        )

    def decide(self, evidence: Evidence, alpha: float = 0.0) -> VerdictName:
        """Compare the largest error with the tolerance; an error equal to the tolerance is within it."""
        return "reproduced" if evidence.estimate is not None and evidence.estimate <= self.tolerance else "contradicted"

    def region(self) -> Region:
        edge = number(self.tolerance)
        inside, outside = ((0.0, self.tolerance),), ((self.tolerance, math.inf),)
        return Region(
            f"the largest absolute error is at most {edge}", f"it exceeds {edge}", inside, outside, sides=("smaller error", "larger error")
        )

    def reason(self, name: VerdictName, evidence: Evidence) -> str:
        comparison = "within" if name == "reproduced" else "beyond"
        return f"the largest absolute error is {rounded(evidence.estimate)}, {comparison} the tolerance {rounded(self.tolerance)}"
