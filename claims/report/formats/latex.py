"""The printed tables with ours beside them as LaTeX: a small ``tabular`` each, to be \\input into a paper.

No package is needed. A cell is short, so that the table fits the text width of an article: our mean, the half width of the prediction
interval for one more run, and a symbol for the verdict. The last lines of the table say so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from claims.report.content.printed_tables import ShownTable
from claims.report.content.table_cells import cells
from claims.report.formats.latex_text import escape
from claims.report.model import Entry, Report
from claims.report.papers import TableCell
from claims.results import VERDICTS, Evidence, VerdictName
from claims.text import enumeration, one_line

SYMBOLS: Mapping[VerdictName, str] = {"reproduced": r"$\surd$", "contradicted": r"$\times$", "inconclusive": "?", "not run": "--"}
FOOTNOTE, SCRIPT = "footnotesize", "scriptsize"  # so that three, or four, models fit the 345 points of an article's lines
STRUT = r"\rule{0pt}{2.4ex}"  # keeps a line of text off the rule above it
Cell = tuple[TableCell, Entry]
UNEVEN = 0.02  # of an interval: its two halves differ by no more than rounding does


MADE = ": printed and ours, "  # in the first line of every file of this form


def dumps(report: Report, table: ShownTable) -> str:
    """Write a table of the report as LaTeX."""
    comments = (f"{table.data.title}{MADE}{report.profile} profile, {report.created}", *table.sentences)
    return "\n".join([*(f"% {one_line(comment)}" for comment in comments), *_tabular(cells(report, table.data))]) + "\n"


def _tabular(found: Sequence[Cell]) -> list[str]:
    models = tuple(dict.fromkeys(cell.column for cell, _ in found))
    rows: dict[str, dict[str, Cell]] = {}
    for cell, entry in found:
        rows.setdefault(cell.label, {})[cell.column] = (cell, entry)
    return [
        rf"\begingroup\{FOOTNOTE if len(models) <= 3 else SCRIPT}\setlength{{\tabcolsep}}{{2pt}}",
        rf"\begin{{tabular}}{{@{{}}l{'rl' * len(models)}@{{}}}}",
        r"\hline",
        STRUT + " & ".join(["", *(rf"\multicolumn{{2}}{{l}}{{{escape(model)}}}" for model in models)]) + r" \\",
        " & ".join(["", *["paper & ours"] * len(models)]) + r" \\",
        r"\hline",
        STRUT + "\n".join(_row(row, [by_model.get(model) for model in models]) for row, by_model in rows.items()),
        r"\hline",
        *(
            rf"\multicolumn{{{1 + 2 * len(models)}}}{{@{{}}l@{{}}}}{{{STRUT if not number else ''}{line}}} \\"
            for number, line in enumerate(_legend(found))
        ),
        r"\end{tabular}\endgroup",
    ]


def _row(label: str, of_models: Sequence[Cell | None]) -> str:
    shown = [f"{escape(found[0].printed)} & {_ours(found[1])}" if found else " & " for found in of_models]
    # an empty group, because a label that begins with [ or * would be taken for an argument of the \\ before it
    return " & ".join([f"{{}}{escape(label)}" if label[:1] in "[*" else escape(label), *shown]) + r" \\"


def _ours(entry: Entry) -> str:
    """Write mean, interval, verdict and, raised, the number of diverged runs."""
    evidence = entry.evidence
    if evidence is None:
        return SYMBOLS["not run"]
    diverged = f"$^{{{evidence.n_diverged}}}$" if evidence.n_diverged else ""
    return f"{_measured(entry, evidence)}{diverged} {SYMBOLS[entry.verdict]}"


def _measured(entry: Entry, evidence: Evidence) -> str:
    lower, middle, upper = (evidence.lower, evidence.estimate, evidence.upper)
    if middle is None or entry.basis == "exact" or (lower is None and upper is None):
        return _number(middle)
    lower, upper = (-math.inf if lower is None else lower), (math.inf if upper is None else upper)
    if math.isfinite(upper - lower) and abs(upper + lower - 2 * middle) <= UNEVEN * (upper - lower):
        return rf"{_number(middle)}$\pm${_number((upper - lower) / 2)}"
    return f"{_number(middle)} [{_number(lower)}, {_number(upper)}]"


def _number(value: float | None) -> str:
    """Write a number in points, to a tenth: our seeds differ by more."""
    if value is None:
        return "--"
    if math.isinf(value):
        return r"$\infty$" if value > 0 else r"$-\infty$"
    return f"{value:.1f}".replace("-", "$-$")


def _legend(found: Sequence[Cell]) -> list[str]:
    """Say what a cell means, in lines that are no wider than the table."""
    measured = [entry.evidence for _, entry in found if entry.evidence is not None]
    if not measured:
        return ["-- not run: none of these numbers has been measured in this run."]
    seeds = sorted({evidence.n for evidence in measured})
    verdicts = [verdict for verdict in VERDICTS if any(entry.verdict == verdict for _, entry in found)]
    lines = [
        f"Ours: mean of {enumeration([str(n) for n in seeds])} seeds $\\pm$ half the prediction interval for one more run.",
        ", ".join(f"{SYMBOLS[verdict]} {verdict}" for verdict in verdicts) + ".",
    ]
    if any(evidence.n_diverged for evidence in measured):
        lines.append("Raised: so many runs diverged.")
    return lines
