"""The report says what was measured, not what the paper measured: length, data and settings as the profile scales them."""

from __future__ import annotations

import dataclasses

from claims.papers import find
from claims.report.measured import data, measured_on
from reproductions import profiles
from reproductions.recipes import Adding


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
    streamed = dataclasses.replace(profiles.adding("smoke", "rin", 200), task=Adding(40, None, 100))
    assert data([streamed]) == "adding, T = 40, generated, endless training and 100 test samples"
