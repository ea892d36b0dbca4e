from __future__ import annotations

from claims.model import Claim
from claims.papers.irnn_2015 import formal
from claims.pytest_plugin import Judge, parametrize


@parametrize(formal.CLAIMS)
def test_irnn_formal_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
