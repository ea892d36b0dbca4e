"""Families of claims: Holm's procedure by hand and by simulation, and the false verdicts to expect."""

from __future__ import annotations

import itertools
import math

import pytest

from claims.judging.families import expected_false_verdicts, holm_verdicts
from claims.results import Evidence, Verdict, VerdictName


def found(name: VerdictName, p_reproduced: float | None, p_contradicted: float | None = None) -> Verdict:
    return Verdict(name, "", Evidence(0.0, None, None, 5, 0, "test", "u", p_reproduced=p_reproduced, p_contradicted=p_contradicted))


EXACT = Verdict("contradicted", "", Evidence(1.0, None, None, 1, 0, "arithmetic", "u"))
NOT_RUN = Verdict("not run", "no data")


def test_holm_weakens_what_one_claim_alone_would_show() -> None:
    """p = 0.01, 0.02, 0.04: adjusted 3 x 0.01, 2 x 0.02 and 0.04, each no smaller than the one before."""
    family = holm_verdicts([found("reproduced", 0.04, 1.0), found("reproduced", 0.01, 1.0), found("reproduced", 0.02, 1.0)])
    assert [member.p_reproduced for member in family] == pytest.approx([0.04, 0.03, 0.04])
    assert [member.verdict for member in family] == ["reproduced"] * 3
    weak = holm_verdicts([found("reproduced", 1 / 32, 1.0), found("contradicted", 1.0, 1 / 32)])
    assert [member.verdict for member in weak] == ["inconclusive", "inconclusive"]
    assert [member.p_contradicted for member in weak] == pytest.approx([1.0, 2 / 32])


def test_exact_kinds_and_claims_not_run_stand_and_cost_nothing() -> None:
    family = holm_verdicts([EXACT, NOT_RUN, found("reproduced", 0.04, 1.0)])
    assert [member.verdict for member in family] == ["contradicted", "not run", "reproduced"]
    assert family[2].p_reproduced == 0.04
    assert holm_verdicts([]) == ()


def test_a_printed_number_inside_its_interval_stands_though_no_test_reproduced_it() -> None:
    family = holm_verdicts([found("reproduced", None, 0.8), found("contradicted", None, 0.03)])
    assert [member.verdict for member in family] == ["reproduced", "inconclusive"]


def test_one_member_is_its_own_family() -> None:
    assert holm_verdicts([found("reproduced", 0.05, 1.0)])[0].verdict == "reproduced"


def test_the_chance_of_any_false_verdict_in_a_family_is_at_most_alpha() -> None:
    """Three independent claims of six seeds at their null: each has p = 1/64 once in 64. Any one survives: 1 - (63/64)^3 = 4.6 %."""
    chance = 0.0
    for extreme in itertools.product((False, True), repeat=3):
        family = holm_verdicts([found("reproduced", 1 / 64) if is_extreme else found("inconclusive", 1.0) for is_extreme in extreme])
        weight = math.prod(1 / 64 if is_extreme else 63 / 64 for is_extreme in extreme)
        chance += weight * any(member.verdict == "reproduced" for member in family)
    assert chance == pytest.approx(1 - (63 / 64) ** 3)
    assert chance <= 0.05


def test_false_verdicts_are_expected_of_sampled_claims_only() -> None:
    verdicts = [found("reproduced", 0.01, 1.0)] * 40 + [EXACT] * 10 + [NOT_RUN] * 50
    assert expected_false_verdicts(verdicts) == pytest.approx(40 * 0.05)
    assert expected_false_verdicts([]) == 0.0
