"""A malformed claim is refused where it is written, in one line that names the claim and what is missing."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from claims.model import Above, Arm, Claim, ClaimError, Greater, Locator, NearZero, Ranking, Similar, arm_names, kind
from reproductions import profiles

RIN, IRNN = (Arm(name, (profiles.adding("smoke", cell, 200),)) for name, cell in (("RIN", "rin"), ("IRNN", "irnn")))
SIMILAR = Similar(metric="test_mse", unit="MSE", why="half a decade", first="RIN", second="IRNN", margin=0.5)
CLAIM = Claim(
    id="rin-2018/adding/same-level/T200",
    paper="rin-2018",
    quote="RINs and IRNNs reached the same level",
    locator=Locator(section="3.1", figure="2(a)"),
    prediction=SIMILAR,
    statement="RIN and IRNN end alike.",
    arms={"smoke": (RIN, IRNN)},
    seeds={"smoke": 5},
)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"quote": " "}, "quote"),
        ({"locator": None}, "locator"),
        ({"statement": ""}, "statement"),
        ({"id": "Adding"}, "id"),
        ({"id": "rin-2018/adding"}, "id"),
        ({"prediction": dataclasses.replace(SIMILAR, margin=None)}, "margin"),
        ({"prediction": dataclasses.replace(SIMILAR, margin=-0.5)}, "margin"),
        ({"prediction": dataclasses.replace(SIMILAR, margin=float("nan"))}, "margin"),
        ({"prediction": dataclasses.replace(SIMILAR, why="")}, "why"),
        ({"prediction": dataclasses.replace(SIMILAR, second="LSTM")}, "LSTM"),
        ({"prediction": Above(metric="m", unit="u", why="w", arm="RIN")}, "threshold"),
        ({"prediction": Greater(metric="m", unit="u", why="w", better="RIN", worse="IRNN")}, "smallest_effect"),
        ({"prediction": NearZero(metric="m", unit="u", why="w", arm="RIN")}, "tolerance"),
        ({"prediction": Ranking(metric="m", unit="u", why="w")}, "order"),
        ({"arms": {"huge": (RIN, IRNN)}, "seeds": {"huge": 5}}, "huge"),
        ({"seeds": {}}, "smoke"),
        ({"seeds": {"smoke": 0}}, "smoke"),
    ],
)
def test_a_malformed_claim_is_refused_in_one_line_that_names_it(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ClaimError) as refused:
        dataclasses.replace(CLAIM, **change)
    message = str(refused.value)
    assert named in message
    assert change.get("id", CLAIM.id) in message
    assert "\n" not in message


def test_an_empty_locator_and_an_empty_arm_are_refused() -> None:
    with pytest.raises(ClaimError, match="locator needs a section"):
        Locator(cell="1-100/RIN")
    with pytest.raises(ClaimError, match="'RIN' has no recipe"):
        Arm("RIN", ())


def test_a_claim_lists_its_profiles_and_its_arms_in_order() -> None:
    ranked = Ranking(metric="m", unit="u", why="w", order=(("RIN", "IRNN"), ("LSTM",)))
    assert CLAIM.profiles == ("smoke",)
    assert CLAIM.section == "adding"
    assert kind(CLAIM.prediction) == "Similar"
    assert arm_names(CLAIM.prediction) == ("RIN", "IRNN")
    assert arm_names(ranked) == ("RIN", "IRNN", "LSTM")


@pytest.mark.parametrize(
    ("locator", "text"),
    [
        (Locator(section="3.1", figure="2(a)"), "section 3.1, Fig. 2(a)"),
        (Locator(section="abstract"), "abstract"),
        (Locator(equation="12-13"), "Eqs. 12-13"),
        (Locator(equation="5"), "Eq. 5"),
        (Locator(table="1", cell="sequential/1-100"), "Table 1 [sequential/1-100]"),
    ],
)
def test_a_locator_reads_as_a_person_would_cite_it(locator: Locator, text: str) -> None:
    assert str(locator) == text
