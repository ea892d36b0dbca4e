"""Which looks a claim gets: the looks of its profile, and never more than the cap.

It gets one look where several would not be exact.
"""

from __future__ import annotations

import dataclasses
import statistics

import pytest

from claims.judging.looks import design_of, first_look
from claims.kinds import FailsToConverge, LearnsFaster, MatchesPublished, Ranking
from claims.model import Claim
from claims.papers import all_claims
from claims.protocol import STANDARD
from claims.statistics.intervals import bound_rank
from claims.statistics.sequential import savings
from tests.unit.claims.look_samples import GREATER, SIMILAR, claim

ARMS = [(item, profile) for item in all_claims() for profile in item.arms]


def looks(own: int, most: int | None = None, profile: str = "compact") -> tuple[int, ...]:
    return design_of(claim("any", (), seeds=own, profile=profile), profile, most).looks


def test_opening_takes_one_look_at_the_number_that_a_claim_states() -> None:
    for item, profile in ARMS:
        if profile == "opening":
            assert design_of(item, profile).looks == (item.seeds[profile],)


def test_a_profile_without_looks_takes_the_number_that_a_claim_states() -> None:
    assert STANDARD["smoke"].looks == ()
    for own in (3, 5, 8):
        assert looks(own, profile="smoke") == (own,)


@pytest.mark.parametrize("own", [3, 5, 6, 8, 14])
def test_a_claim_starts_with_the_fewest_seeds_that_decide_whatever_its_neighbours_share(own: int) -> None:
    assert looks(own) == (5, 9, 12)


def test_the_looks_of_every_claim_take_at_most_sixty_percent_of_the_fixed_designs_seeds() -> None:
    """Averaged over effects of 0 to 3 standard deviations, at the same errors and power."""
    several = [(item, profile) for item, profile in ARMS if item.protocol[profile].looks and item.at(profile).prediction.sequential]
    designs = {design_of(item, profile) for item, profile in several}
    assert {design.looks for design in designs} == {(5, 9, 12)}
    for design in designs:
        saved = savings(design)
        assert statistics.mean(saved.mean_seeds) <= 0.6 * saved.fixed


@pytest.mark.parametrize(
    ("most", "expected"),
    [(20, (5, 9, 12)), (12, (5, 9, 12)), (10, (5, 9)), (9, (5, 9)), (8, (5,)), (5, (5,)), (4, (4,)), (1, (1,))],
)
def test_the_cap_of_the_command_line_shortens_the_schedule(most: int, expected: tuple[int, ...]) -> None:
    """Up to 8 seeds nothing is decided beyond what five decide, once five have spent 1/32; so they are not bought."""
    assert looks(5, most) == expected
    assert first_look(claim("any", ()), "compact", most) == min(5, most)


def test_the_looks_of_every_claim_keep_its_error_and_each_can_decide_something_new() -> None:
    for item, profile in ARMS:
        for most in (None, 7, 10):
            design = design_of(item, profile, most)
            assert design.error() <= 0.05
            assert design.looks[0] == first_look(item, profile, most)
            assert most is None or design.looks[-1] <= most
            assert list(design.limits) == sorted(set(design.limits)), (item.id, profile, most)


def test_a_claim_loses_no_verdict_at_its_first_look_by_going_on() -> None:
    """The first look allows as many seeds on the wrong side as the fixed design does."""
    for item, profile in ARMS:
        design = design_of(item, profile)
        assert design.limits[0] == bound_rank(design.looks[0]) - 1


def test_only_what_one_sign_test_decides_each_way_is_looked_at_twice() -> None:
    one_look = (
        SIMILAR,
        dataclasses.replace(GREATER, in_all=True),
        Ranking("m", "u", "w", order=(("a",), ("b",)), smallest_effect=0.5),
        LearnsFaster("m", "u", "w", faster=("a", "b"), slower="c", smallest_effect=1.1),
        FailsToConverge("m", "u", "w", arm="a", baseline=0.0, share=0.25),
        MatchesPublished("m", "u", "w", arm="a", published=1.0, useful_width=1.0),
    )
    several = (
        GREATER,
        LearnsFaster("m", "u", "w", faster="a", slower="c", smallest_effect=1.1),
        FailsToConverge("m", "u", "w", arm="a", baseline=0.0, share=0.5),
    )
    assert not any(prediction.sequential for prediction in one_look)
    assert all(prediction.sequential for prediction in several)


def test_a_claim_of_several_hypotheses_takes_one_look_at_its_own_number() -> None:
    item: Claim = claim("any", (), SIMILAR, seeds=6)
    assert design_of(item, "compact").looks == (6,)
    assert design_of(item, "compact", 4).looks == (4,)
