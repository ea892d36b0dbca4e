from __future__ import annotations

from claims.model import Claim
from claims.papers.irnn_2015 import language_model
from claims.pytest_plugin import Judge, parametrize


@parametrize(language_model.CLAIMS)
def test_irnn_language_model_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
