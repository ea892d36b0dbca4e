"""How often a healthy run is called drifted, and which shifts are noticed.

Five seeds are simulated against 24 recorded ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats

from claims.kinds.below_above import Below
from claims.report.drift import Drift
from claims.run.drift import Compared, drifts
from reproductions.trials import Outcome

METRICS, RUNS, NOW, RECORDED = 100, 100, 5, 24
ERROR = {"test_mse": Below("test_mse", "mean squared error", "a bound of the tests", higher_is_better=False, arm="rin", threshold=0.1)}
Draw = Callable[[np.random.Generator, int], list[float | None]]


def normal(rng: np.random.Generator, size: int) -> list[float | None]:
    return list(rng.normal(size=size))


def accuracies(rng: np.random.Generator, size: int) -> list[float | None]:
    """Percentages of a hundred items, with many ties."""
    return [float(value) for value in rng.binomial(100, 0.97, size)]


def diverging(rng: np.random.Generator, size: int) -> list[float | None]:
    """Half the runs diverge; the others have heavy tails."""
    return [None if rng.random() < 0.5 else float(rng.standard_t(2)) for _ in range(size)]


def run(rng: np.random.Generator, draw: Draw, shift: float = 0.0, shifted: int = 0) -> tuple[Drift, ...]:
    def outcomes(values: list[float | None], first: int) -> dict[int, Outcome]:
        made = (Outcome("diverged", {}) if value is None else Outcome("budget", {"test_mse": value}) for value in values)
        return dict(enumerate(made, first))

    def compared(place: int) -> Compared:
        now = [value if value is None or place >= shifted else value + shift for value in draw(rng, NOW)]
        return Compared(f"{place:064x}", "", ERROR, outcomes(now, 0), outcomes(draw(rng, RECORDED), 100))

    return drifts([compared(place) for place in range(METRICS)], {})


def drifted(found: tuple[Drift, ...]) -> int:
    return sum(one.word == "drifted" for one in found)


@pytest.mark.parametrize("draw", [normal, accuracies, diverging])
def test_at_most_one_healthy_run_in_twenty_is_called_drifted(draw: Draw) -> None:
    rng = np.random.default_rng(1)
    false = sum(drifted(run(rng, draw)) > 0 for _ in range(RUNS))
    assert scipy.stats.binomtest(false, RUNS, 0.05, alternative="greater").pvalue > 1e-3


def test_four_of_five_healthy_numbers_are_called_equivalent() -> None:
    rng = np.random.default_rng(2)
    words = [one.word for _ in range(10) for one in run(rng, normal)]
    share = words.count("equivalent") / len(words)
    assert scipy.stats.binomtest(words.count("equivalent"), len(words), 0.8).pvalue > 1e-4, share


def test_a_shift_of_four_deviations_is_noticed_and_of_one_is_not_by_five_seeds() -> None:
    rng = np.random.default_rng(3)
    noticed = {shift: np.mean([drifted(run(rng, normal, shift, shifted=1)) > 0 for _ in range(60)]) for shift in (1.0, 4.0)}
    assert noticed[4.0] > 0.9
    assert noticed[1.0] < 0.3


def test_the_floor_of_five_seeds_against_24_survives_hundreds_of_numbers() -> None:
    """One number drifts beyond overlap: its p value is 2 in C(29, 5), which Holm over several hundred leaves below 0.05."""
    floor = 2 / math.comb(NOW + RECORDED, NOW)
    rng = np.random.default_rng(4)
    (worst, *_) = run(rng, normal, shift=100.0, shifted=1)
    assert worst.p == pytest.approx(METRICS * floor)
    assert 0.05 / floor > 2_000
