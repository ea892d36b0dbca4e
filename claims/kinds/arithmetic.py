"""Arithmetic: a computation on printed numbers agrees with what the paper prints."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from claims.kinds.wording import quantity
from claims.model import Arm, ClaimError, Column, Lookup, Prediction
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName


@dataclass(frozen=True, kw_only=True)
class Arithmetic(Prediction):
    """A computation on printed numbers agrees with what the paper prints.

    The Evidence of ``check(*arguments)`` has as estimate the largest disagreement beyond rounding, 0 where the numbers agree, and in its
    details the arithmetic, the deciding line first.
    """

    check: Callable[..., Evidence]
    arguments: tuple[str, ...] = ()

    rule = Rule("a computation on printed numbers", "agrees after rounding as printed", "does not")
    basis = "exact"
    needs_trials = False

    def problem(self) -> str:
        if not callable(self.check):
            return f"`check` must be a function that returns Evidence, not {self.check!r}"
        if self.diverged_value is not None:
            return "Arithmetic averages no recipes; leave `diverged_value` out"
        return super().problem()

    def measure(self, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> tuple[Evidence, Mapping[str, Column]]:
        found = self.check(*self.arguments)
        if not isinstance(found, Evidence):
            raise ClaimError(f"`check` returned {found!r}; it is to return Evidence")
        return dataclasses.replace(found, n=0), {}  # whatever the check counted, no seed was sampled

    def decide(self, evidence: Evidence, alpha: float = 0.0) -> VerdictName:
        return "reproduced" if evidence.estimate == 0.0 else "contradicted"

    def region(self) -> Region:
        return Region("the computation agrees with the printed number after rounding as printed", "it does not agree")

    def reason(self, name: VerdictName, evidence: Evidence) -> str:
        shown = f": {evidence.details[0]}" if evidence.details else ""
        if name == "reproduced":
            return f"the computation agrees with the printed numbers{shown}"
        return f"the computation disagrees with the printed numbers by {quantity(evidence.estimate, evidence.unit)} beyond rounding{shown}"
