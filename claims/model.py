"""A claim: a quoted, located sentence of a paper turned into one prediction about measured quantities.

The module holds frozen dataclasses and nothing else: no statistics (``claims.statistics``) and no training (``reproductions``).
``Prediction`` is the contract of the kinds, which are in ``claims.kinds``, one module each.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from claims.protocol import STANDARD, Protocol
from claims.regions import Region, Rule
from claims.results import Basis, Evidence, VerdictName
from claims.text import did_you_mean, place
from reproductions.recipes import Recipe
from reproductions.trials import Outcome

if TYPE_CHECKING:
    import numpy as np

ABSTRACT = "abstract"  # the family of a paper's headline claims

Lookup = Callable[[Recipe, int], Outcome]
Column = Sequence[float | None]  # one number for each seed; None: the run diverged
CurveReading = Literal["final", "level", "best"]

# Which number of a run's curve of evaluations stands for the run (``claims.measurements.curve_readings``).
CURVE_READINGS: Mapping[CurveReading, str] = {
    "final": "the last evaluation",
    "level": "mean over the evaluations in the last quarter of the run",
    "best": "the best of all evaluations",
}
READ_AS: Mapping[CurveReading, str] = {"final": "", "level": "level of ", "best": "best "}  # before the name of a metric

CLAIM_ID = re.compile(r"[a-z0-9-]+(/[A-Za-z0-9-]+){2,5}")


class ClaimError(ValueError):
    """A claim that cannot be judged as written; the message names the claim and the remedy."""


class AuthorError(ClaimError):
    """A mistake in the writing of a claim; the message begins with the file, the line and the claim."""


@dataclass(frozen=True)
class Locator:
    """Where a claim stands in its paper. At least one field is set."""

    section: str | None = None  # "3.2", "abstract", "A"
    equation: str | None = None  # "12-13"
    figure: str | None = None  # "4(b)"
    table: str | None = None  # "1"
    cell: str | None = None  # "row/column"

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

    An arm may have several recipes: tasks, or a grid of settings. Its value for a seed is then the mean of that seed's metric over its
    recipes. If any of them diverged, the seed counts as diverged, unless the prediction says what a diverged run counts as.
    """

    name: str
    recipes: tuple[Recipe, ...]

    def __post_init__(self) -> None:
        if not self.recipes:
            raise ClaimError(f"arm {self.name!r} has no recipe")


@dataclass(frozen=True)
class Simulation:
    """Claims whose truth is known: what ``rin-claims calibrate`` draws and judges.

    They are of one kind, or of a variant of it. ``label`` is the kind, and after a comma the variant. The random numbers depend on the
    label. ``claim(scenario)`` is what is claimed. ``judges(claim, scenario, (simulations, seeds), rng)`` draws that many claims. It gives
    for each claim a function (seeds, alpha) -> verdict on its first seeds.

    ``errors`` are the verdicts that are false under a scenario. A scenario without an entry has the truth on the boundary between both
    verdicts, so both are false. The scenario "clear effect" is the exception, because there the claim is true. ``recipes`` is the number of
    recipes of an arm.
    """

    label: str
    claim: Callable[[str], Prediction]
    judges: Callable[[Any, str, tuple[int, int], np.random.Generator], Iterable[Callable[[int, float], VerdictName]]]
    errors: Mapping[str, frozenset[VerdictName]] = field(default_factory=dict)
    recipes: int = 1


@dataclass(frozen=True)
class Prediction(ABC):
    """One kind of prediction: what is claimed of a metric, and how it is measured and decided.

    ``metric`` names a metric or a curve of an Outcome. ``unit`` is the metric's own. ``why`` gives the reason for the margin, threshold or
    tolerance. With ``log10`` decimal logarithms are compared, for metrics that span decades.

    ``diverged_value``, in the metric's unit, is what one diverged run counts as where an arm takes several recipes together (a grid of
    settings): the value of a network that learned nothing. With None, or with one recipe, the seed counts as diverged, the worst rank.

    ``reading`` is the number of the metric's curve of evaluations that stands for a run, one of CURVE_READINGS. A metric without such a
    curve, for example the updates to a level, has its value at the end of the run: "final". ``why_reading`` says why the words of the claim
    mean this reading.

    A kind is a subclass, a frozen dataclass whose own fields are given by keyword. It defines what is abstract here and overrides the
    attributes whose values are not its own. Nothing else in the engine knows the kinds: the engine asks these methods and attributes. A
    kind that compares seeds derives from ``claims.kinds.sampled.Sampled``, which has most of them. docs/add_a_kind.md adds a kind.
    """

    metric: str
    unit: str
    why: str
    higher_is_better: bool = True
    log10: bool = False
    diverged_value: float | None = None
    reading: CurveReading = "final"
    why_reading: str = ""

    rule: ClassVar[Rule]  # its row in the table of kinds
    arm_fields: ClassVar[tuple[str, ...]] = ()  # which of its fields name an arm
    basis: ClassVar[Basis] = "measured"  # one effect for each seed, and chance can make the verdict false; or "exact"
    needs_trials: ClassVar[bool] = True  # False: it is judged from printed numbers alone, in every profile

    @property
    def columns(self) -> Literal["mean", "updates", "each", "grid", "curve"]:
        """What ``measure`` gives a column of numbers for; a column has one number for each seed.

        "mean": an arm, the mean over its recipes. "updates": an arm, the mean of updates that may be censored. "each": every recipe of
        every arm. "grid": an arm, a statistic over its recipes as settings. "curve": an arm, a statistic of curves.
        """
        return "mean"

    @property
    def together(self) -> str:
        """What several recipes of an arm become, in words that precede their number or their settings."""
        return "mean over"

    @property
    def sequential(self) -> bool:
        """Whether several looks keep the error exact.

        They do where one sign test decides the prediction each way (``SequentialDesign``).
        """
        return False

    @property
    def printed(self) -> float | None:
        """The printed number that the prediction is about, if it is about one."""
        return None

    @property
    def takes_readings(self) -> bool:
        """Whether the metric may be a curve of evaluations, of which one number stands for a run."""
        return self.basis == "measured" and self.columns not in ("updates", "curve")

    @property
    def metric_as_read(self) -> str:
        """The name of the number that stands for a run, in the metric's own unit."""
        return f"{READ_AS[self.reading]}{self.metric}{', by logarithms' if self.log10 and self.reading == 'level' else ''}"

    @property
    def reading_note(self) -> str:
        """The reading in words, with its reason; "" where none is stated."""
        return f"{self.metric_as_read}: {CURVE_READINGS[self.reading]}; {self.why_reading}" if self.why_reading else ""

    def reading_as(self, reading: CurveReading) -> Self:
        """Return this prediction with another ``reading`` of the same curve."""
        return dataclasses.replace(self, reading=reading)

    @property
    def kind(self) -> str:
        """The name of the kind, as the table of kinds spells it."""
        return type(self).__name__

    @property
    def arm_names(self) -> tuple[str, ...]:
        """The arms that the prediction names, in its order; () where it is about every arm."""
        return tuple(getattr(self, name) for name in self.arm_fields)

    def problem(self) -> str:
        """Return what is wrong with the prediction as written, in one line with the remedy.

        Returns "" if nothing is wrong.
        """
        for own in fields(self):
            if own.kw_only and own.default is MISSING and getattr(self, own.name) in (None, "", ()):
                return f"{self.kind} needs `{own.name}`{own.metadata.get('remedy', '')}"
        return self._problem_of_reading() or self._problem_of_diverged_value()

    def _problem_of_reading(self) -> str:
        if self.reading not in CURVE_READINGS:
            known = f"the readings of a curve are {', '.join(CURVE_READINGS)}"
            return f"unknown reading {self.reading!r}; {did_you_mean(self.reading, tuple(CURVE_READINGS), known)}"
        if self.reading == "final":
            return ""
        if not self.takes_readings:
            return f"{self.kind} reads no curve of evaluations; leave `reading` out"
        return "" if self.why_reading.strip() else f"the reason for reading={self.reading!r} is missing; fill in `why_reading`"

    def _problem_of_diverged_value(self) -> str:
        if self.diverged_value is None:
            return ""
        if not math.isfinite(self.diverged_value):
            return f"`diverged_value` must be finite, not {self.diverged_value!r}; leave it out to count a diverged run as the worst rank"
        return "" if self.columns in ("mean", "grid") else f"{self.kind} averages no recipes; leave `diverged_value` out"

    def problem_of_arms(self, profile: str, recipes: Mapping[str, int], seeds: int) -> str:
        """Return what is wrong with a profile's arms or number of seeds, in one line with the remedy.

        ``recipes`` has the number of recipes of every arm in ``arm_names``. Returns "" if nothing is wrong.
        """
        return ""

    def hypotheses(self, recipes: int = 1) -> int:
        """Count the hypotheses that share the error of "contradicted" where an arm has ``recipes`` recipes."""
        return 1

    def within_reach(self, seeds: int, recipes: int = 1) -> tuple[VerdictName, ...]:
        """Return which of "reproduced" and "contradicted" some outcome of ``seeds`` seeds can bring."""
        return ("reproduced", "contradicted")

    @abstractmethod
    def measure(self, arms: Sequence[Arm], seeds: Sequence[int], lookup: Lookup, alpha: float) -> tuple[Evidence, Mapping[str, Column]]:
        """Return the evidence with error ``alpha`` each way, and the numbers it rests on.

        The numbers are columns (seeds,), by the name that a reader is shown. ``arms`` are the arms in ``arm_names``. Raises ClaimError
        where outcomes do not hold what the prediction asks for.
        """

    @abstractmethod
    def decide(self, evidence: Evidence, alpha: float) -> VerdictName:
        """Return the verdict: the interval lies inside the region, inside its complement, or across."""

    def plan(self, evidence: Evidence, alpha: float) -> tuple[float | None, int | None]:
        """Say what would decide an undecided claim.

        Returns the smallest effect that its seeds could have shown, and the number of seeds that would decide the observed effect. Either
        is None where no such number is known.
        """
        return None, None

    @abstractmethod
    def region(self) -> Region:
        """Return the region that decides, in the unit of the effect.

        Where ``log10`` is set, differences and widths are in decimal logarithms. Thresholds stay in the unit of the metric.
        """

    @abstractmethod
    def reason(self, name: VerdictName, evidence: Evidence) -> str:
        """Give the reason for the verdict ``name`` in one line.

        The line says what was seen, in the metric's own unit, and what would decide an open case.
        """

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Return simulated claims of the kind.

        Returns () for a kind that computes exactly, because chance cannot make its verdicts false.
        """
        return ()


@dataclass(frozen=True)
class StandIn:
    """What a claim is judged by under a profile whose size its own prediction does not speak of."""

    prediction: Prediction
    statement: str


@dataclass(frozen=True)
class Claim:
    """A quoted sentence, figure or table cell of a paper, turned into one prediction.

    ``arms[profile]`` are the recipes that a profile measures the claim with. ``seeds[profile]`` is how many seeds it demands and starts
    with (``claims.judging.looks`` says how many more it may buy while undecided). A claim judged by arithmetic on printed numbers has
    neither. ``profiles`` lists the profiles that can run the claim. ``not_run`` says why the remaining profiles do not. ``stand_ins`` has,
    by profile, what the claim is judged by there in place of ``prediction`` and ``statement`` (``at``). ``protocol`` is the paper's, which
    binds its claims to it (``under``). ``written`` says where in the source the claim stands. Raises ClaimError where quote, locator,
    margin or reason is missing.
    """

    id: str
    paper: str
    quote: str
    locator: Locator
    prediction: Prediction
    statement: str  # the prediction in one plain English sentence
    arms: Mapping[str, tuple[Arm, ...]] = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    family: str = ""  # claims judged together (Holm): "abstract", or a table; "" for a claim of its own
    not_run: str = ""
    note: str = ""
    counterparts: tuple[str, ...] = ()  # of an exact claim: the ids of the measured claims that put it to the test
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    protocol: Protocol = field(default=STANDARD, compare=False, repr=False)
    written: str = field(default="", init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        def refuse(problem: str) -> None:
            raise ClaimError(f"claim {self.id!r}: {problem}")

        # a claim checks itself when it is built, so that a malformed claim fails where it is written, in one line
        object.__setattr__(self, "written", _written())
        if not CLAIM_ID.fullmatch(self.id):
            refuse("the id must read <paper>/<section>/<slug>[/<variant>...], the paper in lower case")
        if not self.quote.strip():
            refuse("the quote is missing; copy the sentence from the paper")
        if not isinstance(self.locator, Locator):
            refuse("the locator is missing; say where the quote stands, for example Locator(section='3.1')")
        for judged in (StandIn(self.prediction, self.statement), *self.stand_ins.values()):
            if not judged.statement.strip():
                refuse("the statement is missing; say the prediction in one English sentence")
            if not judged.prediction.why.strip():
                refuse("the reason for the margin is missing; fill in `why`")
            if malformed := judged.prediction.problem():
                refuse(malformed)
        if strays := [profile for profile in self.stand_ins if profile not in self.arms]:
            refuse(f"it has a stand-in under profile {strays[0]!r} and no arms there; give it arms, or leave the stand-in out")
        if self.counterparts and (self.prediction.basis != "exact" or isinstance(self.counterparts, str)):
            refuse("`counterparts` is a tuple of ids, and only an exact claim has measured ones; correct it or leave it out")
        for profile, arms in self.arms.items():
            prediction = self.at(profile).prediction
            named = prediction.arm_names
            have = {arm.name for arm in arms}
            missing = [name for name in named if name not in have]
            if missing:
                refuse(f"profile {profile!r} has no arm named {missing[0]!r}")
            if self.seeds.get(profile, 0) < 1:
                refuse(f"profile {profile!r} states no number of seeds")
            recipes = {arm.name: len(arm.recipes) for arm in arms if arm.name in named}
            if malformed := prediction.problem_of_arms(profile, recipes, self.seeds[profile]):
                refuse(malformed)

    @property
    def section(self) -> str:
        return self.id.split("/")[1]

    @property
    def headline(self) -> bool:
        """Whether the claim is one of the paper's headline claims, which are the claims of its abstract."""
        return self.family == ABSTRACT

    @property
    def always_runs(self) -> bool:
        """Whether the claim runs in every profile, because arithmetic on printed numbers needs no trial."""
        return not self.prediction.needs_trials

    @property
    def profiles(self) -> tuple[str, ...]:
        names = self.protocol.names
        return names if self.always_runs else tuple(name for name in names if name in self.arms)

    def at(self, profile: str) -> Self:
        """Return this claim as ``profile`` judges it: with prediction and statement of its stand-in there, if any."""
        return self._changed(**vars(self.stand_ins[profile])) if profile in self.stand_ins else self

    def under(self, protocol: Protocol) -> Self:
        """Bind this claim to its paper's protocol, and return the bound copy.

        Raises AuthorError for arms under a profile that the protocol lacks.
        """
        for profile in self.arms:
            if profile not in protocol.names:
                known = f"the profiles are {', '.join(protocol.names)}"
                raise self.error(f"unknown profile {profile!r}; {did_you_mean(profile, protocol.names, known)}")
        return self._changed(protocol=protocol)

    def _changed(self, **values: Any) -> Self:
        changed = copy.copy(self)  # not dataclasses.replace, which would write the claim anew
        for name, value in values.items():
            object.__setattr__(changed, name, value)
        return changed

    def error(self, problem: str) -> AuthorError:
        """Make the error that names the place of this claim, the claim and its ``problem``."""
        return AuthorError(f"{self.written}, claim {self.id!r}: {problem}")


def _written() -> str:
    """Find where the claim that is being built is written.

    That is the first caller that is neither this module nor the machinery of dataclasses.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename in (__file__, dataclasses.__file__, "<string>"):
        frame = frame.f_back
    return place(frame.f_code.co_filename, frame.f_lineno)
