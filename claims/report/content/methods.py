"""The methods section as data that every format renders.

It says how to read the verdicts, what was not run, and what to run for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from claims.kinds import KINDS, rules
from claims.protocol import Profile
from claims.report.counting import by_basis
from claims.report.model import Entry, Report
from claims.report.papers import PlantedFaults, ReportedPaper
from claims.results import Basis
from claims.statistics.intervals import ALPHA
from claims.text import enumeration, number, plural


@dataclass(frozen=True)
class Missing:
    """Claims that were not run for one reason; the reason says what is missing and how to get it."""

    reason: str
    claims: tuple[str, ...]
    counted: str  # how many they are, by what they rest on


@dataclass(frozen=True)
class Kind:
    """A kind of prediction, what decides it, and how many claims of the report are of it."""

    name: str
    effect: str
    reproduced: str
    contradicted: str
    claims: str


@dataclass(frozen=True)
class Margin:
    """Why a margin, threshold or tolerance is what it is, for the claims of one kind that share the reason.

    ``claims`` are their ids.
    """

    kind: str
    why: str
    claims: tuple[str, ...]


@dataclass(frozen=True)
class ShownProtocol:
    """The protocol that the papers named in ``papers`` are measured under.

    ``papers`` is "" where the whole report has but one. ``scaling`` is a table under ``header``: what is trained, then a column for each
    profile. ``reasons`` are (what, why).
    """

    papers: str
    profiles: tuple[Profile, ...]
    header: tuple[str, ...]
    scaling: tuple[tuple[str, ...], ...]
    reasons: tuple[tuple[str, str], ...]


def papers(report: Report) -> tuple[tuple[str, str], ...]:
    """Return each paper that has a citation, with the citation and what the measurements of its claims are made from."""
    return tuple((paper.title, f"{paper.citation} {paper.implementation}".strip()) for paper in report.papers if paper.citation)


def protocols(report: Report) -> tuple[ShownProtocol, ...]:
    """Return each protocol once, in the order of the papers that are measured under it.

    Of papers that are measured under some of the same profiles the widest table stands for all.
    """
    groups: dict[tuple[Any, ...], list[str]] = {}
    for paper in report.papers:
        fuller = max((other for other in report.papers if _covers(other, paper)), key=lambda other: len(other.profiles))
        groups.setdefault((fuller.profiles, fuller.scaling, fuller.reasons), []).append(paper.title)
    return tuple(
        ShownProtocol(
            enumeration(titles) if len(groups) > 1 else "",
            profiles,
            ("What is trained", *(profile.name for profile in profiles)),
            scaling,
            reasons,
        )
        for (profiles, scaling, reasons), titles in groups.items()
    )


def _covers(one: ReportedPaper, other: ReportedPaper) -> bool:
    """Return whether two papers have one protocol, of which the first shows at least the profiles of the second."""
    rows = [tuple(row[0] for row in paper.scaling) for paper in (one, other)]
    return rows[0] == rows[1] and one.reasons == other.reasons and set(other.profiles) <= set(one.profiles)


def planted_faults(report: Report) -> tuple[tuple[str, PlantedFaults], ...]:
    """Return what each paper says of planted faults, with the heading above it."""
    found = [(paper.title, paper.planted_faults) for paper in report.papers if paper.planted_faults is not None]
    several = len(report.papers) > 1 and len(found) > 1
    return tuple((f"Which broken experiments are noticed{f': {title}' if several else ''}", faults) for title, faults in found)


def profile_meaning(report: Report) -> str:
    """Say what the report's profile measures with; "" where no paper says."""
    return next((one.meaning for paper in report.papers for one in paper.profiles if one.name == report.profile), "")


def missing(report: Report) -> tuple[Missing, ...]:
    """Group the claims that were not run by reason, the largest group first.

    A reason that names its claim reads ``<claim id>``.
    """
    groups: dict[str, list[Entry]] = {}
    for entry in report.entries:
        if entry.verdict == "not run":
            groups.setdefault(entry.reason.replace(entry.id, "<claim id>"), []).append(entry)
    found = [Missing(why, tuple(e.id for e in claims), by_basis(e.basis for e in claims)) for why, claims in groups.items()]
    return tuple(sorted(found, key=lambda group: -len(group.claims)))


def kinds(report: Report) -> tuple[Kind, ...]:
    """Return the kinds that occur in the report, in the order of the design's table."""
    occurring: dict[str, list[Basis]] = {}
    for entry in report.entries:
        occurring.setdefault(entry.kind, []).append(entry.basis)
    return tuple(Kind(name, *rule, by_basis(occurring[name])) for name, rule in rules().items() if name in occurring)


def margins(report: Report) -> tuple[Margin, ...]:
    """Return the reasons behind the margins, by kind in the order of the design's table.

    A claim under two profiles counts once.
    """
    position = {name: index for index, name in enumerate(KINDS)}
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for entry in sorted(report.entries, key=lambda entry: position.get(entry.kind, len(position))):
        groups.setdefault((entry.kind, entry.why), {})[entry.id] = None
    return tuple(Margin(kind, why, tuple(claims)) for (kind, why), claims in groups.items())


def curve_readings(report: Report) -> tuple[str, ...]:
    """Write a sentence for each reading of a run's curve and its reason, with the number of its claims."""
    claims: dict[str, dict[str, None]] = {}
    for entry in report.entries:
        if entry.reading_note:
            claims.setdefault(entry.reading_note, {})[entry.id] = None
    return tuple(f"{note} ({plural(len(ids), 'claim')}, such as {next(iter(ids))})." for note, ids in claims.items())


def families(report: Report) -> tuple[str, ...]:
    """Write a sentence for each family of claims: how many verdicts Holm's adjustment leaves undecided."""
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in report.entries:
        if entry.family and entry.verdict != "not run":
            groups.setdefault((entry.paper, entry.family, entry.profile), []).append(entry)
    return tuple(
        f"{report.paper_title(paper)}, {family}, {profile} profile: {by_basis(entry.basis for entry in entries)} judged, of which "
        f"{sum(entry.family_verdict != entry.verdict for entry in entries)} become inconclusive when the error of all of them together is "
        f"held at {number(ALPHA)} each way (Holm)."
        for (paper, family, profile), entries in groups.items()
    )


def provenance(report: Report) -> tuple[tuple[str, str], ...]:
    """List the provenance as (what, value) rows; what is nested reads ``packages torch``."""

    def rows(name: str, value: Any) -> Iterator[tuple[str, str]]:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from rows(f"{name} {key}".strip().replace("_", " "), item)
        else:
            yield name, "none" if value is None else str(value)

    return (("created (UTC)", report.created), ("rin-claims", report.project_version), *rows("", report.provenance))


def notes(report: Report) -> tuple[str, ...]:
    """Say what a reader must know before trusting a count: expected false verdicts, then the notes of the run."""
    if not report.false_verdicts:
        return report.notes
    expected = (
        f"Every measured verdict has an error rate of {number(ALPHA)} each way. If all those claims lay exactly on their "
        f"boundaries, at most {number(report.false_verdicts)} false verdicts of either kind would be expected."
    )
    return (expected, *report.notes)
