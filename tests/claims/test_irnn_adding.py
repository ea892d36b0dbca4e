from __future__ import annotations

from claims.model import Claim
from claims.papers.irnn_2015 import adding
from claims.pytest_plugin import Judge, parametrize


@parametrize(adding.CLAIMS)
def test_irnn_adding_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
