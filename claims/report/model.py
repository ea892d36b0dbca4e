"""The report of a run as plain data: what every format renders and what ``report.json`` holds.

``build_report`` flattens Results into ``Entry`` objects, so that a report read back from JSON is complete without the registry.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from claims.json_data import Amount, Count, Finite, Nested, Plain
from claims.model import CLAIM_ID, CurveReading
from claims.paper import NetworkStyle
from claims.readings import Reading
from claims.regions import Region
from claims.report.counting import JUDGED, Counts, count, tallies
from claims.report.drift import NOT_COMPARED, DriftResults
from claims.report.guards import NOT_GUARDED, GuardResults
from claims.report.papers import ReportedPaper
from claims.results import Basis, Evidence, PathVerdict, VerdictName, rounding_moves
from claims.text import heading, plural

BESIDE = "→ "  # before a measured claim that stands below the exact one that it puts to the test
SCHEMA = 6  # of report.json; raised by every change that an older reader would misread


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
    basis: Basis  # what the verdict rests on; measured and exact claims are never counted together
    metric: str
    why: str
    region: Region
    profiles: tuple[str, ...]
    profile: str
    verdict: VerdictName
    reason: str
    measured: tuple[str, ...] = ()  # what was trained on what, as the profile scales it
    headline: bool = False
    counterparts: tuple[str, ...] = ()  # of an exact claim: the measured claims that put it to the test, by id
    note: str = ""
    expected: VerdictName | None = None
    expected_reason: str = ""
    evidence: Evidence | None = None
    family: str = ""  # the claims of one paper it is judged together with, "" for none
    family_verdict: VerdictName | None = None  # Holm-adjusted over its family; None without one
    trials: tuple[Mapping[str, Plain], ...] = ()
    moves: tuple[PathVerdict, ...] = ()  # of a borderline claim: what each kernel path gave
    reading: CurveReading = "final"
    reading_note: str = ""  # the reading of a run's curve in words, with its reason; "" where none was stated
    metric_as_read: str = ""  # the name of the number that stands for a run; "" is the metric's own
    rerun: str = ""  # the command that judges it again, or for the first time; "" where nothing does
    seconds: Amount = 0.0  # about what it takes on one core, of a claim that was not run to its end
    so_far: bool = False  # undecided after the looks that were taken, with more of them to come
    earlier: bool = False  # judged from the store as it is, by trials that this run neither selected nor made

    def __post_init__(self) -> None:
        if not CLAIM_ID.fullmatch(self.id):
            raise ReportError(f"{self.id!r} is no id of a claim; it must be paper/section/name")
        for trial in self.trials:
            if type(seed := trial.get("seed")) is not int or seed < 0:
                raise ReportError(f"a trial of {self.id} has the seed {seed!r}; it must be a whole number of at least 0")

    @property
    def moved(self) -> bool:
        """Whether the verdict is not the recorded one, and rounding was seen to make that difference."""
        return self.ended and rounding_moves(self.moves, self.verdict, self.expected)

    @property
    def ended(self) -> bool:
        """Whether the claim was judged to its end: it was run, and no look is still to come."""
        return self.how_far == 2

    @property
    def how_far(self) -> int:
        """How far the claim was judged: 2 to its end, 1 inconclusive so far, 0 not run."""
        return 0 if self.verdict == "not run" else 1 if self.so_far else 2

    @property
    def changed(self) -> bool:
        """Whether the claim was judged otherwise than recorded, by more than rounding was seen to move."""
        return self.expected is not None and self.ended and self.verdict != self.expected and not self.moved

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
    claims: tuple[str, ...] = ()  # ids of the claims that rest on these runs

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

    @property
    def rows(self) -> tuple[tuple[str, Entry], ...]:
        """The entries as rows of a table, with nothing before their names."""
        return tuple(("", entry) for entry in self.entries)


@dataclass(frozen=True)
class Headline:
    """A headline claim and, if it is exact, the measured claims that put it to the test."""

    entry: Entry
    counterparts: tuple[Entry, ...] = ()

    @property
    def rows(self) -> tuple[tuple[str, Entry], ...]:
        """The claims as rows of a table, each with what stands before its name."""
        return (("", self.entry), *((BESIDE, entry) for entry in self.counterparts))


@dataclass(frozen=True)
class Price:
    """What the claims that were not run to their end would take under ``profile``: missing trials, seconds of one core."""

    profile: str
    command: str
    claims: Count
    trials: Count
    seconds: Amount


@dataclass(frozen=True)
class Report:
    """A run's claims against its results. ``created`` is the UTC time in ISO format; ``entries`` stand in reading order.

    ``papers`` are the papers of the entries; a report of an older schema has none. ``data`` says what the judged claims were measured on,
    and how to get it.
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
    drift: DriftResults = NOT_COMPARED
    papers: tuple[ReportedPaper, ...] = ()
    prices: tuple[Price, ...] = ()
    data: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = {entry.id for entry in self.entries}
        for cell in (cell for paper in self.papers for table in paper.tables for cell in table.cells):
            for claim in (cell.claim, *([cell.in_order.claim] if cell.in_order else [])):
                if claim not in known:
                    raise ReportError(f"a printed table has a number of {claim}, which is not among the claims; leave it out")

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
    def counts(self) -> Mapping[str, Counts]:
        """``counts[profile][basis][verdict]``: every basis and every verdict has its number, zero included."""
        return {profile: counts_of(entry for entry in self.entries if entry.profile == profile) for profile in self.run_profiles}

    @property
    def changes(self) -> tuple[Entry, ...]:
        """The judged claims whose verdict is not the one recorded as expected, but for the borderline ones that moved."""
        return tuple(entry for entry in self.entries if entry.changed)

    @property
    def moved(self) -> tuple[Entry, ...]:
        """The borderline claims whose verdict is not the recorded one, by a move that rounding was seen to make."""
        return tuple(entry for entry in self.entries if entry.moved)

    @property
    def headlines(self) -> tuple[Headline, ...]:
        return headlines(self.entries)

    def counterparts(self, exact: Entry) -> tuple[Entry, ...]:
        return counterparts(exact, self.entries)

    @property
    def outcome(self) -> str:
        """The run in one sentence."""
        return outcome(self.entries)


def counts_of(entries: Iterable[Entry]) -> Counts:
    """Count the verdicts of ``entries``, the measured and the exact apart."""
    return count((entry.basis, entry.verdict) for entry in entries)


def counterparts(exact: Entry, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries that put an exact one to the test, in the order in which it names them."""
    if not exact.counterparts:
        return ()
    known = {entry.id: entry for entry in entries if entry.profile == exact.profile}
    return tuple(known[name] for name in exact.counterparts if name in known)


def headlines(entries: Sequence[Entry]) -> tuple[Headline, ...]:
    """Return the headline claims, each with its counterparts among ``entries``.

    A counterpart that is itself a headline claim stands with the exact one alone.
    """
    found = [Headline(entry, counterparts(entry, entries)) for entry in entries if entry.headline]
    beside = {(one.id, one.profile) for headline in found for one in headline.counterparts}
    return tuple(headline for headline in found if (headline.entry.id, headline.entry.profile) not in beside)


def outcome(entries: Sequence[Entry]) -> str:
    """Say in one sentence which verdicts measured and exact claims got, and how many differ from the recorded ones."""
    if not entries:
        return "No claim was selected, so nothing was judged."
    if tallied := tallies(counts_of(entries), JUDGED):
        return "; ".join((*tallied, remainder(entries))).removesuffix("; ") + "."
    return f"None of {plural(len(entries), 'claim')} was run, so nothing was judged."


def remainder(entries: Sequence[Entry]) -> str:
    """Say how many claims have no final verdict, and how the other verdicts compare with the recorded ones."""
    unrun, so_far = sum(entry.verdict == "not run" for entry in entries), sum(entry.so_far for entry in entries)
    judged = [entry for entry in entries if entry.ended]
    changed, recorded = sum(entry.changed for entry in judged), sum(entry.expected is not None for entry in judged)
    parts = [f"{unrun} of {plural(len(entries), 'claim')} not run"] if unrun else []
    parts += [f"{plural(so_far, 'claim')} inconclusive so far, with seeds still to run"] if so_far else []
    moved = sum(entry.moved for entry in judged)
    other = "other " if moved else ""
    if moved:
        parts.append(f"{plural(moved, 'borderline verdict')} moved with rounding")
    if changed:
        parts.append(f"{plural(changed, f'{other}verdict differs', f'{other}verdicts differ')} from the recorded one")
    elif judged and recorded == len(judged):
        parts.append(f"every {other}verdict is as recorded")
    elif recorded:
        agree = f"{'the others ' if moved else ''}agree"
        parts.append(f"{recorded} of {plural(len(judged), 'verdict')} have a recorded one to compare with, and {agree}")
    return "; ".join(parts)


def project_version() -> str:
    """Return the installed version of rin-claims, or that it runs from a source tree."""
    try:
        return version("rin-claims")
    except PackageNotFoundError:
        return "source tree, not installed"
