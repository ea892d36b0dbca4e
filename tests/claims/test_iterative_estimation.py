from __future__ import annotations

from claims.model import Claim
from claims.papers.rin_2018 import iterative_estimation
from claims.pytest_plugin import Judge, parametrize


@parametrize(iterative_estimation.CLAIMS)
def test_iterative_estimation_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
