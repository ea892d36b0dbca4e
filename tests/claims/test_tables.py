from __future__ import annotations

from claims.model import Claim
from claims.papers.rin_2018 import tables
from claims.pytest_plugin import Judge, parametrize


@parametrize(tables.CLAIMS)
def test_tables_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
