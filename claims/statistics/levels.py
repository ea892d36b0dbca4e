"""The test of one arm's level against a threshold."""

from __future__ import annotations

from claims.results import Evidence
from claims.statistics.effects import Values, count_diverged, level_effects, median_evidence
from claims.statistics.intervals import ALPHA

METHOD = "exact sign test about the median over seeds"


def level_below(values: Values, threshold: float, *, unit: str, higher_is_better: bool = True, alpha: float = ALPHA) -> Evidence:
    """Test whether the median over seeds of ``values`` (n,) lies below ``threshold``; the estimate is that median."""
    effects = level_effects(values, higher_is_better)
    return median_evidence(
        effects,
        method=METHOD,
        unit=unit,
        n_diverged=count_diverged(values),
        p_reproduced=effects.p_below(threshold),
        p_contradicted=effects.p_above(threshold),
        alpha=alpha,
    )


def level_above(values: Values, threshold: float, *, unit: str, higher_is_better: bool = True, alpha: float = ALPHA) -> Evidence:
    """Test whether the median over seeds of ``values`` (n,) lies above ``threshold``; the estimate is that median."""
    effects = level_effects(values, higher_is_better)
    return median_evidence(
        effects,
        method=METHOD,
        unit=unit,
        n_diverged=count_diverged(values),
        p_reproduced=effects.p_above(threshold),
        p_contradicted=effects.p_below(threshold),
        alpha=alpha,
    )
