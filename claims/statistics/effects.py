"""Per-seed effects and the sign test about their median, on which every kind that compares seeds is built."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from claims.results import Evidence
from claims.statistics.intervals import ALPHA, FloatArray, StatisticsError, extended_median, median_bounds, sign_tail

Values = Sequence[float | None]  # one number per seed; None: the run diverged
DIGITS = 12  # that a difference of two metrics is known to: more than any reader uses, and fewer than a float has


@dataclass(frozen=True)
class Effects:
    """One effect per seed, each known to lie in [``low``, ``high``]; both (n,), infinities allowed.

    The two ends are equal where the effect was measured. They differ where it was not: a run censored at its budget, or two diverged runs
    of which it is asked whether they are similar. A statement about the effect counts such a seed against itself unless the whole bracket
    supports it.
    """

    low: FloatArray
    high: FloatArray

    def __post_init__(self) -> None:
        if len(self.low) == 0:
            raise StatisticsError("no seeds; a verdict needs at least one trial per arm")
        if np.isnan(self.low).any() or np.isnan(self.high).any():
            raise StatisticsError("an effect is not a number; outcomes hold finite metrics or count as diverged")

    @property
    def n(self) -> int:
        return len(self.low)

    @cached_property
    def values(self) -> tuple[float, ...]:
        """The effects (n,): as measured, +-inf where one side won by default, 0 where nothing decides between the sides."""
        undecided = np.where(self.low > 0, np.inf, np.where(self.high < 0, -np.inf, 0.0))
        return tuple(np.where(self.low == self.high, self.low, undecided).tolist())

    def p_above(self, null: float) -> float:
        """Return the exact sign-test p value for "the median is above ``null``"; ties with ``null`` count against it."""
        return sign_tail(int(np.count_nonzero(self.low <= null)), self.n)

    def p_below(self, null: float) -> float:
        """Return the exact sign-test p value for "the median is below ``null``"; ties with ``null`` count against it."""
        return sign_tail(int(np.count_nonzero(self.high >= null)), self.n)

    def bounds(self, alpha: float = ALPHA) -> tuple[float | None, float | None]:
        """Return one-sided bounds for the median effect, each with confidence >= 1 - ``alpha``."""
        return median_bounds(self.low, self.high, alpha)

    @property
    def median(self) -> float | None:
        return extended_median(self.values)


def ranks_with_divergence(values: Values, higher_is_better: bool) -> FloatArray:
    """Return ``values`` as an array (n,) in which a diverged run (None) is the worst possible.

    The worst is -inf, or +inf where lower is better. Raises StatisticsError for a number that is not finite: an outcome reports divergence
    as such, never as a number.
    """
    worst = -math.inf if higher_is_better else math.inf
    for value in values:
        if value is not None and not math.isfinite(value):
            raise StatisticsError(f"a metric is {value!r}; outcomes hold finite metrics or count as diverged")
    return np.array([worst if value is None else value for value in values], dtype=np.float64)


def level_effects(values: Values, higher_is_better: bool) -> Effects:
    """Return effects that are the levels of one arm themselves."""
    ranked = ranks_with_divergence(values, higher_is_better)
    return Effects(ranked, ranked)


def paired_differences(first: Values, second: Values, higher_is_better: bool, both_diverged: float = 0.0) -> Effects:
    """Return how much better ``first`` is than ``second`` in each seed, in the metric's unit.

    An effect is positive where ``first`` is better. A diverged run loses to any finished one by infinity. Where both diverged neither is
    ahead: they share the worst rank, and the bracket is +-``both_diverged``.
    """
    if len(first) != len(second):
        raise StatisticsError(
            f"arms are compared seed by seed, but they have {len(first)} and {len(second)} values; run the same seeds in both"
        )
    sign = 1.0 if higher_is_better else -1.0
    a = sign * ranks_with_divergence(first, higher_is_better)
    b = sign * ranks_with_divergence(second, higher_is_better)
    neither = np.isneginf(a) & np.isneginf(b)
    difference = np.where(neither, 0.0, a) - np.where(neither, 0.0, b)
    difference = _to_digits(difference, np.maximum(np.abs(a), np.abs(b)))
    # not -both_diverged, which may be -0.0 and would be written as "-0"
    return Effects(np.where(neither, 0.0 - both_diverged, difference), np.where(neither, both_diverged, difference))


def _to_digits(difference: FloatArray, scale: FloatArray) -> FloatArray:
    """Round ``difference``, (n,), to DIGITS digits of ``scale``, the larger of the two numbers that it is of."""
    # in floats 0.4 - 0.1 is 0.30000000000000004, and a tie with the smallest effect of interest could count as below it
    with np.errstate(over="ignore", invalid="ignore"):
        power = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.where(scale > 0, scale, 1.0))))
        rounded = np.rint(difference * power) / power
    return np.where(np.isfinite(rounded), rounded, difference) + 0.0  # + 0.0: no "-0"


def count_diverged(*arms: Values) -> int:
    """Count the seeds in which at least one of the ``arms`` diverged."""
    return sum(any(value is None for value in seed) for seed in zip(*arms, strict=True))


def median_evidence(
    effects: Effects,
    *,
    method: str,
    unit: str,
    n_diverged: int,
    p_reproduced: float,
    p_contradicted: float,
    alpha: float = ALPHA,
    details: tuple[str, ...] = (),
) -> Evidence:
    """Return the evidence about the median of ``effects`` with its exact one-sided bounds."""
    lower, upper = effects.bounds(alpha)
    return Evidence(
        estimate=effects.median,
        lower=lower,
        upper=upper,
        n=effects.n,
        n_diverged=n_diverged,
        method=method,
        unit=unit,
        confidence=1 - alpha,
        values=effects.values,
        p_reproduced=p_reproduced,
        p_contradicted=p_contradicted,
        details=details,
    )
