"""The report as Markdown, for a terminal pager or a pull request: ``templates/report.md.jinja``."""

from __future__ import annotations

from claims.report.formats.templating import environment
from claims.report.model import Report


def dumps(report: Report) -> str:
    """Write the report as Markdown text."""
    return environment().get_template("report.md.jinja").render(report=report).rstrip() + "\n"
