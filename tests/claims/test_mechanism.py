from __future__ import annotations

from claims.model import Claim
from claims.papers.mechanism import questions
from claims.pytest_plugin import Judge, parametrize


@parametrize(questions.CLAIMS)
def test_mechanism_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
