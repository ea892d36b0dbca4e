"""The comparison of two arms seed by seed: is one better, or are they similar?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from claims.results import Evidence
from claims.statistics.effects import Values, count_diverged, median_evidence, paired_differences
from claims.statistics.intervals import ALPHA, StatisticsError, bound_rank
from claims.statistics.rankings import all_ahead


def advantage(
    better: Values, worse: Values, *, unit: str, higher_is_better: bool = True, smallest_effect: float = 0.0, alpha: float = ALPHA
) -> Evidence:
    """Test whether ``better`` beats ``worse``, both (n,) over the same seeds.

    The estimate is the median advantage, positive where ``better`` is better. ``p_reproduced`` tests it against 0,
    ``p_contradicted`` against ``smallest_effect``, both by exact one-sided sign tests on the pairs.
    """
    differences = paired_differences(better, worse, higher_is_better)
    return median_evidence(
        differences,
        method="exact sign test on differences paired by seed",
        unit=unit,
        n_diverged=count_diverged(better, worse),
        p_reproduced=differences.p_above(0.0),
        p_contradicted=differences.p_below(smallest_effect),
        alpha=alpha,
    )


def advantage_in_all(
    better: Sequence[Values],
    worse: Sequence[Values],
    names: Sequence[str],
    *,
    unit: str,
    higher_is_better: bool = True,
    smallest_effect: float = 0.0,
    alpha: float = ALPHA,
) -> Evidence:
    """Test whether ``better`` beats ``worse`` in every one of several pairs, both (pairs, n) over the same seeds.

    ``names`` (pairs,) names the pairs, which ``all_ahead`` decides. Raises StatisticsError where the two sides have different numbers of
    pairs, or none.
    """
    if len(better) != len(worse) or not better:
        raise StatisticsError(
            f"the arms are compared pair by pair, but they have {len(better)} and {len(worse)} recipes; give both as many"
        )
    return all_ahead(
        {name: paired_differences(a, b, higher_is_better) for name, a, b in zip(names, better, worse, strict=True)},
        method="exact sign tests on differences paired by seed",
        unit=unit,
        n_diverged=count_diverged(*better, *worse),
        what="pairs",
        smallest_effect=smallest_effect,
        alpha=alpha,
    )


def similarity(first: Values, second: Values, margin: float, *, unit: str, higher_is_better: bool = True, alpha: float = ALPHA) -> Evidence:
    """Test whether the median difference of two arms, both (n,) over the same seeds, lies within +-``margin``.

    The test is two one-sided tests (Schuirmann 1987) with exact sign tests in place of t tests: ``p_reproduced`` is the larger of the two.
    ``p_contradicted`` is two-sided, twice the smaller p value for lying beyond either margin, because the claim can be wrong on both sides.
    So it takes six seeds, not five, to contradict one. Two diverged runs are not similar: that seed counts against similarity and against
    difference.
    """
    differences = paired_differences(first, second, higher_is_better, both_diverged=math.inf)
    beyond = min(differences.p_above(margin), differences.p_below(-margin))
    outer = "" if bound_rank(differences.n, alpha / 2) else f"; {differences.n} seeds are too few to show a difference on either side"
    return median_evidence(
        differences,
        method="two one-sided exact sign tests (TOST) on differences paired by seed",
        unit=unit,
        n_diverged=count_diverged(first, second),
        p_reproduced=max(differences.p_above(-margin), differences.p_below(margin)),
        p_contradicted=min(1.0, 2 * beyond),
        alpha=alpha,
        details=(f"a difference beyond either margin is tested two-sided, at {alpha / 2:g} each way{outer}",),
    )
