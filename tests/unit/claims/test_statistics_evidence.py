"""Everything an evidence says, field by field, at another level than the usual.

The fields are bounds, p values, counts, unit, method and details. Eight seeds bound a median by their extremes at alpha = 0.01 (1/256) and
by the second values at 0.05 (9/256), so a level that gets lost on its way shows.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from claims.kinds import Identity
from claims.results import Evidence
from claims.statistics.censored import UpdatesToLevel
from claims.statistics.comparisons import advantage, similarity
from claims.statistics.curves import near_zero, supremum
from claims.statistics.effects import Effects
from claims.statistics.intervals import StatisticsError
from claims.statistics.levels import level
from claims.statistics.published import binomial_noise, matches_published, odd_run_out
from claims.statistics.sequential import SequentialDesign, savings
from claims.statistics.shares import failing_share
from tests.unit.claims.evidence_samples import says

reached = UpdatesToLevel.reached
INF = math.inf


def test_a_level_below() -> None:
    says(
        level("below", [3.0, 1.0, 2.0, 5.0, 4.0, None, 7.0, 6.0], 9.5, unit="MSE", higher_is_better=False, alpha=0.01),
        Evidence(
            estimate=4.5,
            lower=1.0,
            upper=INF,
            n=8,
            n_diverged=1,
            method="exact sign test about the median over seeds",
            unit="MSE",
            confidence=0.99,
            values=(3.0, 1.0, 2.0, 5.0, 4.0, INF, 7.0, 6.0),
            p_reproduced=9 / 256,
            p_contradicted=255 / 256,
        ),
    )


def test_a_level_above_where_higher_is_better_unless_said_otherwise() -> None:
    says(
        level("above", [3.0, 1.0, 2.0, 5.0, 4.0, None, 7.0, 6.0], 0.5, unit="%", alpha=0.01),
        Evidence(
            estimate=3.5,
            lower=-INF,
            upper=7.0,
            n=8,
            n_diverged=1,
            method="exact sign test about the median over seeds",
            unit="%",
            confidence=0.99,
            values=(3.0, 1.0, 2.0, 5.0, 4.0, -INF, 7.0, 6.0),
            p_reproduced=9 / 256,
            p_contradicted=255 / 256,
        ),
    )


def test_an_advantage() -> None:
    """Four of eight differences reach 4.5: P(Binomial(8, 1/2) <= 4) = 163/256."""
    says(
        advantage([float(seed) for seed in range(1, 9)], [0.0] * 8, unit="points", smallest_effect=4.5, alpha=0.01),
        Evidence(
            estimate=4.5,
            lower=1.0,
            upper=8.0,
            n=8,
            n_diverged=0,
            method="exact sign test on differences paired by seed",
            unit="points",
            confidence=0.99,
            values=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0),
            p_reproduced=1 / 256,
            p_contradicted=163 / 256,
        ),
    )


def test_a_similarity_splits_its_level_over_the_two_sides() -> None:
    """Differences -1 to 6, margin 5.5. Above -5.5: all. Below 5.5: all but one. Beyond 5.5: one of eight (255/256 against it)."""
    first = [float(seed) for seed in range(-1, 7)]
    expected = Evidence(
        estimate=2.5,
        lower=-1.0,
        upper=6.0,
        n=8,
        n_diverged=0,
        method="two one-sided exact sign tests (TOST) on differences paired by seed",
        unit="points",
        confidence=0.99,
        values=tuple(first),
        p_reproduced=9 / 256,
        p_contradicted=1.0,
        details=("a difference beyond either margin is tested two-sided, at 0.005 each way",),
    )
    says(similarity(first, [0.0] * 8, 5.5, unit="points", alpha=0.01), expected)
    strict = similarity(first, [0.0] * 8, 5.5, unit="points", alpha=0.005)  # 1/256 is within 0.005 and beyond its half
    says(
        strict,
        dataclasses.replace(
            expected,
            confidence=0.995,
            details=(
                "a difference beyond either margin is tested two-sided, at 0.0025 each way; "
                "8 seeds are too few to show a difference on either side",
            ),
        ),
    )


def test_a_similarity_where_lower_is_better_and_runs_diverge() -> None:
    found = similarity([1.0, None], [2.0, 1.0], 0.5, unit="MSE", higher_is_better=False)
    assert (found.values, found.n_diverged) == ((1.0, -INF), 1)


def test_a_failing_share() -> None:
    """Three of five fail, one by diverging. Clopper and Pearson's bounds are beta quantiles."""
    says(
        failing_share([None, 9.0, 10.0, 10.5, 50.0], 10.0, 0.5, alpha=0.01),
        Evidence(
            estimate=0.6,
            lower=float(stats.beta.ppf(0.01, 3, 3)),
            upper=float(stats.beta.ppf(0.99, 4, 2)),
            n=5,
            n_diverged=1,
            method="Clopper-Pearson bounds for the share of failing runs",
            unit="share of runs",
            confidence=0.99,
            values=(1.0, 1.0, 1.0, 0.0, 0.0),
            p_reproduced=0.5,
            p_contradicted=26 / 32,
            details=("3 of 5 runs failed: 1 diverged, 2 stayed at the baseline 10",),
        ),
    )
    assert failing_share([None], 10.0, 0.5, unit="of 1").unit == "of 1"


def test_a_printed_number() -> None:
    """Mean 91, s^2 = 2.5; 90.75 x 9.25 / 500 pooled over 1,500 test items and its like for 1,000."""
    noise = binomial_noise(91.0, 90.25, 1000, 500)
    pooled = (91 * 1000 + 90.25 * 500) / 1500
    assert noise == pytest.approx(pooled * (100 - pooled) * (1 / 1000 + 1 / 500))
    error = math.sqrt(2.5 * 1.2 + noise)
    half_width = float(stats.t.ppf(0.995, 4)) * error
    says(
        matches_published([89.0, 90.0, 91.0, 92.0, 93.0], 90.25, unit="%", our_items=1000, test_items=500, alpha=0.01),
        Evidence(
            estimate=91.0,
            lower=91 - half_width,
            upper=91 + half_width,
            n=5,
            n_diverged=0,
            method="99 % prediction interval for one more run (Student t)",
            unit="%",
            confidence=0.995,
            values=(89.0, 90.0, 91.0, 92.0, 93.0),
            p_contradicted=1.0,
            details=(f"seed standard deviation 1.58, test-set noise {math.sqrt(noise):.3g} (standard deviation)",),
        ),
    )
    usual = matches_published([90.0, None], 90.0, unit="%")
    assert (usual.method, usual.confidence) == ("95 % prediction interval for one more run (Student t)", 0.975)
    assert usual.values == (90.0, -INF)


def test_two_seeds_are_enough_for_a_prediction_interval() -> None:
    found = matches_published([1.0, 3.0], 2.0, unit="")
    assert found.upper == pytest.approx(2 + float(stats.t.ppf(0.975, 1)) * math.sqrt(3.0))


def test_a_number_on_equal_seeds_is_no_contradiction_and_one_beside_them_is_as_far_off_as_can_be() -> None:
    on, beside = (matches_published([1.0] * 8, number, unit="") for number in (1.0, 1.5))
    assert on.p_contradicted == 1.0
    assert beside.p_contradicted == pytest.approx(odd_run_out(8) / 0.9)


def test_binomial_noise_holds_from_0_to_100_percent() -> None:
    assert binomial_noise(0.0, 0.0, 100, 100) == 0.0
    assert binomial_noise(100.0, 100.0, 100, 100) == 0.0
    assert binomial_noise(0.5, 0.5, None, 100) == pytest.approx(0.5 * 99.5 / 100)
    assert binomial_noise(80.0, 90.0, None, 100) == pytest.approx(85 * 15 / 100)
    for ours in (-0.5, 100.5):
        with pytest.raises(
            StatisticsError,
            match=rf"^binomial noise is for accuracies in percent, but the metric is about {ours:g}; leave `test_items` out for other",
        ):
            binomial_noise(ours, ours, 100, 100)


def test_a_curve_near_zero() -> None:
    says(
        near_zero([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, None], 0.65, unit="of scale", alpha=0.01),
        Evidence(
            estimate=0.45,
            lower=0.1,
            upper=INF,
            n=8,
            n_diverged=1,
            method="exact sign test about the median over seeds of the supremum over steps",
            unit="of scale",
            confidence=0.99,
            values=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, INF),
            p_reproduced=37 / 256,
            p_contradicted=247 / 256,
        ),
    )
    assert near_zero([0.1] * 6, 0.65, unit="of scale", alpha=0.01).details == ("6 seeds give no bound",)
    assert near_zero([0.1] * 6, 0.65, unit="of scale").details == ()


def test_a_supremum_is_in_raw_units_unless_a_scale_is_given_and_takes_whole_numbers() -> None:
    assert supremum([1, -3, 2]) == 3.0
    with pytest.raises(StatisticsError, match=r"^the scale must be positive, not inf$"):
        supremum([0.1], INF)
    with pytest.raises(StatisticsError, match=r"^the curve has no value at step 1; every step counts$"):
        supremum([0.1, None, None])


def test_an_identity() -> None:
    says(
        Identity("error", "relative", "a test", tolerance=1e-12).evidence({"a": [1e-13, -3e-13], "b": [2e-13]}),
        Evidence(
            estimate=3e-13,
            lower=3e-13,
            upper=3e-13,
            n=3,
            n_diverged=0,
            method="largest absolute error, exact computation, no sampling",
            unit="relative",
            confidence=1.0,
            values=(1e-13, 3e-13, 2e-13),
        ),
    )
    lost = Identity("error", "relative", "a test", tolerance=1e-12).evidence({"a": [1e-13, None], "b": [None]})
    assert (lost.estimate, lost.n, lost.n_diverged) == (INF, 3, 2)


def test_a_bracket_is_worth_a_win_a_loss_or_nothing() -> None:
    low, high = [-0.5, 0.0, 0.5, -INF, -INF, -INF, 2.0], [INF, INF, INF, 0.5, 0.0, -0.5, 2.0]
    assert Effects(np.array(low), np.array(high)).values == (0.0, 0.0, INF, 0.0, 0.0, -INF, 2.0)


@pytest.mark.parametrize(("low", "high"), [([math.nan], [1.0]), ([1.0], [math.nan])])
def test_an_effect_that_is_not_a_number_is_refused(low: list[float], high: list[float]) -> None:
    with pytest.raises(StatisticsError, match=r"^an effect is not a number; outcomes hold finite metrics or count as diverged$"):
        Effects(np.array(low), np.array(high))


@pytest.mark.parametrize(
    ("measured", "field"),
    [
        (reached(1), "least"),
        (Effects(np.ones(1), np.ones(1)), "low"),
        (SequentialDesign((5,)), "looks"),
        (savings(SequentialDesign((5,))), "fixed"),
    ],
)
def test_what_was_measured_is_not_changed_afterwards(measured: object, field: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(measured, field, 2)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: level("above", [], 1.0, unit="u"),
        lambda: advantage([], [], unit="u"),
        lambda: failing_share([], 10.0, 0.5),
        lambda: matches_published([], 90.0, unit="%"),
    ],
)
def test_no_seeds_are_refused_in_one_line(refused) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StatisticsError, match=r"^no seeds; a verdict needs at least one trial per arm$"):
        refused()
