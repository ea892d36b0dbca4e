"""The test of an order of several arms, in tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from claims.results import Evidence
from claims.statistics.effects import Effects, Values, count_diverged, paired_differences
from claims.statistics.intervals import ALPHA, StatisticsError, bound_rank


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm-adjusted p values (Holm 1979), in the order given."""
    # not by statsmodels, which collects garbage at every call: with many families a report took quadratic time
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    # the smallest of m counts m times, the next m - 1 times, and none less than the one before
    steps = accumulate(((len(order) - place) * p_values[index] for place, index in enumerate(order)), max)
    adjusted = dict(zip(order, steps, strict=True))
    return tuple(min(1.0, adjusted[index]) for index in range(len(order)))


def some_reversed(steps: Sequence[Effects], null: float, alpha: float = ALPHA) -> tuple[float | None, float]:
    """Test whether the median of some step lies below ``null``, with error ``alpha`` over all steps.

    Returns (upper bound, Holm-adjusted p value). The bound is the smallest of the steps' upper bounds, each at ``alpha`` / number of steps,
    which is where Holm's first rejection lies; None where so few seeds bound nothing. The p value is the smallest adjusted one, which under
    Holm is Bonferroni's.
    """
    uppers = [step.bounds(alpha / len(steps))[1] for step in steps]
    known = [bound for bound in uppers if bound is not None]
    return min(known) if len(known) == len(uppers) else None, min(1.0, len(steps) * min(step.p_below(null) for step in steps))


def least_sure(steps: Sequence[Effects]) -> int:
    """Return the index of the step that is least sure to lie above 0.

    Of equally sure steps it is the one with the smallest median.
    """
    return max(range(len(steps)), key=lambda i: (steps[i].p_above(0.0), -(steps[i].median or 0.0)))


def too_few(n: int, steps: int, alpha: float, what: str) -> tuple[str, ...]:
    """Return a line that says so where ``n`` seeds cannot show one of ``steps`` steps reversed.

    ``what`` names the steps. Returns no line where the seeds can.
    """
    return () if bound_rank(n, alpha / steps) else (f"{n} seeds are too few to show one of {steps} {what} reversed",)


def ranking(
    arms: Mapping[str, Values], order: Sequence[Sequence[str]], *, unit: str, higher_is_better: bool = True, alpha: float = ALPHA
) -> Evidence:
    """Test whether every arm of a tier beats every arm of the next tier.

    ``arms[name]`` is (n,), all over the same seeds. The effect is the smallest step: the smallest median advantage over all pairs of arms
    from adjacent tiers.

    - Reproduced is an intersection-union test: every pair must hold at ``alpha``, with no correction (Berger 1982). ``lower``
      is the smallest of the pairs' lower bounds and ``p_reproduced`` the largest p value.
    - Contradicted is a union: some pair is reversed, Holm over the pairs (``some_reversed``).

    The pairs are tested one by one. The per-seed gap between the worst arm of a tier and the best arm of the next would not do: with equal
    arms it is negative in most seeds, and a ranking that just holds would be contradicted too often.
    Raises StatisticsError where there are fewer than two tiers.
    """
    pairs = [(one, other) for tier, following in pairwise(order) for one in tier for other in following]
    if not pairs:
        raise StatisticsError("a ranking needs at least two tiers with an arm in each")
    steps = [paired_differences(arms[one], arms[other], higher_is_better) for one, other in pairs]
    lowers = [step.bounds(alpha)[0] for step in steps]
    upper, p_reversed = some_reversed(steps, 0.0, alpha)
    medians = [step.median for step in steps]
    known = [median for median in medians if median is not None]
    reversals = holm(tuple(step.p_below(0.0) for step in steps))
    losses = [step.p_above(0.0) for step in steps]
    return Evidence(
        estimate=min(known) if known else None,
        lower=None if None in lowers else min(bound for bound in lowers if bound is not None),
        upper=upper,
        n=steps[0].n,
        n_diverged=count_diverged(*(arms[name] for tier in order for name in tier)),
        method="intersection-union of exact sign tests on differences paired by seed; reversals by Holm",
        unit=unit,
        confidence=1 - alpha,
        values=steps[least_sure(steps)].values,
        p_reproduced=max(losses),
        p_contradicted=p_reversed,
        details=tuple(
            f"{one} over {other}: better in {sum(value > 0 for value in step.values)} of {step.n} seeds, "
            f"p of the step {loss:.3g}, Holm-adjusted p of its reversal {reversal:.3g}"
            for (one, other), step, loss, reversal in zip(pairs, steps, losses, reversals, strict=True)
        )
        + too_few(steps[0].n, len(pairs), alpha, "steps"),
    )
