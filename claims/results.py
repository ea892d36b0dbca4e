"""What was found: the evidence of a claim's trials, every look at it, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from claims.json_data import Count, Positive, Share

VerdictName = Literal["reproduced", "contradicted", "inconclusive", "not run"]
VERDICTS: tuple[VerdictName, ...] = ("reproduced", "contradicted", "inconclusive", "not run")
# What a verdict rests on: trained or sampled over seeds, so that chance can make it false; or computed, with no part for chance.
Basis = Literal["measured", "exact"]
BASES: tuple[Basis, ...] = ("measured", "exact")


@dataclass(frozen=True)
class PathVerdict:
    """The verdict that one path of the kernels gave a claim; the paths differ in rounding alone."""

    path: str
    verdict: VerdictName


def rounding_moves(moves: Sequence[PathVerdict], *verdicts: VerdictName | None) -> bool:
    """Return whether ``verdicts`` differ, and each was seen among the verdicts that rounding gave the claim."""
    return len(set(verdicts)) > 1 and set(verdicts) <= {one.verdict for one in moves}


@dataclass(frozen=True)
class Look:
    """One look of a sequential design, and what was seen.

    The look comes after ``seeds`` seeds, with error ``level`` each way (0: too early to decide). ``lower`` and ``upper`` are the one-sided
    bounds at that level (None: unbounded).
    """

    seeds: Positive
    level: Share
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
    n: Count
    n_diverged: Count
    method: str
    unit: str
    confidence: Share = 0.95
    looks: Count = 1
    values: tuple[float, ...] = ()
    seeds: tuple[Count, ...] = ()
    arms: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)  # per-seed metric of each arm, None: diverged
    p_reproduced: Share | None = None  # p value of the test whose rejection reproduces the claim
    p_contradicted: Share | None = None
    details: tuple[str, ...] = ()  # arithmetic shown, censoring, ties: lines a reader can check
    detectable: float | None = None
    seeds_needed: Positive | None = None
    trace: tuple[Look, ...] = ()

    @property
    def seed_of_value(self) -> Sequence[int]:
        """The seed of each of ``values``; their places where the seeds are not told."""
        return self.seeds if len(self.seeds) == len(self.values) else range(len(self.values))


class TablePlace(NamedTuple):
    """A cell of a printed table: the arm that measures it, its number, and where it stands.

    Cells of one ``block`` were measured on one test, so that their numbers can be compared.
    """

    arm: str
    printed: float
    block: str = ""
    row: str = ""
    column: str = ""


class CellBeside(NamedTuple):
    """A printed cell with ours beside it, for whoever shows the table.

    ``median``, ``lower`` and ``upper`` are of the level over seeds, in the metric's unit. Of the ``pairs`` that the cell takes part in most
    seeds order ``kept`` as printed.
    """

    cell: TablePlace
    median: float | None
    lower: float | None
    upper: float | None
    kept: int
    pairs: int


@dataclass(frozen=True)
class Verdict:
    """One of VERDICTS with the evidence behind it and a one-line reason a reader understands."""

    verdict: VerdictName
    reason: str
    evidence: Evidence | None = None
