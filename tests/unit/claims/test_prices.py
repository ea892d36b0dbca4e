"""What a report says that the missing claims would take is scaled from what the runs behind it took."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest
from report_samples import ADDING_ARMS, BASE, claim, evidence
from report_samples import MISSING as SEEDS_MISSING

from claims.judging.judge import result_not_run
from claims.judging.result import Result
from claims.kinds import Similar
from claims.model import Arm
from claims.results import Verdict
from claims.run.prices import prices
from reproductions.recipes import Recipe, Training
from reproductions.running.cost import FORWARD_SHARE
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome

SIMILAR = Similar(**BASE, first="rin", second="irnn", margin=0.5)
JUDGED = Result(
    claim("rin-2018/adding/judged", SIMILAR, arms=ADDING_ARMS, seeds={"smoke": 2}),
    "smoke",
    Verdict("reproduced", "inside", evidence(0.0, -0.1, 0.1, n=2, seeds=(0, 1))),
    trials=({"seed": 0}, {"seed": 1}),
)
LONGER = {
    "compact": tuple(
        Arm(arm.name, tuple(dataclasses.replace(recipe, profile="compact", updates=4000) for recipe in arm.recipes))
        for arm in ADDING_ARMS["smoke"]
    )
}
MISSING = result_not_run(claim("rin-2018/adding/missing", SIMILAR, arms=LONGER, seeds={"compact": 3}), "smoke", "needs compact", {})


def by_hand(recipe: Recipe, update: float) -> float:
    """The seconds of a trial of which an update takes ``update``."""
    assert isinstance(recipe, Training)
    return (recipe.updates + FORWARD_SHARE * len(recipe.checkpoints) * recipe.task.test_size / recipe.batch_size) * update


SO_FAR = dataclasses.replace(JUDGED, verdict=Verdict("inconclusive", "few seeds", JUDGED.verdict.evidence), missing=SEEDS_MISSING)


def price(tmp_path: Path, seconds: Mapping[int, float]) -> float:
    """The price of the missing claim where the runs of each seed took so many seconds for 400 updates."""

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        return Outcome("budget", {"mse": 0.1}, {}, 400, None, seconds[seed])

    (found,), by_claim = prices([JUDGED, MISSING], Store(tmp_path / "store"), lookup)
    assert (found.profile, found.claims, found.trials) == ("compact", 1, 6)
    assert by_claim == {MISSING.claim.id: found.seconds}
    return found.seconds


def test_a_price_is_that_of_the_updates_and_of_the_evaluations_beside_them(tmp_path: Path) -> None:
    assert price(tmp_path, {0: 8.0, 1: 8.0}) == pytest.approx(2 * 3 * by_hand(LONGER["compact"][0].recipes[0], 8.0 / 400))


def test_the_price_of_a_claim_undecided_so_far_is_that_of_the_trials_that_its_next_look_lacks(tmp_path: Path) -> None:
    def lookup(recipe: Recipe, seed: int) -> Outcome:
        return Outcome("budget", {"mse": 0.1}, {}, 400, None, 8.0)

    store = Store(tmp_path / "store")
    found, by_claim = prices([SO_FAR, MISSING], store, lookup)
    assert [(one.profile, one.claims, one.trials) for one in found] == [("smoke", 1, 4), ("compact", 1, 6)]
    assert by_claim[SO_FAR.claim.id] == found[0].seconds == pytest.approx(4 * by_hand(SEEDS_MISSING[0].recipe, 8.0 / 400))
    store.put(SEEDS_MISSING[0], lookup(SEEDS_MISSING[0].recipe, SEEDS_MISSING[0].seed))
    assert prices([SO_FAR], store, lookup)[0][0].trials == 3


def test_a_run_that_other_programs_slowed_makes_nothing_dearer(tmp_path: Path) -> None:
    undisturbed = price(tmp_path, {0: 8.0, 1: 8.0})
    assert price(tmp_path, {0: 8.0, 1: 80.0}) == price(tmp_path, {0: 80.0, 1: 8.0}) == undisturbed
