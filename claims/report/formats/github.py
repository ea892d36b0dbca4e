"""The report as a comment on a pull request: short, what changed first, never longer than GitHub takes. ``templates/comment.md.jinja``."""

from __future__ import annotations

from claims.report.content import compare
from claims.report.formats.templating import environment
from claims.report.model import Report
from claims.text import plural

LIMIT = 65_536  # characters of a comment: GitHub refuses a longer one
NEW_PART = "\f"  # begins a part in the rendered template; escaped text has no form feed
CLOSING = "The whole report, with every claim, its evidence and its trials, is `index.html` in the folder of this run's report."


def dumps(report: Report, comparison: compare.Comparison | None = None) -> str:
    """Write the comment: outcome, changes against ``comparison`` where there is one, what fails or differs, headline claims, counts.

    At most LIMIT characters: parts that do not fit are left out from the end, and the comment says so.
    """
    told = {one.id for headline in report.headlines for one in (headline.entry, *headline.counterparts)}
    against = [
        entry for entry in report.entries if entry.verdict == "contradicted" and not (entry.changed or entry.moved or entry.id in told)
    ]
    template = environment().get_template("comment.md.jinja")
    rendered = template.render(report=report, comparison=comparison, kinds=compare.KINDS, against=against, new_part=NEW_PART)
    parts = [part.strip() for part in rendered.split(NEW_PART)]
    kept: list[str] = []
    for index, part in enumerate(parts):
        if len("\n\n".join([*kept, part, _left_out(len(parts) - index - 1), CLOSING])) + 1 > LIMIT:
            kept.append(_left_out(len(parts) - index))
            break
        kept.append(part)
    return "\n\n".join([*kept, CLOSING]) + "\n"


def _left_out(count: int) -> str:
    return f"{plural(count, 'part')} of this comment left out, because GitHub takes no longer one."
