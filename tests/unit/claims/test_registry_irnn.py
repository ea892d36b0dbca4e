"""Every claim of the IRNN paper, of robustness and of our own questions is in the inventory.

Its recipes compare what the sentence compares.
"""

from __future__ import annotations

import dataclasses

import pytest

from claims.kinds import Closer, Greater, LearnsFaster, LessSensitive, Ranking
from claims.model import Claim
from claims.papers import all_claims, find
from claims.papers.irnn_2015 import protocol as irnn_protocol
from claims.papers.rin_2018 import protocol
from reference_results import load_table
from reproductions.recipes import Network, Training

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
    "language-model/irnn-closer-to-lstm": LARGER,
    "language-model/irnn-beats-tanh": LARGER,  # ours, as the following: what the claim above is made of, and a second reading
    "language-model/lstm-beats-irnn": LARGER,
    "language-model/irnn-closer-to-lstm/equal-parameters": LARGER,
    "language-model/lstm-beats-irnn/equal-parameters": LARGER,
    "speech/irnn-beats-tanh": LARGER,
    "speech/irnn-like-lstm": LARGER,
    "speech/scaled-beats-identity": LARGER,
    "speech/irnn-beats-tanh/5-layers": LARGER,
    "speech/irnn-like-lstm/5-layers": LARGER,
    "speech/scaled-beats-identity/5-layers": LARGER,
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


def test_compact_measures_every_claim_but_one_about_a_printed_number() -> None:
    left_out = {claim.id for claim in all_claims() if claim.paper == "irnn-2015" and "compact" not in claim.profiles}
    assert left_out == {"irnn-2015/pixel-mnist/irnn-3-percent-error"}


@pytest.mark.parametrize("profile", LARGER)
def test_language_models_differ_in_cell_and_own_rate_and_in_units_where_parameters_are_equal(profile: str) -> None:
    (irnn,), (lstm,), (tanh,) = recipes(find("irnn-2015/language-model/irnn-closer-to-lstm"), profile).values()
    assert (irnn.network.cell, lstm.network.cell, tanh.network.cell) == ("irnn-glorot", "lstm", "tanh")
    for other in (lstm, tanh):
        network = dataclasses.replace(other.network, cell="irnn-glorot")
        assert dataclasses.replace(other, network=network, optimizer=irnn.optimizer) == irnn
    arms = recipes(find("irnn-2015/language-model/irnn-closer-to-lstm/equal-parameters"), profile)
    assert (arms["IRNN"], arms["tanh RNN"]) == ((irnn,), (tanh,))
    assert dataclasses.replace(arms["LSTM"][0], network=lstm.network) == lstm


@pytest.mark.parametrize("words", [50, 2_000, 33_000])
def test_an_lstm_of_equal_parameters_has_as_many_as_a_plain_network_and_one_unit_more_has_too_many(words: int) -> None:
    """Counted in networks that torch built."""
    from reproductions.networks import FrameNetwork, initial_streams

    def parameters(cell: str, hidden: int) -> int:
        network = Network(cell, 1, hidden)
        model = FrameNetwork(cell, irnn_protocol.UNITS, hidden, 1, words, initial_streams(network, 0), words=words)
        return sum(parameter.numel() for parameter in model.parameters())

    hidden = irnn_protocol.units("lstm", words)
    assert parameters("lstm", hidden) <= parameters("irnn-glorot", irnn_protocol.UNITS) < parameters("lstm", hidden + 1)
    assert irnn_protocol.units("irnn-glorot", words) == irnn_protocol.UNITS


@pytest.mark.parametrize("layers", [2, 5])
@pytest.mark.parametrize("profile", LARGER)
def test_speech_compares_networks_of_one_depth_the_lstm_with_half_the_units(profile: str, layers: int) -> None:
    suffix = "" if layers == 2 else f"/{layers}-layers"
    arms = {
        name: one
        for slug in ("irnn-beats-tanh", "irnn-like-lstm", "scaled-beats-identity")
        for name, (one,) in recipes(find(f"irnn-2015/speech/{slug}{suffix}"), profile).items()
    }
    cells = {"IRNN 0.01 I": "irnn-0.01-glorot", "IRNN": "irnn-glorot", "LSTM": "lstm", "tanh RNN": "tanh"}
    assert {name: one.network.cell for name, one in arms.items()} == cells
    assert {one.network.layers for one in arms.values()} == {layers}
    plain = arms["tanh RNN"]
    for name, one in arms.items():
        assert one.network.hidden == (plain.network.hidden // 2 if name == "LSTM" else plain.network.hidden)
        assert dataclasses.replace(one, network=plain.network, optimizer=plain.optimizer) == plain


def test_the_grids_hold_the_rates_that_are_used_and_test_on_nothing_that_a_claim_tests_on() -> None:
    for cell in irnn_protocol.LANGUAGE_RATE:
        grid = irnn_protocol.language_grid(cell)  # type: ignore[arg-type]
        assert irnn_protocol.language("compact", cell).optimizer in [one.optimizer for one in grid]  # type: ignore[arg-type]
        assert {one.task.source for one in grid} == {"wikitext-2-small-validation"}  # type: ignore[union-attr]
    for cell, layers in irnn_protocol.SPEECH_RATE:
        grid = irnn_protocol.speech_grid(cell, layers)  # type: ignore[arg-type]
        assert irnn_protocol.speech("compact", cell, layers).optimizer in [one.optimizer for one in grid]  # type: ignore[arg-type]
        assert {one.task.source for one in grid} == {"espeak-validation"}  # type: ignore[union-attr]


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


def test_closer_to_the_lstm_is_of_log_perplexities_and_stands_beside_the_two_orders_it_supposes() -> None:
    """The log of a perplexity is the test loss."""
    closer, *orders = (find(f"irnn-2015/language-model/{slug}") for slug in ("irnn-closer-to-lstm", "irnn-beats-tanh", "lstm-beats-irnn"))
    assert isinstance(closer.prediction, Closer)
    assert (closer.prediction.arm, closer.prediction.near, closer.prediction.far) == ("IRNN", "LSTM", "tanh RNN")
    pairs = [(claim.prediction.better, claim.prediction.worse) for claim in orders if isinstance(claim.prediction, Greater)]
    assert pairs == [("IRNN", "tanh RNN"), ("LSTM", "IRNN")]
    for claim in (closer, *orders):
        assert (claim.prediction.metric, claim.prediction.log10, claim.prediction.higher_is_better) == ("test_loss", False, False)
