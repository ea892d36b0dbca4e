"""The pictures of a section as drawings: every seed a thin line, the median thick, the baseline dashed."""

from __future__ import annotations

import functools
import heapq
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from claims.paper import NetworkStyle
from claims.report.drawings.drawing import INK, Drawing, drawable, drawing
from claims.report.drawings.families import family, markers
from claims.report.model import Curve, Picture
from claims.text import number, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]
SIZE = (4.8, 3.2)  # inches: two stand side by side on a page, and the text stays legible on a phone
MARKERS = 6  # along a median
TICKS = 5  # intervals of an axis
# Of a line, as drawn: its axis is 300 points of print wide. The numbers beside the picture are all there.
MEDIAN_POINTS = 84
THIN_POINTS, FEWEST_POINTS = 480, 20  # of all thin lines of a picture together, and of one at least


@functools.lru_cache(maxsize=256)  # the page and the files show the same pictures
def curve_drawing(picture: Picture, styles: tuple[NetworkStyle, ...] = ()) -> Drawing:
    """Draw the picture in ``styles``."""

    def draw(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator  # here, as in ``drawing``

        axes = figure.add_subplot()
        for arm, marker in markers(arms(picture), styles).items():
            _draw_arm(axes, arm, marker, picture, family(arm, styles))
        if picture.baseline is not None:
            axes.axhline(
                *drawable([picture.baseline]), color=INK, linewidth=0.8, linestyle=(0, (6, 3)), label=f"baseline {picture.baseline:.3g}"
            )
        axes.xaxis.set_major_locator(MaxNLocator(TICKS))
        if picture.log_y:
            axes.set_yscale("log")
        else:
            axes.yaxis.set_major_locator(MaxNLocator(TICKS))
        axes.set(xlabel=picture.x_label, ylabel=picture.y_label)
        axes.legend(frameon=False, fontsize=8, handlelength=3.5)

    return drawing(picture.title, describe(picture), data(picture), SIZE, draw, styles, replace(picture, claims=()))


def arms(picture: Picture) -> tuple[str, ...]:
    """Return the arms of a picture in the order of their first curves."""
    return tuple(dict.fromkeys(curve.arm for curve in picture.curves))


def describe(picture: Picture) -> str:
    """Describe the picture in words: what is drawn, of how many runs, and where each median ends."""
    runs = []
    for arm in arms(picture):
        curves = _of(picture, arm)
        end = median_curve(curves, picture.higher_is_better)[1][-1]
        diverged = sum(curve.diverged for curve in curves)
        runs.append(
            f"{arm} ({plural(len(curves), 'run')}{f', {diverged} diverged' if diverged else ''}, "
            f"{'no median at the end' if np.isnan(end) else f'median {number(end)} at the end'})"
        )
    return f"{picture.title}: {picture.y_label} against {picture.x_label} for {', '.join(runs)}."


def data(picture: Picture) -> str:
    """Write the picture's numbers as comma-separated text.

    A row is an x, a column a run; a cell is empty where a run has no value.
    """
    columns = {f"{curve.arm} seed {curve.seed}": pd.Series(curve.y, index=curve.x) for curve in picture.curves}
    frame = pd.DataFrame(columns).sort_index()
    frame.index = pd.Index([f"{x:g}" for x in frame.index], name=picture.x_label)
    return frame.to_csv(float_format="%.5g", lineterminator="\n")


def median_curve(curves: Sequence[Curve], higher_is_better: bool) -> tuple[FloatArray, FloatArray]:
    """Compute the median over seeds at every checkpoint of any of them, shape (checkpoints,) each.

    A run that stopped early keeps its last value; a diverged run takes the worst rank from its end on. Where the median falls on a diverged
    run it is NaN.
    """
    checkpoints = np.unique(np.concatenate([curve.x for curve in curves]))
    worst = -np.inf if higher_is_better else np.inf
    rows = []
    for curve in curves:
        place = np.searchsorted(curve.x, checkpoints, side="right") - 1  # the latest checkpoint of this run
        row = np.asarray(curve.y, dtype=float)[np.maximum(place, 0)]
        row[place < 0] = np.nan
        if curve.diverged:
            row[checkpoints > curve.x[-1]] = worst
        rows.append(row)
    ranked = np.sort(np.array(rows), axis=0)
    low, high = ranked[(len(curves) - 1) // 2], ranked[len(curves) // 2]
    undefined = np.isinf(low) | np.isinf(high) | np.isnan(np.array(rows)).any(axis=0)
    halves = (np.where(undefined, 0.0, end) / 2 for end in (low, high))  # the sum of two numbers may be beyond all numbers
    return checkpoints, np.where(undefined, np.nan, sum(halves))


def _of(picture: Picture, arm: str) -> list[Curve]:
    return [curve for curve in picture.curves if curve.arm == arm]


def thinned(x: FloatArray, y: FloatArray, most: int, *, log_y: bool = False) -> tuple[FloatArray, FloatArray]:
    """Select the at most ``most`` points of a line, (points,) each, that show most of it.

    These are the ends, then ever again the point that lies farthest, upright and as drawn, from the line through the points kept so far
    (Douglas and Peucker, 1973). So peaks are kept first. The points beside a gap (NaN) are kept too.
    """
    if len(x) <= most:
        return x, y
    drawn = np.log10(np.where(y > 0, y, np.nan)) if log_y else y
    there = np.isfinite(drawn)
    edges = np.flatnonzero(there[1:] != there[:-1])
    kept = {0, len(x) - 1, *edges.tolist(), *(edges + 1).tolist()}
    corners = [index for index in sorted(kept) if there[index]]
    spans = [_farthest(x, drawn, a, b) for a, b in itertools.pairwise(corners) if there[a:b].all()]
    heapq.heapify(spans)
    while spans and len(kept) < most:
        distance, middle, a, b = heapq.heappop(spans)
        if distance == 0:  # the points left lie on the lines
            break
        kept.add(middle)
        for span in ((a, middle), (middle, b)):
            if span[1] - span[0] > 1:
                heapq.heappush(spans, _farthest(x, drawn, *span))
    return x[sorted(kept)], y[sorted(kept)]


def _farthest(x: FloatArray, y: FloatArray, a: int, b: int) -> tuple[float, int, int, int]:
    """Find the point between ``a`` and ``b`` that lies farthest from the straight line through them.

    Returns minus its upright distance, where it is, and both points.
    """
    away = np.abs(y[a : b + 1] - (y[a] + (y[b] - y[a]) * (x[a : b + 1] - x[a]) / (x[b] - x[a])))
    middle = int(np.argmax(away))
    return -float(away[middle]), a + middle, a, b


def thin_points(picture: Picture) -> int:
    """Return how many points a thin line of the picture is drawn through at most."""
    return max(FEWEST_POINTS, min(MEDIAN_POINTS, THIN_POINTS // len(picture.curves)))


def _draw_arm(axes: Axes, arm: str, marker: str, picture: Picture, shown: NetworkStyle) -> None:
    curves = _of(picture, arm)
    most = thin_points(picture)
    lines = [thinned(drawable(curve.x), drawable(curve.y), most, log_y=picture.log_y) for curve in curves]
    xs, ys = (np.concatenate([np.append(line[axis], np.nan) for line in lines]) for axis in (0, 1))  # NaN lifts the pen between two runs
    axes.plot(xs, ys, color=shown.light, linewidth=0.7, alpha=0.6)
    for curve in curves:
        if curve.diverged:
            axes.plot(drawable(curve.x[-1:]), drawable(curve.y[-1:]), color=shown.light, marker="x", markersize=5)
    checkpoints, median = map(drawable, median_curve(curves, picture.higher_is_better))
    x, middle = thinned(checkpoints, median, MEDIAN_POINTS, log_y=picture.log_y)
    every = max(1, len(x) // MARKERS)
    axes.plot(x, middle, color=shown.light, linewidth=2.0, linestyle=shown.line, marker=marker, markersize=4, markevery=every, label=arm)
