"""What was found: the evidence of a claim's trials, every look at it, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

VerdictName = Literal["reproduced", "contradicted", "inconclusive", "not run"]
VERDICTS: tuple[VerdictName, ...] = ("reproduced", "contradicted", "inconclusive", "not run")


@dataclass(frozen=True)
class Look:
    """One look of a sequential design, and what was seen.

    The look comes after ``seeds`` seeds, with error ``level`` each way (0: too early to decide). ``lower`` and ``upper`` are the one-sided
    bounds at that level (None: unbounded).
    """

    seeds: int
    level: float
    lower: float | None
    upper: float | None
    verdict: VerdictName


@dataclass(frozen=True)
class Evidence:
    """What the trials say about one claim.

    ``lower`` and ``upper`` are one-sided confidence bounds, each at ``confidence`` (None: unbounded at this n). ``values`` are the
    per-seed effects in seed order; a diverged run enters as -inf or +inf, the worst rank, never as a number.
    ``detectable`` is the smallest effect this n could have decided and ``seeds_needed`` the seeds that would decide the
    observed one; both only where a verdict is inconclusive. ``trace`` has the looks of a sequential design, ``looks`` of them; it is
    empty where one look was planned.
    """

    estimate: float | None
    lower: float | None
    upper: float | None
    n: int
    n_diverged: int
    method: str
    unit: str
    confidence: float = 0.95
    looks: int = 1
    values: tuple[float, ...] = ()
    seeds: tuple[int, ...] = ()
    arms: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)  # per-seed metric of each arm, None: diverged
    p_reproduced: float | None = None  # p value of the test whose rejection reproduces the claim
    p_contradicted: float | None = None
    details: tuple[str, ...] = ()  # arithmetic shown, censoring, ties: lines a reader can check
    detectable: float | None = None
    seeds_needed: int | None = None
    trace: tuple[Look, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """One of VERDICTS with the evidence behind it and a one-line reason a reader understands."""

    verdict: VerdictName
    reason: str
    evidence: Evidence | None = None
