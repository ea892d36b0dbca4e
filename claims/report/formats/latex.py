"""The printed tables with ours beside them as LaTeX: a small ``tabular`` each, to be \\input into a paper.

No package is needed. A cell is short, so that the table fits the text width of an article: our mean, the half width of the prediction
interval for one more run, and a symbol for the verdict. The last lines of the table say so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from claims.report.content.printed_tables import ShownTable
from claims.report.content.table_cells import at_level, cells
from claims.report.formats.latex_text import escape
from claims.report.model import Entry, Report
from claims.report.papers import Level, TableCell
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
    shown = [f"{escape(found[0].printed)} & {_ours(*found)}" if found else " & " for found in of_models]
    # an empty group, because a label that begins with [ or * would be taken for an argument of the \\ before it
    return " & ".join([f"{{}}{escape(label)}" if label[:1] in "[*" else escape(label), *shown]) + r" \\"


def _ours(cell: TableCell, entry: Entry) -> str:
    """Write our level, the verdict and, raised, the number of diverged runs.

    The level is mean and interval where the claim is about it, else the median alone.
    """
    found: Evidence | Level | None = at_level(cell, entry) or cell.level
    if found is None:
        return SYMBOLS["not run"]
    ours = _measured(entry, found) if isinstance(found, Evidence) else _number(found.median)
    diverged = f"$^{{{found.n_diverged}}}$" if found.n_diverged else ""
    return f"{ours}{diverged} {SYMBOLS[entry.verdict] if entry.verdict != 'not run' else ''}".rstrip()


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
    means = [evidence for cell, entry in found if (evidence := at_level(cell, entry)) is not None]
    medians = [cell.level for cell, entry in found if cell.level is not None and at_level(cell, entry) is None]
    measured: list[Evidence | Level] = [*means, *medians]
    if not measured:
        return ["-- not run: none of these numbers has been measured in this run."]
    lines = []
    if means:
        lines.append(f"Ours: mean of {_seeds(means)} seeds $\\pm$ half the prediction interval for one more run.")
    if medians:
        lines.append(f"Ours: median of {_seeds(medians)} seeds, judged by its order among the others.")
    of_cells = {entry.verdict for cell, entry in found if entry.verdict != "not run" or cell.level is None}
    verdicts = [verdict for verdict in VERDICTS if verdict in of_cells]
    lines.append(", ".join(f"{SYMBOLS[verdict]} {verdict}" for verdict in verdicts) + ".")
    if any(one.n_diverged for one in measured):
        lines.append("Raised: so many runs diverged.")
    return lines


def _seeds(measured: Sequence[Evidence | Level]) -> str:
    return enumeration([str(n) for n in sorted({one.n for one in measured})])
