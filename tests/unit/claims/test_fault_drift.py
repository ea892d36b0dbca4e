"""What drift says of runs with a planted fault: by their bits here, by their start or their cloud elsewhere.

Outcomes are made by hand.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import pytest
from drift_samples import HERE

from claims.faults.drifted import Drifted, Healthy, drifted, drifted_of_claim, drifted_of_runs
from claims.kinds.below_above import Below
from claims.model import Arm, Claim, Locator
from claims.run.drift import Compared
from claims.statistics.intervals import ALPHA
from reference_results import planted_faults_trained as kept
from reference_results.start_tolerances import StartTolerance
from reproductions.recipe_data import digest
from reproductions.recipes import Adding, Network, Optimizer, Training
from reproductions.trials import Outcome, Trial

RECIPE = Training("smoke", Adding(10, 1_000, 1_000), Network("rin"), Optimizer("adam", 1e-3), 50, 80, 4)
ERROR = Below(metric="test_mse", unit="MSE", higher_is_better=False, why="a bound of the tests", arm="RIN", threshold=0.5)
CLAIM = Claim(
    id="rin-2018/adding/tiny",
    paper="rin-2018",
    quote="So it is.",
    locator=Locator(section="3.1"),
    prediction=ERROR,
    statement="The error of a RIN is below 0.5.",
    arms={"smoke": (Arm("RIN", (RECIPE,)),)},
    seeds={"smoke": 5},
)
ALLOWED = StartTolerance(digest(RECIPE), "a training", 2, ("test_mse",), 1e-6, 1e-5, ("avx2", "plain"), 5, "Some CPU", "2026-11-30")


def outcome(error: float, loss: float = 0.2, made: Mapping[str, Any] = HERE) -> Outcome:
    losses = {"updates": (1.0, 2.0), "train_loss": (loss, 0.19), "gradient_norm": (1.0, 0.9)}
    curves = {"updates": (40.0, 80.0), "test_mse": (0.18, error)}
    return Outcome("budget", {"test_mse": error}, curves, 80, provenance=made, first_losses=losses)


def runs(first: int = 0, count: int = 5, shift: float = 0.0, **changes: Any) -> dict[int, Outcome]:
    return {seed: outcome(0.1 + seed / 1000 + shift, **changes) for seed in range(first, first + count)}


def compared(now: Mapping[int, Outcome], record: Mapping[int, Outcome], **allowed: StartTolerance) -> Drifted:
    return drifted(
        [Compared(digest(RECIPE), "a training", {"test_mse": ERROR}, now, record)], {digest(RECIPE): one for one in allowed.values()}
    )


def test_runs_that_equal_healthy_ones_have_not_drifted() -> None:
    found = compared(runs(), runs(), allowed=ALLOWED)
    assert (found.cells, found.noticed, found.words) == (("0 of 5", "0", ""), False, "")


def test_other_bits_are_counted_and_would_not_show_elsewhere() -> None:
    now = runs() | {3: outcome(math.nextafter(0.1 + 3 / 1000, 1.0))}
    found = compared(now, runs(), allowed=ALLOWED)
    assert (found.alike, found.other, found.noticed, found.elsewhere) == (5, 1, True, False)
    assert found.words == "1 of 5 runs have other bits"


def test_a_start_counts_in_units_of_its_tolerance_and_shows_elsewhere() -> None:
    found = compared(runs(loss=0.2 * (1 + 3e-5)), runs(), allowed=ALLOWED)
    assert found.start == pytest.approx(3.0, rel=1e-3)
    assert found.elsewhere
    assert "a start lies 3 times as far off as allowed" in found.words
    assert compared(runs(loss=0.3), runs()).start is None  # without a tolerance no start is compared


def test_bits_of_runs_that_were_made_elsewhere_are_not_compared() -> None:
    found = compared(runs(), runs(made={**HERE, "recurrence": "plain"}))
    assert found.cells[0] == ""
    assert not found.noticed


def test_a_cloud_is_held_against_further_seeds_and_its_p_value_adjusted_over_a_whole_run() -> None:
    """Five runs above all 24 others: 2 of the C(29, 5) choices of ranks lie as far out, times 100 numbers."""
    healthy = Healthy({Trial(RECIPE, seed): one for seed, one in runs().items()}, {digest(RECIPE): runs(100, 24)}, {}, 100)
    now = {Trial(RECIPE, seed): one for seed, one in runs(shift=1.0).items()}
    found = drifted_of_claim(CLAIM, now, healthy)
    assert found.p == pytest.approx(100 * 2 / math.comb(29, 5))
    assert found.elsewhere
    assert drifted_of_claim(CLAIM, now, dataclasses.replace(healthy, numbers=10**5)).p == 1.0


def test_five_seeds_against_five_are_told_apart_in_a_small_run_alone() -> None:
    now = {Trial(RECIPE, seed): one for seed, one in runs(shift=1.0).items()}
    healthy = Healthy({Trial(RECIPE, seed): one for seed, one in runs().items()})
    assert drifted_of_claim(CLAIM, now, healthy).p == pytest.approx(2 / math.comb(10, 5))
    assert not drifted_of_claim(CLAIM, now, dataclasses.replace(healthy, numbers=100)).elsewhere


def test_runs_of_any_recipe_may_start_as_far_off_as_the_largest_tolerance() -> None:
    healthy = {Trial(RECIPE, seed): one for seed, one in runs().items()}
    found = drifted_of_runs({Trial(RECIPE, seed): one for seed, one in runs(loss=0.2 * (1 + 2e-4)).items()}, healthy)
    assert found.start == pytest.approx(2.0, rel=1e-3)
    assert (found.alike, found.other) == (5, 5)


def test_the_kept_tables_have_the_level_of_the_project() -> None:
    assert kept.ALPHA == ALPHA
