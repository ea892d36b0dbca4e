"""Where each claim stands: what is recorded for it and what the last reports say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from claims.judging.how_to_run import how_to_run
from claims.model import Claim
from claims.report.content.drift import on_card
from claims.report.model import Entry, Report
from claims.report.words import verdict_words, with_symbol
from claims.results import VerdictName
from reference_results import ExpectedVerdict


@dataclass(frozen=True)
class Standing:
    """A claim with its recorded verdicts and its entry in the last report."""

    claim: Claim
    profile: str  # the one that the recorded and the last verdict speak of
    recorded: Mapping[str, ExpectedVerdict]  # by profile
    entry: Entry | None
    reason: str  # of the verdict; for a claim that no report has judged, what would judge it
    found_in: str  # when and by what version, "" without a report
    compared: str = ""  # what its numbers were beside the recorded draws
    beside: Mapping[str, str] = field(default_factory=dict)  # each measured counterpart with its verdict and reason, by id

    @property
    def judged(self) -> Claim:
        """The claim as its profile judges it."""
        return self.claim.at(self.profile)

    @property
    def expected(self) -> ExpectedVerdict | None:
        return self.recorded.get(self.profile)

    @property
    def verdict(self) -> VerdictName:
        return self.entry.verdict if self.entry else "not run"

    @property
    def verdict_words(self) -> str:
        """The verdict as its symbol and its words."""
        return verdict_words(self.entry) if self.entry else with_symbol("not run")

    def as_data(self) -> dict[str, Any]:
        """Build the object that ``rin-claims list --json`` prints."""
        claim = self.claim
        return {
            "id": claim.id,
            "paper": claim.paper,
            "section": claim.section,
            "locator": str(claim.locator),
            "quote": claim.quote,
            "kind": self.judged.prediction.kind,
            "basis": self.judged.prediction.basis,
            "counterparts": list(claim.counterparts),
            "profiles": list(claim.profiles),
            "profile": self.profile,
            "expected": self.expected.expected if self.expected else None,
            "verdict": self.verdict,
            "so_far": self.entry is not None and self.entry.so_far,
            "reason": self.reason,
        }


def standings(
    claims: Iterable[Claim], reports: Sequence[Report], profile: str | None, expected: Mapping[tuple[str, str], ExpectedVerdict]
) -> tuple[Standing, ...]:
    """Join each claim with its recorded verdicts and its entry in ``reports``, of which the latest comes first.

    An entry that was judged goes before one that was not run, and one judged to its end before one judged so far. With None for ``profile``
    it is the profile of the entry, or else the first profile that runs the claim. ``expected`` are the recorded verdicts.
    """
    recorded: dict[str, dict[str, ExpectedVerdict]] = {}
    for (claim_id, under), verdict in expected.items():
        recorded.setdefault(claim_id, {})[under] = verdict
    found = []
    entries: dict[str, Entry] = {}
    sources: dict[str, str] = {}
    compared: dict[str, str] = {}
    for report in reports:
        for reported in report.entries:
            known = entries.get(reported.id)
            better = known is None or reported.how_far > known.how_far
            if better and profile in (None, reported.profile):
                entries[reported.id] = reported
                whole = ", judged from the store as it was then" if reported.earlier else ""
                sources[reported.id] = f"{report.created}, rin-claims {report.project_version}{whole}"
                compared[reported.id] = on_card(report.drift.on(reported.id))
    for claim in claims:
        entry = entries.get(claim.id)
        under = profile or (entry.profile if entry else next(iter(claim.profiles or claim.protocol.names)))
        reason, source = _reason(claim, entry, profile), sources.get(claim.id, "")
        own = recorded.get(claim.id, {})
        found.append(Standing(claim, under, own, entry, reason, source, compared.get(claim.id, ""), _beside(claim, entries)))
    return tuple(found)


def _beside(claim: Claim, entries: Mapping[str, Entry]) -> Mapping[str, str]:
    """Say of each counterpart of an exact claim what the last report found."""
    found = {name: entries.get(name) for name in claim.counterparts}
    return {name: f"{verdict_words(entry)}: {entry.reason}" if entry else "no report has judged it yet" for name, entry in found.items()}


def _reason(claim: Claim, entry: Entry | None, profile: str | None) -> str:
    if entry is None:
        return how_to_run(claim, profile)
    return entry.reason
