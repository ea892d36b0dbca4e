"""The picture of one claim: its interval against the region that decides, one dot a seed, as a small SVG.

Drawn by a template, not by matplotlib: a report has a hundred of them and each must weigh little.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from jinja2 import Environment

from claims.report.drawings.drawing import drawable
from claims.report.model import Entry
from claims.report.words import interval
from claims.results import Evidence
from claims.text import number, one_line, plural

# Drawing units; 360 wide so that the labels stay legible when a phone shows the picture at its own width.
LEFT, RIGHT = 12, 348
TICKS = 5  # of the axis at most
DOT_ROWS = 3  # seeds are spread over three lines, so that equal values stay visible as separate dots


@dataclass(frozen=True)
class EffectPlot:
    """Horizontal positions in drawing units; ``beyond`` counts the seeds at minus and plus infinity (diverged runs)."""

    label: str
    inside: tuple[tuple[float, float], ...]
    outside: tuple[tuple[float, float], ...]
    edges: tuple[float, ...]
    mark: float | None
    bar: tuple[float, float] | None
    open_left: bool
    open_right: bool
    estimate: float | None
    dots: tuple[tuple[float, float], ...]
    beyond: tuple[int, int]
    ticks: tuple[tuple[float, str], ...]
    sides: tuple[str, str]  # what lies to the left and to the right


def effect_plot(entry: Entry) -> EffectPlot | None:
    """Compute the geometry of a claim's picture.

    Returns None where there is nothing finite to draw, or no region to set it against.
    """
    evidence = entry.evidence
    if evidence is None:
        return None
    drawn = _finite((evidence.estimate, evidence.lower, evidence.upper, *evidence.values))
    spans = (*entry.region.inside, *entry.region.outside)
    edges = sorted(set(_finite(x for span in spans for x in span)))
    if not drawn or not (spans or entry.region.mark is not None):
        return None
    low, high = _range([*drawn, *edges, *_finite([entry.region.mark])])

    def place(x: float) -> float:
        inside = min(max(x, low), high)
        return round(LEFT + (RIGHT - LEFT) * (inside - low) / (high - low), 1)

    def strip(spans: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
        return tuple((place(a), place(b)) for a, b in spans if place(b) > place(a))

    lower = -math.inf if evidence.lower is None else evidence.lower
    upper = math.inf if evidence.upper is None else evidence.upper
    bounded = evidence.lower is not None or evidence.upper is not None
    finite = _finite(evidence.values)
    return EffectPlot(
        label=describe(entry, evidence),
        inside=strip(entry.region.inside),
        outside=strip(entry.region.outside),
        edges=tuple(place(x) for x in edges),
        mark=None if entry.region.mark is None else place(entry.region.mark),
        bar=(place(lower), place(upper)) if bounded else None,
        open_left=bounded and math.isinf(lower),
        open_right=bounded and math.isinf(upper),
        estimate=place(evidence.estimate) if evidence.estimate is not None and math.isfinite(evidence.estimate) else None,
        dots=tuple((place(x), 51 + 4 * (index % DOT_ROWS)) for index, x in enumerate(finite)),
        beyond=(sum(x == -math.inf for x in evidence.values), sum(x == math.inf for x in evidence.values)),
        ticks=tuple((place(x), number(x)) for x in ticks(low, high)),
        sides=entry.region.sides,
    )


def effect_svg(entry: Entry, environment: Environment) -> str:
    """Draw the picture as SVG text; "" where there is nothing to draw."""
    plot = effect_plot(entry)
    return "" if plot is None else environment.get_template("effect.svg").render(plot=plot, left=LEFT, right=RIGHT)


def describe(entry: Entry, evidence: Evidence) -> str:
    """Describe the picture in words, for readers who do not see it."""
    return one_line(
        f"{entry.verdict}: estimate {number(evidence.estimate)} {evidence.unit}, interval {interval(entry)}, "
        f"{plural(evidence.n, 'seed')}, {evidence.n_diverged} diverged"
    )


def data(entry: Entry) -> str:
    """Write the numbers of the picture as comma-separated text; "" without evidence.

    A row is a seed with its effect and the metric of each arm (empty: diverged). The estimate and its bounds follow.
    """
    evidence = entry.evidence
    if evidence is None:
        return ""
    seeds = evidence.seed_of_value
    effects = (*evidence.values, evidence.estimate, evidence.lower, evidence.upper)
    columns = {f"effect ({evidence.unit})": effects, **{arm: values[: len(seeds)] for arm, values in evidence.arms.items()}}
    frame = pd.DataFrame({name: pd.Series(values, dtype=float) for name, values in columns.items()})
    frame.index = pd.Index([*map(str, seeds), "estimate", "lower", "upper"], name="seed")
    return frame.to_csv(float_format="%.6g", lineterminator="\n")


def _finite(values: Iterable[float | None]) -> list[float]:
    return [x for x in values if x is not None and math.isfinite(x)]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = drawable((min(values), max(values))).tolist()
    pad = 0.08 * (high - low) or 0.1 * abs(high) or 1.0  # 8 % leaves the outermost dot whole
    return low - pad, high + pad


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers from ``low`` to ``high``, at most five, as close as steps of 1, 2 or 5 allow."""
    power = 10.0 ** math.floor(math.log10((high - low) / TICKS)) if high - low > sys.float_info.min * 1e10 else 0.0
    for step in (power, 2 * power, 5 * power, 10 * power):
        if not step or not math.isfinite(step):
            break
        places = range(math.ceil(low / step), math.floor(high / step) + 1)
        if len(places) <= TICKS:
            # from the decimals of the step, because 3 * 0.1 is not 0.3; so 0 is 0
            return [float(f"{place * step:.12g}") for place in places]
    return []
