"""What a claim is: a quoted, located sentence of a paper turned into one prediction about measured quantities.

Frozen dataclasses and nothing else: no statistics (``claims.statistics``), no training (``reproductions``).
A dataclass checks itself when it is built, so that a malformed claim fails where it is written, in one line.
"""

from __future__ import annotations

import copy
import dataclasses
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from claims.kinds.predictions import Arithmetic, Greater, LessSensitive, Prediction, arm_names, problem
from claims.protocol import STANDARD, Protocol
from claims.text import did_you_mean, place
from reproductions.recipes import Recipe

ABSTRACT = "abstract"  # the family of a paper's headline claims

_ID = re.compile(r"[a-z0-9-]+(/[A-Za-z0-9-]+){2,5}")


class ClaimError(ValueError):
    """A claim that cannot be judged as written; the message names the claim and the remedy."""


class AuthorError(ClaimError):
    """A mistake of whoever wrote a claim; the message begins with the file, the line and the claim."""


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

    With several recipes (tasks, a grid of settings) the arm's value for a seed is the mean over its recipes of that seed's
    metric; if any of them diverged, the seed counts as diverged, unless the prediction says what a diverged run counts as.
    """

    name: str
    recipes: tuple[Recipe, ...]

    def __post_init__(self) -> None:
        if not self.recipes:
            raise ClaimError(f"arm {self.name!r} has no recipe")


@dataclass(frozen=True)
class Claim:
    """A quoted sentence, figure or table cell of a paper, turned into one prediction.

    ``arms[profile]`` are the recipes a profile measures it with and ``seeds[profile]`` how many seeds it demands and starts with
    (``claims.judging.looks`` says how many more it may buy while undecided); a claim judged by arithmetic on printed numbers has
    neither. ``profiles`` lists the profiles that can run it; ``not_run`` says why the remaining ones do not.
    ``protocol`` is that of the paper, which binds its claims to it (``under``); ``written`` says where in the source the claim stands.
    Raises ClaimError where quote, locator, margin or reason is missing.
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
    protocol: Protocol = field(default=STANDARD, compare=False, repr=False)
    written: str = field(default="", init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        def refuse(problem: str) -> None:
            raise ClaimError(f"claim {self.id!r}: {problem}")

        object.__setattr__(self, "written", _written())
        if not _ID.fullmatch(self.id):
            refuse("the id must read <paper>/<section>/<slug>[/<variant>...], the paper in lower case")
        if not self.quote.strip():
            refuse("the quote is missing; copy the sentence from the paper")
        if not isinstance(self.locator, Locator):
            refuse("the locator is missing; say where the quote stands, for example Locator(section='3.1')")
        if not self.statement.strip():
            refuse("the statement is missing; say the prediction in one English sentence")
        if not self.prediction.why.strip():
            refuse("the reason for the margin is missing; fill in `why`")
        if malformed := problem(self.prediction):
            refuse(malformed)
        for profile, arms in self.arms.items():
            have = {arm.name for arm in arms}
            missing = [name for name in arm_names(self.prediction) if name not in have]
            if missing:
                refuse(f"profile {profile!r} has no arm named {missing[0]!r}")
            if self.seeds.get(profile, 0) < 1:
                refuse(f"profile {profile!r} states no number of seeds")
            counts = {arm.name: len(arm.recipes) for arm in arms if arm.name in arm_names(self.prediction)}
            if isinstance(self.prediction, Greater) and self.prediction.in_all and len(set(counts.values())) > 1:
                listed = " and ".join(f"{name} has {count}" for name, count in counts.items())
                refuse(f"`in_all` pairs the arms' recipes by position, but under profile {profile!r} {listed}; give both equally many")
            if isinstance(self.prediction, LessSensitive) and min(counts.values()) < 2:
                refuse(f"LessSensitive compares grids, but under profile {profile!r} an arm has one recipe; give a recipe for each setting")

    @property
    def section(self) -> str:
        return self.id.split("/")[1]

    @property
    def headline(self) -> bool:
        """Whether it is one of the paper's headline claims, those of its abstract."""
        return self.family == ABSTRACT

    @property
    def always_runs(self) -> bool:
        """Arithmetic on printed numbers needs no trial, so it runs in every profile."""
        return isinstance(self.prediction, Arithmetic)

    @property
    def profiles(self) -> tuple[str, ...]:
        names = self.protocol.names
        return names if self.always_runs else tuple(name for name in names if name in self.arms)

    def under(self, protocol: Protocol) -> Self:
        """This claim with its paper's protocol. Raises AuthorError for arms under a profile that the protocol lacks."""
        for profile in self.arms:
            if profile not in protocol.names:
                known = f"the profiles are {', '.join(protocol.names)}"
                raise self.error(f"unknown profile {profile!r}; {did_you_mean(profile, protocol.names, known)}")
        bound = copy.copy(self)  # not dataclasses.replace, which would write the claim anew
        object.__setattr__(bound, "protocol", protocol)
        return bound

    def error(self, problem: str) -> AuthorError:
        """The error that names the place of this claim, the claim and its ``problem``."""
        return AuthorError(f"{self.written}, claim {self.id!r}: {problem}")


def _written() -> str:
    """Where the claim that is being built is written: the first caller that is neither this module nor the machinery of dataclasses."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename in (__file__, dataclasses.__file__, "<string>"):
        frame = frame.f_back
    return place(frame.f_code.co_filename, frame.f_lineno)
