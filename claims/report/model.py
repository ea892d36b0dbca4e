"""The report of a run as plain data: what every format renders and what ``report.json`` holds.

``build_report`` flattens Results into ``Entry`` objects, so that a report read back from JSON is complete without the registry.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from claims.model import VERDICTS, Evidence, Result, VerdictName, kind
from claims.papers.rin_2018.addendum import ADDENDUM, Reading
from claims.report.guards import NOT_GUARDED, GuardResults
from claims.report.measured import measured_on
from claims.report.regions import Region, region
from claims.report.words import enumeration, plural

SCHEMA = 2  # of report.json; raised by every change that an older reader would misread


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
    trials: tuple[Mapping[str, Any], ...] = ()

    @property
    def changed(self) -> bool:
        """Whether a verdict was recorded, the claim was judged, and the two differ."""
        return self.expected is not None and self.verdict != "not run" and self.verdict != self.expected

    @property
    def family_note(self) -> str:
        """The verdict after Holm's adjustment over its family where that is not its own, in words; "" where it is, or without one."""
        if self.family_verdict in (None, self.verdict):
            return ""
        return f"{self.family_verdict} after Holm over the claims of the {self.family}"

    @property
    def flipped(self) -> bool:
        """Whether the verdict turned from reproduced to contradicted or the other way: the change that fails a run."""
        return self.changed and {self.verdict, self.expected} == {"reproduced", "contradicted"}


@dataclass(frozen=True)
class Curve:
    """One run of a picture: ``x`` updates (or steps), rising, and ``y`` of the same length; the curve of a diverged run ends early."""

    arm: str
    seed: int
    x: tuple[float, ...]
    y: tuple[float, ...]
    diverged: bool = False

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ReportError(
                f"the curve of {self.arm}, seed {self.seed} has {len(self.x)} x for {len(self.y)} y; both must be equally long"
            )


@dataclass(frozen=True)
class Picture:
    """The curves of one figure of a section: every seed of every arm, and the baseline as a line where there is one."""

    paper: str
    section: str
    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    log_y: bool = False
    higher_is_better: bool = False
    baseline: float | None = None


@dataclass(frozen=True)
class Section:
    """The entries of one section of one paper, in reading order."""

    paper: str
    name: str
    entries: tuple[Entry, ...]
    pictures: tuple[Picture, ...] = ()

    @property
    def slug(self) -> str:
        return f"{self.paper}/{self.name}"


@dataclass(frozen=True)
class Report:
    """A run's claims against its results. ``created`` is the UTC time in ISO format; ``entries`` stand in reading order."""

    created: str
    profile: str
    project_version: str
    provenance: Mapping[str, Any]
    entries: tuple[Entry, ...]
    false_verdicts: float = 0.0  # the most to expect of either kind (claims.multiplicity)
    notes: tuple[str, ...] = ()
    addendum: tuple[Reading, ...] = ()
    pictures: tuple[Picture, ...] = ()
    guards: GuardResults = NOT_GUARDED
    schema: int = SCHEMA

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections in the order of their first entries; each keeps the order of its entries and pictures."""
        groups: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            groups.setdefault((entry.paper, entry.section), []).append(entry)
        return tuple(
            Section(paper, name, tuple(group), tuple(p for p in self.pictures if (p.paper, p.section) == (paper, name)))
            for (paper, name), group in groups.items()
        )

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
    """How often each verdict occurs, zero included, in the order of VERDICTS."""
    counted = Counter(verdicts)
    return {verdict: counted[verdict] for verdict in VERDICTS}


def outcome(entries: Sequence[Entry]) -> str:
    """One sentence: how many claims were judged, with which verdicts, and how many differ from what is recorded."""
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


def build_report(
    results: Iterable[Result],
    provenance: Mapping[str, Any],
    created: str,
    *,
    profile: str,
    order: Sequence[str] = (),
    notes: Sequence[str] = (),
    addendum: Iterable[Reading] = ADDENDUM,
    pictures: Sequence[Picture] = (),
    guards: GuardResults = NOT_GUARDED,
) -> Report:
    """The report of ``results``.

    ``order`` lists claim ids in reading order (the registry's); ids it does not name follow in the order of ``results``. Claims
    that were not run must be among ``results``, with the verdict "not run" and a reason. Raises ReportError where a claim appears
    twice under one profile.
    """
    from claims.multiplicity import expected_false_verdicts  # here, because reading a report needs no statistics

    position = {claim_id: index for index, claim_id in enumerate(order)}
    results = sorted(results, key=lambda result: position.get(result.claim.id, len(position)))
    entries = entries_of(results)
    twice = [key for key, times in Counter((entry.id, entry.profile) for entry in entries).items() if times > 1]
    if twice:
        claim_id, under = twice[0]
        raise ReportError(f"claim {claim_id!r} has two results under profile {under!r}; pass one result a claim and profile")
    return Report(
        created=created,
        profile=profile,
        project_version=project_version(),
        provenance=plain(provenance),
        entries=entries,
        false_verdicts=expected_false_verdicts(result.verdict for result in results),
        notes=tuple(notes),
        addendum=tuple(reading for reading in addendum if any(reading.touches(entry.id) for entry in entries)),
        pictures=tuple(pictures),
        guards=guards,
    )


def family_verdicts(results: Sequence[Result]) -> tuple[VerdictName | None, ...]:
    """The Holm-adjusted verdict of each claim of a family, (n,), None for the others; a family is of one paper under one profile."""
    from claims.multiplicity import holm_verdicts

    adjusted: list[VerdictName | None] = [None] * len(results)
    families: dict[tuple[str, str, str], list[int]] = {}
    for index, result in enumerate(results):
        if result.claim.family:
            families.setdefault((result.claim.paper, result.claim.family, result.profile), []).append(index)
    for members in families.values():
        for index, family in zip(members, holm_verdicts([results[index].verdict for index in members]), strict=True):
            adjusted[index] = family.verdict
    return tuple(adjusted)


def entries_of(results: Sequence[Result]) -> tuple[Entry, ...]:
    """The entry of each result, with the verdict it has in its family among these."""
    return tuple(replace(entry_of(result), family_verdict=family) for result, family in zip(results, family_verdicts(results), strict=True))


def entry_of(result: Result) -> Entry:
    """A Result flattened: nothing in the Entry refers to the registry."""
    claim = result.claim
    return Entry(
        id=claim.id,
        paper=claim.paper,
        section=claim.section,
        locator=str(claim.locator),
        quote=claim.quote,
        statement=claim.statement,
        kind=kind(claim.prediction),
        metric=claim.prediction.metric,
        why=claim.prediction.why,
        region=region(claim.prediction),
        profiles=claim.profiles,
        profile=result.profile,
        verdict=result.verdict.verdict,
        reason=result.verdict.reason,
        measured=measured_on(claim, result.profile) if result.verdict.evidence is not None else (),
        headline=claim.headline,
        family=claim.family,
        note=claim.note,
        expected=result.expected,
        expected_reason=result.expected_reason,
        evidence=result.verdict.evidence,
        trials=tuple(plain(trial) for trial in result.trials),
    )


def plain(value: Any) -> Any:
    """``value`` as JSON data: mappings to dicts, sequences to lists, numbers that JSON lacks and all other objects to text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return str(value)


def project_version() -> str:
    """The installed version of rin-claims, or that it runs from a source tree."""
    try:
        return version("rin-claims")
    except PackageNotFoundError:
        return "source tree, not installed"
