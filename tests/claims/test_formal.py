from __future__ import annotations

from claims.model import Claim
from claims.papers.rin_2018 import formal
from claims.pytest_plugin import Judge, parametrize


@parametrize(formal.CLAIMS)
def test_formal_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
