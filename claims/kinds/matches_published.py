"""MatchesPublished: a printed number, from one run, could be one more run of ours."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import scipy

from claims.kinds import simulating
from claims.kinds.measuring import log10_of, negative, not_finite, runs_of
from claims.kinds.sampled import Sampled, spread
from claims.measurements.traces import means_by_reading
from claims.measurements.values import arm_means, count_test_items
from claims.model import Arm, Column, Lookup, Simulation
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName
from claims.statistics.intervals import ALPHA
from claims.statistics.power import first_enough, seeds_needed_for_width
from claims.statistics.published import matches_published, p_not_one_more_run
from claims.text import number, rounded

USEFUL_WIDTH = 9.0  # sd: five normal seeds give an interval narrower than this in 93 % of cases (chi-squared with 4 degrees of freedom)


@dataclass(frozen=True, kw_only=True)
class MatchesPublished(Sampled):
    """A printed number (one run) lies in the prediction interval of our seeds.

    The interval is no wider than ``useful_width``.
    """

    arm: str
    published: float
    useful_width: float
    test_items: int | None = None  # size of the paper's test set, for binomial noise of a percentage

    rule = Rule(
        "our seeds against one printed number",
        "the number lies in the prediction interval, itself no wider than the useful width",
        "the number lies far outside (p <= 0.005, at least 8 seeds)",
    )
    detects = "a departure"
    arm_fields = ("arm",)

    @property
    def printed(self) -> float:
        return self.published

    def problem(self) -> str:
        return super().problem() or negative(useful_width=self.useful_width) or not_finite(published=self.published)

    def problem_of_arms(self, profile: str, recipes: Mapping[str, int], seeds: int) -> str:
        if "contradicted" in self.within_reach(seeds):
            return ""
        fewest = next(n for n in itertools.count(1) if "contradicted" in self.within_reach(n))
        return f"{seeds} seeds under profile {profile!r} could never contradict a printed number; state at least {fewest}"

    def within_reach(self, seeds: int, recipes: int = 1) -> tuple[VerdictName, ...]:
        """Return what so many seeds can decide: two seeds have an interval, and more are needed to contradict.

        ``p_not_one_more_run`` says how many seeds it takes to call one run odd.
        """
        if seeds < 2:
            return ()
        return ("reproduced", "contradicted") if p_not_one_more_run(0.0, seeds) <= ALPHA else ("reproduced",)

    def measure(self, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> tuple[Evidence, Mapping[str, Column]]:
        runs = runs_of(arms, seeds, lookup, self)
        means = {name: arm_means(rows, self.diverged_value) for name, rows in runs.items()}
        found = self.evidence(means, our_items=count_test_items(arms[0]), alpha=alpha)
        lines = means_by_reading(self, arms[0], seeds, lookup)
        return dataclasses.replace(found, details=(*found.details, *lines)), means

    def evidence(self, arms: Mapping[str, Column], *, our_items: int | None = None, alpha: float = ALPHA) -> Evidence:
        """Return the evidence; ``our_items`` is the size of our test set."""
        values, items = self.on_scale(arms)[self.arm], None if self.log10 else self.test_items
        return matches_published(values, self._mark(), unit=self.unit_on_scale, our_items=our_items, test_items=items, alpha=alpha)

    def settles(self, lower: float, upper: float, evidence: Evidence, alpha: float) -> tuple[bool, bool]:
        inside = evidence.lower is not None and lower <= self._mark() <= upper
        is_far = evidence.p_contradicted is not None and evidence.p_contradicted <= alpha
        return inside and upper - lower <= self.useful_width, is_far

    def _mark(self) -> float:
        """Put the printed number on the scale of the evidence."""
        return log10_of(self.published) if self.log10 else self.published

    def plan(self, evidence: Evidence, alpha: float = ALPHA) -> tuple[float | None, int | None]:
        """Find what would decide an open case.

        The detectable departure is half the prediction interval.
        """
        if evidence.lower is None or evidence.upper is None:
            return None, None
        n, half_width, sd = evidence.n, (evidence.upper - evidence.lower) / 2, spread(evidence)
        per_run = half_width / float(scipy.stats.t.ppf(1 - alpha / 2, n - 1))
        if not evidence.lower <= self._mark() <= evidence.upper:
            distance = abs((evidence.lower + evidence.upper) / 2 - self._mark())

            def contradicts(m: int) -> bool:
                t = distance / math.sqrt(per_run**2 + sd**2 * (1 / m - 1 / n)) if per_run else math.inf
                return m > n and p_not_one_more_run(2 * float(scipy.stats.t.sf(t, m - 1)), m) <= alpha

            return half_width, first_enough(contradicts)
        noise = math.sqrt(max(0.0, per_run**2 - sd**2 * (1 + 1 / n)))
        return half_width, seeds_needed_for_width(sd, noise, self.useful_width, alpha)

    def region(self) -> Region:
        width = f"no wider than {number(self.useful_width)}"
        return Region(
            f"the printed {number(self.published)} lies in our prediction interval ({self.metric_on_scale}), which is {width}",
            "the printed number lies far outside the prediction interval (p <= 0.005, at least 8 seeds)",
            sides=("lower", "higher"),
            mark=math.log10(self.published) if self.log10 and self.published > 0 else self.published,
        )

    def reason(self, name: VerdictName, evidence: Evidence) -> str:
        """Give the finding alone where runs diverged."""
        # the finding itself says how many runs diverged
        return self.finding(name, evidence) if -math.inf in evidence.values else super().reason(name, evidence)

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        e, printed = evidence, f"the printed {rounded(self.published)}"
        lost = sum(not math.isfinite(value) for value in e.values)
        if lost == e.n:
            return f"all {e.n} runs of {self.arm} diverged, so none resembles {printed}"
        if lost:
            return f"{lost} of {e.n} runs of {self.arm} diverged, so there is no interval to hold {printed} against"
        if e.lower is None or e.upper is None:
            return f"one run of {self.arm} gives no interval to hold {printed} against"
        inside = e.lower <= self._mark() <= e.upper
        side = "inside" if inside else "outside"
        text = f"{printed} lies {side} the interval for one more run of {self.arm}, {rounded(e.lower)} to {rounded(e.upper)}"
        if name == "inconclusive" and inside:
            return f"{text}, which is {rounded(e.upper - e.lower)} wide and useful up to {rounded(self.useful_width)}"
        if name == "inconclusive":
            why = "so few seeds cannot" if p_not_one_more_run(0.0, e.n) > 2 * (1 - e.confidence) else "not far enough to"
            return f"{text}, but {why} rule out that the printed run was an odd one"
        return text

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate a printed run that is one more of ours; at edge it lies a useful width away."""

        def draw(claim: MatchesPublished, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
            away = USEFUL_WIDTH if scenario == "edge" else 0.0
            printed = simulating.noise(scenario, (size[0], 1), rng)[:, 0] + away
            rows = simulating.diverging(scenario, simulating.noise(scenario, size, rng), rng)
            for row, number_of_one in zip(rows, printed.tolist(), strict=True):
                yield from simulating.judged(dataclasses.replace(claim, published=number_of_one), [{"a": row}])

        claim = cls("score", "sd", simulating.WHY, arm="a", published=0.0, useful_width=USEFUL_WIDTH)
        errors = dict.fromkeys(simulating.SCENARIOS, simulating.CONTRADICTED) | {"edge": simulating.REPRODUCED}
        return (Simulation("MatchesPublished", lambda scenario: claim, draw, errors),)
