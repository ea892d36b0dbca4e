"""The test of a curve over steps that should stay near zero."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from claims.results import Evidence
from claims.statistics.effects import Values, count_diverged, level_effects
from claims.statistics.intervals import ALPHA, StatisticsError, bound_rank


def supremum(curve: Sequence[float | None], scale: float = 1.0) -> float:
    """Return the largest |value| of ``curve`` (steps,) over all steps, in units of ``scale``.

    Raises StatisticsError for a gap in the curve or a scale that is not positive.
    """
    if not curve or any(value is None for value in curve):
        gap = next((step for step, value in enumerate(curve) if value is None), 0)
        raise StatisticsError(f"the curve has no value at step {gap}; every step counts")
    if not (scale > 0 and math.isfinite(scale)):
        raise StatisticsError(f"the scale must be positive, not {scale!r}")
    return float(np.max(np.abs(np.asarray(curve, dtype=np.float64)))) / scale


def near_zero(suprema: Values, tolerance: float, *, unit: str, alpha: float = ALPHA) -> Evidence:
    """Test whether the curve stays within +-``tolerance`` at every step at once.

    ``suprema`` (n,) is one ``supremum`` per seed. A curve lies inside a band at all steps exactly when its supremum does, so a bound for
    the median supremum is a simultaneous statement with no correction over steps. Exactly on the tolerance is inside.
    """
    effects = level_effects(suprema, higher_is_better=False)
    lower, upper = effects.bounds(alpha)
    just_outside = math.nextafter(tolerance, math.inf)
    return Evidence(
        estimate=effects.median,
        lower=lower,
        upper=upper,
        n=effects.n,
        n_diverged=count_diverged(suprema),
        method="exact sign test about the median over seeds of the supremum over steps",
        unit=unit,
        confidence=1 - alpha,
        values=effects.values,
        p_reproduced=effects.p_below(just_outside),
        p_contradicted=effects.p_above(tolerance),
        details=() if bound_rank(effects.n, alpha) else (f"{effects.n} seeds give no bound",),
    )
