"""What a report says of a paper, as plain data: so that it can be rendered anywhere, without the paper's code."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from claims.paper import NetworkStyle, Remarks
from claims.protocol import Profile


@dataclass(frozen=True, kw_only=True)
class TableCell:
    """A printed number: the line and the column it stands in, its digits, the test items behind it, and the id of its claim."""

    label: str
    column: str
    printed: str
    items: int
    claim: str


@dataclass(frozen=True, kw_only=True)
class ReportedTable:
    """The numbers of a printed table that the report has claims about, and what the paper has to say of them beside ours."""

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
    """A paper, resolved to data. ``sections`` has titles by name; a row of ``scaling`` is what is trained, then a cell for each profile."""

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


def paper_from_data(data: Mapping[str, Any]) -> ReportedPaper:
    """The paper that stands in a report.json. Raises KeyError or TypeError for data of another shape."""
    faults = data["planted_faults"]
    changes = {
        "tables": tuple(_table_from_data(table) for table in data["tables"]),
        "profiles": tuple(Profile(**{**profile, "looks": tuple(profile["looks"])}) for profile in data["profiles"]),
        "scaling": _rows(data["scaling"]),
        "reasons": tuple((what, why) for what, why in data["reasons"]),
        "planted_faults": None if faults is None else PlantedFaults(tuple(faults["summary"]), _rows(faults["rows"])),
        "styles": tuple(NetworkStyle(**style) for style in data["styles"]),
    }
    return ReportedPaper(**{**data, **changes})


def _table_from_data(data: Mapping[str, Any]) -> ReportedTable:
    told = data["remarks"]
    remarks = {**told, "sentences": tuple(told["sentences"]), "header": tuple(told["header"]), "rows": _rows(told["rows"])}
    return ReportedTable(**{**data, "cells": tuple(TableCell(**cell) for cell in data["cells"]), "remarks": Remarks(**remarks)})


def _rows(rows: Collection[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in rows)
