"""The order of a table's cells: how much of a printed order the cells of ours keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from claims.statistics.effects import Values, paired_differences
from claims.statistics.intervals import FloatArray, StatisticsError

Pair = tuple[str, str]  # two cells, of which the first is printed above the second


def pairs_kept(cells: Mapping[str, Values], pairs: Sequence[Pair], *, higher_is_better: bool = True) -> FloatArray:
    """Return how far each of ``pairs`` is ordered as printed in each seed, as an array (pairs, n).

    It is 1 where the pair is ordered as printed, 0 where it is ordered the other way, and 1/2 for a tie.
    ``cells[name]`` has one number for each seed (n,), None where the run diverged, which is the worst rank. Raises StatisticsError without
    a pair, or where the cells have different numbers of seeds.
    """
    if not pairs:
        raise StatisticsError("no two cells of the table are compared; lower the margin or name more cells")
    if len({len(values) for values in cells.values()}) > 1:
        raise StatisticsError("cells are compared seed by seed, but they have different numbers of seeds; run the same seeds in all")
    better = np.array([paired_differences(cells[above], cells[below], higher_is_better).low for above, below in pairs])
    higher = better if higher_is_better else -better
    return np.where(higher == 0, 0.5, higher > 0)
