"""Iterative estimation is claimed of every network type, cell and layer, against bounds that the paper's figures or algebra give."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from claims.kinds import NearZero
from claims.model import Claim
from claims.papers.rin_2018 import iterative_estimation as section
from claims.papers.rin_2018 import protocol

CLAIMS = {claim.id.removeprefix("rin-2018/iterative-estimation/"): claim for claim in section.CLAIMS}
# Figs. 4 and 8-12, and who can pay for what: smoke trains one network alone.
RUN_BY = {"1-100": ("smoke", "compact", "paper"), **dict.fromkeys(("1-200", "2-100", "2-200", "3-100", "3-200"), ("compact", "paper"))}


def near_zero(claim: Claim) -> NearZero:
    assert isinstance(claim.prediction, NearZero)
    return claim.prediction


def test_both_equations_are_claimed_of_six_networks_and_three_cells_with_their_variants() -> None:
    plain = [f"{equation}/{network}/{cell}" for equation in ("eq1", "eq3") for network in RUN_BY for cell in ("rin", "irnn", "lstm")]
    adding = ["lstm-adding/eq1", "lstm-adding/eq3"]
    outputs = [f"{one}/output" for one in (*plain, *adding) if "lstm" in one]
    others = [
        *(f"variance-bounded/{cell}" for cell in ("rin", "irnn", "lstm")),
        *(f"late-variance-grows/{cell}" for cell in ("rin", "irnn")),
    ]
    assert len(plain) == 36
    assert sorted(CLAIMS) == sorted([*plain, *adding, *(f"{one}/raw" for one in (*plain, *adding)), *outputs, *others])
    for one in plain:
        assert CLAIMS[one].profiles == RUN_BY[one.split("/")[1]], one


@pytest.mark.parametrize("network", RUN_BY)
@pytest.mark.parametrize("equation", ["eq1", "eq3"])
def test_every_layer_stays_within_the_tolerance_of_its_own_scale(equation: str, network: str) -> None:
    layers = range(1, int(network[0]) + 1)
    scaled, raw, output = (near_zero(CLAIMS[f"{equation}/{network}/lstm{variant}"]) for variant in ("", "/raw", "/output"))
    assert scaled.curves == tuple((f"{equation}/layer{n}", f"activation_scale/layer{n}") for n in layers)
    assert raw.curves == tuple((f"{equation}/layer{n}", "") for n in layers)
    assert output.curves == tuple((f"{equation}/layer{n}/output", f"activation_scale/layer{n}/output") for n in layers)
    assert scaled.tolerance == output.tolerance


def test_a_claim_trains_the_network_and_the_cell_that_its_id_names_in_the_order_of_fig_4() -> None:
    for name, claim in CLAIMS.items():
        if name.startswith("eq"):
            _, network, cell, *_ = name.split("/")
            for profile in claim.profiles:
                (arm,) = claim.arms[profile]
                assert arm.recipes == (protocol.pixel_mnist(profile, cell, "sequential", network),), name  # type: ignore[arg-type]
    for name in ("variance-bounded/lstm", "late-variance-grows/rin"):
        networks = {
            profile: arm.recipes[0].network  # type: ignore[union-attr]
            for profile, (arm,) in CLAIMS[name].arms.items()
        }
        assert {profile: network.hidden for profile, network in networks.items()} == {"smoke": 100, "compact": 100, "paper": 200}


@pytest.mark.parametrize(
    ("axis", "before", "figure"),
    [
        (section.FIG_1B, "Figure 1:", r"\n0\.02\n0\.01\n0\.00 -+\n-0\.01\n-0\.02\n"),
        (section.FIG_8, "Figure 8:", r"\n0\.125-\n0\.100\n(?:.*\n)*-0\.025\n"),
        (section.FIG_10B, "Figure 10:", r"\n0\.20\n0\.15\n0\.10\n0\.05\n0\.00\n"),
    ],
)
def test_an_axis_that_the_text_shows_ends_where_the_tolerance_lies(
    axis: section.Tolerance, before: str, figure: str, paper_text: Callable[[str], str]
) -> None:
    text, _, _ = paper_text("rin_2018.txt").partition(f"\n{before}")
    ticks = re.findall(figure, text)[-1]
    assert max(map(float, re.findall(r"\d\.\d+", ticks))) == axis.value


def test_damaged_axes_are_read_as_the_text_allows(paper_text: Callable[[str], str]) -> None:
    text = paper_text("rin_2018.txt")
    (last_digits,) = re.findall(r"\n((?:05)+0|(?:50)+5)\n", text)  # Fig. 1(a): the last digit of each tick, 0.05 apart around 0
    assert (len(last_digits) - 1) / 2 * 0.05 == pytest.approx(section.FIG_1A.value)
    ticks = text[: text.index("\nFigure 12:")].rsplit(",lot", 1)[1].split("\n")[1:9]  # Fig. 12(b), from the top
    assert ticks == ["03", "0.4", "03", "03", "0.1", "oa", "-0.1", "-03"]
    assert 0.4 + 0.1 * ticks.index("0.4") == section.FIG_12B.value  # and 0.1 stands three ticks below 0.4


def test_a_raw_tolerance_says_which_axis_it_borrows_where_the_text_shows_none() -> None:
    shown = {("eq1", "1-100"), ("eq3", "1-100"), ("eq3", "2-200"), ("eq3", "3-200")}
    for (equation, network), tolerance in section.RAW.items():
        panel = f"Fig. {section.FIGURE[network]}({section.PANEL[equation]})"
        borrowed = tolerance.why.startswith(f"the text shows no axis of {panel}; ")
        assert borrowed != ((equation, network) in shown), (equation, network)
        assert len(re.findall(r"Fig\. \d+(?:\([ab]\))?", tolerance.why)) == 1 + borrowed, (equation, network)


def test_the_two_equations_raw_tolerances_agree_with_eq_2() -> None:
    """E[h_t - h_(t-1)] = E[h_t - h_T] - E[h_(t-1) - h_T]: a curve of Eq. 1 within a keeps that of Eq. 3 within 2 a."""
    for network in RUN_BY:
        assert section.RAW["eq3", network].value <= 2 * section.RAW["eq1", network].value


@given(arrays(np.float64, (2, 40), elements=st.floats(-1e3, 1e3)))
def test_no_state_as_small_as_the_last_one_breaks_the_variance_bound(states: np.ndarray) -> None:
    state, last = sorted(states, key=lambda values: np.mean(values**2))
    assert np.var(state - last) <= section.VARIANCE_BOUND * np.mean(last**2) * (1 + 1e-12) + 1e-300


def test_the_variance_bound_is_the_least_that_holds_for_every_state() -> None:
    last = np.array([1.0, -1.0])
    assert np.var(-last - last) == section.VARIANCE_BOUND * np.mean(last**2)


def test_growth_is_what_128_normal_samples_call_significantly_larger() -> None:
    assert pytest.approx(stats.f.ppf(0.95, 127, 127), abs=0.005) == section.GROWTH
