"""A malformed claim is refused where it is written, in one line that names the claim and what is missing."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from claims.judging.judge import judge_claim
from claims.kinds import Above, Greater, Identity, LearnsFaster, LessSensitive, MatchesPublished, MoreStable, NearZero, Ranking, Similar
from claims.model import Arm, Claim, ClaimError, Locator, Prediction, StandIn
from claims.paper import Paper, Section
from claims.papers.rin_2018 import protocol
from claims.protocol import Profile, Protocol
from claims.run.demands import demands
from reproductions.recipe_data import digest
from reproductions.trials import Outcome

RIN, IRNN = (Arm(name, (protocol.adding("smoke", cell, 200),)) for name, cell in (("RIN", "rin"), ("IRNN", "irnn")))
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
        ({"prediction": Above(metric="m", unit="u", why="w", arm="RIN", threshold=float("inf"))}, "threshold"),
        ({"prediction": Above(metric="m", unit="u", why="w", arm="", threshold=1.0)}, "arm"),
        ({"prediction": Greater(metric="m", unit="u", why="w", better="RIN", worse="IRNN", smallest_effect=-1.0)}, "smallest_effect"),
        ({"prediction": Greater(metric="m", unit="u", why="w", better="RIN", worse="IRNN", smallest_effect=0.0)}, "smallest_effect"),
        (
            {"prediction": LearnsFaster(metric="m", unit="u", why="w", faster="RIN", slower="IRNN", smallest_effect=1.0)},
            "`smallest_effect` is a ratio of updates, so above 1",
        ),
        ({"prediction": NearZero(metric="m", unit="u", why="w", arm="RIN", tolerance=float("nan"))}, "tolerance"),
        ({"prediction": Ranking(metric="m", unit="u", why="w", order=(), smallest_effect=0.5)}, "order"),
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


def test_a_paper_refuses_a_profile_that_its_protocol_lacks_and_takes_those_it_has() -> None:
    huge = dataclasses.replace(CLAIM, arms={"huge": (RIN, IRNN)}, seeds={"huge": 5})
    section = Section(name=huge.section, title="Adding", claims=(huge,))
    paper = Paper(id=huge.paper, title="A paper", citation="", sections=(section,))
    with pytest.raises(ClaimError, match=rf"test_model\.py, line \d+, claim '{huge.id}': unknown profile 'huge'"):
        _ = paper.claims
    own = Protocol(profiles=(Profile(name="huge", meaning="all there is", marker="full", looks=(5, 9)),))
    (bound,) = dataclasses.replace(paper, protocol=own).claims
    assert bound == huge
    assert bound.profiles == ("huge",)
    assert (bound.written, huge.profiles) == (huge.written, ())


BASE: dict[str, Any] = {"metric": "m", "unit": "u", "why": "w"}
GREATER = Greater(**BASE, better="RIN", worse="IRNN", smallest_effect=0.25)
FASTER = LearnsFaster(**BASE, faster="RIN", slower="IRNN", smallest_effect=1.1)
SENSITIVE = LessSensitive(**BASE, steadier="RIN", rougher="IRNN", diverged_value=10.0, smallest_effect=0.5)
NEAR = NearZero(**BASE, arm="RIN", scale="s1", tolerance=0.1)


@pytest.mark.parametrize(
    ("prediction", "problem"),
    [
        (
            dataclasses.replace(SENSITIVE, diverged_value=None),
            "LessSensitive needs `diverged_value`: the metric of a run that learned nothing",
        ),
        (dataclasses.replace(SENSITIVE, diverged_value=float("inf")), "`diverged_value` must be finite, not inf"),
        (SENSITIVE, "LessSensitive compares grids, but under profile 'smoke' an arm has one recipe"),
        (dataclasses.replace(FASTER, diverged_value=1.0), "LearnsFaster averages no recipes; leave `diverged_value` out"),
        (dataclasses.replace(NEAR, diverged_value=1.0), "NearZero averages no recipes"),
        (Identity(**BASE, diverged_value=1.0), "Identity averages no recipes"),
        (dataclasses.replace(GREATER, in_all=True, diverged_value=1.0), "Greater with `in_all` averages no recipes"),
        (dataclasses.replace(FASTER, faster=()), "LearnsFaster needs `faster`"),
        (dataclasses.replace(FASTER, faster=("RIN", "")), "must name different arms, each once"),
        (dataclasses.replace(FASTER, faster=("RIN", "RIN")), "must name different arms, each once"),
        (dataclasses.replace(FASTER, faster=("RIN", "IRNN")), "must name different arms, each once"),
        (dataclasses.replace(FASTER, faster=("RIN", "LSTM")), "no arm named 'LSTM'"),
        (dataclasses.replace(FASTER, allowance=0.0), "`allowance` must be positive and finite, not 0.0"),
        (dataclasses.replace(FASTER, allowance=float("nan")), "`allowance` must be positive and finite, not nan"),
        (dataclasses.replace(NEAR, also=(("eq3/layer2", ""),)), "one tolerance cannot hold for raw and for scaled curves"),
        (dataclasses.replace(NEAR, also=(("", "s2"),)), "`also` lists pairs of a curve and its scale metric"),
        (dataclasses.replace(NEAR, also=("eq3/layer2",)), "`also` lists pairs of a curve and its scale metric"),
        (dataclasses.replace(NEAR, also=(("m", "s1"),)), "`also` repeats a curve"),
    ],
)
def test_a_prediction_that_cannot_be_judged_is_refused_with_its_remedy(prediction: Prediction, problem: str) -> None:
    with pytest.raises(ClaimError) as refused:
        dataclasses.replace(CLAIM, prediction=prediction)
    assert problem in str(refused.value)
    assert str(refused.value).startswith(f"claim {CLAIM.id!r}: ")
    assert "\n" not in str(refused.value)


def test_in_all_needs_as_many_recipes_on_either_side() -> None:
    longer = Arm("RIN", tuple(protocol.adding("compact", "rin", length) for length in (200, 300)))
    with pytest.raises(ClaimError, match="pairs the arms' recipes by position, but under profile 'smoke' RIN has 2 and IRNN has 1"):
        dataclasses.replace(CLAIM, prediction=dataclasses.replace(GREATER, in_all=True), arms={"smoke": (longer, IRNN)})
    averaged = dataclasses.replace(CLAIM, prediction=GREATER, arms={"smoke": (longer, IRNN)})  # averages need not be paired
    assert averaged.profiles == ("smoke",)


@pytest.mark.parametrize(("seeds", "can"), [(1, False), (5, False), (7, False), (8, True), (9, True)])
def test_a_printed_number_needs_the_seeds_that_could_contradict_it(seeds: int, can: bool) -> None:
    """A run far from n others is the odd one with p = n^n / (n + 1)^(n + 1) / 0.9: 0.0545 for seven, 0.0481 for eight."""
    assert (seeds**seeds / (seeds + 1) ** (seeds + 1) / 0.9 <= 0.05) == can
    printed = MatchesPublished(**BASE, arm="RIN", published=1.0, useful_width=1.0)
    change: dict[str, Any] = {"prediction": printed, "seeds": {"smoke": seeds}}
    if can:
        assert dataclasses.replace(CLAIM, **change).seeds == {"smoke": seeds}
        return
    with pytest.raises(ClaimError) as refused:
        dataclasses.replace(CLAIM, **change)
    assert str(refused.value) == (
        f"claim {CLAIM.id!r}: {seeds} seeds under profile 'smoke' could never contradict a printed number; state at least 8"
    )


def test_what_a_diverged_run_counts_as_may_be_said_where_recipes_are_averaged() -> None:
    stable = MoreStable(**BASE, steadier="RIN", rougher="IRNN", diverged_value=1.0, smallest_effect=0.5)
    assert dataclasses.replace(CLAIM, prediction=stable).prediction == stable


def test_one_name_or_several_may_learn_faster_and_several_curves_be_near_zero() -> None:
    both = dataclasses.replace(FASTER, faster=("RIN", "IRNN"), slower="LSTM")
    assert (FASTER.faster_arms, both.faster_arms) == (("RIN",), ("RIN", "IRNN"))
    assert (FASTER.arm_names, both.arm_names) == (("RIN", "IRNN"), ("RIN", "IRNN", "LSTM"))
    assert dataclasses.replace(NEAR, also=(("n", "s2"),)).curves == (("m", "s1"), ("n", "s2"))


def test_an_empty_locator_and_an_empty_arm_are_refused() -> None:
    with pytest.raises(ClaimError, match="locator needs a section"):
        Locator(cell="1-100/RIN")
    with pytest.raises(ClaimError, match="'RIN' has no recipe"):
        Arm("RIN", ())


def test_a_claim_lists_its_profiles_and_its_arms_in_order() -> None:
    ranked = Ranking(metric="m", unit="u", why="w", order=(("RIN", "IRNN"), ("LSTM",)), smallest_effect=0.5)
    assert CLAIM.profiles == ("smoke",)
    assert CLAIM.section == "adding"
    assert CLAIM.prediction.kind == "Similar"
    assert CLAIM.prediction.arm_names == ("RIN", "IRNN")
    assert ranked.arm_names == ("RIN", "IRNN", "LSTM")


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


# --- What stands in under another profile ---

LEVEL = {"metric": "m", "unit": "u", "why": "w", "threshold": 1.0}
OF_TWO_SIZES = dataclasses.replace(
    CLAIM,
    arms={"smoke": (RIN,), "paper": (RIN, IRNN)},
    seeds={"smoke": 5, "paper": 6},
    stand_ins={"smoke": StandIn(Above(**LEVEL, arm="RIN"), "The RIN ends above 1.")},
)


def test_a_stand_in_replaces_prediction_and_statement_under_its_profile_alone() -> None:
    assert OF_TWO_SIZES.at("paper") is OF_TWO_SIZES
    judged, stand_in = OF_TWO_SIZES.at("smoke"), OF_TWO_SIZES.stand_ins["smoke"]
    assert (judged.prediction, judged.statement) == (stand_in.prediction, stand_in.statement)
    assert (judged.id, judged.arms, judged.written) == (OF_TWO_SIZES.id, OF_TWO_SIZES.arms, OF_TWO_SIZES.written)
    assert OF_TWO_SIZES.prediction == SIMILAR


def test_a_claim_with_a_stand_in_is_judged_by_it_under_that_profile() -> None:
    found = {
        profile: judge_claim(OF_TWO_SIZES, profile, lambda recipe, seed: Outcome("budget", {"m": 2.0, "test_mse": 2.0}), {})
        for profile in ("smoke", "paper")
    }
    assert "RIN lies above 1 u in 5 of 5 seeds" in found["smoke"].verdict.reason
    assert found["smoke"].claim.prediction.kind == "Above"
    assert found["smoke"].trials[0]["m"] == 2.0
    assert found["paper"].claim.prediction.kind == "Similar"
    assert set(demands([OF_TWO_SIZES])[digest(RIN.recipes[0])].metrics) == {"m", "test_mse"}


@pytest.mark.parametrize(
    ("profile", "stand_in", "problem"),
    [
        ("compact", StandIn(Above(**LEVEL, arm="RIN"), "It is above 1."), "has a stand-in under profile 'compact' and no arms there"),
        ("smoke", StandIn(Above(**LEVEL, arm="GRU"), "It is above 1."), "profile 'smoke' has no arm named 'GRU'"),
        ("smoke", StandIn(Above(**LEVEL, arm="RIN"), " "), "the statement is missing"),
        ("smoke", StandIn(Above(**LEVEL | {"threshold": math.nan}, arm="RIN"), "It is above 1."), "`threshold` must be a finite number"),
    ],
)
def test_a_malformed_stand_in_is_refused_in_one_line(profile: str, stand_in: StandIn, problem: str) -> None:
    with pytest.raises(ClaimError, match=problem):
        dataclasses.replace(OF_TWO_SIZES, stand_ins={profile: stand_in})
