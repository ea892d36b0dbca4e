"""What the kinds that compare seeds share: measurement by means, sentence, plan."""

from __future__ import annotations

import math
import statistics
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from claims.kinds.measuring import runs_of
from claims.kinds.wording import quantity
from claims.measurements.values import arm_means, in_log10
from claims.model import READ_AS, Arm, Column, Lookup, Prediction
from claims.results import CellBeside, Evidence, VerdictName
from claims.statistics.intervals import ALPHA, bound_rank
from claims.statistics.power import MOST_SEEDS, minimum_detectable_effect, seeds_needed
from claims.text import rounded


@dataclass(frozen=True)
class Sampled(Prediction):
    """A kind whose effect is one number for each seed, set against its region by an interval.

    A kind says what its evidence is from the numbers of its arms (``evidence``), which region the evidence is set against (``region``) and
    what was seen (``finding``), ``settles`` and ``beyond`` where the region ends. A kind that is not decided by sign tests about a median
    overrides ``plan`` and ``within_reach`` too, and needs no ``beyond``.
    """

    detects: ClassVar[str] = "an effect"  # what ``plan`` gives the smallest detectable size of, in words

    @abstractmethod
    def evidence(self, arms: Mapping[str, Sequence[Any]], *, alpha: float = ALPHA) -> Evidence:
        """Return the evidence from ``arms[name]``, one number for each seed (n,).

        A number is None where the run diverged, else in the metric's own unit. With ``log10`` set, differences, margins, smallest effects
        and useful widths are in decimal logarithms. A threshold, a baseline and a printed number stay in the metric's unit, because an
        order statistic does not depend on logarithms. Raises ClaimError.
        """

    @abstractmethod
    def settles(self, lower: float, upper: float, evidence: Evidence, alpha: float) -> tuple[bool, bool]:
        """Return whether the interval from ``lower`` to ``upper`` shows that the prediction holds, and that it fails."""

    @abstractmethod
    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        """Say what was seen, for the verdict ``name``.

        ``reason`` adds what diverged and what would decide an open case.
        """

    def beyond(self, estimate: float, evidence: Evidence) -> tuple[tuple[float, int], ...]:
        """Return how far ``estimate`` lies beyond the end of each region, with the hypotheses that share its error."""
        return ()

    def beside(self, evidence: Evidence) -> tuple[CellBeside, ...]:
        """Return every cell of a printed table that ``evidence`` has runs of, with ours beside it.

        Returns () where the prediction is about no table.
        """
        return ()

    def measure(self, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> tuple[Evidence, Mapping[str, Column]]:
        """Measure by the mean over the recipes of an arm."""
        runs = runs_of(arms, seeds, lookup, self)
        means = {name: arm_means(rows, self.diverged_value) for name, rows in runs.items()}
        return self.evidence(means, alpha=alpha), means

    def on_scale(self, arms: Mapping[str, Column]) -> Mapping[str, Column]:
        """Return ``arms``, in decimal logarithms where ``log10`` is set."""
        return {name: in_log10(values, self.metric) for name, values in arms.items()} if self.log10 else arms

    @property
    def unit_on_scale(self) -> str:
        """The unit of what ``on_scale`` gives."""
        return f"log10 {self.unit}" if self.log10 and not self.unit.startswith("log10") else self.unit

    @property
    def metric_on_scale(self) -> str:
        """The metric as read, in words, as ``on_scale`` gives it."""
        return f"{READ_AS[self.reading]}log10 of {self.metric}" if self.log10 else self.metric_as_read

    def decide(self, evidence: Evidence, alpha: float = ALPHA) -> VerdictName:
        """Decide: inside the region, inside its complement, or across (design section 4).

        An open end is unbounded.
        """
        lower = -math.inf if evidence.lower is None else evidence.lower
        upper = math.inf if evidence.upper is None else evidence.upper
        holds, fails = self.settles(lower, upper, evidence, alpha)
        return "reproduced" if holds else "contradicted" if fails else "inconclusive"

    def within_reach(self, seeds: int, recipes: int = 1) -> tuple[VerdictName, ...]:
        """Decide by a sign test each way.

        ``hypotheses`` share the error of a contradiction.
        """
        ranks: dict[VerdictName, int] = {
            "reproduced": bound_rank(seeds, ALPHA),
            "contradicted": bound_rank(seeds, ALPHA / self.hypotheses(recipes)),
        }
        return tuple(name for name, rank in ranks.items() if rank)

    def fewest_seeds(self) -> int:
        """Return the fewest seeds with which some outcome reproduces or contradicts the prediction."""
        return next(n for n in range(1, MOST_SEEDS) if self.within_reach(n))

    def plan(self, evidence: Evidence, alpha: float = ALPHA) -> tuple[float | None, int | None]:
        """Find what would decide an open case, by the power of the sign test, in the evidence's unit.

        The spread is the standard deviation of the finite per-seed effects, and the true effect is taken to be the estimate. So this is a
        planning aid, as rough as both of them. Returns None where fewer than two effects are finite, where they do not vary, or where no
        number of seeds would do.
        """
        sd, estimate = spread(evidence), evidence.estimate
        if sd == 0 or estimate is None or not math.isfinite(estimate):
            return None, None
        detectable = minimum_detectable_effect(evidence.n, alpha=alpha)
        ways = (
            seeds_needed(distance / sd, alpha=alpha / hypotheses, finished=finished(evidence))
            for distance, hypotheses in self.beyond(estimate, evidence)
        )
        needed = min((seeds for seeds in ways if seeds is not None), default=None)
        return None if detectable is None else detectable * sd, needed

    def reason(self, name: VerdictName, evidence: Evidence) -> str:
        """Give the finding, what diverged and what it counts as, and what would decide an open case."""
        return self.finding(name, evidence) + self._diverged(evidence) + (self._open(evidence) if name == "inconclusive" else "")

    def _diverged(self, evidence: Evidence) -> str:
        """Say in how many seeds runs diverged and what they count as.

        They count as the worst rank, or in a grid as the value that the prediction names.
        """
        if not evidence.n_diverged:
            return ""
        each = ", ".join(f"{name} {sum(v is None for v in numbers)}" for name, numbers in evidence.arms.items() if None in numbers)
        text = f"; diverged runs count as the worst: {each}" if each else ""
        valued = evidence.n_diverged - sum(None in seed for seed in zip(*evidence.arms.values(), strict=True))
        if not valued:
            return text
        value = "" if self.diverged_value is None else f", counted as {quantity(self.diverged_value, self.unit)}"
        return f"{text}; a run diverged in {valued} of {evidence.n} seeds{value}"

    def _open(self, evidence: Evidence) -> str:
        """Say what would decide an undecided verdict.

        That is the smallest effect its seeds could have shown, and the seeds that would decide what was seen.
        """
        n, fewest = evidence.n, self.fewest_seeds()
        if n < fewest:
            return f"; {n} seed{'s' * (n != 1)} cannot decide, at least {fewest} are needed"
        parts = []
        if evidence.detectable is not None:
            parts.append(f"{n} seeds can show {self.detects} of {rounded(evidence.detectable)}")
        if evidence.seeds_needed is not None:
            parts.append(f"about {max(evidence.seeds_needed, n + 1)} would decide what was seen")
        return "; " + ", ".join(parts) if parts else "; no larger number of seeds can be named that would decide it"


def spread(evidence: Evidence) -> float:
    """Compute the standard deviation of the finite per-seed effects; 0 where fewer than two are finite."""
    finite = [value for value in evidence.values if math.isfinite(value)]
    return statistics.stdev(finite) if len(finite) >= 2 else 0.0


def finished(evidence: Evidence) -> float:
    """Compute the share of seeds that have a value in every arm.

    In the other seeds a diverged run counts against the effect.
    """
    lost = sum(None in seed for seed in zip(*evidence.arms.values(), strict=True)) if evidence.arms else evidence.n_diverged
    return 1 - lost / evidence.n
