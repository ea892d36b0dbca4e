"""Sequential and permuted MNIST: section 3.2, Table 1, Figs. 3, 6 and 7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from claims.model import Claim, Greater, Locator, Prediction, Ranking, Similar
from claims.papers.rin_2018.arms import arms, seeds
from reproductions import profiles
from reproductions.recipes import ORDERS, Cell

SMALL = ("1-100", "1-200")  # section 3.2, "small network sizes (1-100,1-200)"
SMOKE_NETWORK = "1-100"
SMALLEST_GAP = 1.0  # points of accuracy
SIMILAR_GAP = 2.0  # points of accuracy
ACCURACY: Mapping[str, Any] = {"metric": "test_accuracy", "unit": "points"}
EARLY: Mapping[str, Any] = {"metric": "early_accuracy", "unit": "points"}


def _claim(
    slug: str, order: str, network: str, quote: str, locator: Locator, statement: str, prediction: Prediction, cells: Sequence[Cell]
) -> Claim:
    run_by = profiles.PROFILE_NAMES if network == SMOKE_NETWORK else ("compact", "paper")
    return Claim(
        id=f"rin-2018/pixel-mnist/{slug}/{order}/{network}",
        paper="rin-2018",
        quote=quote,
        locator=locator,
        prediction=prediction,
        statement=statement,
        arms=arms(cells, lambda profile, cell: (profiles.pixel_mnist(profile, cell, order, network),), run_by),
        seeds=seeds(run_by),
        headline=slug == "small-rin-beats-irnn",
    )


def _beats(order: str, network: str) -> Claim:
    return _claim(
        "small-rin-beats-irnn",
        order,
        network,
        "For small network sizes (1-100,1-200), RINs outperform IRNNs in their accuracy performance.",
        Locator(section="3.2", table="1", cell=f"{order}/{network}"),
        f"On {order} MNIST a {network} RIN ends with a higher test accuracy than a {network} IRNN.",
        Greater(
            **ACCURACY,
            better="RIN",
            worse="IRNN",
            smallest_effect=SMALLEST_GAP,
            why="the smallest printed gap of these four cells is 1.74 points; less than about half of it would not be this claim",
        ),
        ["rin", "irnn"],
    )


def _similar(order: str, network: str) -> Claim:
    return _claim(
        "bigger-similar",
        order,
        network,
        "For bigger networks, RINs and IRNNs achieve similar performance",
        Locator(section="3.2", table="1", cell=f"{order}/{network}"),
        f"On {order} MNIST the final test accuracies of a {network} RIN and a {network} IRNN differ by less than {SIMILAR_GAP:g} points.",
        Similar(
            **ACCURACY,
            first="RIN",
            second="IRNN",
            margin=SIMILAR_GAP,
            why="five of the eight printed gaps of the bigger networks are below 2 points, and the gaps of the small ones reach 16",
        ),
        ["rin", "irnn"],
    )


def _worst(order: str, network: str) -> Claim:
    return _claim(
        "lstm-worst",
        order,
        network,
        "LSTMs perform the worst on both tasks in terms of both convergence speed and final accuracy.",
        Locator(section="3.2", table="1", cell=f"{order}/{network}"),
        f"On {order} MNIST a {network} LSTM ends with a lower test accuracy than a {network} RIN and a {network} IRNN.",
        Ranking(**ACCURACY, order=(("RIN", "IRNN"), ("LSTM",)), why="an order needs no margin"),
        ["rin", "irnn", "lstm"],
    )


def _faster(order: str, network: str) -> Claim:
    return _claim(
        "rin-faster-than-irnn",
        order,
        network,
        "RINs converge much faster than IRNNs in the early stage of training",
        Locator(section="3.2", figure="3"),
        f"On {order} MNIST a {network} RIN has the higher mean test accuracy over the first fifth of the training budget.",
        Greater(
            **EARLY,
            better="RIN",
            worse="IRNN",
            smallest_effect=SMALLEST_GAP,
            why="much faster is more than one point of accuracy on average over the early stage, the first 100 of 500 epochs of Fig. 3",
        ),
        ["rin", "irnn"],
    )


CLAIMS: tuple[Claim, ...] = (
    *(_beats(order, network) for order in ORDERS for network in SMALL),
    *(_similar(order, network) for order in ORDERS for network in profiles.NETWORKS if network not in SMALL),
    *(_worst(order, network) for order in ORDERS for network in profiles.NETWORKS),
    *(_faster(order, network) for order in ORDERS for network in profiles.NETWORKS),
)
