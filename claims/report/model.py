"""The report of a run as plain data: what every format renders and what ``report.json`` holds.

``build_report`` flattens Results into ``Entry`` objects, so that a report read back from JSON is complete without the registry.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from claims.json_data import Amount, Count, Finite, Nested, Plain
from claims.model import CLAIM_ID, CurveReading, Region
from claims.paper import NetworkStyle
from claims.readings import Reading
from claims.report.guards import NOT_GUARDED, GuardResults
from claims.report.papers import ReportedPaper
from claims.results import VERDICTS, Evidence, VerdictName
from claims.text import enumeration, heading, plural

SCHEMA = 3  # of report.json; raised by every change that an older reader would misread


class ReportError(ValueError):
    """A report that cannot be built, read or written; the message names the file or folder and the remedy."""


@dataclass(frozen=True)
class Entry:
    """One claim under one profile, with everything a reader needs to audit its verdict."""

    id: str
    paper: str
    section: str
    locator: str
    quote: str
    statement: str
    kind: str
    metric: str
    why: str
    region: Region
    profiles: tuple[str, ...]
    profile: str
    verdict: VerdictName
    reason: str
    measured: tuple[str, ...] = ()  # what was trained on what, as the profile scales it
    headline: bool = False
    note: str = ""
    expected: VerdictName | None = None
    expected_reason: str = ""
    evidence: Evidence | None = None
    family: str = ""  # the claims of one paper it is judged together with, "" for none
    family_verdict: VerdictName | None = None  # Holm-adjusted over its family; None without one
    trials: tuple[Mapping[str, Plain], ...] = ()
    reading: CurveReading = "final"
    reading_note: str = ""  # the reading of a run's curve in words, with its reason; "" where none was stated
    metric_as_read: str = ""  # the name of the number that stands for a run; "" is the metric's own

    def __post_init__(self) -> None:
        if not CLAIM_ID.fullmatch(self.id):
            raise ReportError(f"{self.id!r} is no id of a claim; it must be paper/section/name")
        for trial in self.trials:
            if type(seed := trial.get("seed")) is not int or seed < 0:
                raise ReportError(f"a trial of {self.id} has the seed {seed!r}; it must be a whole number of at least 0")

    @property
    def changed(self) -> bool:
        """Whether a verdict was recorded, the claim was judged, and the two differ."""
        return self.expected is not None and self.verdict != "not run" and self.verdict != self.expected

    @property
    def number_of_run(self) -> str:
        """The name of the number that stands for a run, which a row of ``trials`` has it under."""
        return self.metric_as_read or self.metric

    @property
    def family_note(self) -> str:
        """The verdict after Holm's adjustment over its family, in words.

        The note is "" where that verdict is the claim's own, or without a family.
        """
        if self.family_verdict in (None, self.verdict):
            return ""
        return f"{self.family_verdict} after Holm over the claims of the {self.family}"


@dataclass(frozen=True)
class Curve:
    """One run of a picture: ``x`` updates (or steps), rising, and ``y`` of the same length.

    The curve of a diverged run ends early.
    """

    arm: str
    seed: Count
    x: tuple[Finite, ...]
    y: tuple[Finite, ...]
    diverged: bool = False

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ReportError(
                f"the curve of {self.arm}, seed {self.seed} has {len(self.x)} x for {len(self.y)} y; both must be equally long"
            )
        if not self.x or any(after <= before for before, after in itertools.pairwise(self.x)):
            raise ReportError(
                f"the x of the curve of {self.arm}, seed {self.seed} do not rise from point to point; it must have some that do"
            )


@dataclass(frozen=True)
class Picture:
    """The curves of one figure of a section: every seed of every arm, and any baseline as a line."""

    paper: str
    section: str
    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    log_y: bool = False
    higher_is_better: bool = False
    baseline: Finite | None = None

    def __post_init__(self) -> None:
        if not self.curves:
            raise ReportError(f"the picture {self.title!r} has no curve; leave it out")


@dataclass(frozen=True)
class ReportedSection:
    """The entries of one section of one paper, in reading order, under its title and that of the paper."""

    paper: str
    name: str
    title: str
    paper_title: str
    entries: tuple[Entry, ...]
    pictures: tuple[Picture, ...] = ()

    @property
    def slug(self) -> str:
        return f"{self.paper}/{self.name}"


@dataclass(frozen=True)
class Report:
    """A run's claims against its results. ``created`` is the UTC time in ISO format; ``entries`` stand in reading order.

    ``papers`` are the papers of the entries; a report of an older schema has none.
    """

    created: str
    profile: str
    project_version: str
    provenance: Mapping[str, Nested]
    entries: tuple[Entry, ...]
    false_verdicts: Amount = 0.0  # the most to expect of either kind (claims.judging.families)
    notes: tuple[str, ...] = ()
    addendum: tuple[Reading, ...] = ()
    pictures: tuple[Picture, ...] = ()
    guards: GuardResults = NOT_GUARDED
    papers: tuple[ReportedPaper, ...] = ()

    def __post_init__(self) -> None:
        known = {entry.id for entry in self.entries}
        for cell in (cell for paper in self.papers for table in paper.tables for cell in table.cells):
            if cell.claim not in known:
                raise ReportError(f"a printed table has a number of {cell.claim}, which is not among the claims; leave it out")

    @property
    def sections(self) -> tuple[ReportedSection, ...]:
        """The sections in the order of their first entries; each keeps the order of its entries and pictures."""
        groups: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            groups.setdefault((entry.paper, entry.section), []).append(entry)
        pictures: dict[tuple[str, str], list[Picture]] = {}
        for picture in self.pictures:
            pictures.setdefault((picture.paper, picture.section), []).append(picture)
        return tuple(
            ReportedSection(
                paper,
                name,
                self._section_title(paper, name),
                self.paper_title(paper),
                tuple(group),
                tuple(pictures.get((paper, name), ())),
            )
            for (paper, name), group in groups.items()
        )

    def paper_title(self, paper_id: str) -> str:
        """Return how headings name a paper."""
        return next((paper.title for paper in self.papers if paper.id == paper_id), heading(paper_id))

    def _section_title(self, paper_id: str, name: str) -> str:
        return next((paper.sections[name] for paper in self.papers if paper.id == paper_id and name in paper.sections), heading(name))

    def styles(self, paper_id: str) -> tuple[NetworkStyle, ...]:
        """Return how a paper's networks are drawn."""
        return next((paper.styles for paper in self.papers if paper.id == paper_id), ())

    @property
    def run_profiles(self) -> tuple[str, ...]:
        """The profiles that occur, in the order of their first entries."""
        return tuple(dict.fromkeys(entry.profile for entry in self.entries))

    @property
    def counts(self) -> Mapping[str, Mapping[VerdictName, int]]:
        """``counts[profile][verdict]``: every verdict has its number, zero included."""
        return {profile: count(entry.verdict for entry in self.entries if entry.profile == profile) for profile in self.run_profiles}

    @property
    def totals(self) -> Mapping[VerdictName, int]:
        """The number of claims of each verdict over all profiles."""
        return count(entry.verdict for entry in self.entries)

    @property
    def changes(self) -> tuple[Entry, ...]:
        """The judged claims whose verdict is not the one recorded as expected."""
        return tuple(entry for entry in self.entries if entry.changed)

    @property
    def headlines(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.headline)

    @property
    def outcome(self) -> str:
        """The run in one sentence."""
        return outcome(self.entries)


def count(verdicts: Iterable[VerdictName]) -> Mapping[VerdictName, int]:
    """Count how often each verdict occurs, zero included, in the order of VERDICTS."""
    counted = Counter(verdicts)
    return {verdict: counted[verdict] for verdict in VERDICTS}


def outcome(entries: Sequence[Entry]) -> str:
    """Say in one sentence how many claims were judged, with which verdicts, and how many differ from what is recorded."""
    if not entries:
        return "No claim was selected, so nothing was judged."
    totals = count(entry.verdict for entry in entries)
    judged = len(entries) - totals["not run"]
    if not judged:
        return f"None of {plural(len(entries), 'claim')} was run, so nothing was judged."
    parts = [f"{totals[name]} {name}" for name in VERDICTS if name != "not run" and totals[name]]
    missing = f"; {totals['not run']} not run" if totals["not run"] else ""
    changed = sum(entry.changed for entry in entries)
    recorded = sum(entry.expected is not None and entry.verdict != "not run" for entry in entries)
    if changed:
        against = f"; {plural(changed, 'verdict differs', 'verdicts differ')} from the recorded one"
    elif recorded == judged:
        against = "; every verdict is as recorded"
    else:
        against = f"; {recorded} of {judged} verdicts have a recorded one to compare with, and agree" if recorded else ""
    return f"{judged} of {plural(len(entries), 'claim')} judged: {enumeration(parts)}{missing}{against}."


def project_version() -> str:
    """Return the installed version of rin-claims, or that it runs from a source tree."""
    try:
        return version("rin-claims")
    except PackageNotFoundError:
        return "source tree, not installed"
