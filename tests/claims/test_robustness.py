from __future__ import annotations

from claims.model import Claim
from claims.papers.rin_2018 import robustness
from claims.pytest_plugin import Judge, parametrize


@parametrize(robustness.CLAIMS)
def test_robustness_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
