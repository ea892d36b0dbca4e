"""The dependence of a result on a setting that is varied over a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence

from claims.statistics.intervals import StatisticsError

Grid = Sequence[float | None]  # one number per setting, one seed; None: the run diverged


def filled(grid: Grid, diverged_value: float | None) -> tuple[float, ...] | None:
    """Return ``grid`` with ``diverged_value`` in place of every diverged run.

    Returns None where there is no value to put there.
    """
    if diverged_value is None:
        return None if None in grid else tuple(value for value in grid if value is not None)
    return tuple(diverged_value if value is None else value for value in grid)


def sensitivity(grid: Grid, diverged_value: float, *, higher_is_better: bool = True) -> float | None:
    """Return the mean over ``grid`` (settings,) of how far a run falls short of the grid's best run.

    The mean is in the metric's unit and at least 0: best - mean where higher is better, mean - best where lower is. 0 means that every
    setting does equally well. A diverged run (None) takes ``diverged_value``, the value of a network that learned nothing. Returns None
    where every run diverged: with no run to measure, nothing is known of what the setting does, and a network that always fails must not
    count as insensitive.

    A network that learns nothing at any setting has sensitivity 0 too. The statistic says nothing about the level, so read it beside the
    best run's. Raises StatisticsError for fewer than two settings or a number that is not finite.
    """
    if len(grid) < 2:
        raise StatisticsError(f"a sensitivity needs a grid of at least two settings, not {len(grid)}")
    runs = filled(grid, diverged_value) or ()
    if not all(math.isfinite(value) for value in runs):
        raise StatisticsError("a grid holds a number that is not finite; outcomes hold finite metrics or count as diverged")
    if all(value is None for value in grid):
        return None
    best = max(runs) if higher_is_better else min(runs)
    return math.fsum(abs(best - value) for value in runs) / len(runs)
