"""What a report says of a paper, as plain data that can be rendered without the paper's code."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from claims.json_data import Count, Share
from claims.model import ClaimError
from claims.paper import InOrder, NetworkStyle, Remarks
from claims.protocol import Profile


@dataclass(frozen=True, kw_only=True)
class Level:
    """Where our runs of a printed number end: the median over ``n`` seeds, and a one-sided bound each way.

    A bound is None where it is unbounded; ``confidence`` is of either. A diverged run is the worst of all. Of the ``pairs`` of printed
    numbers that the order was judged by, and that this one is in, most seeds order ``kept`` as printed.
    """

    median: float | None
    lower: float | None
    upper: float | None
    confidence: Share
    n: Count
    n_diverged: Count = 0
    kept: Count = 0
    pairs: Count = 0


@dataclass(frozen=True, kw_only=True)
class TableCell:
    """A printed number: its line and column, its digits, the test items behind it, and its claim's id.

    ``held`` says whether the claim holds our level against the number, and not, say, the order of the table. ``in_order`` is its place in a
    claim of the report about that order. ``level`` is ours, None where no run was made.
    """

    label: str
    column: str
    printed: str
    items: Count
    claim: str
    held: bool = True
    in_order: InOrder | None = None
    level: Level | None = None

    def __post_init__(self) -> None:
        try:
            is_number = math.isfinite(float(self.printed))
        except ValueError:
            is_number = False
        if not is_number:
            raise ClaimError(f"the printed number {self.printed!r} of {self.claim} is none; write its digits")


@dataclass(frozen=True, kw_only=True)
class ReportedTable:
    """The numbers of a printed table that the report has claims about, with the paper's remarks beside ours."""

    name: str
    title: str
    axis: str
    cells: tuple[TableCell, ...]
    remarks: Remarks

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w-]+", self.name):
            raise ClaimError(f"the table {self.name!r} cannot name a file; write letters, digits, hyphens and underscores")
        if not self.cells:
            raise ClaimError(f"the table {self.name} has no number; leave it out")

    @property
    def short_title(self) -> str:
        """The title up to its comma."""
        return self.title.partition(",")[0]


@dataclass(frozen=True)
class PlantedFaults:
    """Which broken experiments were noticed: ``summary`` in sentences, ``rows`` the faults as text, with what noticed each."""

    summary: tuple[str, ...]
    rows: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class ReportedPaper:
    """A paper, resolved to data.

    ``sections`` has titles by name. A row of ``scaling`` is what is trained, then a cell for each profile.
    """

    id: str
    title: str
    citation: str = ""
    link: str = ""
    implementation: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[ReportedTable, ...] = ()
    profiles: tuple[Profile, ...] = ()
    scaling: tuple[tuple[str, ...], ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    planted_faults: PlantedFaults | None = None
    styles: tuple[NetworkStyle, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != 1 + len(self.profiles) for row in self.scaling):
            raise ClaimError(f"a row of what {self.id} scales has not one cell for each of its {len(self.profiles)} profiles")
        if not re.fullmatch(r"(https?://[^\s\"'<>]+)?", self.link):
            raise ClaimError(f"the link {self.link!r} of {self.id} is no web address; write https://... or leave it out")
