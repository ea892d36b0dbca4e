"""A paper: one object with everything that the paper brings. The engine reads it and imports none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claims.model import Claim
from claims.protocol import STANDARD, Protocol
from claims.readings import Reading
from claims.results import Evidence
from reproductions.recipes import Training

Row = Mapping[Any, Any]  # a row of a reference table
Check = Callable[..., Evidence]  # arithmetic on printed numbers


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of a paper: ``name`` is the second part of its claims' ids, ``title`` how a heading spells it."""

    name: str
    title: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, kw_only=True)
class PrintedTable:
    """A table of the paper, to be shown with ours beside every printed number.

    ``name`` is that of the reference table in the paper's folder. Of a row of that table ``label`` gives the line it stands in, ``column``
    the network, ``claim`` the id of the claim about the number and ``items`` the size of the test set behind it.
    """

    name: str
    title: str
    label: Callable[[Row], str]
    column: Callable[[Row], str]
    claim: Callable[[Row], str]
    items: Callable[[Row], int]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of the paper, drawn from the trials of a section's claims.

    ``panels`` maps each curve of a training that belongs to the figure to the title of the picture it is drawn in; {} where none does.
    """

    section: str
    panels: Callable[[Training], Mapping[str, str]]
    x_label: str
    y_label: str
    log_y: bool = False
    higher_is_better: bool = False
    baseline: float | None = None


@dataclass(frozen=True, kw_only=True)
class NetworkStyle:
    """How a family of networks is drawn: colours on light and dark paper, line style and marker as matplotlib spells them.

    A family is told by the beginning of an arm's name, lower case.
    """

    slug: str
    light: str
    dark: str
    line: str
    marker: str


@dataclass(frozen=True, kw_only=True)
class FaultClaims:
    """The claims that must notice a planted fault, by their ids; without any a guard must notice it.

    ``fault`` is the name of a fault of this project, or ``package.module:NAME`` of a ``reproductions.faults.Fault`` that the paper brings.
    ``claims`` are judged without training and ``trained`` on networks that train with the fault planted. ``kept_because`` says why the
    verdicts of ``trained`` are known to stay.
    """

    fault: str
    claims: tuple[str, ...] = ()
    trained: tuple[str, ...] = ()
    kept_because: str = ""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """Everything one paper brings: what it claims, what it prints and shows, what it leaves open, and how it is measured.

    ``implementation`` says in one sentence what the measured networks and their training are made from. ``references`` is the folder of
    its printed numbers.
    """

    id: str
    title: str
    citation: str
    sections: tuple[Section, ...]
    implementation: str = ""
    checks: Mapping[str, Check] = field(default_factory=dict)
    tables: tuple[PrintedTable, ...] = ()
    figures: tuple[Figure, ...] = ()
    styles: tuple[NetworkStyle, ...] = ()
    open_questions: tuple[Reading, ...] = ()
    protocol: Protocol = STANDARD
    faults: tuple[FaultClaims, ...] = ()
    references: Path | None = None

    @property
    def claims(self) -> Sequence[Claim]:
        """The claims of all sections, in reading order."""
        return tuple(claim for section in self.sections for claim in section.claims)
