"""What ``python benchmarks/addendum.py --data`` measured on pilot seeds for the open questions. It writes this module whole."""

from __future__ import annotations

from collections.abc import Mapping

from claims.readings import Comparison, Option

MEASURED: Mapping[str, tuple[Comparison, ...]] = {
    "initial-spread": (
        Comparison(
            recipe="adding T=40 rin 1-100",
            metric="test_mse",
            unit="MSE",
            seeds=(10000, 10001, 10002),
            options=(
                Option(name="standard deviation 0.001", values=(0.0175, 0.01249, 0.008199)),
                Option(name="variance 0.001", values=(0.001217, 0.0008791, 0.0003992)),
            ),
            command="python benchmarks/addendum.py --only initial-spread --seeds 3",
            date="2026-11-21",
        ),
        Comparison(
            recipe="adding T=40 irnn 1-100",
            metric="test_mse",
            unit="MSE",
            seeds=(10000, 10001, 10002),
            options=(
                Option(name="standard deviation 0.001", values=(0.01665, 0.01518, 0.0107)),
                Option(name="variance 0.001", values=(0.0004243, 0.0002314, 0.0002574)),
            ),
            command="python benchmarks/addendum.py --only initial-spread --seeds 3",
            date="2026-11-21",
        ),
    ),
    "clip": (
        Comparison(
            recipe="adding T=40 rin 1-100",
            metric="test_mse",
            unit="MSE",
            seeds=(10000, 10001, 10002),
            options=(
                Option(name="global norm at most 100", values=(0.0175, 0.01249, 0.008199)),
                Option(name="each entry at most 100", values=(0.1024, 0.02129, 0.1715)),
            ),
            command="python benchmarks/addendum.py --only clip --seeds 3",
            date="2026-11-21",
        ),
        Comparison(
            recipe="adding T=40 irnn 1-100",
            metric="test_mse",
            unit="MSE",
            seeds=(10000, 10001, 10002),
            options=(
                Option(name="global norm at most 100", values=(0.01665, 0.01518, 0.0107)),
                Option(name="each entry at most 100", values=(0.03706, 0.01518, 0.08751)),
            ),
            command="python benchmarks/addendum.py --only clip --seeds 3",
            date="2026-11-21",
        ),
    ),
    "rmsprop": (
        Comparison(
            recipe="sequential MNIST T=196 rin 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(
                Option(name="decay 0.9, epsilon outside", values=(49.8, 49.4, 38.6)),
                Option(name="decay 0.99, epsilon outside", values=(21.0, 10.6, 24.5)),
                Option(name="decay 0.9, epsilon inside", values=(47.2, 37.3, 39.2)),
            ),
            command="python benchmarks/addendum.py --only rmsprop --seeds 3",
            date="2026-11-21",
        ),
        Comparison(
            recipe="sequential MNIST T=196 irnn 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(
                Option(name="decay 0.9, epsilon outside", values=(31.0, 18.7, 20.3)),
                Option(name="decay 0.99, epsilon outside", values=(21.4, 7.7, 13.6)),
                Option(name="decay 0.9, epsilon inside", values=(30.3, 18.0, 14.2)),
            ),
            command="python benchmarks/addendum.py --only rmsprop --seeds 3",
            date="2026-11-21",
        ),
    ),
    "forget-bias": (
        Comparison(
            recipe="sequential MNIST T=196 lstm 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(Option(name="forget bias 0", values=(18.5, 16.6, 17.8)), Option(name="forget bias 1", values=(38.3, 30.1, 29.5))),
            command="python benchmarks/addendum.py --only forget-bias --seeds 3",
            date="2026-11-21",
        ),
        Comparison(
            recipe="adding T=40 lstm 1-100",
            metric="test_mse",
            unit="MSE",
            seeds=(10000, 10001, 10002),
            options=(
                Option(name="forget bias 0", values=(0.00387, 0.001349, 0.00172)),
                Option(name="forget bias 1", values=(0.001165, 0.0006806, 0.0006098)),
            ),
            command="python benchmarks/addendum.py --only forget-bias --seeds 3",
            date="2026-11-21",
        ),
    ),
    "lstm-draw": (
        Comparison(
            recipe="sequential MNIST T=196 lstm 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(Option(name="four gates together", values=(18.5, 16.6, 17.8)), Option(name="gate by gate", values=(32.3, 23.9, 22.7))),
            command="python benchmarks/addendum.py --only lstm-draw --seeds 3",
            date="2026-11-21",
        ),
        Comparison(
            recipe="permuted MNIST T=196 lstm 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(Option(name="four gates together", values=(27.6, 26.8, 25.5)), Option(name="gate by gate", values=(31.5, 37.0, 31.7))),
            command="python benchmarks/addendum.py --only lstm-draw --seeds 3",
            date="2026-11-21",
        ),
    ),
    "concatenated": (
        Comparison(
            recipe="mean over simulated bAbI 1, 4, 15, 18 rin 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(Option(name="beside each state", values=(68.03, 65.28, 63.2)), Option(name="along time", values=(61.95, 60.8, 61.02))),
            command="python benchmarks/addendum.py --only concatenated --seeds 3",
            date="2026-11-21",
        ),
        Comparison(
            recipe="mean over simulated bAbI 1, 4, 15, 18 lstm 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(Option(name="beside each state", values=(61.22, 58.97, 59.45)), Option(name="along time", values=(59.9, 59.3, 52.6))),
            command="python benchmarks/addendum.py --only concatenated --seeds 3",
            date="2026-11-21",
        ),
    ),
    "mnist-clip": (
        Comparison(
            recipe="sequential MNIST T=196 rin 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(Option(name="no clipping", values=(49.8, 49.4, 38.6)), Option(name="norm at most 100", values=(36.3, 37.4, 30.8))),
            command="python benchmarks/addendum.py --only mnist-clip --seeds 3",
            date="2026-11-21",
        ),
        Comparison(
            recipe="sequential MNIST T=196 irnn 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(Option(name="no clipping", values=(31.0, 18.7, 20.3)), Option(name="norm at most 100", values=(22.3, 15.9, 20.2))),
            command="python benchmarks/addendum.py --only mnist-clip --seeds 3",
            date="2026-11-21",
        ),
    ),
    "babi-clip": (
        Comparison(
            recipe="bAbI 3 rin 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(Option(name="no clipping", values=(18.1, 19.9, 18.7)), Option(name="norm at most 100", values=(None, 30.4, 26.9))),
            command="python benchmarks/addendum.py --only babi-clip --seeds 3",
            date="2026-11-21",
        ),
        Comparison(
            recipe="bAbI 5 rin 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(Option(name="no clipping", values=(64.6, 73.0, 55.3)), Option(name="norm at most 100", values=(77.4, 72.1, 74.9))),
            command="python benchmarks/addendum.py --only babi-clip --seeds 3",
            date="2026-11-21",
        ),
    ),
    "babi-rate": (
        Comparison(
            recipe="mean over simulated bAbI 1, 4, 15, 18 irnn 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(
                Option(name="rate x epochs as in the paper", values=(65.65, 66.33, 62.67)),
                Option(name="rate of the paper", values=(56.15, 55.55, 54.35)),
            ),
            command="python benchmarks/addendum.py --only babi-rate --seeds 3",
            date="2026-11-21",
        ),
    ),
    "standard-rnn-start": (
        Comparison(
            recipe="sequential MNIST T=196 tanh 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(
                Option(name="Glorot W, orthogonal U", values=(75.7, 70.9, 61.6)),
                Option(name="N(0, 1e-3), no identity", values=(7.7, 7.7, 7.7)),
            ),
            command="python benchmarks/addendum.py --only standard-rnn-start --seeds 3",
            date="2026-11-21",
        ),
        Comparison(
            recipe="sequential MNIST T=196 relu 1-100",
            metric="test_accuracy",
            unit="percent",
            seeds=(10000, 10001, 10002),
            options=(
                Option(name="Glorot W, orthogonal U", values=(26.4, 21.6, 25.5)),
                Option(name="N(0, 1e-3), no identity", values=(7.7, 7.7, 7.7)),
            ),
            command="python benchmarks/addendum.py --only standard-rnn-start --seeds 3",
            date="2026-11-21",
        ),
    ),
}
