from __future__ import annotations

from claims.model import Claim
from claims.papers.irnn_2015 import pixel_mnist
from claims.pytest_plugin import Judge, parametrize


@parametrize(pixel_mnist.CLAIMS)
def test_irnn_pixel_mnist_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
