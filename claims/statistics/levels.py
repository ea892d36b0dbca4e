"""The test of one arm's level against a threshold."""

from __future__ import annotations

from typing import Literal

from claims.results import Evidence
from claims.statistics.effects import Values, count_diverged, level_effects, median_evidence
from claims.statistics.intervals import ALPHA

METHOD = "exact sign test about the median over seeds"


def level(
    side: Literal["below", "above"], values: Values, threshold: float, *, unit: str, higher_is_better: bool = True, alpha: float = ALPHA
) -> Evidence:
    """Test whether the median over seeds of ``values`` (n,) lies on a ``side`` of ``threshold``; the estimate is that median."""
    effects = level_effects(values, higher_is_better)
    is_below, is_above = effects.p_below(threshold), effects.p_above(threshold)
    reproduced, contradicted = (is_below, is_above) if side == "below" else (is_above, is_below)
    return median_evidence(
        effects,
        method=METHOD,
        unit=unit,
        n_diverged=count_diverged(values),
        p_reproduced=reproduced,
        p_contradicted=contradicted,
        alpha=alpha,
    )
