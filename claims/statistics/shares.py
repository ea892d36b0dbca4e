"""The test of the share of runs that fail."""

from __future__ import annotations

from functools import cache

import scipy

from claims.results import Evidence
from claims.statistics.effects import Values, count_diverged, ranks_with_divergence
from claims.statistics.intervals import ALPHA, StatisticsError, clopper_pearson


@cache
def _p_values(count: int, n: int, share: float) -> tuple[float, float]:
    more = scipy.stats.binomtest(count, n, share, alternative="greater").pvalue
    less = scipy.stats.binomtest(count, n, share, alternative="less").pvalue
    return float(more), float(less)


def failing_share(
    values: Values, baseline: float, share: float, *, unit: str = "share of runs", higher_is_better: bool = True, alpha: float = ALPHA
) -> Evidence:
    """Test whether more than ``share`` of the runs fail.

    A run fails where it diverges, or where its value in ``values`` (n,) is no better than ``baseline``. The estimate is the share observed,
    its bounds are Clopper and Pearson's. Level with the baseline is a failure.
    """
    if not values:
        raise StatisticsError("no seeds; a verdict needs at least one trial per arm")
    ranked = ranks_with_divergence(values, higher_is_better)
    failed = ranked <= baseline if higher_is_better else ranked >= baseline
    count, n = int(failed.sum()), len(values)
    lower, upper = clopper_pearson(count, n, alpha)
    more, less = _p_values(count, n, share)
    diverged = count_diverged(values)
    return Evidence(
        estimate=count / n,
        lower=lower,
        upper=upper,
        n=n,
        n_diverged=diverged,
        method="Clopper-Pearson bounds for the share of failing runs",
        unit=unit,
        confidence=1 - alpha,
        values=tuple(failed.astype(float).tolist()),
        p_reproduced=more,
        p_contradicted=less,
        details=(f"{count} of {n} runs failed: {diverged} diverged, {count - diverged} stayed at the baseline {baseline:g}",),
    )
