from indrnn_claims import CLAIMS

from claims import Claim, Judge, parametrize


@parametrize(CLAIMS)
def test_indrnn_claim(claim: Claim, judge: Judge) -> None:
    judge(claim)
