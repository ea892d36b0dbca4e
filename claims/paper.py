"""A paper: one object with everything that the paper brings.

The engine reads the object and imports no paper.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from claims.authoring import in_one_line
from claims.model import Claim, ClaimError, Locator
from claims.protocol import STANDARD, Profile, Protocol
from claims.readings import Reading
from claims.results import Evidence
from claims.text import did_you_mean, heading
from reproductions.recipes import Recipe

Row = Mapping[Any, Any]  # a row of a printed table, by the names of its columns
MARKERS = ".ov^<>8sp*hHDdPX+x"  # of a line, as matplotlib spells them
_ID = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of a paper.

    ``name`` is the second part of its claims' ids. ``title`` is its heading. ``claims`` are the claims, or the name of a module to load
    when they are asked for. Of the module's CLAIMS, the section has the claims whose ids name it.
    """

    name: str
    title: str
    claims: tuple[Claim, ...] | str


@dataclass(frozen=True)
class MeasuredCell:
    """A printed number beside ours.

    It has its row of the printed table, the line and the column it stands in, and what our seeds say of it.
    """

    row: Row
    label: str
    column: str
    printed: str
    items: int
    evidence: Evidence | None


@dataclass(frozen=True, kw_only=True)
class Remarks:
    """What a paper has to say of a printed table beside ours.

    These are ``sentences``, and a table of its own with a title and an explanation of what it shows. ``rows`` are text, as many cells each
    as ``header``. ``csv`` has their numbers.
    """

    sentences: tuple[str, ...] = ()
    title: str = ""
    explanation: str = ""
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    csv: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.header) for row in self.rows):
            raise ClaimError(f"the remarks {self.title!r} have a row of another length than the {len(self.header)} cells of the header")


@dataclass(frozen=True, kw_only=True)
class InOrder:
    """Where a printed number stands in the order of its table.

    ``claim`` is the id of the claim about the order of a ``part`` of the table, and ``arm`` names the number in it. Numbers of one
    ``block`` were measured on one test, so that their order says something.
    """

    claim: str
    arm: str
    part: str = ""
    block: str = ""


@dataclass(frozen=True, kw_only=True)
class PrintedTable:
    """A table of the paper, to be shown with ours beside every printed number.

    ``rows`` reads it, a row a number with the columns ``printed``, ``unit`` and ``locator``. ``keys`` are the columns that name a number,
    in the order in which a locator writes them. Of a row ``label`` gives the line it stands in, ``column`` the network, ``claim`` the id of
    the claim about the number and ``items`` the size of the test set behind it. ``in_order`` gives its place in a claim about the table's
    order, or None. ``remarks`` are made from the numbers with a claim.
    """

    name: str  # of the files that hold it
    number: str  # as a locator writes it
    title: str  # a heading; what stands before its first comma is the short name
    axis: str  # what it measures, with the unit
    rows: Callable[[], Sequence[Row]]
    keys: tuple[str, ...]
    label: Callable[[Row], str]
    column: Callable[[Row], str]
    claim: Callable[[Row], str]
    items: Callable[[Row], int]
    in_order: Callable[[Row], InOrder | None] | None = None
    remarks: Callable[[Sequence[MeasuredCell]], Remarks] | None = None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of the paper, drawn from the trials of a section's claims.

    ``panels`` maps each curve of a recipe that belongs to the figure to the title of the picture it is drawn in. It returns {} for a recipe
    without such a curve. ``over`` is what the curves run over: the updates of the training, or the steps of a sequence.
    """

    section: str
    panels: Callable[[Recipe], Mapping[str, str]]
    y_label: str
    over: Literal["updates", "step"] = "updates"
    log_y: bool = False
    higher_is_better: bool = False
    baseline: float | None = None


@dataclass(frozen=True, kw_only=True)
class NetworkStyle:
    """How a family of networks is drawn.

    It has colours on light and dark paper, and line style and marker as matplotlib spells them. ``slug`` is how an arm's name begins, in
    lower case. Where several slugs fit, the longest counts.
    """

    slug: str
    light: str
    dark: str
    line: Literal["-", "--", "-.", ":"]
    marker: str

    def __post_init__(self) -> None:
        if not re.fullmatch("[a-z0-9-]+", self.slug):
            raise ClaimError(f"the style of {self.slug!r} begins no name; write lower-case letters, digits and hyphens")
        for colour in (self.light, self.dark):
            if not re.fullmatch("#[0-9a-f]{6}", colour):
                raise ClaimError(f"the style of {self.slug} has the colour {colour!r}; write it as #1b1f24")
        if len(self.marker) != 1 or self.marker not in MARKERS:
            raise ClaimError(f"the style of {self.slug} has the marker {self.marker!r}; take one of {MARKERS}")


@dataclass(frozen=True, kw_only=True)
class FaultClaims:
    """The claims that must notice a planted fault, by their ids.

    A fault without claims must be noticed by a guard. ``fault`` is the name of a fault of this project, or ``package.module:NAME`` of a
    ``reproductions.faults.Fault`` that the paper brings. ``claims`` are judged without training, and ``trained`` on networks that train
    with the fault planted. ``kept_because`` says why the verdicts of ``trained`` are known to stay.
    """

    fault: str
    claims: tuple[str, ...] = ()
    trained: tuple[str, ...] = ()
    kept_because: str = ""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """Everything that one paper brings: its claims, tables, figures, open questions and protocol.

    ``title`` is short, as a heading names the paper, and ``link`` its web address. ``implementation`` says in one sentence what the
    measured networks and their training are made from. ``numbers`` reads the single numbers of its text: rows of ``quantity``,
    ``printed``, ``unit`` and ``locator``.
    ``faults_table`` and ``trained_faults_table`` are files that ``rin-claims faults --csv`` has made of ``faults``. Raises ClaimError for a
    malformed id.
    """

    id: str
    title: str
    citation: str
    sections: tuple[Section, ...]
    link: str = ""
    implementation: str = ""
    tables: tuple[PrintedTable, ...] = ()
    numbers: Callable[[], Sequence[Row]] | None = None
    figures: tuple[Figure, ...] = ()
    styles: tuple[NetworkStyle, ...] = ()
    open_questions: tuple[Reading, ...] = ()
    protocol: Protocol = STANDARD
    faults: tuple[FaultClaims, ...] = ()
    faults_table: Path | None = None
    trained_faults_table: Path | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ClaimError(f"the paper's id {self.id!r} must be lower-case letters, digits and hyphens, for example 'name-2018'")

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of all sections, each section in reading order, under this paper's protocol.

        Raises ClaimError for a claim of another paper or section, an unknown profile, or a module without claims.
        """
        every = dict.fromkeys(section.name for section in self.sections)
        modules: dict[str, Mapping[str, Sequence[Claim]]] = {}  # each is gone through once, however many sections name it
        found: list[Claim] = []
        for section in self.sections:
            if not isinstance(section.claims, str):
                found += self._by_section(section.claims, {section.name: None})[section.name]
                continue
            if section.claims not in modules:
                modules[section.claims] = self._by_section(_claims_of(section.claims), every)
            found += modules[section.claims][section.name]
        return tuple(claim.under(self.protocol) for claim in found)

    def _by_section(self, claims: Iterable[Claim], names: Iterable[str]) -> Mapping[str, Sequence[Claim]]:
        """Group ``claims`` by the sections ``names``, each group in reading order.

        Raises AuthorError for a claim of another paper or section.
        """
        found: dict[str, list[Claim]] = {name: [] for name in names}
        for claim in claims:
            if claim.paper != self.id or claim.section not in found:
                known = " or ".join(f"{self.id}/{name}/..." for name in names)
                raise claim.error(f"it stands in the paper {self.id!r}, so its id must read {known}")
            found[claim.section].append(claim)
        return {name: sorted(own, key=lambda claim: reading_position(claim.locator)) for name, own in found.items()}


def _claims_of(name: str) -> tuple[Claim, ...]:
    """Load the CLAIMS of the module ``name``.

    Raises ClaimError, which names the module, where there are none.
    """
    with in_one_line():
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:  # a fault of the module's own
                raise
            raise ClaimError(f"there is no claims module {name}; correct the section that names it") from None
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, tuple) or not all(isinstance(claim, Claim) for claim in claims):
        raise ClaimError(f"the claims module {name} has no CLAIMS, a tuple of claims; add it")
    return claims


@dataclass(frozen=True)
class Registry:
    """The papers of a run or a command, and the claims of all of them in reading order.

    ``whole`` is False where the papers may have some of their claims only: those that a run selected, or that come without their paper.
    """

    papers: tuple[Paper, ...] = ()
    whole: bool = True

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """Every claim.

        Raises AuthorError for an id used twice, and for a counterpart that is unknown, not measured, or of another paper.
        """
        found: dict[str, Claim] = {}
        for claim in (claim for paper in self.papers for claim in paper.claims):
            if claim.id in found:
                raise claim.error(f"the id is used twice, before at {found[claim.id].written}; rename one")
            found[claim.id] = claim
        if self.whole:
            for claim in found.values():
                _check_counterparts(claim, found)
        return tuple(found.values())

    @cached_property
    def by_id(self) -> Mapping[str, Claim]:
        """Every claim by its id."""
        return {claim.id: claim for claim in self.claims}

    def find(self, claim_id: str) -> Claim:
        """Return the claim with this id.

        Raises ClaimError for an unknown id, with the nearest ids there are.
        """
        if claim_id in self.by_id:
            return self.by_id[claim_id]
        raise ClaimError(f"unknown claim {claim_id!r}; {did_you_mean(claim_id, self.by_id, '`rin-claims list` shows every id')}")

    def paper_of(self, claim: Claim) -> Paper:
        """Return the paper of one of the claims."""
        return next(paper for paper in self.papers if paper.id == claim.paper)

    @cached_property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles of all papers by name, in their order.

        Of several profiles of one name it is the first.
        """
        every = [profile for paper in self.papers for profile in paper.protocol.profiles] or STANDARD.profiles
        found: dict[str, Profile] = {}
        for profile in every:
            found.setdefault(profile.name, profile)
        return found

    def default_profile(self, marker: str, largest: Callable[[], bool] = lambda: False) -> str:
        """Return the profile of a run that names none.

        It is the smallest profile with ``marker``. For the marker "full" it is the largest where ``largest()`` says that it can be run.
        """
        fitting = [profile.name for profile in self.profiles.values() if profile.marker == marker] or list(self.profiles)
        return fitting[-1] if marker == "full" and largest() else fitting[0]


def _check_counterparts(claim: Claim, known: Mapping[str, Claim]) -> None:
    """Raise AuthorError for a counterpart of ``claim`` that cannot be held against it."""
    for name in claim.counterparts:
        other = known.get(name)
        if other is None:
            raise claim.error(f"its counterpart {name!r} is no claim; {did_you_mean(name, known, '`rin-claims list` shows every id')}")
        if other.paper != claim.paper:
            raise claim.error(f"its counterpart {name} is of another paper; name one of {claim.paper}")
        if other.prediction.basis != "measured":
            raise claim.error(f"its counterpart {name} is exact itself; name a claim that is measured")


def registry_of(papers: Callable[[], Any], claims: Callable[[], Any]) -> Registry:
    """Build one registry of what the hooks ``papers`` and ``claims`` return.

    Raises AuthorError or ClaimError.
    """
    with in_one_line():
        named, alone = papers(), claims()
    named = _sequence(named, Paper, "pytest_claims_papers")
    alone = _sequence(alone, Claim, "pytest_claims_registry")
    known = {paper.id for paper in named}
    bare = bare_papers(claim for claim in alone if claim.paper not in known)
    return Registry((*named, *bare), whole=not bare)


def _sequence(found: Any, kind: type, hook: str) -> Sequence[Any]:
    if found is None:
        return ()
    if not isinstance(found, Sequence) or not found or not all(isinstance(item, kind) for item in found):
        raise ClaimError(f"{hook} in conftest.py returns no {kind.__name__.lower()}s; it is to return a tuple of {kind.__name__}")
    return found


def bare_papers(claims: Iterable[Claim]) -> tuple[Paper, ...]:
    """Make papers that bring nothing but ``claims``.

    Papers and sections stand in the order of their first claims.
    """
    found: dict[str, dict[str, list[Claim]]] = {}
    for claim in claims:
        found.setdefault(claim.paper, {}).setdefault(claim.section, []).append(claim)
    return tuple(
        Paper(
            id=paper,
            title=heading(paper),
            citation="",
            sections=tuple(Section(name=name, title=heading(name), claims=tuple(own)) for name, own in sections.items()),
        )
        for paper, sections in found.items()
    )


def reading_position(locator: Locator) -> tuple[tuple[object, ...], ...]:
    """Give a sort key that puts locators of one paper in reading order: abstract, sections, appendices.

    Within a section, running text comes before equations, figures and tables, each by number. A locator without a section stands after the
    locators with one. Claims with equal keys keep their order, which for table cells is the order of the table.
    """
    return tuple(map(_natural, (_place(locator.section), locator.equation, locator.figure, locator.table)))


def _place(section: str | None) -> str:
    if section is None:
        return "3"
    if section == "abstract":
        return "0"
    return f"1.{section}" if section[0].isdigit() else f"2.{section}"


def _natural(text: str | None) -> tuple[object, ...]:
    """Split "3.10" into (1, 3, ".", 10), so that numbers compare as numbers; no text comes first."""
    if text is None:
        return ()
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", text))
