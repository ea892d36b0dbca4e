"""``rin-claims list`` and ``show``: what is claimed, what is expected and what the last report found. Imports no torch."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims import papers
from claims.commands.output import add_json_option, print_json, print_table
from claims.model import VERDICTS, Claim, ClaimError, VerdictName, kind
from claims.report.json import load_report
from claims.report.measured import measured_on
from claims.report.model import Entry, Report
from claims.report.regions import KIND_RULES, region
from claims.report.words import SYMBOLS, confidence, exact, interval, number, plural
from reference_results import ExpectedVerdict, expected_verdicts
from reproductions.profiles import PROFILE_NAMES
from reproductions.recipes import as_data

if TYPE_CHECKING:
    from claims.commands.output import Commands

NEVER = "no report has judged it yet"


@dataclass(frozen=True)
class Standing:
    """A claim with what is recorded for it and what the last report says of it."""

    claim: Claim
    profile: str  # the one that the recorded and the last verdict speak of
    expected: ExpectedVerdict | None
    entry: Entry | None
    found_in: str  # when and by what version, "" without a report

    @property
    def verdict(self) -> VerdictName:
        return self.entry.verdict if self.entry else "not run"

    @property
    def reason(self) -> str:
        return self.entry.reason if self.entry else self.claim.not_run or NEVER

    def as_data(self) -> dict[str, Any]:
        """The object that ``list --json`` prints."""
        claim = self.claim
        return {
            "id": claim.id,
            "paper": claim.paper,
            "section": claim.section,
            "locator": str(claim.locator),
            "quote": claim.quote,
            "kind": kind(claim.prediction),
            "profiles": list(claim.profiles),
            "profile": self.profile,
            "expected": self.expected.expected if self.expected else None,
            "verdict": self.verdict,
            "reason": self.reason,
        }


def add(commands: Commands) -> None:
    listing = commands.add_parser("list", help="every claim with its expected and last verdict", description=list_claims.__doc__)
    for name in ("paper", "section"):
        listing.add_argument(f"--{name}", help=f"only this {name}")
    listing.add_argument("--kind", choices=tuple(KIND_RULES), help="only this kind of prediction")
    listing.add_argument("--verdict", choices=VERDICTS, help="only claims whose last verdict is this")
    listing.add_argument("--profile", choices=PROFILE_NAMES, help="only claims that this profile runs")
    show = commands.add_parser("show", help="one claim in full", description=show_claim.__doc__)
    show.add_argument("id", help="for example rin-2018/tables/headline-12-67")
    show.add_argument("--profile", choices=PROFILE_NAMES, help="the profile whose verdict to show (default: the last one run)")
    for parser, command in ((listing, list_claims), (show, show_claim)):
        parser.add_argument(
            "--report", type=Path, default=Path("report"), metavar="DIR", help="the report to take verdicts from (default: %(default)s)"
        )
        add_json_option(parser)
        parser.set_defaults(command=command)


def list_claims(arguments: argparse.Namespace) -> int:
    """List the claims of the registry in reading order."""
    claims = _only("section", arguments.section, _only("paper", arguments.paper, papers.all_claims()))
    chosen = [
        standing
        for standing in standings(claims, arguments.report, arguments.profile)
        if arguments.kind in (None, kind(standing.claim.prediction))
        and arguments.verdict in (None, standing.verdict)
        and (arguments.profile is None or arguments.profile in standing.claim.profiles)
    ]
    if arguments.json:
        print_json([standing.as_data() for standing in chosen])
        return 0
    rows = []
    for s in chosen:
        expected = s.expected.expected if s.expected else "–"
        rows.append(
            (s.claim.id, kind(s.claim.prediction), " ".join(s.claim.profiles) or "–", expected, f"{SYMBOLS[s.verdict]} {s.verdict}")
        )
    print_table(("claim", "kind", "profiles", "expected", "last verdict"), rows)
    print(f"\n{plural(len(chosen), 'claim')}")
    return 0


def show_claim(arguments: argparse.Namespace) -> int:
    """Show one claim: quote, prediction, region and its reason, arms and recipes, expected verdict, evidence so far."""
    claim = papers.find(arguments.id)
    (standing,) = standings([claim], arguments.report, arguments.profile)
    if arguments.json:
        print_json(_full(standing))
    else:
        print("\n".join(_page(standing)))
    return 0


def standings(claims: Iterable[Claim], folder: Path, profile: str | None) -> tuple[Standing, ...]:
    """Each claim with its recorded verdict and its entry in ``folder``/report.json, if there is one."""
    file = folder / "report.json"
    report = load_report(file) if file.exists() else None
    recorded = expected_verdicts()
    found = {}
    for claim in claims:
        entry = _entry(report, claim, profile)
        under = profile or (entry.profile if entry else next(iter(claim.profiles), "paper"))
        expected = recorded.get((claim.id, under))
        source = f"{report.created}, rin-claims {report.project_version}" if report else ""
        found[claim.id] = Standing(claim, under, expected, entry, source)
    return tuple(found.values())


def _entry(report: Report | None, claim: Claim, profile: str | None) -> Entry | None:
    entries = report.entries if report else ()
    return next((entry for entry in entries if entry.id == claim.id and profile in (None, entry.profile)), None)


def _only(field: str, wanted: str | None, claims: Sequence[Claim]) -> Sequence[Claim]:
    known = dict.fromkeys(getattr(claim, field) for claim in claims)
    if wanted is not None and wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        raise ClaimError(f"no {field} {wanted!r}; {hint}")
    return [claim for claim in claims if wanted in (None, getattr(claim, field))]


def _full(standing: Standing) -> dict[str, Any]:
    claim = standing.claim
    return standing.as_data() | {
        "statement": claim.statement,
        "headline": claim.headline,
        "note": claim.note,
        "region": region(claim.prediction),
        "why": claim.prediction.why,
        "expected_reason": standing.expected.reason if standing.expected else "",
        "evidence": standing.entry.evidence if standing.entry else None,
        "seeds": dict(claim.seeds),
        "arms": {
            profile: [{"name": arm.name, "recipes": [as_data(recipe) for recipe in arm.recipes]} for arm in arms]
            for profile, arms in claim.arms.items()
        },
    }


def _page(standing: Standing) -> list[str]:
    claim, where = standing.claim, region(standing.claim.prediction)
    lines = [claim.id + (" (headline)" if claim.headline else ""), str(claim.locator), "", f"  “{' '.join(claim.quote.split())}”", ""]
    facts = [
        ("prediction", claim.statement),
        ("kind", kind(claim.prediction)),
        ("reproduced", f"when {where.reproduced}"),
        ("contradicted", f"when {where.contradicted}"),
        ("why", claim.prediction.why),
        ("note", claim.note),
        ("expected", _expected(standing)),
        ("verdict", f"{SYMBOLS[standing.verdict]} {standing.verdict}: {standing.reason}"),
        ("evidence", _evidence(standing.entry)),
        ("reported", standing.found_in if standing.entry else ""),
    ]
    lines += [f"{name:<13} {text}" for name, text in facts if text]
    for profile in claim.arms:
        lines += ["", f"{profile}: {plural(claim.seeds[profile], 'seed')}"]
        lines += [f"  {line}" for line in measured_on(claim, profile)]
    return lines


def _evidence(entry: Entry | None) -> str:
    evidence = entry.evidence if entry else None
    if evidence is None:
        return ""
    if exact(evidence):
        return f"{number(evidence.estimate)} {evidence.unit} (exact: no sampling); {evidence.method}"
    return (
        f"{number(evidence.estimate)} {evidence.unit}, interval {interval(evidence)} ({confidence(evidence)}), n = {evidence.n}, "
        f"{evidence.n_diverged} diverged, {plural(evidence.looks, 'look')}; {evidence.method}"
    )


def _expected(standing: Standing) -> str:
    recorded = standing.expected
    if recorded is None:
        return f"nothing recorded under {standing.profile}"
    return f"{recorded.expected} under {standing.profile} ({recorded.date}): {recorded.reason}"
