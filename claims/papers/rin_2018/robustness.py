"""Robustness: section 4."""

from __future__ import annotations

from claims.model import Above, Claim, Locator
from claims.papers.rin_2018.arms import arms, seeds
from reproductions import profiles
from reproductions.recipes import ORDERS

CHANCE = 10.0  # percent: ten classes
TWICE_CHANCE = 2 * CHANCE

CLAIMS: tuple[Claim, ...] = tuple(
    Claim(
        id=f"rin-2018/robustness/plain-init-suffices/{order}",
        paper="rin-2018",
        quote="RINs work well without advanced methods of weight initializations",
        locator=Locator(section="4"),
        prediction=Above(
            metric="test_accuracy",
            unit="points",
            why="twice chance: a network that did not train stays at 10 %, and no further threshold is printed",
            arm="RIN",
            threshold=TWICE_CHANCE,
        ),
        statement=f"A RIN that starts from N(0, 1e-3) weights alone learns {order} MNIST: its test accuracy exceeds twice chance.",
        arms=arms(["rin"], lambda profile, cell, order=order: (profiles.pixel_mnist(profile, cell, order),)),  # type: ignore[misc]
        seeds=seeds(),
    )
    for order in ORDERS
)
