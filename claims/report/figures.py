"""The pictures of a section, by matplotlib as SVG text: every seed a thin line, the median thick, the baseline dashed.

The SVG is the same on every run: fixed hash salt, no date. Text and axes take the page's colour, so that one picture serves
light and dark.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from claims.report.model import Curve, Picture, ReportError
from claims.report.words import plural

# The paper's colours by family in tones that colour-blind readers tell apart (Okabe and Ito, "Color Universal Design", 2008),
# the orange and the purple darkened for contrast on white; a line style each, so that colour is never alone.
STYLES: Mapping[str, tuple[str, str]] = {
    "rin-dt": ("#009e73", ":"),
    "irnn": ("#d97706", "--"),
    "lstm": ("#9b4f96", "-."),
    "rin": ("#0072b2", "-"),
    "tanh": ("#8a7000", ":"),
    "relu": ("#c2185b", "--"),
}
FloatArray = NDArray[np.float64]
OTHER_STYLE = ("#777777", "-")
_INK = "#010203"  # stands for the page's text colour until the SVG is written
_SETTINGS: Mapping[Any, Any] = {
    "figure.facecolor": "none",  # the page shows through, light or dark
    "axes.facecolor": "none",
    "svg.fonttype": "none",  # text stays text: searchable, small
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def style(arm: str) -> tuple[str, str]:
    """The colour and line style of an arm, by the cell its name starts with."""
    return next((chosen for cell, chosen in STYLES.items() if arm.lower().startswith(cell)), OTHER_STYLE)


def curve_figure(picture: Picture) -> str:
    """The picture as SVG text. Raises ReportError where it has no curve."""
    if not picture.curves:
        raise ReportError(f"the picture {picture.title!r} has no curve; leave it out")
    with matplotlib.rc_context({**_SETTINGS, "svg.hashsalt": f"{picture.paper}/{picture.section}/{picture.title}"}):
        figure = Figure(figsize=(4.8, 3.2), layout="constrained")
        axes = figure.add_subplot()
        arms = list(dict.fromkeys(curve.arm for curve in picture.curves))
        for arm in arms:
            _draw_arm(axes, arm, [curve for curve in picture.curves if curve.arm == arm], picture)
        if picture.baseline is not None:
            axes.axhline(picture.baseline, color=_INK, linewidth=0.8, linestyle=(0, (6, 3)), label=f"baseline {picture.baseline:.3g}")
        if picture.log_y:
            axes.set_yscale("log")
        axes.set(xlabel=picture.x_label, ylabel=picture.y_label)
        axes.legend(frameon=False, fontsize=8)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(text.getvalue(), describe(picture), re.sub(r"[^a-z0-9]+", "-", f"{picture.section}-{picture.title}".lower()))


def describe(picture: Picture) -> str:
    """The picture in words, for readers who do not see it."""
    arms = dict.fromkeys(curve.arm for curve in picture.curves)
    runs = ", ".join(f"{arm} ({plural(sum(curve.arm == arm for curve in picture.curves), 'run')})" for arm in arms)
    return f"{picture.title}: {picture.y_label} against {picture.x_label} for {runs}."


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


def _draw_arm(axes: Axes, arm: str, curves: Sequence[Curve], picture: Picture) -> None:
    colour, line = style(arm)
    for curve in curves:
        axes.plot(curve.x, curve.y, color=colour, linewidth=0.6, alpha=0.5)
        if curve.diverged:
            axes.plot(curve.x[-1], curve.y[-1], color=colour, marker="x", markersize=5)
    x, middle = median_curve(curves, picture.higher_is_better)
    axes.plot(x, middle, color=colour, linewidth=2.0, linestyle=line, label=arm)


def _inline(svg: str, label: str, prefix: str) -> str:
    """The SVG element alone, with a label, ids of its own and the page's text colour."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = svg.replace(_INK, "currentColor")
    attribute = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace("<svg ", f'<svg class="curves" role="img" aria-label="{attribute}" ', 1)
