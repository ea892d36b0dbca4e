from __future__ import annotations

from claims.model import Claim
from claims.papers.rin_2018 import babi
from claims.pytest_plugin import Judge, parametrize


@parametrize(babi.CLAIMS)
def test_babi_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
