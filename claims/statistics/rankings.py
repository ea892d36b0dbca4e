"""The order of several arms, in tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise

from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]  # it ships no types

from claims.model import Evidence
from claims.statistics.effects import Values, count_diverged, paired_differences
from claims.statistics.intervals import ALPHA, StatisticsError, bound_rank


@cache  # sign-test p values are few, and statsmodels collects garbage at every call
def holm(p_values: tuple[float, ...]) -> tuple[float, ...]:
    """Holm-adjusted p values (Holm 1979), in the order given."""
    if len(p_values) < 2:
        return p_values
    adjusted = multipletests(p_values, method="holm")[1]
    return tuple(float(value) for value in adjusted)


def ranking(
    arms: Mapping[str, Values], order: Sequence[Sequence[str]], *, unit: str, higher_is_better: bool = True, alpha: float = ALPHA
) -> Evidence:
    """Evidence that every arm of a tier beats every arm of the next tier; ``arms[name]`` is (n,), all over the same seeds.

    The effect is the smallest step: the smallest median advantage over all pairs of arms from adjacent tiers.

    - Reproduced is an intersection-union test: every pair must hold at ``alpha``, with no correction (Berger 1982). ``lower``
      is the smallest of the pairs' lower bounds and ``p_reproduced`` the largest p value.
    - Contradicted is a union: some pair is reversed, Holm over the pairs. ``upper`` is the smallest of the pairs' upper bounds, each at
      ``alpha`` / number of pairs, which is where Holm's first rejection lies; ``p_contradicted`` is the smallest adjusted p value.

    The pairs are tested one by one. The per-seed gap between the worst arm of a tier and the best arm of the next would not do: with equal
    arms it is negative in most seeds, and a ranking that just holds would be contradicted too often.
    Raises StatisticsError where there are fewer than two tiers.
    """
    pairs = [(upper, lower) for tier, following in pairwise(order) for upper in tier for lower in following]
    if not pairs:
        raise StatisticsError("a ranking needs at least two tiers with an arm in each")
    steps = [paired_differences(arms[upper], arms[lower], higher_is_better) for upper, lower in pairs]
    lowers = [step.bounds(alpha)[0] for step in steps]
    uppers = [step.bounds(alpha / len(pairs))[1] for step in steps]
    medians = [step.median for step in steps]
    known = [median for median in medians if median is not None]
    reversals = holm(tuple(step.p_below(0.0) for step in steps))
    losses = [step.p_above(0.0) for step in steps]
    few = (
        ()
        if bound_rank(steps[0].n, alpha / len(pairs))
        else (f"{steps[0].n} seeds are too few to show one of {len(pairs)} steps reversed",)
    )
    weakest = max(range(len(pairs)), key=lambda i: (losses[i], -(medians[i] or 0.0)))  # least sure, then smallest
    return Evidence(
        estimate=min(known) if known else None,
        lower=None if None in lowers else min(bound for bound in lowers if bound is not None),
        upper=None if None in uppers else min(bound for bound in uppers if bound is not None),
        n=steps[0].n,
        n_diverged=count_diverged(*(arms[name] for tier in order for name in tier)),
        method="intersection-union of exact sign tests on differences paired by seed; reversals by Holm",
        unit=unit,
        confidence=1 - alpha,
        values=steps[weakest].values,
        p_reproduced=max(losses),
        p_contradicted=min(reversals),
        details=tuple(
            f"{upper} over {lower}: better in {sum(value > 0 for value in step.values)} of {step.n} seeds, "
            f"p of the step {loss:.3g}, Holm-adjusted p of its reversal {reversal:.3g}"
            for (upper, lower), step, loss, reversal in zip(pairs, steps, losses, reversals, strict=True)
        )
        + few,
    )
