"""The pictures of a section as drawings: every seed a thin line, the median thick, the baseline dashed."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from claims.report.drawing import INK, Drawing, drawing
from claims.report.families import family, markers
from claims.report.model import Curve, Picture, ReportError
from claims.report.words import number, plural

FloatArray = NDArray[np.float64]
SIZE = (4.8, 3.2)  # inches: two stand side by side on a page, and the text stays legible on a phone
MARKERS = 8  # along a median


@functools.lru_cache(maxsize=256)  # the page and the files show the same pictures
def curve_drawing(picture: Picture) -> Drawing:
    """The picture, drawn. Raises ReportError where it has no curve."""
    if not picture.curves:
        raise ReportError(f"the picture {picture.title!r} has no curve; leave it out")

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for arm, marker in markers(arms(picture)).items():
            _draw_arm(axes, arm, marker, picture)
        if picture.baseline is not None:
            axes.axhline(picture.baseline, color=INK, linewidth=0.8, linestyle=(0, (6, 3)), label=f"baseline {picture.baseline:.3g}")
        if picture.log_y:
            axes.set_yscale("log")
        axes.set(xlabel=picture.x_label, ylabel=picture.y_label)
        axes.legend(frameon=False, fontsize=8, handlelength=3.5)

    return drawing(picture.title, describe(picture), data(picture), SIZE, draw)


def arms(picture: Picture) -> tuple[str, ...]:
    """The arms of a picture in the order of their first curves."""
    return tuple(dict.fromkeys(curve.arm for curve in picture.curves))


def describe(picture: Picture) -> str:
    """The picture in words, for readers who do not see it: what is drawn, of how many runs, and where each median ends."""
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
    """The picture's numbers as comma-separated text: a row an x, a column a run, empty where a run has no value."""
    columns = {f"{curve.arm} seed {curve.seed}": pd.Series(curve.y, index=curve.x) for curve in picture.curves}
    frame = pd.DataFrame(columns).sort_index()
    frame.index = pd.Index([f"{x:g}" for x in frame.index], name=picture.x_label)
    return frame.to_csv(float_format="%.5g", lineterminator="\n")


def median_curve(curves: Sequence[Curve], higher_is_better: bool) -> tuple[FloatArray, FloatArray]:
    """The median over seeds at every checkpoint of any of them, shape (checkpoints,) each.

    A run that stopped early keeps its last value; a diverged run takes the worst rank from its end on. Where the median falls on a
    diverged run it is NaN.
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
    return checkpoints, np.where(undefined, np.nan, (np.where(undefined, 0.0, low) + np.where(undefined, 0.0, high)) / 2)


def _of(picture: Picture, arm: str) -> list[Curve]:
    return [curve for curve in picture.curves if curve.arm == arm]


def _draw_arm(axes: Axes, arm: str, marker: str, picture: Picture) -> None:
    shown, curves = family(arm), _of(picture, arm)
    for curve in curves:
        axes.plot(curve.x, curve.y, color=shown.light, linewidth=0.7, alpha=0.6)
        if curve.diverged:
            axes.plot(curve.x[-1], curve.y[-1], color=shown.light, marker="x", markersize=5)
    x, middle = median_curve(curves, picture.higher_is_better)
    every = max(1, len(x) // MARKERS)
    axes.plot(x, middle, color=shown.light, linewidth=2.0, linestyle=shown.line, marker=marker, markersize=4, markevery=every, label=arm)
