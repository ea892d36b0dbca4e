"""Every claim of the IRNN paper, of robustness and of our own questions is in the inventory.

Its recipes compare what the sentence compares.
"""

from __future__ import annotations

import dataclasses

import pytest

from claims.kinds import Greater, LearnsFaster, LessSensitive, Ranking
from claims.model import Claim
from claims.papers import all_claims, find
from claims.papers.irnn_2015 import language_model
from claims.papers.rin_2018 import protocol
from reference_results import load_table
from reproductions.recipes import Training

EVERY = ("smoke", "compact", "paper")
LARGER = ("compact", "paper")
# claims_inventory, with the profiles that can measure each.
ROBUSTNESS = {
    "rin-less-sensitive/learning-rate": LARGER,
    "rin-less-sensitive/batch-size": LARGER,
    "rin-less-sensitive/optimizer": LARGER,
    "irnn-most-unstable": LARGER,
    "irnn-most-unstable/than-rin": LARGER,  # ours
    "relu-speeds-convergence": LARGER,
    "plain-init-suffices/sequential": EVERY,
    "plain-init-suffices/permuted": EVERY,
    "faster-in-all-tasks/irnn": EVERY,
    "faster-in-all-tasks/lstm": EVERY,
}
IRNN_2015 = {
    "formal/identity-keeps-gradient": EVERY,
    "formal/scaled-identity-forgets": EVERY,
    "adding/as-good-as-lstm/T150": LARGER,
    "adding/as-good-as-lstm/T200": EVERY,
    "adding/lstm-step-costs-more": EVERY,
    "pixel-mnist/irnn-3-percent-error": ("paper",),
    "pixel-mnist/standard-rnn-fails/tanh": EVERY,
    "pixel-mnist/standard-rnn-fails/relu": EVERY,
    "pixel-mnist/lstm-worse": EVERY,
    "language-model/irnn-closer-to-lstm": (),
    "speech/irnn-beats-tanh": (),
    "speech/irnn-like-lstm": (),
}
MECHANISM = {
    "formal/rin-is-shifted-irnn": EVERY,
    "pixel-mnist/init-noise-suffices/sequential": LARGER,
    "pixel-mnist/init-noise-suffices/permuted": LARGER,
    "adding/scale-decides-lstm": EVERY,
    "pixel-mnist/scale-decides-lstm": LARGER,
    "pixel-mnist/rate-decides-worst/permuted": ("smoke",),
}


def recipes(claim: Claim, profile: str) -> dict[str, tuple[Training, ...]]:
    return {arm.name: tuple(recipe for recipe in arm.recipes if isinstance(recipe, Training)) for arm in claim.arms[profile] if arm.recipes}


@pytest.mark.parametrize(
    ("prefix", "expected"), [("rin-2018/robustness/", ROBUSTNESS), ("irnn-2015/", IRNN_2015), ("mechanism/", MECHANISM)]
)
def test_every_claim_of_the_inventory_is_registered_with_the_profiles_that_measure_it(
    prefix: str, expected: dict[str, tuple[str, ...]]
) -> None:
    found = {claim.id.removeprefix(prefix): claim.profiles for claim in all_claims() if claim.id.startswith(prefix)}
    assert found == expected


def test_a_claim_that_no_profile_measures_names_its_stand_in_and_what_would_run_it() -> None:
    unmeasured = [claim for claim in all_claims() if not claim.profiles]
    assert {claim.section for claim in unmeasured if claim.paper == "irnn-2015"} == {"language-model", "speech"}
    for claim in unmeasured:
        assert claim.not_run, claim.id
        if claim.paper == "irnn-2015":
            assert "stand-in" in claim.not_run, claim.id
            assert "would run it" in claim.not_run, claim.id


def test_no_arm_lists_a_recipe_twice_and_no_two_arms_of_a_claim_are_the_same() -> None:
    for claim in all_claims():
        for profile, arms in claim.arms.items():
            for arm in arms:
                assert len(set(arm.recipes)) == len(arm.recipes), (claim.id, profile, arm.name)
            assert len({arm.recipes for arm in arms}) == len(arms), (claim.id, profile)


@pytest.mark.parametrize("other", ["irnn", "lstm"])
@pytest.mark.parametrize(("profile", "adding", "babi"), [("smoke", 1, 4), ("compact", 3, 20), ("paper", 3, 20)])
def test_faster_in_all_tasks_pairs_each_task_with_itself(other: str, profile: str, adding: int, babi: int) -> None:
    rin, rival = recipes(find(f"rin-2018/robustness/faster-in-all-tasks/{other}"), profile).values()
    assert [one.task for one in rin] == [one.task for one in rival]
    assert [type(one.task).__name__ for one in rin] == ["Adding"] * adding + ["PixelMnist"] * 2 + ["Babi"] * babi
    assert {one.network.cell for one in rin} == {"rin"}
    assert {one.network.cell for one in rival} == {other}
    assert {(one.updates, one.batch_size) for one in rin} == {(one.updates, one.batch_size) for one in rival}


@pytest.mark.parametrize("profile", EVERY)
def test_a_sensitivity_grid_holds_the_trial_that_the_other_claims_use(profile: str) -> None:
    for dimension in ("learning-rate", "batch-size", "optimizer"):
        claim = find(f"rin-2018/robustness/rin-less-sensitive/{dimension}")
        if profile not in claim.profiles:
            continue
        assert isinstance(claim.prediction, LessSensitive)
        assert claim.prediction.diverged_value == 10.0  # one of ten digits, guessed
        for name, grid in recipes(claim, profile).items():
            assert protocol.pixel_mnist(profile, {"RIN": "rin", "IRNN": "irnn"}[name], "sequential") in grid  # type: ignore[arg-type]


def test_instability_counts_the_runs_of_one_grid_of_learning_rates() -> None:
    claim, half = find("rin-2018/robustness/irnn-most-unstable"), find("rin-2018/robustness/irnn-most-unstable/than-rin")
    assert isinstance(claim.prediction, Ranking)
    assert claim.prediction.order == (("RIN", "LSTM"), ("IRNN",))
    assert list(recipes(claim, "paper")) == ["RIN", "IRNN", "LSTM"]
    for each in (claim, half):
        for profile in each.profiles:
            for grid in recipes(each, profile).values():
                assert tuple(one.optimizer.learning_rate for one in grid) == protocol.LEARNING_RATES[profile]
    assert recipes(half, "paper").items() <= recipes(claim, "paper").items()


@pytest.mark.parametrize("profile", EVERY)
def test_the_tuned_lstm_of_adding_trains_at_1e_3_against_an_irnn_at_the_profiles_own_rate(profile: str) -> None:
    arms = recipes(find("mechanism/adding/scale-decides-lstm"), profile)
    own = protocol.adding(profile, "lstm", 200)
    assert arms["tuned LSTM"] == (dataclasses.replace(own, optimizer=dataclasses.replace(own.optimizer, learning_rate=1e-3)),)
    assert arms["IRNN"] == (protocol.adding(profile, "irnn", 200),)


@pytest.mark.parametrize("profile", LARGER)
def test_the_tuned_lstm_differs_from_the_profiles_own_in_its_rate_alone(profile: str) -> None:
    arms = recipes(find("mechanism/pixel-mnist/scale-decides-lstm"), profile)
    (tuned,), (irnn,) = arms["tuned LSTM"], arms["IRNN"]
    own = protocol.pixel_mnist(profile, "lstm", "sequential")
    assert tuned.optimizer.learning_rate > own.optimizer.learning_rate
    assert dataclasses.replace(tuned, optimizer=own.optimizer) == own
    assert irnn == protocol.pixel_mnist(profile, "irnn", "sequential")


@pytest.mark.parametrize("length", [150, 200])
def test_irnn_and_lstm_run_the_adding_problem_under_the_same_settings(length: int) -> None:
    claim = find(f"irnn-2015/adding/as-good-as-lstm/T{length}")
    assert isinstance(claim.prediction, LearnsFaster)
    assert (claim.prediction.faster, claim.prediction.slower) == ("IRNN", "LSTM")
    scales = {"smoke": 5, "compact": 4, "paper": 1}
    for profile in claim.profiles:
        (irnn,), (lstm,) = recipes(claim, profile).values()
        assert dataclasses.replace(lstm, network=irnn.network) == irnn
        assert irnn.task.length == length // scales[profile]  # type: ignore[union-attr]


def test_the_printed_error_is_the_reference_tables() -> None:
    (printed,) = (row["value"] for row in load_table("irnn_2015", "results"))
    claim = find("irnn-2015/pixel-mnist/irnn-3-percent-error")
    assert claim.prediction.published == 100 - printed  # type: ignore[attr-defined]
    assert claim.prediction.useful_width < (97 - 83.55) / 2  # type: ignore[attr-defined]


def test_closer_to_the_lstm_is_better_than_the_mean_of_the_two_log_perplexities() -> None:
    """|x - l| < |x - t| for l < t exactly where x < (l + t) / 2, and the log of a perplexity is its test loss."""
    (claim,) = language_model.CLAIMS
    assert isinstance(claim.prediction, Greater)
    assert (claim.prediction.metric, claim.prediction.log10, claim.prediction.higher_is_better) == ("test_loss", False, False)
    assert (claim.prediction.better, claim.prediction.worse) == ("IRNN", language_model.MIDPOINT)
