"""The report as a comment on a pull request: short, what changed first, never longer than GitHub takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from claims.report.content.compare import KINDS, Comparison
from claims.report.formats.markdown import counts_table, escape, pipe_table
from claims.report.model import Entry, Report
from claims.report.words import SYMBOLS, entry_line
from claims.text import plural

LIMIT = 65_536  # characters of a comment: GitHub refuses a longer one
MOST_ROWS = 40  # of a table; the report itself has the rest
MOST_CHARACTERS = 300  # of a cell: a reason or a statement may be long
CLOSING = "The whole report, with every claim, its evidence and its trials, is `index.html` in the folder of this run's report."


def dumps(report: Report, comparison: Comparison | None = None) -> str:
    """The comment: outcome, changes against ``comparison`` where there is one, what fails or differs, headline claims, counts.

    At most LIMIT characters: blocks that do not fit are left out from the end, and the comment says so.
    """
    blocks = list(_blocks(report, comparison))
    kept: list[str] = []
    for index, block in enumerate(blocks):
        left_out = _left_out(len(blocks) - index - 1)
        if len("\n\n".join([*kept, block, left_out, CLOSING])) + 1 > LIMIT:
            kept.append(_left_out(len(blocks) - index))
            break
        kept.append(block)
    return "\n\n".join([*kept, CLOSING]) + "\n"


def _left_out(count: int) -> str:
    return f"{plural(count, 'part')} of this comment left out, because GitHub takes no longer one."


def _blocks(report: Report, comparison: Comparison | None) -> Iterator[str]:
    yield f"## Claims against results, {escape(report.profile)} profile\n\n{escape(report.outcome)}"
    if comparison is not None:
        yield escape(comparison.outcome)
        for kind, heading in KINDS.items():
            changes = comparison.of(kind)
            if changes and kind != "estimate":
                rows = [(f"`{one.entry.id}`", escape(one.was), escape(one.is_now), _short(one.entry.reason)) for one in changes]
                yield _titled(heading, ("Claim", "Before", "Now", "Reason"), rows)
    if report.guards.alarms:
        alarms = [(_short(str(alarm)), str(len(alarm.claims) or "every trained one")) for alarm in report.guards.alarms]
        yield _titled("Guards that failed", ("Guard", "Claims in doubt"), alarms)
    if report.changes:
        rows = [(f"`{one.id}`", one.expected or "–", _verdict(one), _short(one.reason)) for one in report.changes]
        yield _titled("Verdicts that differ from the recorded ones", ("Claim", "Recorded", "Now", "Reason"), rows)
    yield "\n".join(counts_table(report)).strip()
    if report.headlines:
        yield _titled("Headline claims", ("Verdict", "Claim", "Estimate"), map(_headline, report.headlines))
    against = [entry for entry in report.entries if entry.verdict == "contradicted" and not entry.changed and not entry.headline]
    if against:
        yield _folded("Contradicted, as recorded", ("Claim", "Prediction", "Estimate"), map(_row, against))


def _titled(heading: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rows = list(rows)
    more = [f"and {len(rows) - MOST_ROWS} more"] if len(rows) > MOST_ROWS else []
    return "\n".join([f"### {heading}", "", *pipe_table(header, rows[:MOST_ROWS]), *more]).strip()


def _folded(heading: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rows = list(rows)
    _, _, body = _titled(heading, header, rows).partition("\n\n")
    return f"<details><summary>{heading}: {plural(len(rows), 'claim')}</summary>\n\n{body}\n\n</details>"


def _headline(entry: Entry) -> tuple[str, ...]:
    return (_verdict(entry), _short(entry.statement), escape(entry_line(entry)) or "–")


def _row(entry: Entry) -> tuple[str, ...]:
    return (f"`{entry.id}`", _short(entry.statement), escape(entry_line(entry)) or "–")


def _verdict(entry: Entry) -> str:
    return f"{SYMBOLS[entry.verdict]} {entry.verdict}"


def _short(text: str) -> str:
    return escape(text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…") or "–"
