"""The test of one printed number, from one run, against our seeds."""

from __future__ import annotations

import math
import statistics
from functools import cache

import scipy

from claims.results import Evidence
from claims.statistics.effects import Values, count_diverged, ranks_with_divergence
from claims.statistics.intervals import ALPHA, StatisticsError

TAIL_SHARE = 0.1  # of the error; simulated with 0.2 and 0.1, the rates under lognormal runs are 5.1 % and 4.2 % at eight seeds


@cache
def _t_quantile(n: int, alpha: float) -> float:
    return float(scipy.stats.t.ppf(1 - alpha / 2, n - 1))


def odd_run_out(n: int) -> float:
    """Return the largest chance that the printed run is the only odd one among n + 1 similar runs.

    With a share q of odd runs (not solved, say) the chance is q (1-q)^n, largest at q = 1/(n+1). So n equal seeds cannot rule out that the
    printed run was the odd one: with five the chance is 6.7 %.
    """
    return float(n**n / (n + 1) ** (n + 1))


def p_not_one_more_run(p_t: float, n: int) -> float:
    """Return the p value against "the printed run is one more of ours".

    ``p_t`` is the t test's p value with ``n`` seeds. Normal theory alone contradicts far too often when runs are not normal, and with one
    printed run no test is free of assumptions: its rank among n + 1 runs is extreme in 2 of n + 1 cases. So the error is shared out.
    TAIL_SHARE of it goes to the t test, which keeps the rate below 5 % for Student t with 2 degrees of freedom, exponential and lognormal
    runs and a 25-fold range of variances (simulated in ``claims.calibration``); the rest covers the odd run out, which takes eight seeds.
    Cauchy runs, without even a mean, would still be contradicted in 6 % of cases.
    """
    return min(1.0, max(p_t / TAIL_SHARE, odd_run_out(n) / (1 - TAIL_SHARE)))


def binomial_noise(ours: float, published: float, our_items: int | None, test_items: int | None) -> float:
    """Return the variance, in percent squared, that two finite test sets add to the difference of two accuracies.

    The accuracies are in percent. A set adds p (100 - p) / items, with p the accuracy pooled over both sets as in the score test of two
    proportions, so that 100 % of ours against 99.9 % printed is not noiseless. The variance is 0 where ``test_items`` is None: the metric
    is not an accuracy.

    Both terms are added in full, and that is an upper limit. Let a fraction r of the item noise be common to all runs on one test set.
    Seeds that share a test set show only (1 - r) of it in their variance. The rest shifts them all together and has to be added, for our
    set and for the paper's. Where every seed draws its own items, the seeds' variance already holds ours and the sum is too large. r is
    unknown, so the term counts in full: the price is width, never a false contradiction.
    """
    if test_items is None:
        return 0.0
    sizes = [size for size in (our_items, test_items) if size is not None]
    p = (ours + published) / 2 if our_items is None else (ours * our_items + published * test_items) / (our_items + test_items)
    if not 0 <= p <= 100:
        raise StatisticsError(
            f"binomial noise is for accuracies in percent, but the metric is about {p:g}; leave `test_items` out for other metrics"
        )
    return sum(p * (100 - p) / size for size in sizes)


def matches_published(
    values: Values, published: float, *, unit: str, our_items: int | None = None, test_items: int | None = None, alpha: float = ALPHA
) -> Evidence:
    """Test whether ``published``, one run, could be one more seed of ``values`` (n,).

    ``lower`` and ``upper`` are the prediction interval mean +- t_{n-1} sqrt(s^2 (1 + 1/n) + binomial noise of both test sets): two-sided,
    so each has confidence 1 - alpha/2. None where a run diverged (a mean would be arbitrary) or n < 2.

    ``p_contradicted`` is ``p_not_one_more_run``: it takes eight seeds and a printed number well outside the interval. In between
    the verdict stays open. Where every run diverged the t test has no say and the number of seeds alone decides.
    There is no ``p_reproduced``: that the number lies in the interval is no rejection; the useful width guards it.
    """
    n, diverged = len(values), count_diverged(values)
    ranked = ranks_with_divergence(values, higher_is_better=True)
    finite = [value for value in values if value is not None]
    if n == 0:
        raise StatisticsError("no seeds; a verdict needs at least one trial per arm")
    estimate = lower = upper = p_contradicted = None
    details: tuple[str, ...] = ()
    if not finite:
        p_contradicted = p_not_one_more_run(0.0, n)
    elif not diverged:
        estimate = statistics.mean(finite)  # exact: equal seeds have exactly their own value as mean
        if n >= 2:
            seed_variance = statistics.variance(finite)
            noise = binomial_noise(estimate, published, our_items, test_items)
            standard_error = math.sqrt(seed_variance * (1 + 1 / n) + noise)
            half_width = _t_quantile(n, alpha) * standard_error
            lower, upper = estimate - half_width, estimate + half_width
            # equal seeds and no test noise: the interval is a point, and the number is on it or not
            p_t = (
                2 * float(scipy.stats.t.sf(abs(published - estimate) / standard_error, n - 1))
                if standard_error
                else float(published == estimate)
            )
            p_contradicted = p_not_one_more_run(p_t, n)
            details = (
                f"seed standard deviation {math.sqrt(seed_variance):.3g}, test-set noise {math.sqrt(noise):.3g} (standard deviation)",
            )
    return Evidence(
        estimate=estimate,
        lower=lower,
        upper=upper,
        n=n,
        n_diverged=diverged,
        method=f"{100 * (1 - alpha):g} % prediction interval for one more run (Student t)",
        unit=unit,
        confidence=1 - alpha / 2,
        values=tuple(ranked.tolist()),
        p_contradicted=p_contradicted,
        details=details,
    )
