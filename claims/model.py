"""What a claim is: a quoted, located sentence of a paper turned into one prediction about measured quantities.

Frozen dataclasses and nothing else: no statistics (``claims.statistics``), no training (``reproductions``).
A dataclass checks itself when it is built, so that a malformed claim fails where it is written, in one line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reproductions.profiles import PROFILE_NAMES
from reproductions.recipes import Recipe

VerdictName = Literal["reproduced", "contradicted", "inconclusive", "not run"]
VERDICTS: tuple[VerdictName, ...] = ("reproduced", "contradicted", "inconclusive", "not run")

_ID = re.compile(r"[a-z0-9-]+(/[A-Za-z0-9-]+){2,5}")


class ClaimError(ValueError):
    """A claim that cannot be judged as written; the message names the claim and the remedy."""


@dataclass(frozen=True)
class Locator:
    """Where a claim stands in its paper. At least one field is set."""

    section: str | None = None  # "3.2", "abstract", "A"
    equation: str | None = None  # "12-13"
    figure: str | None = None  # "4(b)"
    table: str | None = None  # "1"
    cell: str | None = None  # "sequential/1-100/RIN"

    def __post_init__(self) -> None:
        if not any((self.section, self.equation, self.figure, self.table)):
            raise ClaimError("a locator needs a section, an equation, a figure or a table")

    def __str__(self) -> str:
        parts = []
        if self.section:
            parts.append(self.section if not self.section[0].isdigit() else f"section {self.section}")
        if self.equation:
            parts.append(f"Eqs. {self.equation}" if re.search(r"[-,]", self.equation) else f"Eq. {self.equation}")
        if self.figure:
            parts.append(f"Fig. {self.figure}")
        if self.table:
            parts.append(f"Table {self.table}" + (f" [{self.cell}]" if self.cell else ""))
        return ", ".join(parts)


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: recipes trained on the same seeds.

    With several recipes (the bAbI tasks) the arm's value for a seed is the mean over its recipes of that seed's metric;
    if any of them diverged, the seed counts as diverged.
    """

    name: str
    recipes: tuple[Recipe, ...]

    def __post_init__(self) -> None:
        if not self.recipes:
            raise ClaimError(f"arm {self.name!r} has no recipe")


# --- The kinds of prediction (design: an interval for the effect against a region in the metric's own units) ---


@dataclass(frozen=True)
class Prediction:
    """What every kind shares. ``metric`` names a metric or a curve of an Outcome; ``unit`` is the metric's own.

    ``why`` gives the reason for the margin, threshold or tolerance: a number without one is refused.
    """

    metric: str
    unit: str
    why: str
    higher_is_better: bool = True
    log10: bool = False  # compare decimal logarithms, for metrics that span decades


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
    """

    better: str = ""
    worse: str = ""
    smallest_effect: float | None = None


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

    ``metric`` names an Outcome metric holding the updates to the level (None: censored).
    """

    faster: str = ""
    slower: str = ""


@dataclass(frozen=True)
class FailsToConverge(Prediction):
    """The share of runs that diverge, or whose metric is no better than ``baseline``, exceeds ``share`` (Clopper-Pearson)."""

    arm: str = ""
    baseline: float | None = None
    share: float = 0.5


@dataclass(frozen=True)
class MoreStable(Prediction):
    """A named roughness statistic (``metric``, lower is smoother) is smaller for ``steadier`` than for ``rougher``."""

    steadier: str = ""
    rougher: str = ""


@dataclass(frozen=True)
class LessSensitive(Prediction):
    """A named spread statistic over a grid (``metric``, lower is steadier) is smaller for ``steadier`` than for ``rougher``."""

    steadier: str = ""
    rougher: str = ""


@dataclass(frozen=True)
class NearZero(Prediction):
    """The curve ``metric`` stays within +-``tolerance`` times the outcome's ``scale`` metric at every step.

    The simultaneous statement is made through the per-seed supremum over steps of |curve| / scale.
    """

    arm: str = ""
    scale: str = ""  # metric that holds the scale; "" for raw units
    tolerance: float | None = None


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
    "LessSensitive": ("steadier", "rougher"),
    "NearZero": ("arm", "tolerance"),
    "MatchesPublished": ("arm", "published", "useful_width"),
}


def kind(prediction: Prediction) -> str:
    """The name of a prediction's kind as the design's table spells it."""
    return type(prediction).__name__


def arm_names(prediction: Prediction) -> tuple[str, ...]:
    """The names of the arms a prediction speaks of, in the order it names them."""
    if isinstance(prediction, Ranking):
        return tuple(name for tier in prediction.order for name in tier)
    names = ("arm", "better", "worse", "first", "second", "faster", "slower", "steadier", "rougher")
    return tuple(getattr(prediction, name) for name in names if getattr(prediction, name, ""))


@dataclass(frozen=True)
class Claim:
    """A quoted sentence, figure or table cell of a paper, turned into one prediction.

    ``arms[profile]`` are the recipes a profile measures it with and ``seeds[profile]`` how many seeds; a claim judged by
    arithmetic on printed numbers has neither. ``profiles`` lists the profiles that can run it; ``not_run`` says why the
    remaining ones do not. Raises ClaimError where quote, locator, margin or reason is missing.
    """

    id: str
    paper: str
    quote: str
    locator: Locator
    prediction: Prediction
    statement: str  # the prediction in one plain English sentence
    arms: Mapping[str, tuple[Arm, ...]] = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    headline: bool = False
    not_run: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        def refuse(problem: str) -> None:
            raise ClaimError(f"claim {self.id!r}: {problem}")

        if not _ID.fullmatch(self.id):
            refuse("the id must read <paper>/<section>/<slug>[/<variant>...]")
        if not self.quote.strip():
            refuse("the quote is missing; copy the sentence from the paper")
        if not isinstance(self.locator, Locator):
            refuse("the locator is missing; say where the quote stands, for example Locator(section='3.1')")
        if not self.statement.strip():
            refuse("the statement is missing; say the prediction in one English sentence")
        if not self.prediction.why.strip():
            refuse("the reason for the margin is missing; fill in `why`")
        for name in _REQUIRED.get(kind(self.prediction), ()):
            if getattr(self.prediction, name) in (None, "", ()):
                refuse(f"{kind(self.prediction)} needs `{name}`")
        for number in ("margin", "tolerance", "smallest_effect", "useful_width"):
            value = getattr(self.prediction, number, None)
            if value is not None and not value >= 0:
                refuse(f"`{number}` must be a number >= 0, not {value!r}")
        for profile, arms in self.arms.items():
            if profile not in PROFILE_NAMES:
                refuse(f"unknown profile {profile!r}; the profiles are {', '.join(PROFILE_NAMES)}")
            have = {arm.name for arm in arms}
            missing = [name for name in arm_names(self.prediction) if name not in have]
            if missing:
                refuse(f"profile {profile!r} has no arm named {missing[0]!r}")
            if self.seeds.get(profile, 0) < 1:
                refuse(f"profile {profile!r} states no number of seeds")

    @property
    def section(self) -> str:
        return self.id.split("/")[1]

    @property
    def always_runs(self) -> bool:
        """Arithmetic on printed numbers needs no trial, so it runs in every profile."""
        return isinstance(self.prediction, Arithmetic)

    @property
    def profiles(self) -> tuple[str, ...]:
        return PROFILE_NAMES if self.always_runs else tuple(name for name in PROFILE_NAMES if name in self.arms)


# --- What was found ---


@dataclass(frozen=True)
class Evidence:
    """What the trials say about one claim.

    ``lower`` and ``upper`` are one-sided confidence bounds, each at ``confidence`` (None: unbounded at this n). ``values`` are the
    per-seed effects in seed order; a diverged run enters as -inf or +inf, the worst rank, never as a number.
    ``detectable`` is the smallest effect this n could have decided and ``seeds_needed`` the seeds that would decide the
    observed one; both only where a verdict is inconclusive.
    """

    estimate: float | None
    lower: float | None
    upper: float | None
    n: int
    n_diverged: int
    method: str
    unit: str
    confidence: float = 0.95
    looks: int = 1
    values: tuple[float, ...] = ()
    seeds: tuple[int, ...] = ()
    arms: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)  # per-seed metric of each arm, None: diverged
    p_reproduced: float | None = None  # p value of the test whose rejection reproduces the claim
    p_contradicted: float | None = None
    details: tuple[str, ...] = ()  # arithmetic shown, censoring, ties: lines a reader can check
    detectable: float | None = None
    seeds_needed: int | None = None


@dataclass(frozen=True)
class Verdict:
    """One of VERDICTS with the evidence behind it and a one-line reason a reader understands."""

    verdict: VerdictName
    reason: str
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Result:
    """A claim judged under a profile: what the report, the pytest plugin and the CLI pass around."""

    claim: Claim
    profile: str
    verdict: Verdict
    expected: VerdictName | None = None  # recorded in reference_results/expected_verdicts.csv
    expected_reason: str = ""
    trials: tuple[Mapping[str, Any], ...] = ()  # digest, arm, seed, status, updates, seconds, data of every trial behind it
