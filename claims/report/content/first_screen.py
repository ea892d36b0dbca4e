"""What a reader asks first: how sure, when, where, by what code, on which data and draws, what is missing.

The last answer is how to repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from claims.report.content.trials import TrialRow
from claims.report.model import Report
from claims.statistics.intervals import ALPHA
from claims.text import about, enumeration, number, plural

SHORT = 10  # digits of a commit


@dataclass(frozen=True)
class Fact:
    """A term, what there is to say, and commands to copy.

    ``glossary`` is the word that explains the term, ``more`` the anchor of where the page says more.
    """

    term: str
    text: str
    commands: tuple[str, ...] = ()
    glossary: str = ""
    more: str = ""


def facts(report: Report, trials: tuple[TrialRow, ...]) -> tuple[Fact, ...]:
    """Return the facts of a report in the order in which a reader asks for them."""
    return tuple(_facts(report, trials))


def _facts(report: Report, trials: tuple[TrialRow, ...]) -> Iterator[Fact]:
    if report.entries:
        among = sum(entry.headline for entry in report.entries)
        said = f"; {plural(among, 'stands', 'stand')} in an abstract: the headline claims below" if among else ""
        yield Fact(
            "Claimed",
            f"{plural(len(report.entries), 'quoted sentence, figure or table cell', 'quoted sentences, figures and table cells')}{said}",
            glossary="claim",
        )
    meaning = next((one.meaning for paper in report.papers for one in paper.profiles if one.name == report.profile), "")
    yield Fact("Profile", f"{report.profile}{f': {meaning}' if meaning else ''}", glossary="profile")
    if sure := _sureness(report):
        yield Fact("How sure", sure, glossary="interval", more="methods")
    yield Fact("When and where", ", ".join(filter(None, (_time(report.created), _machine(report.provenance)))))
    yield Fact("Code", _code(report))
    if report.data:
        told = "; ".join(one.partition(": `")[0] for one in report.data)
        yield Fact("Data", told, tuple(dict.fromkeys(command for one in report.data for command in re.findall("`([^`]+)`", one))))
    if trials:
        yield Fact("Runs", f"{plural(len(trials), 'trial')}: {drawn(trials)}", glossary="trial", more="trials")
    if report.drift.outcome:
        yield Fact("Recorded draws", report.drift.outcome, glossary="compared")
    if unrun := sum(not entry.ended for entry in report.entries):
        priced = "; ".join(map(_price, _priced(report)))
        of_profile = {price.profile: price.command for price in report.prices if price.profile != report.profile}
        commands = tuple(of_profile[profile] for profile, *_ in _priced(report) if profile in of_profile)
        name = "Not run to the end" if any(entry.so_far for entry in report.entries) else "Not run"
        yield Fact(name, f"{plural(unrun, 'claim')}{f': {priced}' if priced else ''}", commands, "price")
    if command := next((one.command for paper in report.papers for one in paper.profiles if one.name == report.profile), ""):
        yield Fact("Repeat", "trains what the store lacks, and judges again", (command,))


def _sureness(report: Report) -> str:
    """Say how often such verdicts are false, and what else a reader must know before trusting one.

    Returns "" without a measured verdict.
    """
    judged = [entry for entry in report.entries if entry.verdict != "not run" and entry.basis == "measured"]
    if not judged:
        return ""
    moves = sum(bool(entry.moves) for entry in judged)
    here = f", at most {number(report.false_verdicts)} here" if report.false_verdicts else ""
    parts = [
        f"at most {100 * ALPHA:g} % of such measured claims get a false verdict each way{here}",
        f"{plural(moves, 'verdict moves', 'verdicts move')} with rounding" if moves else "",
        f"guards against broken experiments: {report.guards.outcome}" if report.guards.ran else "",
    ]
    return "; ".join(filter(None, parts))


def drawn(trials: tuple[TrialRow, ...]) -> str:
    """Say how many trials were made here and how many were imported, when, where and by which code."""
    imported: dict[str, list[TrialRow]] = {}
    for trial in trials:
        imported.setdefault(str(trial.facts.get("imported") or ""), []).append(trial)
    own = imported.pop("", [])
    parts = [f"{len(own)} measured here{_made(own)}"] if own or not imported else []
    parts += [f"{len(rows)} imported {source}{_made(rows)}" for source, rows in imported.items()]
    return "; ".join(parts)


def _made(rows: list[TrialRow]) -> str:
    """Say on which days and machines trials were made, and by how many commits."""
    made = [str(row.facts["made"]) for row in rows if row.facts.get("made")]
    days = sorted({one.partition(" on ")[0] for one in made})
    machines = list(dict.fromkeys(one.partition(" on ")[2] for one in made))
    commits = list(dict.fromkeys(str(row.facts["commit"])[:SHORT] for row in rows if row.facts.get("commit")))
    when = "" if not days else f"made {days[0]}" if len(days) == 1 else f"made {days[0]} to {days[-1]}"
    by = f"by code {enumeration(commits)}" if 0 < len(commits) <= 2 else f"by {len(commits)} versions of the code" if commits else ""
    said = " ".join(filter(None, (when, f"on {enumeration(machines)}" if any(machines) else "", by)))
    return f" ({said})" if said else ""


def _time(created: str) -> str:
    day, _, time = created.partition("T")
    return f"{day} {time[:5]} UTC" if time else day


def _machine(provenance: Mapping[str, Any]) -> str:
    """Describe the machine that wrote the report in a few words; "" where its provenance does not say."""
    packages = provenance.get("packages")
    torch = packages.get("torch") if isinstance(packages, Mapping) else None
    cpu, cores, gpu = (provenance.get(name) for name in ("cpu", "cpu_count", "gpu"))
    parts = (
        gpu and str(gpu),
        cpu and f"{cpu}{f', {cores} cores' if cores else ''}",
        torch and f"torch {torch}",
        provenance.get("recurrence") and f"{provenance['recurrence']} kernels",
    )
    return ", ".join(part for part in parts if part)


def _code(report: Report) -> str:
    git = report.provenance.get("rin_claims_git") or report.provenance.get("git")
    commit = git.get("commit") if isinstance(git, Mapping) else None
    dirty = ", with local changes" if isinstance(git, Mapping) and git.get("dirty") else ""
    return f"rin-claims {report.project_version}{f', commit {str(commit)[:SHORT]}' if commit else ''}{dirty}"


def _priced(report: Report) -> Iterator[tuple[str, int, int, float]]:
    known = [profile.name for paper in report.papers for profile in paper.profiles]
    for price in sorted(report.prices, key=lambda price: known.index(price.profile) if price.profile in known else len(known)):
        yield price.profile, price.claims, price.trials, price.seconds
    if report.prices and (rest := sum(entry.verdict == "not run" and not entry.rerun for entry in report.entries)):
        yield "", rest, 0, 0.0


def _price(price: tuple[str, int, int, float]) -> str:
    profile, claims, trials, seconds = price
    if not profile:
        return f"{claims} that no profile measures"
    takes = f"{plural(trials, 'trial')}, {about(seconds)} of one core" if trials else "the store has every trial"
    return f"{claims} under {profile} ({takes})"
