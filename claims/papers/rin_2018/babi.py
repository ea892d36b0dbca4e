"""bAbI question answering: section 3.3, Table 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from claims.model import Arm, Claim, Greater, Locator
from claims.papers.rin_2018.arms import NAMES, arms, seeds
from reproductions import profiles
from reproductions.recipes import SIMULATED_BABI_TASKS, Cell, Training

SMALLEST_GAP = 1.0  # points of mean accuracy


def tasks(profile: str) -> tuple[int, ...]:
    """The tasks a profile averages over: the simulated ones in smoke, all 20 otherwise."""
    return SIMULATED_BABI_TASKS if profile == "smoke" else tuple(range(1, 21))


def _recipes(profile: str, cell: Cell) -> Sequence[Training]:
    return [profiles.babi(profile, cell, task) for task in tasks(profile)]


def _beats(other: Cell, printed: str) -> Claim:
    both: dict[str, tuple[Arm, ...]] = arms(["rin", other], _recipes)
    shared: dict[str, Any] = {"metric": "test_accuracy", "unit": "points"}
    return Claim(
        id=f"rin-2018/babi/rin-mean-beats/{other}",
        paper="rin-2018",
        quote="Mean Performance 52.6 48.9 51.0 52.3 49.2",
        locator=Locator(section="3.3", table="3", cell=f"mean/RIN-{NAMES[other]}"),
        statement=f"The RIN's mean test accuracy over the bAbI tasks (20 in the paper) is higher than the {NAMES[other]}'s.",
        prediction=Greater(
            **shared,
            better="RIN",
            worse=NAMES[other],
            smallest_effect=SMALLEST_GAP,
            why=f"Table 3 prints {printed}; less than one point of the mean would not carry the comparison",
        ),
        arms=both,
        seeds=seeds(),
        note=f"smoke averages over the simulated tasks {', '.join(map(str, SIMULATED_BABI_TASKS))} alone.",
    )


CLAIMS: tuple[Claim, ...] = (
    _beats("irnn", "52.6 against 48.9"),
    _beats("lstm", "52.6 against 51.0"),
)
