"""The ways in which the simulators choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from numpy.random import Generator

Item = TypeVar("Item")


def pick(items: Sequence[Item], rng: Generator) -> Item:
    """Pick one of ``items``, each equally likely."""
    return items[int(rng.integers(len(items)))]


def pick_other(items: Sequence[Item], than: Item, rng: Generator) -> Item:
    """Pick one of ``items`` other than ``than``, each equally likely."""
    return pick([item for item in items if item != than], rng)
