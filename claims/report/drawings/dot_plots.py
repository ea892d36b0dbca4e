"""A printed table as a dot plot: printed number, our seeds, and the prediction interval for one more run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from claims.paper import NetworkStyle
from claims.report.content.table_cells import at_level, cells
from claims.report.drawings.drawing import INK, Drawing, drawable, drawing
from claims.report.drawings.families import family
from claims.report.model import Report
from claims.report.papers import ReportedTable
from claims.results import Evidence
from claims.text import number, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

ROW_HEIGHT, MARGIN, WIDTH = 0.5, 1.1, 5.6  # inches
LANES = 0.6  # of the height of a row, over which the columns of the table lie


@dataclass(frozen=True)
class Dot:
    """One measured number of a table: its row, its model, the number as printed, and what our seeds say."""

    row: str
    model: str
    printed: float
    evidence: Evidence


def dot_plot(report: Report, table: ReportedTable, styles: Sequence[NetworkStyle]) -> Drawing | None:
    """Draw the numbers of ``table`` that were measured, in ``styles``. Returns None where none was."""
    found = dots(report, table)
    if not found:
        return None
    rows = {row: place for place, row in enumerate(dict.fromkeys(dot.row for dot in found))}
    columns = tuple(dict.fromkeys(cell.column for cell in table.cells))
    title = f"{table.short_title}: printed and ours, {table.axis}"

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for dot in found:
            _draw(axes, dot, family(dot.model, styles), rows[dot.row] + _lane(columns.index(dot.model), len(columns)))
        axes.set_yticks(range(len(rows)), [visible(row) for row in rows])
        axes.set(xlabel=table.axis, ylim=(len(rows) - 0.4, -0.6))
        axes.legend(handles=_legend(found, styles), frameon=False, fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    return drawing(title, describe(title, found), data(found), (WIDTH, MARGIN + ROW_HEIGHT * len(rows)), draw, styles, (columns, found))


def _lane(column: int, columns: int) -> float:
    """Return how far below the middle of its row a column lies."""
    return LANES * (column / (columns - 1) - 0.5) if columns > 1 else 0.0


def dots(report: Report, table: ReportedTable) -> tuple[Dot, ...]:
    """Return the numbers of ``table`` with finite seeds of ours, in the table's order."""
    return tuple(
        Dot(cell.label, cell.column, float(cell.printed), evidence)
        for cell, entry in cells(report, table)
        if (evidence := at_level(cell, entry)) is not None and _finite(evidence)
    )


def describe(title: str, found: Sequence[Dot]) -> str:
    """Describe the drawing in words, for readers who do not see it."""
    parts = [f"{dot.row} {dot.model} printed {number(dot.printed)}, ours {_ours(dot.evidence)}" for dot in found]
    return f"{title}. {'; '.join(parts)}."


def _ours(evidence: Evidence) -> str:
    """Write the mean over all seeds, or the range of the seeds that did not diverge."""
    if not evidence.n_diverged:
        return f"{number(evidence.estimate)} over {evidence.n} seeds"
    values = _finite(evidence)
    return f"{number(min(values))} to {number(max(values))}, and {_diverged(evidence)}"


def _diverged(evidence: Evidence) -> str:
    return f"{evidence.n_diverged} of {evidence.n} diverged"


def data(found: Sequence[Dot]) -> str:
    """Write the drawing's numbers as comma-separated text, a row a seed."""
    columns = ("row", "model", "printed", "prediction_lower", "prediction_upper", "seed", "value")
    rows = [
        (dot.row, dot.model, dot.printed, dot.evidence.lower, dot.evidence.upper, seed, value)
        for dot in found
        for seed, value in zip(dot.evidence.seed_of_value, dot.evidence.values, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(columns)).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def _finite(evidence: Evidence) -> list[float]:
    return [value for value in evidence.values if math.isfinite(value)]


def _draw(axes: Axes, dot: Dot, shown: NetworkStyle, y: float) -> None:
    """Draw a bar for the interval, a marker a seed, a stroke for the printed number, diverged seeds in words."""
    evidence = dot.evidence
    if evidence.lower is not None and evidence.upper is not None and all(map(math.isfinite, (evidence.lower, evidence.upper))):
        axes.plot(drawable((evidence.lower, evidence.upper)), (y, y), color=shown.light, linewidth=4, alpha=0.35, solid_capstyle="butt")
    values = _finite(evidence)
    axes.plot(drawable(values), [y] * len(values), color=shown.light, marker=shown.marker, markersize=3.5, linestyle="none")
    axes.plot(drawable([dot.printed]), y, color=INK, marker="|", markersize=9, markeredgewidth=2)
    if evidence.n_diverged:  # no place on the axis is theirs
        axes.text(1.01, y, f"{dot.model}: {_diverged(evidence)}", color=INK, fontsize=7, va="center", transform=axes.get_yaxis_transform())


def _legend(found: Sequence[Dot], styles: Sequence[NetworkStyle]) -> list[Line2D]:
    from matplotlib.lines import Line2D  # here, as in ``drawing``

    models = {dot.model: family(dot.model, styles) for dot in found}
    handles = [
        Line2D([], [], color=shown.light, marker=shown.marker, markersize=4, linestyle="none", label=f"{model}, a seed")
        for model, shown in models.items()
    ]
    printed = Line2D([], [], color=INK, marker="|", markersize=9, markeredgewidth=2, linestyle="none", label="printed")
    return [*handles, printed, Line2D([], [], color=next(iter(models.values())).light, linewidth=4, alpha=0.35, label="one more run")]
