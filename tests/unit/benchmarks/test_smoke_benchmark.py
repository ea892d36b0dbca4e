"""The split of a run by section counts every second once."""

import pytest

from claims import papers
from claims.run.demands import demanded_trials

PROFILE = "smoke"


def smoke_claims():
    return [claim for claim in papers.all_claims() if PROFILE in claim.profiles]


def test_every_trial_counts_once_and_for_the_first_section_that_uses_it(benchmark):
    smoke = benchmark("smoke")
    claims = smoke_claims()
    trials = demanded_trials(claims, [PROFILE])
    rows = {row["section"]: row for row in smoke.by_section(claims, {trial: 2.0**-number for number, trial in enumerate(trials)})}
    assert sum(row["trials"] for row in rows.values()) == len(trials)
    assert sum(row["claims"] for row in rows.values()) == len(claims)
    assert sum(row["seconds"] for row in rows.values()) == pytest.approx(sum(2.0**-number for number in range(len(trials))))
    first = {}
    for claim in claims:
        for trial in demanded_trials([claim], [PROFILE]):
            first.setdefault(trial, smoke.section(claim))
    assert {name: row["trials"] for name, row in rows.items() if row["trials"]} == {
        name: list(first.values()).count(name) for name in set(first.values())
    }


def test_a_trial_without_a_time_is_an_error_and_not_a_zero(benchmark):
    with pytest.raises(KeyError):
        benchmark("smoke").by_section(smoke_claims(), {})
