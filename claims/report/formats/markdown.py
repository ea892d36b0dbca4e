"""The report as Markdown, for a terminal pager or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from claims.paper import Remarks
from claims.report.content import looks, methods
from claims.report.content.calibration import COLUMNS, SCENARIO_MEANINGS, calibration
from claims.report.content.planted_faults import COLUMNS as FAULT_COLUMNS
from claims.report.content.printed_tables import printed_tables
from claims.report.guards import Alarm
from claims.report.model import Entry, Report, ReportedSection
from claims.report.words import SYMBOLS, VERDICT_MEANINGS, interval
from claims.results import VERDICTS
from claims.text import number, one_line, plural
from reference_results.calibration import calibration_table

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>|#~&$])")
_BLOCK_START = re.compile(r"^(\d+(?=[.)])|)([-+=.)])")


def escape(text: str) -> str:
    """``text`` as one line that Markdown shows as it is: no markup, no HTML, no table separator, no list or heading."""
    escaped = _PUNCTUATION.sub(r"\\\1", one_line(text))
    return _BLOCK_START.sub(lambda match: (match[1] or "") + "\\" + match[2], escaped)


def dumps(report: Report) -> str:
    """The report as Markdown text."""
    lines = [
        "# Claims against results",
        "",
        escape(report.outcome),
        "",
        f"Profile `{report.profile}`, {escape(report.created)}, rin-claims {escape(report.project_version)}.",
        "",
        *counts_table(report),
    ]
    if report.guards.alarms:
        lines += ["## Guards that failed", "", *(f"- {escape(str(alarm))}{_in_doubt(alarm)}" for alarm in report.guards.alarms), ""]
    if report.changes:
        lines += ["## Verdicts that differ from the recorded ones", "", *pipe_table(CHANGE_HEADER, map(_change, report.changes))]
    if report.headlines:
        lines += ["## Headline claims", "", *pipe_table(HEADER, map(_row, report.headlines))]
    for section in report.sections:
        lines += _section(section)
    for table in printed_tables(report):
        lines += [f"## {escape(table.data.title)}", "", *(f"- {escape(sentence)}" for sentence in table.sentences), ""]
        lines += pipe_table(table.header, (tuple(map(escape, row)) for row in table.rows))
        if table.data.remarks.rows:
            lines += _remarks(table.data.remarks)
    lines += _methods(report)
    return "\n".join(lines).rstrip() + "\n"


HEADER = ("Verdict", "Claim", "Where", "Prediction", "Measured on", "Estimate", "Interval", "n", "Diverged", "Recorded", "Reason")
CHANGE_HEADER = ("Claim", "Recorded", "Now", "Reason")


def pipe_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return lines + ["| " + " | ".join(cells) + " |" for cells in rows] + [""]


def counts_table(report: Report) -> list[str]:
    rows = [(profile, *(str(counts[verdict]) for verdict in VERDICTS)) for profile, counts in report.counts.items()]
    return pipe_table(("Profile", *(f"{SYMBOLS[verdict]} {verdict}" for verdict in VERDICTS)), rows)


def _row(entry: Entry) -> tuple[str, ...]:
    evidence = entry.evidence
    shown = ("–", "–", "–", "–")
    if evidence is not None:
        shown = (
            f"{number(evidence.estimate)} {escape(evidence.unit)}",
            interval(evidence),
            str(evidence.n or "–"),
            str(evidence.n_diverged),
        )
    return (
        f"{SYMBOLS[entry.verdict]} {entry.verdict}",
        f"`{entry.id}`",
        escape(entry.locator),
        escape(entry.statement),
        escape("; ".join(entry.measured)) or "–",
        *(cell.strip() for cell in shown),
        entry.expected or "–",
        escape("; ".join(filter(None, (entry.reason, entry.family_note)))) or "–",
    )


def _change(entry: Entry) -> tuple[str, ...]:
    return (f"`{entry.id}`", entry.expected or "–", f"{SYMBOLS[entry.verdict]} {entry.verdict}", escape(entry.reason) or "–")


def _in_doubt(alarm: Alarm) -> str:
    return f" In doubt: {', '.join(f'`{claim}`' for claim in alarm.claims) or 'every trained claim'}."


def _section(section: ReportedSection) -> list[str]:
    lines = [f"## {escape(section.title)} ({escape(section.paper_title)})", "", *pipe_table(HEADER, map(_row, section.entries))]
    lines += ["<details><summary>Quotes</summary>", ""]
    for entry in section.entries:
        lines += [f"- `{entry.id}`, {escape(entry.locator)}: “{escape(entry.quote)}”"]
    return [*lines, "", "</details>", ""]


def _remarks(table: Remarks) -> list[str]:
    lines = [f"<details><summary>{escape(table.title)}</summary>", "", escape(table.explanation), ""]
    return [*lines, *pipe_table(table.header, (tuple(map(escape, row)) for row in table.rows)), "</details>", ""]


def _methods(report: Report) -> list[str]:
    lines = ["## Methods", ""]
    if cited := methods.papers(report):
        lines += ["### Papers", "", *(f"- {escape(title)}: {escape(text)}" for title, text in cited), ""]
    lines += ["### Verdicts", ""]
    lines += [f"- {SYMBOLS[verdict]} **{verdict}**: {VERDICT_MEANINGS[verdict]}" for verdict in VERDICTS]
    lines += ["", *(f"- {escape(note)}" for note in methods.notes(report)), ""]
    rows = [(f"`{kind.name}`", kind.effect, kind.reproduced, kind.contradicted, str(kind.claims)) for kind in methods.kinds(report)]
    lines += ["### Kinds of prediction", "", *pipe_table(("Kind", "Effect", "Reproduced when it", "Contradicted when it", "Claims"), rows)]
    lines += [*_margins(report), *_looks(report), *_calibration(), *_planted_faults(report)]
    if report.guards.ran:
        lines += ["### Guards", "", f"{report.guards.outcome}: {', '.join(f'`{name}`' for name in report.guards.ran)}.", ""]
    for protocol in methods.protocols(report):
        lines += _profiles(protocol)
    groups = methods.missing(report)
    if groups:
        lines += ["### What was not run", ""]
        for group in groups:
            lines.append(f"- {plural(len(group.claims), 'claim')}: {escape(group.reason)}")
        lines.append("")
    if report.addendum:
        lines += ["### What the papers leave open", ""]
        for item in report.addendum:
            lines.append(f"- **{escape(item.question)}** Options: {escape('; '.join(item.options))}. Chosen: {escape(item.choice)}.")
            lines.append(f"  Evidence: {escape(item.evidence)}")
            lines += [f"  Measured: {escape(str(comparison))}." for comparison in item.comparisons]
            lines.append(f"  Touches: {', '.join(f'`{claim}`' for claim in item.claims) or 'no claim'}.")
        lines.append("")
    facts = [(escape(what), escape(value)) for what, value in methods.provenance(report)]
    return [*lines, "### Provenance", "", *pipe_table(("What", "Value"), facts)]


def _margins(report: Report) -> list[str]:
    lines = ["<details><summary>Margins, and why</summary>", ""]
    for margin in methods.margins(report):
        more = f" and {len(margin.claims) - 1} more" if len(margin.claims) > 1 else ""
        lines.append(f"- `{margin.kind}`: {escape(margin.why)} (`{margin.claims[0]}`{more})")
    return [*lines, "", "</details>", "", *(f"- {escape(sentence)}" for sentence in methods.families(report)), ""]


def _looks(report: Report) -> list[str]:
    lines = ["### Seeds and looks", "", *(f"- {escape(line)}" for line in looks.sentences(report)), ""]
    for table in looks.tables(report):
        lines += pipe_table(looks.COLUMNS, table)
    return lines


def _profiles(protocol: methods.ShownProtocol) -> list[str]:
    lines = [f"### Profiles{f' of {escape(protocol.papers)}' if protocol.papers else ''}", ""]
    lines += [*(f"- `{profile.name}`: {escape(profile.meaning)}" for profile in protocol.profiles), ""]
    if not protocol.scaling and not protocol.reasons:
        return lines
    lines += ["<details><summary>What each profile trains, and why it is scaled so</summary>", ""]
    if protocol.scaling:
        lines += pipe_table(protocol.header, (tuple(map(escape, row)) for row in protocol.scaling))
    return [*lines, *(f"- {escape(what)}: {escape(why)}" for what, why in protocol.reasons), "", "</details>", ""]


def _calibration() -> list[str]:
    shown = calibration(calibration_table())
    lines = ["### How often verdicts are false", "", *(f"- {escape(sentence)}" for sentence in shown.summary), ""]
    lines += ["<details><summary>What was simulated, and the rate of every verdict</summary>", ""]
    lines += [f"- {escape(name)}: {escape(meaning)}" for name, meaning in SCENARIO_MEANINGS.items()]
    return [*lines, "", *pipe_table(COLUMNS, (tuple(map(escape, row)) for row in shown.cells)), "</details>", ""]


def _planted_faults(report: Report) -> list[str]:
    lines = []
    for title, faults in methods.planted_faults(report):
        lines += [f"### {escape(title)}", "", *(f"- {escape(sentence)}" for sentence in faults.summary), ""]
        lines += ["<details><summary>Every planted fault</summary>", ""]
        lines += [*pipe_table(FAULT_COLUMNS, (tuple(map(escape, row)) for row in faults.rows)), "</details>", ""]
    return lines
