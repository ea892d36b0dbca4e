"""Section 1 of the IRNN paper, as the review states it: what the identity does to the gradient at initialisation."""

from __future__ import annotations

from claims.kinds import Identity
from claims.model import Claim, Locator
from claims.papers.probed import probe_arms, seeds

PAPER = "irnn-2015"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id=f"{PAPER}/formal/identity-keeps-gradient",
        paper=PAPER,
        quote="no extra error-derivatives are added at the beginning",
        locator=Locator(section="1.1"),
        prediction=Identity(
            "max_abs_error",
            "matrix entry",
            "products of identity matrices are exact in floating point",
            higher_is_better=False,
            tolerance=0.0,
        ),
        statement="At initialisation, with zero input and a positive state, d h_T / d h_t of an IRNN is I exactly, over 784 steps.",
        arms=probe_arms("identity-keeps-gradient", steps=784, hidden=100),  # section 2.2: 784 pixels, 100 units
        seeds=seeds(1),
    ),
    Claim(
        id=f"{PAPER}/formal/scaled-identity-forgets",
        paper=PAPER,
        quote="scaling the identity matrix by a small scalar is an effective mechanism to forget long range effects",
        locator=Locator(section="1.2"),
        prediction=Identity(
            "max_abs_error",
            "share of alpha^k",
            "50 products of float64 numbers are rounded by at most 50 * 2.2e-16 = 1.1e-14 of their size",
            higher_is_better=False,
            tolerance=1e-13,
        ),
        statement="With the recurrent matrix alpha I, the influence of a state k steps earlier is alpha^k, for alpha of 0.01, 0.5 and 0.9.",
        arms=probe_arms("scaled-identity-forgets", hidden=20),
        seeds=seeds(1),
    ),
)
