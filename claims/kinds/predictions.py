"""The kinds of prediction: an interval for an effect is set against a region in the metric's own units (design: the table of kinds).

Frozen dataclasses, and what makes one of them malformed. How each is measured and judged is in ``claims.kinds.verdict``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """What every kind shares. ``metric`` names a metric or a curve of an Outcome; ``unit`` is the metric's own.

    ``why`` gives the reason for the margin, threshold or tolerance: a number without one is refused.

    ``diverged_value``, in the metric's unit, is what one diverged run counts as where an arm takes several recipes together (a grid of
    settings): the value of a network that learned nothing. None: the whole seed counts as diverged, the worst rank. An arm of one
    recipe keeps the worst rank either way.
    """

    metric: str
    unit: str
    why: str
    higher_is_better: bool = True
    log10: bool = False  # compare decimal logarithms, for metrics that span decades
    diverged_value: float | None = None


@dataclass(frozen=True)
class Identity(Prediction):
    """The largest absolute error of a formal identity, float64, is at most ``tolerance``. No sampling."""

    tolerance: float = 0.0


@dataclass(frozen=True)
class Arithmetic(Prediction):
    """A computation on printed numbers agrees with what the paper prints. ``check`` returns an ArithmeticResult-like Evidence."""

    check: str = ""  # name of a function in claims.papers.<paper>.tables that returns Evidence
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Below(Prediction):
    """The arm's level lies below ``threshold``."""

    arm: str = ""
    threshold: float | None = None


@dataclass(frozen=True)
class Above(Prediction):
    """The arm's level lies above ``threshold``."""

    arm: str = ""
    threshold: float | None = None


@dataclass(frozen=True)
class Greater(Prediction):
    """``better`` has the better metric (paired by seed): the advantage is above 0.

    Contradicted when the whole interval lies below ``smallest_effect``, the smallest advantage of interest (>= 0).

    With ``in_all`` the arms are not averaged: their recipes are paired by position ("faster in all tasks") and a seed's effect is the
    smallest advantage over the pairs. Contradicted when the advantage in some pair lies below ``smallest_effect`` (Holm over the pairs).
    """

    better: str = ""
    worse: str = ""
    smallest_effect: float | None = None
    in_all: bool = False


@dataclass(frozen=True)
class Similar(Prediction):
    """Two arms differ by less than ``margin`` either way (two one-sided tests)."""

    first: str = ""
    second: str = ""
    margin: float | None = None


@dataclass(frozen=True)
class Ranking(Prediction):
    """``order`` lists arms from best to worst. Every arm of one tier is better than every arm of the next tier.

    ``order`` is a tuple of tiers, each a tuple of arm names. Reproduced when every step between adjacent tiers holds;
    contradicted when some step is reversed (Holm over the steps).
    """

    order: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class LearnsFaster(Prediction):
    """``faster`` needs fewer updates to a stated level than ``slower``; runs that never reach it are censored at the budget.

    ``metric`` names an Outcome metric holding the updates to the level (None: censored). ``faster`` may name several arms: every one
    of them must be faster than ``slower``; contradicted when one is shown to be slower (Holm over the arms).

    ``allowance`` turns "faster" into "as good as" (non-inferiority): each ``faster`` arm needs fewer than ``allowance`` times the
    updates of ``slower``.
    """

    faster: str | tuple[str, ...] = ""
    slower: str = ""
    allowance: float = 1.0

    @property
    def faster_arms(self) -> tuple[str, ...]:
        """The names in ``faster``, also where it is one name alone."""
        return (self.faster,) if isinstance(self.faster, str) else self.faster


@dataclass(frozen=True)
class FailsToConverge(Prediction):
    """The share of runs that diverge, or whose metric is no better than ``baseline``, exceeds ``share`` (Clopper-Pearson)."""

    arm: str = ""
    baseline: float | None = None
    share: float = 0.5


@dataclass(frozen=True)
class MoreStable(Prediction):
    """A named roughness statistic (``metric``, lower is smoother) is smaller for ``steadier`` than for ``rougher``.

    Where the arms are grids of settings it is the mean over the grid.
    """

    steadier: str = ""
    rougher: str = ""


@dataclass(frozen=True)
class LessSensitive(Prediction):
    """The results of ``steadier`` vary less over a grid of settings than those of ``rougher``.

    An arm's recipes are the grid. A seed's statistic is the sensitivity of ``metric`` over it (``claims.statistics.sensitivity``): the
    mean shortfall from the grid's best run, in the metric's unit. A diverged run takes ``diverged_value``, which this kind needs. With
    ``log10`` the shortfalls are those of the metric's decimal logarithm.
    """

    steadier: str = ""
    rougher: str = ""


@dataclass(frozen=True)
class NearZero(Prediction):
    """The curve ``metric`` stays within +-``tolerance`` times the outcome's ``scale`` metric at every step.

    The simultaneous statement is made through the per-seed supremum over steps of |curve| / scale. ``also`` lists further curves,
    each with its own scale metric (further layers), that must stay within the same tolerance; the supremum is then over all of them.
    """

    arm: str = ""
    scale: str = ""  # metric that holds the scale; "" for raw units
    tolerance: float | None = None
    also: tuple[tuple[str, str], ...] = ()

    @property
    def curves(self) -> tuple[tuple[str, str], ...]:
        """Every curve with its scale metric, the first one included."""
        return ((self.metric, self.scale), *self.also)


@dataclass(frozen=True)
class MatchesPublished(Prediction):
    """A printed number (one run) lies in the prediction interval of our seeds, which is no wider than ``useful_width``."""

    arm: str = ""
    published: float | None = None
    useful_width: float | None = None
    test_items: int | None = None  # size of the paper's test set, for binomial noise of a percentage


_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Arithmetic": ("check",),
    "Below": ("arm", "threshold"),
    "Above": ("arm", "threshold"),
    "Greater": ("better", "worse", "smallest_effect"),
    "Similar": ("first", "second", "margin"),
    "Ranking": ("order",),
    "LearnsFaster": ("faster", "slower"),
    "FailsToConverge": ("arm", "baseline"),
    "MoreStable": ("steadier", "rougher"),
    "LessSensitive": ("steadier", "rougher", "diverged_value"),
    "NearZero": ("arm", "tolerance"),
    "MatchesPublished": ("arm", "published", "useful_width"),
}
_REMEDIES: Mapping[str, str] = {"diverged_value": ": the metric of a run that learned nothing, for example 10.0 for chance in percent"}


def kind(prediction: Prediction) -> str:
    """The name of a prediction's kind as the design's table spells it."""
    return type(prediction).__name__


def arm_names(prediction: Prediction) -> tuple[str, ...]:
    """The names of the arms a prediction speaks of, in the order it names them."""
    if isinstance(prediction, Ranking):
        return tuple(name for tier in prediction.order for name in tier)
    if isinstance(prediction, LearnsFaster):
        return (*prediction.faster_arms, prediction.slower)
    names = ("arm", "better", "worse", "first", "second", "steadier", "rougher")
    return tuple(getattr(prediction, name) for name in names if getattr(prediction, name, ""))


def problem(prediction: Prediction) -> str:
    """What is wrong with ``prediction`` as written, in one line with the remedy; "" where nothing is."""
    p, name = prediction, kind(prediction)
    for needed in _REQUIRED.get(name, ()):
        if getattr(p, needed) in (None, "", ()):
            return f"{name} needs `{needed}`" + _REMEDIES.get(needed, "")
    for number in ("margin", "tolerance", "smallest_effect", "useful_width"):
        value = getattr(p, number, None)
        if value is not None and not 0 <= value < math.inf:
            return f"`{number}` must be a finite number >= 0, not {value!r}"
    for number in ("threshold", "published", "baseline"):
        value = getattr(p, number, None)
        if value is not None and not math.isfinite(value):
            return f"`{number}` must be a finite number, not {value!r}"
    if p.diverged_value is not None and not math.isfinite(p.diverged_value):
        return f"`diverged_value` must be finite, not {p.diverged_value!r}; leave it out to count a diverged run as the worst rank"
    averages_nothing = isinstance(p, (Identity, Arithmetic, LearnsFaster, NearZero)) or (isinstance(p, Greater) and p.in_all)
    if p.diverged_value is not None and averages_nothing:
        return f"{name}{' with `in_all`' if isinstance(p, Greater) else ''} averages no recipes; leave `diverged_value` out"
    match p:
        case LearnsFaster(allowance=allowance) if not 0 < allowance < math.inf:
            return f"`allowance` must be positive and finite, not {allowance!r}"
        case LearnsFaster(slower=slower) if "" in p.faster_arms or len({*p.faster_arms, slower}) <= len(p.faster_arms):
            return "`faster` and `slower` must name different arms, each once"
        case NearZero() if any(len(pair) != 2 or not pair[0] for pair in p.also):
            return "`also` lists pairs of a curve and its scale metric, for example (('eq3/layer2', 'activation_scale/layer2'),)"
        case NearZero() if len({bool(scale) for _, scale in p.curves}) > 1:
            return "one tolerance cannot hold for raw and for scaled curves; give every curve a scale, or none"
        case NearZero() if len(set(p.curves)) < len(p.curves):
            return "`also` repeats a curve; name each curve once"
    return ""
