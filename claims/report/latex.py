"""The printed tables with ours beside them as LaTeX: a ``tabular`` each, to be \\input into a paper. No package is needed."""

from __future__ import annotations

from collections.abc import Mapping

from claims.report.model import Report
from claims.report.printed_tables import PrintedTable, printed_table
from claims.report.words import one_line

# What text may hold and LaTeX would take for markup, or its 8-bit fonts have no glyph for.
_ESCAPES: Mapping[int, str] = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        **{character: f"\\{character}" for character in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "∞": r"$\infty$",
        "–": "--",
        "✓": r"$\surd$",
        "✗": r"$\times$",
    }
)


def escape(text: str) -> str:
    """``text`` as one line that LaTeX sets as it is."""
    return one_line(text).translate(_ESCAPES)


def dumps(report: Report, name: str) -> str | None:
    """The table ``name``, "table1" or "table3", as LaTeX; None where the report has no claim about it."""
    table = printed_table(report, name)
    return None if table is None else _tabular(table, report)


def _tabular(table: PrintedTable, report: Report) -> str:
    lines = [
        f"% {one_line(table.title)}: printed and ours, {one_line(report.profile)} profile, {one_line(report.created)}",
        *(f"% {one_line(sentence)}" for sentence in table.sentences),
        rf"\begin{{tabular}}{{l{'rl' * len(table.models)}}}",
        r"\hline",
        _row(table.header),
        r"\hline",
        *map(_row, table.rows),
        r"\hline",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _row(cells: tuple[str, ...]) -> str:
    # a cell that begins with [ would be taken for the optional argument of the \\ before it
    shown = [f"{{}}{text}" if text.startswith("[") else text for text in map(escape, cells)]
    return " & ".join(shown) + r" \\"
