"""A protocol: the profiles of a paper and how big their measurements are.

It also says what the smaller profiles cut and why.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from claims.json_data import Positive
from reproductions.recipes import Training

Marker = Literal["smoke", "full"]  # of pytest: which runs ask for a profile
MARKERS: tuple[Marker, ...] = ("smoke", "full")

# Why these looks. Five seeds are the fewest that decide: all on one side, chance 1/32. Twelve cost 2.4 times as much and show, with power
# 0.8, a difference of about one standard deviation of the per-seed effect, as 13 of a fixed design do; caps of 16 and 20 show 0.8 of one
# and cost a claim that has nothing to show up to 1.7 times as much. Between them one look is worth a round of training, at nine with one
# seed on the wrong side: looks at every number from 5 to 12 allow no verdict that these three do not.
# What it takes (`sequential.savings`, effects of 0 to 3 standard deviations): 57 % of the fixed design's 13 seeds. Claims that share
# their trials with others which need six or eight start with five too: from six it would be 63 %, from eight 71 %. Pocock's or linear
# spending takes 63 % at best, with a look at every seed from 5 to 12, and 71 % at (5, 8, 12), because five seeds then decide nothing.
LOOKS = (5, 9, 12)
MOST_SEEDS = 200  # the exact chances of a design of more take minutes


class ProtocolError(ValueError):
    """A profile that cannot be followed; the message names it and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How big a measurement is.

    ``looks`` are the numbers of seeds after which an undecided claim is judged. () means one look, at the number of seeds that a claim
    states.
    """

    name: str
    meaning: str  # what it measures with and about how long that takes
    marker: Marker
    looks: tuple[Positive, ...] = ()

    def __post_init__(self) -> None:
        rising = all(before < after for before, after in itertools.pairwise((0, *self.looks)))
        if not rising or max(self.looks, default=0) > MOST_SEEDS:
            raise ProtocolError(
                f"the profile {self.name!r} has the looks {self.looks!r}; they must be rising numbers of seeds up to {MOST_SEEDS:,}"
            )

    @property
    def command(self) -> str:
        """The command that judges every claim of this profile."""
        return "pytest -m smoke" if self.name == "smoke" else f"pytest -m {self.marker} --claims-profile {self.name}"


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The profiles of a paper, from the smallest to the paper's own settings.

    ``trained`` maps the name of a row in the table of what is trained to a function. The function takes a profile's name and returns the
    recipe of that row. It raises RecipeError where the profile has no such measurement. ``reasons`` gives, as pairs (what, why), what the
    smaller profiles cut and why.
    """

    profiles: tuple[Profile, ...]
    trained: Mapping[str, Callable[[str], Training]] = field(default_factory=dict)
    reasons: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the profiles, in their order."""
        return tuple(profile.name for profile in self.profiles)

    def __getitem__(self, name: str) -> Profile:
        """Return the profile ``name``. Raises KeyError."""
        return {profile.name: profile for profile in self.profiles}[name]


STANDARD = Protocol(
    profiles=(
        # it has minutes, so its claims take the number of seeds that they state and no more
        Profile(name="smoke", meaning="the smallest measurements: minutes on two CPU cores", marker="smoke"),
        Profile(name="compact", meaning="reduced length and budget: an hour or two on two CPU cores", marker="full", looks=LOOKS),
        Profile(name="paper", meaning="the paper's own settings, to the letter", marker="full", looks=LOOKS),
    )
)
