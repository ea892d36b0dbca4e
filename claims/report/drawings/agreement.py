"""A part of a printed table in its printed order: each printed number with the level of our runs.

Where our runs keep the printed order, their dots move to the left from line to line as the strokes of the printed numbers do.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from jinja2 import Environment

from claims.paper import NetworkStyle
from claims.report.content.printed_tables import ShownPart
from claims.report.drawings.drawing import INK, PAGE, Drawing
from claims.report.drawings.effect_plot import ticks
from claims.report.drawings.families import family
from claims.report.drawings.lean_svg import lean
from claims.report.papers import Level, ReportedTable, TableCell
from claims.text import number, plural, visible

# Drawing units. The words of a line stand to the left of LEFT, how much of the order it keeps to the right of RIGHT.
WIDTH, LEFT, RIGHT = 360, 92, 306
TOP, LINE, BETWEEN, BELOW = 34, 13, 5, 34  # heights: of the legend, of a line, between two blocks, and of the axis
COLUMNS = ("cell", "printed", "median", "lower", "upper", "seeds", "diverged", "pairs_kept", "pairs")


@dataclass(frozen=True)
class Line:
    """A cell as drawn, in drawing units.

    ``bar`` are the two bounds, ``dot`` is the median; None where there is none to draw. ``kept`` is what is said at the right.
    """

    y: int
    name: str
    claim: str
    colour: str
    printed: float
    bar: tuple[float, float] | None
    dot: float | None
    solid: bool  # more than half of its pairs keep the printed order
    kept: str


def agreement_drawing(table: ReportedTable, part: ShownPart, styles: Sequence[NetworkStyle], environment: Environment) -> Drawing:
    """Draw a part of a table whose order was judged, in ``styles``."""
    cells = in_printed_order(part.cells)
    title = f"{table.short_title}, {part.name}: printed and ours in the printed order"
    low, high = _range(cells)

    def place(value: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (min(max(value, low), high) - low) / (high - low), 1)

    lines, y = [], TOP
    for before, cell in zip([None, *cells], cells, strict=False):
        y += LINE + (BETWEEN if before is not None and _block(before) != _block(cell) else 0)
        lines.append(_line(cell, y, styles, place))
    svg = environment.get_template("agreement.svg").render(
        lines=lines,
        ticks=[(place(value), number(value)) for value in ticks(low, high)],
        axis=table.axis,
        width=WIDTH,
        height=y + BELOW,
        left=LEFT,
        right=RIGHT,
        bottom=y + 8,
        top=TOP,
        ink=INK,
        page=PAGE,
        judged=any(cell.level is not None and cell.level.pairs for cell in cells),
    )
    return Drawing(title, describe(title, cells), data(cells), lean(visible(svg)), tuple(styles))


def in_printed_order(cells: Iterable[TableCell]) -> tuple[TableCell, ...]:
    """Sort cells block by block, each block from its largest printed number to its smallest."""
    found = tuple(cells)
    blocks = {block: place for place, block in enumerate(dict.fromkeys(map(_block, found)))}
    return tuple(sorted(found, key=lambda cell: (blocks[_block(cell)], -float(cell.printed))))


def _block(cell: TableCell) -> str:
    return cell.in_order.block if cell.in_order is not None else ""


def _name(cell: TableCell) -> str:
    return cell.in_order.arm if cell.in_order is not None else f"{cell.column} {cell.label}"


def _line(cell: TableCell, y: int, styles: Sequence[NetworkStyle], place: Callable[[float], float]) -> Line:
    level, dot, bar = cell.level, None, None
    if level is not None and level.median is not None and math.isfinite(level.median):
        dot = place(level.median)
        bar = (place(-math.inf if level.lower is None else level.lower), place(math.inf if level.upper is None else level.upper))
    solid = level is None or not level.pairs or 2 * level.kept > level.pairs
    return Line(
        y, _name(cell), cell.claim, family(cell.column, styles).light, place(float(cell.printed)), bar, dot, solid, _kept(level, dot)
    )


def _kept(level: Level | None, dot: float | None) -> str:
    if level is None:
        return "not run"
    if dot is None:
        return f"{level.n_diverged} of {level.n} diverged"
    return f"{level.kept} of {level.pairs}" if level.pairs else ""


def _range(cells: Sequence[TableCell]) -> tuple[float, float]:
    """Return the ends of the axis: all printed numbers and medians, and the finite bounds, with room at either side."""
    levels = [cell.level for cell in cells if cell.level is not None]
    ours = itertools.chain.from_iterable((one.median, one.lower, one.upper) for one in levels)
    every = [*(float(cell.printed) for cell in cells), *(value for value in ours if value is not None and math.isfinite(value))]
    low, high = min(every), max(every)
    room = 0.04 * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


def describe(title: str, cells: Sequence[TableCell]) -> str:
    """Describe the drawing in words, for readers who do not see it."""
    return f"{title}. {'; '.join(f'{_name(cell)} printed {cell.printed}, {_ours(cell.level)}' for cell in cells)}."


def _ours(level: Level | None) -> str:
    if level is None:
        return "not run"
    kept = f", {level.kept} of {plural(level.pairs, 'pair')} as printed" if level.pairs else ""
    return f"ours {number(level.median)}{kept}"


def data(cells: Sequence[TableCell]) -> str:
    """Write the drawing's numbers as comma-separated text, a row a cell; empty where there was no run."""
    rows = []
    for cell in cells:
        one = cell.level
        ours = (None,) * 7 if one is None else (one.median, one.lower, one.upper, one.n, one.n_diverged, one.kept, one.pairs)
        rows.append((_name(cell), cell.printed, *ours))
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    return frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")
