from __future__ import annotations

from claims.model import Claim
from claims.papers.rin_2018 import pixel_mnist
from claims.pytest_plugin import Judge, parametrize


@parametrize(pixel_mnist.CLAIMS)
def test_pixel_mnist_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
