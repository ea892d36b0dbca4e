"""Arms of the RIN paper's claims, named as the paper names its networks, over the profiles that measure them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from claims.model import Arm
from claims.papers.rin_2018.protocol import TO_THE_END
from reproductions.recipes import Cell, Recipe

NAMES: Mapping[Cell, str] = {
    "rin": "RIN",
    "irnn": "IRNN",
    "lstm": "LSTM",
    "rin-dt": "RIN-DT",
    "tanh": "tanh RNN",
    "relu": "ReLU RNN",
    "rin-tanh": "RIN with tanh",
    "irnn-noise": "IRNN with noise",
    "irnn-0.01": "IRNN 0.01 I",
}
SEEDS = 5  # the fewest with an exact one-sided level below 0.05: 1/32
SEEDS_TO_REVERSE = 6  # the fewest that can contradict a ranking of three arms or an equivalence: 2 x 1/64 under Holm, or two-sided


def arms(
    cells: Sequence[Cell], recipes: Callable[[str, Cell], Sequence[Recipe]], profiles: Sequence[str] = TO_THE_END
) -> dict[str, tuple[Arm, ...]]:
    """Make, for each profile, an arm per cell, named as the paper names it.

    ``recipes(profile, cell)`` gives what the arm trains.
    """
    return {profile: tuple(Arm(NAMES[cell], tuple(recipes(profile, cell))) for cell in cells) for profile in profiles}


def seeds(profiles: Sequence[str] = TO_THE_END, number: int = SEEDS) -> dict[str, int]:
    """Give ``number`` seeds to each of ``profiles``."""
    return dict.fromkeys(profiles, number)
