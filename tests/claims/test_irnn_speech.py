from __future__ import annotations

from claims.model import Claim
from claims.papers.irnn_2015 import speech
from claims.pytest_plugin import Judge, parametrize


@parametrize(speech.CLAIMS)
def test_irnn_speech_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
