"""What a report says of a paper, as plain data that can be rendered without the paper's code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from claims.paper import NetworkStyle, Remarks
from claims.protocol import Profile


@dataclass(frozen=True, kw_only=True)
class TableCell:
    """A printed number: its line and column, its digits, the test items behind it, and its claim's id."""

    label: str
    column: str
    printed: str
    items: int
    claim: str


@dataclass(frozen=True, kw_only=True)
class ReportedTable:
    """The numbers of a printed table that the report has claims about, with the paper's remarks beside ours."""

    name: str
    title: str
    axis: str
    cells: tuple[TableCell, ...]
    remarks: Remarks

    @property
    def short_title(self) -> str:
        """The title up to its comma."""
        return self.title.partition(",")[0]


@dataclass(frozen=True)
class PlantedFaults:
    """Which broken experiments were noticed: ``summary`` in sentences, ``rows`` the faults as text, with what noticed each."""

    summary: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class ReportedPaper:
    """A paper, resolved to data.

    ``sections`` has titles by name. A row of ``scaling`` is what is trained, then a cell for each profile.
    """

    id: str
    title: str
    citation: str = ""
    implementation: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[ReportedTable, ...] = ()
    profiles: tuple[Profile, ...] = ()
    scaling: tuple[tuple[str, ...], ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    planted_faults: PlantedFaults | None = None
    styles: tuple[NetworkStyle, ...] = ()
