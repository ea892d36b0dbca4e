"""The methods section: how to read the verdicts, what was not run, and what to run for it. Data that every format renders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from claims.kinds import KINDS, rules
from claims.report.model import Entry, Report
from claims.report.words import title
from claims.statistics.intervals import ALPHA
from claims.text import number, plural

PROFILE_MEANINGS: Mapping[str, str] = {
    "smoke": "data that comes with the installation, short sequences and few updates: minutes on two CPU cores",
    "compact": "the real data sets at reduced length and budget: an hour or two on two CPU cores",
    "paper": "the paper's own settings, to the letter",
}


@dataclass(frozen=True)
class Missing:
    """Claims that were not run for one reason; the reason says what is missing and how to get it."""

    reason: str
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of prediction, what decides it, and how many claims of the report are of it."""

    name: str
    effect: str
    reproduced: str
    contradicted: str
    claims: int


@dataclass(frozen=True)
class Margin:
    """Why a margin, threshold or tolerance is what it is, for the claims of one kind that share the reason; ``claims`` are their ids."""

    kind: str
    why: str
    claims: tuple[str, ...]


def missing(report: Report) -> tuple[Missing, ...]:
    """The claims that were not run, grouped by reason, the largest group first; a reason that names its claim reads ``<claim id>``."""
    groups: dict[str, list[str]] = {}
    for entry in report.entries:
        if entry.verdict == "not run":
            groups.setdefault(entry.reason.replace(entry.id, "<claim id>"), []).append(entry.id)
    return tuple(sorted((Missing(reason, tuple(claims)) for reason, claims in groups.items()), key=lambda group: -len(group.claims)))


def kinds(report: Report) -> tuple[Kind, ...]:
    """The kinds that occur in the report, in the order of the design's table."""
    occurring = Counter(entry.kind for entry in report.entries)
    return tuple(Kind(name, *rule, occurring[name]) for name, rule in rules().items() if occurring[name])


def margins(report: Report) -> tuple[Margin, ...]:
    """The reasons behind the margins, by kind in the order of the design's table; a claim under two profiles counts once."""
    position = {name: index for index, name in enumerate(KINDS)}
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for entry in sorted(report.entries, key=lambda entry: position.get(entry.kind, len(position))):
        groups.setdefault((entry.kind, entry.why), {})[entry.id] = None
    return tuple(Margin(kind, why, tuple(claims)) for (kind, why), claims in groups.items())


def families(report: Report) -> tuple[str, ...]:
    """A sentence for each family of claims that are judged together as well: how many verdicts Holm's adjustment leaves undecided."""
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in report.entries:
        if entry.family and entry.verdict != "not run":
            groups.setdefault((entry.paper, entry.family, entry.profile), []).append(entry)
    return tuple(
        f"{title(paper)}, {family}, {profile} profile: {plural(len(entries), 'judged claim')}, of which "
        f"{sum(entry.family_verdict != entry.verdict for entry in entries)} become inconclusive when the error of all of them together is "
        f"held at {number(ALPHA)} each way (Holm)."
        for (paper, family, profile), entries in groups.items()
    )


def provenance(report: Report) -> tuple[tuple[str, str], ...]:
    """The provenance as (what, value) rows; what is nested reads ``packages torch``."""

    def rows(name: str, value: Any) -> Iterator[tuple[str, str]]:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from rows(f"{name} {key}".strip().replace("_", " "), item)
        else:
            yield name, "none" if value is None else str(value)

    return (("created (UTC)", report.created), ("rin-claims", report.project_version), *rows("", report.provenance))


def notes(report: Report) -> tuple[str, ...]:
    """What a reader must know before trusting a count: expected false verdicts, then the notes of the run."""
    if not report.false_verdicts:
        return report.notes
    expected = (
        f"Every verdict that rests on sampled runs has an error rate of {number(ALPHA)} each way. If all those claims lay exactly on their "
        f"boundaries, at most {number(report.false_verdicts)} false verdicts of either kind would be expected."
    )
    return (expected, *report.notes)
