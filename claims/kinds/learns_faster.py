"""LearnsFaster: one arm needs fewer updates to a level than another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from claims.kinds import simulating
from claims.kinds.advantage import Advantage
from claims.kinds.wording import seeds_won
from claims.measurements.values import arm_updates
from claims.model import Arm, Column, Lookup, Simulation
from claims.regions import Region, Rule
from claims.results import Evidence, VerdictName
from claims.statistics.censored import UpdatesToLevel, all_learn_faster
from claims.statistics.effects import DIGITS
from claims.statistics.intervals import ALPHA, FloatArray
from claims.text import enumeration, number, rounded

ALLOWANCE = 2.0  # times the updates, in a simulation
BUDGET = 4000  # updates of a simulated run: four times the median run, so that slow runs are censored


@dataclass(frozen=True, kw_only=True)
class LearnsFaster(Advantage):
    """``faster`` needs fewer updates to a stated level than ``slower``.

    Runs that never reach the level are censored at the budget; where neither run of a seed reaches it, neither is ahead. ``metric`` names
    an Outcome metric with the updates to the level (None: censored). ``faster`` may name several arms: each of them must be faster than
    ``slower``. The prediction is contradicted when one of them is shown to be slower, or faster by less than ``smallest_effect`` (Holm
    over the arms). That is a ratio of updates above 1, the smallest of interest.

    ``allowance`` turns "faster" into "as good as" (non-inferiority): each ``faster`` arm needs fewer than ``allowance`` times the updates
    of ``slower``. The smallest effect of interest is then a ratio to the updates allowed.
    """

    faster: str | tuple[str, ...]
    slower: str
    allowance: float = 1.0

    rule = Rule(
        "updates to a stated level, censored at the budget",
        "favours the arm",
        "favours the other, or lies below the smallest ratio of interest",
    )
    columns = "updates"

    @property
    def faster_arms(self) -> tuple[str, ...]:
        """The names in ``faster``, also where it is a single name."""
        return (self.faster,) if isinstance(self.faster, str) else self.faster

    @property
    def sequential(self) -> bool:
        return len(self.faster_arms) == 1

    @property
    def arm_names(self) -> tuple[str, ...]:
        return (*self.faster_arms, self.slower)

    def problem(self) -> str:
        if malformed := super().problem():
            return malformed
        if not 0 < self.allowance < math.inf:
            return f"`allowance` must be positive and finite, not {self.allowance!r}"
        if self.smallest_effect <= 1:
            return f"`smallest_effect` is a ratio of updates, so above 1, not {self.smallest_effect!r}"
        if "" in self.faster_arms or len({*self.faster_arms, self.slower}) <= len(self.faster_arms):
            return "`faster` and `slower` must name different arms, each once"
        return ""

    @property
    def edge(self) -> float:
        return round(math.log2(self.smallest_effect), DIGITS)  # as the effects are, so that a tie is one

    @property
    def smallest(self) -> str:
        return f"{super().smallest} times{'' if self.allowance == 1 else ' within the allowance'}"

    def hypotheses(self, recipes: int = 1) -> int:
        return len(self.faster_arms)

    def measure(self, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> tuple[Evidence, Mapping[str, Column]]:
        counts = {arm.name: arm_updates(arm, seeds, lookup, self.metric) for arm in arms}
        columns = {name: tuple(None if count.diverged else count.most for count in runs) for name, runs in counts.items()}
        return self.evidence(counts, alpha=alpha), columns

    def evidence(self, arms: Mapping[str, Sequence[UpdatesToLevel]], *, alpha: float = ALPHA) -> Evidence:
        """Return the evidence from ``arms[name]``: one censored count of updates for each seed (n,)."""
        faster = {name: arms[name] for name in self.faster_arms}
        return all_learn_faster(faster, arms[self.slower], allowance=self.allowance, smallest_effect=self.edge, alpha=alpha)

    def region(self) -> Region:
        arms, slower = self.faster_arms, self.slower
        needs = "each need" if len(arms) > 1 else "needs"
        fewer = "fewer updates than" if self.allowance == 1 else f"fewer than {number(self.allowance)} times the updates of"
        allowed = "" if self.allowance == 1 else f"{number(self.allowance)} times "
        return self.advantage_region(
            f"{enumeration(arms)} {needs} {fewer} {slower} ({self.metric_on_scale}; runs that never arrive are censored at the budget)",
            f"the ratio of {allowed}the updates of {slower} to those of {'one of them' if len(arms) > 1 else arms[0]} lies below {{}}"
            f"{' (Holm over the arms)' if len(arms) > 1 else ''}",
        )

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        several = len(self.faster_arms) > 1
        arms = enumeration(self.faster_arms)
        if self.allowance != 1:
            within = f"fewer than {rounded(self.allowance)} times the updates of {self.slower}"
            seen = self._against_allowance(name, evidence)
        else:
            within, seen = "", self._times(name, evidence)
        seen += self._neither(evidence) + self.against_smallest(name, evidence)
        if not several:
            return f"{arms} {f'needs {within}' if within else 'reaches the level first'} {seeds_won(evidence)}: {seen}"
        outcome = {"reproduced": "each of them does", "contradicted": "one of them does not"}.get(name, "not each of them is decided")
        claimed = f"need {within}" if within else f"reach the level before {self.slower}"
        return f"{arms} {claimed}: {outcome}, the least sure {seeds_won(evidence)}; in the closest comparison {seen}"

    def _neither(self, evidence: Evidence) -> str:
        """Say in how many seeds no run gets there."""
        never = sum(all(updates in (None, math.inf) for updates in seed) for seed in zip(*evidence.arms.values(), strict=True))
        return f"; no run gets there in {never} of {evidence.n} seeds" if never else ""

    def _times(self, name: VerdictName, e: Evidence) -> str:
        """Write the ratio of updates in words.

        Where a side never gets there in the typical seed, the words say so instead of an infinite ratio.
        """
        ratio, least, most = (None if value is None else 2.0**value for value in (e.estimate, e.lower, e.upper))
        bound = {"reproduced": f"at least {rounded(least)}", "contradicted": f"at most {rounded(most)}"}.get(
            name, f"between {rounded(least)} and {rounded(most)}"
        )
        if ratio is None:
            return "each side wins half of the seeds"
        if not any(e.values):
            return "no seed tells which side is first"
        if ratio in (0.0, math.inf):
            typical = f"in the typical seed {self.slower if ratio else ' or '.join(self.faster_arms)} does not get there"
        else:
            typical = f"{self.slower} takes {rounded(ratio)} times the updates"
        return f"{typical} ({bound})" if least is not None and most is not None else f"{typical} (no bound)"

    def _against_allowance(self, name: VerdictName, e: Evidence) -> str:
        """Write the updates as a multiple of the slower arm's, which the allowance bounds.

        The multiple is the evidence's ratio turned round.
        """

        def multiple(effect: float | None) -> float | None:
            return None if effect is None else self.allowance / 2.0**effect if effect > -math.inf else math.inf

        typical, most, least = (multiple(value) for value in (e.estimate, e.lower, e.upper))
        if typical is None:
            return "half of the seeds lie on each side of it"
        if not any(e.values):
            return "no seed tells"
        bound = {"reproduced": f"at most {rounded(most)}", "contradicted": f"at least {rounded(least)}"}.get(
            name, f"between {rounded(least)} and {rounded(most)}"
        )
        if typical in (0.0, math.inf):
            text = f"in the typical seed {' or '.join(self.faster_arms) if typical else self.slower} does not get there"
        else:
            text = f"it takes {rounded(typical)} times as many"
        return f"{text} ({bound})" if least is not None and most is not None else f"{text} (no bound)"

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        def claim(scenario: str, faster: str | tuple[str, ...] = "a", slower: str = "b", allowance: float = 1.0) -> LearnsFaster:
            smallest = 2.0 ** simulating.smallest_effect(scenario)
            return cls("updates", "updates", simulating.WHY, faster=faster, slower=slower, allowance=allowance, smallest_effect=smallest)

        errors = simulating.ORDER_ERRORS
        return (
            Simulation("LearnsFaster", claim, _two_arms, errors),
            Simulation("LearnsFaster, several", lambda scenario: claim(scenario, ("a", "b"), "c"), _three_arms, errors),
            Simulation("LearnsFaster, allowance", lambda scenario: claim(scenario, allowance=ALLOWANCE), _two_arms, errors),
        )


def _runs(scenario: str, log2_updates: FloatArray, rng: np.random.Generator) -> list[list[UpdatesToLevel]]:
    """Build runs that reach the level after 1000 times 2^``log2_updates`` updates, censored beyond BUDGET.

    ``log2_updates`` is (simulations, n).
    """

    def run(updates: float | None) -> UpdatesToLevel:
        if updates is None:
            return UpdatesToLevel.never()
        return UpdatesToLevel.censored(BUDGET) if updates > BUDGET else UpdatesToLevel.reached(max(1.0, round(updates)))

    rows = simulating.diverging(scenario, 1000 * 2.0 ** np.minimum(log2_updates, 40.0), rng)
    return [[run(updates) for updates in row] for row in rows]


def _two_arms(claim: LearnsFaster, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
    """Draw two arms: log2 of the updates of the slower arm has the scenario's shape.

    With an allowance the truth lies so far within it.
    """
    seed, effect = simulating.seed_effect(size, rng) / 2, simulating.advantage(scenario)
    allowed = np.log2(claim.allowance)
    fast = _runs(scenario, seed, rng)
    slow = _runs(scenario, seed + effect - allowed + simulating.noise(scenario, size, rng), rng)
    return simulating.judged(claim, ({"a": a, "b": b} for a, b in zip(fast, slow, strict=True)))


def _three_arms(claim: LearnsFaster, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
    """Draw three arms: each faster arm has the scenario's shape, independently of the other.

    Null has one arm level with the slower arm and the other far faster. The shapes have both arms level with the slower arm.
    """
    seed, effect = simulating.seed_effect(size, rng) / 2, simulating.advantage(scenario)
    slow, leads = _runs(scenario, seed, rng), (effect, 2 * simulating.CLEAR if scenario == "null" else effect)
    first, second = (_runs(scenario, seed - lead - simulating.noise(scenario, size, rng), rng) for lead in leads)
    return simulating.judged(claim, ({"a": a, "b": b, "c": c} for a, b, c in zip(first, second, slow, strict=True)))
