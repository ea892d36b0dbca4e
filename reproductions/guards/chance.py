"""The chance that an observation must stay below before a guard calls it wrong."""

from __future__ import annotations

from scipy import stats

CHANCE = 1e-8  # of a false alarm, per test: 22 guards with a few tests each raise one in about a million runs


def deviations() -> float:
    """Return how many standard deviations a normal variable exceeds, one way or the other, with probability CHANCE."""
    return float(stats.norm.isf(CHANCE / 2))
