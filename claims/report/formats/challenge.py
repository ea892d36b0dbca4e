"""The report as a summary in the form of the ML Reproducibility Challenge: scope, methodology, results, what was easy, what was difficult.

The five headings are those of the challenge's report template (https://reproml.org). Everything under them is counted from the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from claims.report.content import methods
from claims.report.content.trials import TrialRow, trial_rows
from claims.report.formats.markdown import escape
from claims.report.model import Entry, Report, ReportedSection
from claims.report.words import SYMBOLS, entry_line, exact
from claims.results import VERDICTS
from claims.text import enumeration, plural

MOST = 5  # of the reasons, readings or claims named; the report has the rest


def dumps(report: Report) -> str:
    """The summary as Markdown text."""
    trials = trial_rows(report)
    parts = {
        "Scope of reproducibility": _scope(report),
        "Methodology": _methodology(report, trials),
        "Results": _results(report),
        "What was easy": _easy(report),
        "What was difficult": _difficult(report),
    }
    lines = ["# Reproducibility summary", "", f"Made from the report of {escape(report.created)}, profile `{report.profile}`.", ""]
    for heading, sentences in parts.items():
        lines += [f"## {heading}", "", *sentences, ""]
    return "\n".join(lines).rstrip() + "\n"


def _scope(report: Report) -> list[str]:
    papers = Counter(entry.paper for entry in report.entries)
    claims = enumeration([f"{report.paper_title(paper)} ({count})" for paper, count in papers.items()])
    lines = [f"Claims of {claims}: each a quoted sentence, figure or table cell turned into one prediction." if papers else "No claim."]
    if report.headlines:
        lines += ["", "The claims of the abstract:", "", *(f"- {escape(entry.statement)}" for entry in report.headlines)]
    return lines


def _methodology(report: Report, trials: Sequence[TrialRow]) -> list[str]:
    meaning = methods.profile_meaning(report)
    implementations = dict.fromkeys(paper.implementation for paper in report.papers if paper.implementation)
    seconds = [float(trial.facts["seconds"]) for trial in trials if isinstance(trial.facts.get("seconds"), (int, float))]
    lines = [
        " ".join([*map(escape, implementations), _JUDGING]),
        "",
        f"- Profile `{report.profile}`{f': {meaning}' if meaning else ''}.",
        f"- {plural(len(trials), 'trial')}" + (f", {_duration(sum(seconds))} of computing in all." if seconds else "."),
    ]
    kinds = [f"{kind.name} ({kind.claims})" for kind in methods.kinds(report)]
    if kinds:
        lines.append(f"- Kinds of prediction: {enumeration(kinds)}.")
    if report.guards.ran:
        lines.append(f"- Guards, checks that fail where an experiment is broken: {report.guards.outcome}.")
    return [*lines, *(f"- {escape(note)}" for note in methods.notes(report))]


_JUDGING = (
    "A claim is judged by setting an interval for its effect, over the seeds, against a region stated beforehand; the seed is the unit of "
    "replication and a run that diverged is an outcome."
)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"


def _results(report: Report) -> list[str]:
    lines = [escape(report.outcome), ""]
    for section in report.sections:
        judged = [entry for entry in section.entries if entry.verdict != "not run"]
        if judged:
            lines.append(f"- {section.title} ({section.paper_title}): {_counts(section)}.")
    if report.headlines:
        lines += ["", "The claims of the abstract:", "", *map(_headline, report.headlines)]
    return lines


def _counts(section: ReportedSection) -> str:
    counted = Counter(entry.verdict for entry in section.entries)
    return enumeration([f"{counted[verdict]} {verdict}" for verdict in VERDICTS if counted[verdict]])


def _headline(entry: Entry) -> str:
    shown = entry_line(entry)
    return f"- {SYMBOLS[entry.verdict]} {entry.verdict}: {escape(f'{entry.statement} {shown}.' if shown else entry.statement)}"


def _easy(report: Report) -> list[str]:
    """What needed no sampling, and what few seeds settled."""
    judged = [entry for entry in report.entries if entry.evidence is not None]
    without = [entry for entry in judged if entry.evidence is not None and exact(entry.evidence)]
    decided = [entry for entry in judged if entry not in without and entry.verdict in ("reproduced", "contradicted")]
    lines = [f"- {plural(len(without), 'claim')} needed no sampling: identities, and arithmetic on printed numbers."] if without else []
    if decided:
        seeds = sorted(entry.evidence.n for entry in decided if entry.evidence is not None)
        lines.append(
            f"- {plural(len(decided), 'sampled claim was', 'sampled claims were')} decided, half of them by {_median(seeds)} or fewer."
        )
    return lines or ["Nothing was judged."]


def _median(seeds: Sequence[int]) -> str:
    return plural(seeds[(len(seeds) - 1) // 2], "seed")


def _difficult(report: Report) -> list[str]:
    """What the papers leave open, what the seeds could not decide, what diverged and what was not run."""
    lines = []
    if report.addendum:
        lines.append(f"- The papers leave {plural(len(report.addendum), 'question')} open that these claims rest on, among them:")
        widest = sorted(report.addendum, key=lambda reading: -sum(reading.touches(entry.id) for entry in report.entries))
        lines += [f"  - {escape(reading.question)} Chosen: {escape(reading.choice)}." for reading in widest[:MOST]]
    undecided = [entry for entry in report.entries if entry.verdict == "inconclusive"]
    if undecided:
        needed = sum(entry.evidence is not None and entry.evidence.seeds_needed is not None for entry in undecided)
        lines.append(
            f"- {plural(len(undecided), 'claim')} stayed inconclusive; for {needed} of them the report says how many seeds would decide."
        )
    diverged = [entry for entry in report.entries if entry.evidence is not None and entry.evidence.n_diverged]
    if diverged:
        lines.append(f"- Runs diverged under {plural(len(diverged), 'claim')}.")
    lines += [f"- In doubt: {escape(str(alarm))}" for alarm in report.guards.alarms[:MOST]]
    missing = methods.missing(report)
    if missing:
        lines.append(f"- {plural(sum(len(group.claims) for group in missing), 'claim was', 'claims were')} not run:")
        lines += [f"  - {len(group.claims)}: {escape(group.reason)}" for group in missing[:MOST]]
        if len(missing) > MOST:
            rest = sum(len(group.claims) for group in missing[MOST:])
            lines.append(f"  - {rest} for {plural(len(missing) - MOST, 'other reason')}, which the report names.")
    return lines or ["Nothing that the report records."]
