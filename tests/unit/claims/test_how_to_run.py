"""What would judge a claim: command, data and device, read off its recipes."""

from __future__ import annotations

import shlex

import pytest

from claims import papers
from claims.judging.how_to_run import how_to_run, needs
from claims.papers import find

FULL_SIZE = "pytest -m full --claims-profile"


def test_each_profile_s_command_comes_with_its_data() -> None:
    claim = find("rin-2018/pixel-mnist/small-rin-beats-irnn/sequential/1-100")
    line = how_to_run(claim)
    assert f"`pytest -m smoke -k '{claim.id}'` (digits that come with the installation; any CPU)" in line
    assert f"`{FULL_SIZE} compact -k '{claim.id}'` (MNIST: `rin-claims data fetch mnist`; any CPU)" in line
    assert how_to_run(claim, "paper") == (
        f"no report has judged it yet; run `{FULL_SIZE} paper -k '{claim.id}'` (MNIST: `rin-claims data fetch mnist`; any CPU)"
    )


def test_what_is_the_same_under_every_profile_is_named_once() -> None:
    assert how_to_run(find("rin-2018/formal/eq8-identity")) == (
        "no report has judged it yet; run `pytest -m smoke -k 'rin-2018/formal/eq8-identity'` (a probe, no training; any CPU)"
    )
    assert "printed numbers alone" in how_to_run(find("rin-2018/tables/headline-12-67"))


@pytest.mark.parametrize(
    ("profile", "data"), [("smoke", "generated data; any CPU"), ("compact", "the bAbI files: `rin-claims data fetch babi`; any CPU")]
)
def test_babi_is_simulated_in_smoke_and_read_from_files_elsewhere(profile: str, data: str) -> None:
    assert needs(find("rin-2018/babi/rin-mean-beats/lstm"), profile) == data


def test_a_profile_that_does_not_measure_a_claim_points_to_those_that_do() -> None:
    line = how_to_run(find("rin-2018/adding/below-baseline/rin/T400"), "smoke")
    assert line == "the smoke profile does not measure it; compact and paper would"


def test_every_claim_of_the_registry_has_a_way_or_a_reason() -> None:
    for claim in papers.all_claims():
        line = how_to_run(claim)
        assert line
        assert "\n" not in line
        if claim.profiles:
            command = line.split("`")[1]
            assert shlex.split(command)[-1] == claim.id
        else:
            assert line == claim.not_run
