"""Our own questions about what explains the RIN paper's result. No paper claims these; each quotes the sentence that raises it."""

from __future__ import annotations

from claims.model import Claim, Identity, Locator
from claims.papers.probed import probe_arms, seeds

PAPER = "mechanism"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id=f"{PAPER}/formal/rin-is-shifted-irnn",
        paper=PAPER,
        quote="In future, we will investigate the reasons for the faster convergence speed of the RIN during training",
        locator=Locator(section="4"),
        prediction=Identity(
            "max_abs_error",
            "share of the loss",
            "60 float64 Adam steps carry rounding of 1e-16 to about 1e-14; an IRNN started at I without noise is off by half the loss",
            higher_is_better=False,
            tolerance=1e-10,
        ),
        statement="A RIN started at U0 and an IRNN whose recurrent matrix starts at I + U0 follow the same training curve in float64.",
        arms=probe_arms("rin-is-shifted-irnn"),
        seeds=seeds(1),
        note="The gradients with respect to U and to U + I are the same, so RIN and IRNN differ in their start alone.",
    ),
)
