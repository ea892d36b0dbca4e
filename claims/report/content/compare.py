"""What changed between two reports: verdicts, claims that came or went, estimates that moved without changing a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from claims.report.counting import by_basis
from claims.report.model import Entry, Report, ReportError
from claims.report.words import evidence_line, verdict_of
from claims.results import BASES, Basis, rounding_moves
from claims.text import enumeration


@dataclass(frozen=True)
class Change:
    """One claim under one profile in two reports; ``kind`` is one of KINDS."""

    kind: str
    before: Entry | None
    now: Entry | None

    @property
    def entry(self) -> Entry:
        """The claim as it is now, or as it was where it is gone."""
        entry = self.now or self.before
        assert entry is not None
        return entry

    @property
    def was(self) -> str:
        return _seen(self.before)

    @property
    def is_now(self) -> str:
        return _seen(self.now)


# In the order in which a reader wants them, each with its heading.
KINDS: Mapping[str, str] = {
    "verdict": "Verdicts that changed",
    "moved": "Borderline verdicts that moved with rounding",
    "lost": "Judged less far than before",
    "new": "Judged further than before",
    "added": "Claims that the older report lacks",
    "removed": "Claims that this report lacks",
    "estimate": "Estimates that moved, with the verdict as before",
}


@dataclass(frozen=True)
class Comparison:
    """The changes from the report ``before`` to the report ``now``.

    The changes are in the order of KINDS and then in reading order. ``same`` counts the other claims, by what they rest on.
    """

    before: Report
    now: Report
    changes: tuple[Change, ...]
    same: Mapping[Basis, int]

    def of(self, kind: str) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind == kind)

    @property
    def verdict_changed(self) -> bool:
        """Whether a claim that both reports judged has another verdict now, by more than rounding was seen to move."""
        return bool(self.of("verdict"))

    @property
    def outcome(self) -> str:
        """The comparison in one sentence."""
        found = [by_basis((change.entry.basis for change in self.of(kind)), words) for kind, words in _COUNTED.items() if self.of(kind)]
        same = by_basis(basis for basis, number in self.same.items() for _ in range(number))
        against = f"Against the report of {self.before.created} ({self.before.profile} profile)"
        if not found:
            return f"{against}: nothing changed in {same}."
        return f"{against}: {enumeration(found)}; {same} as before."


_COUNTED: Mapping[str, tuple[str, str]] = {
    "verdict": ("verdict changed", "verdicts changed"),
    "moved": ("verdict moved with rounding", "verdicts moved with rounding"),
    "lost": ("claim judged less far", "claims judged less far"),
    "new": ("claim judged further", "claims judged further"),
    "added": ("claim added", "claims added"),
    "removed": ("claim removed", "claims removed"),
    "estimate": ("estimate moved", "estimates moved"),
}


def compare(before: Report, now: Report) -> Comparison:
    """Find what changed from one report to the next; a claim is the same one under the same profile.

    Raises ReportError where the two have no profile in common: the same claim measured on another scale is no change.
    """
    if before.entries and now.entries and not set(before.run_profiles) & set(now.run_profiles):
        raise ReportError(
            f"the older report is of profile {enumeration(before.run_profiles)}, this one of {enumeration(now.run_profiles)}; compare "
            "reports of one profile"
        )
    old = {(entry.id, entry.profile): entry for entry in before.entries}
    new = {(entry.id, entry.profile): entry for entry in now.entries}
    found = [Change(kind, old.get(key), new.get(key)) for key in {**new, **old} if (kind := _kind(old.get(key), new.get(key)))]
    ordered = sorted(found, key=lambda change: list(KINDS).index(change.kind))  # stable: reading order within a kind
    same = [entry.basis for key, entry in new.items() if key in old and not _kind(old[key], entry)]
    return Comparison(before, now, tuple(ordered), {basis: same.count(basis) for basis in BASES})


def _kind(before: Entry | None, now: Entry | None) -> str | None:
    if before is None:
        return "added"
    if now is None:
        return "removed"
    if before.how_far != now.how_far:
        return "lost" if before.how_far > now.how_far else "new"
    if rounding_moves(now.moves, before.verdict, now.verdict):
        return "moved"
    if now.ended and before.verdict != now.verdict:
        return "verdict"
    return "estimate" if _numbers(before) != _numbers(now) else None


def _numbers(entry: Entry) -> tuple[object, ...]:
    """Return what a reader sees of the evidence, to the digits shown.

    A difference in the twelfth digit is no news.
    """
    evidence = entry.evidence
    if evidence is None:
        return ()
    return (*map(_rounded, (evidence.estimate, evidence.lower, evidence.upper)), evidence.n, evidence.n_diverged)


def _rounded(value: float | None) -> object:
    return value if value is None or not math.isfinite(value) else float(f"{value:.4g}")


def _seen(entry: Entry | None) -> str:
    if entry is None:
        return "–"
    shown = evidence_line(entry)
    return verdict_of(entry) + (f": {shown}" if shown else "")


def dumps(comparison: Comparison) -> str:
    """Write the comparison as text for a terminal."""
    lines = [comparison.outcome]
    for kind, heading in KINDS.items():
        changes = comparison.of(kind)
        if changes:
            lines += ["", f"{heading}:"]
            lines += [f"  {change.entry.id} ({change.entry.profile}): {change.was} -> {change.is_now}" for change in changes]
    return "\n".join(lines) + "\n"


def as_data(comparison: Comparison) -> dict[str, object]:
    """Return the comparison for JSON: a row a change, with the verdicts and the estimates before and now."""

    def side(entry: Entry | None) -> dict[str, object] | None:
        if entry is None:
            return None
        e = entry.evidence
        numbers = {} if e is None else {"estimate": e.estimate, "lower": e.lower, "upper": e.upper, "n": e.n}
        return {"verdict": entry.verdict, "reason": entry.reason, **numbers}

    return {
        "outcome": comparison.outcome,
        "before": comparison.before.created,
        "now": comparison.now.created,
        "same": comparison.same,
        "changes": [
            {
                "id": one.entry.id,
                "profile": one.entry.profile,
                "basis": one.entry.basis,
                "kind": one.kind,
                "before": side(one.before),
                "now": side(one.now),
            }
            for one in comparison.changes
        ],
    }
