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


def some_below(steps: Sequence[Effects], null: float, alpha: float = ALPHA) -> tuple[float | None, float]:
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


def all_ahead(
    steps: Mapping[str, Effects],
    *,
    method: str,
    unit: str,
    n_diverged: int,
    what: str,
    smallest_effect: float = 0.0,
    alpha: float = ALPHA,
    details: tuple[str, ...] = (),
    seen: Mapping[str, str] | None = None,
) -> Evidence:
    """Test whether the median effect of every one of ``steps`` lies above 0.

    The steps have names and are over the same seeds. The effect is the smallest of their medians.

    - Reproduced is an intersection-union test: every step must hold at ``alpha``, with no correction (Berger 1982). ``lower``
      is the smallest of the steps' lower bounds and ``p_reproduced`` the largest p value.
    - Contradicted is a union: some step lies below ``smallest_effect``, Holm over the steps (``some_below``).

    The steps are tested one by one. The smallest effect of each seed would not do: with several steps one of them is unlucky in most
    seeds, so that steps which all hold could never be shown to. ``values`` are the effects of the least sure step. ``seen[name]`` begins
    what the details say of a step, and ``what`` names the steps.
    """
    each = list(steps.values())
    n, lowers = each[0].n, [step.bounds(alpha)[0] for step in each]
    upper, p_contradicted = some_below(each, smallest_effect, alpha)
    known = [step.median for step in each if step.median is not None]
    below, losses = holm(tuple(step.p_below(smallest_effect) for step in each)), [step.p_above(0.0) for step in each]
    lines = (
        f"{name}: {seen.get(name, '') if seen else ''}better in {sum(value > 0 for value in step.values)} of {n} seeds, "
        f"median advantage {'undecided' if step.median is None else format(step.median, '.3g')}, p {loss:.3g}, "
        f"Holm-adjusted p of a contradiction {p:.3g}"
        for (name, step), loss, p in zip(steps.items(), losses, below, strict=True)
    )
    few = () if bound_rank(n, alpha / len(each)) else (f"{n} seeds are too few to contradict one of {len(each)} {what}",)
    return Evidence(
        estimate=min(known) if known else None,
        lower=None if None in lowers else min(bound for bound in lowers if bound is not None),
        upper=upper,
        n=n,
        n_diverged=n_diverged,
        method=f"intersection-union of {method}; contradiction by Holm",
        unit=unit,
        confidence=1 - alpha,
        values=each[least_sure(each)].values,
        p_reproduced=max(losses),
        p_contradicted=p_contradicted,
        details=(*details, *lines, *few),
    )


def ranking(
    arms: Mapping[str, Values],
    order: Sequence[Sequence[str]],
    *,
    unit: str,
    higher_is_better: bool = True,
    smallest_effect: float = 0.0,
    alpha: float = ALPHA,
) -> Evidence:
    """Test whether every arm of a tier beats every arm of the next tier.

    ``arms[name]`` is (n,), all over the same seeds. The steps are all pairs of arms from adjacent tiers, decided by ``all_ahead``.
    Raises StatisticsError where there are fewer than two tiers.
    """
    pairs = [(one, other) for tier, following in pairwise(order) for one in tier for other in following]
    if not pairs:
        raise StatisticsError("a ranking needs at least two tiers with an arm in each")
    return all_ahead(
        {f"{one} over {other}": paired_differences(arms[one], arms[other], higher_is_better) for one, other in pairs},
        method="exact sign tests on differences paired by seed",
        unit=unit,
        n_diverged=count_diverged(*(arms[name] for tier in order for name in tier)),
        what="steps",
        smallest_effect=smallest_effect,
        alpha=alpha,
    )
