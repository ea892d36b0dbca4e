"""The registry holds every module's claims once, in reading order, and helps whoever misspells an id."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatchcase
from importlib import resources

import pytest

import claims.papers as registry
from claims.kinds import Arithmetic, Identity
from claims.model import Claim, ClaimError, Locator
from claims.paper import Paper, Registry, Section, reading_position
from claims.papers import all_claims, find
from claims.papers.rin_2018 import table_checks
from claims.papers.rin_2018.open_questions import ADDENDUM
from reference_results import load_table
from reproductions.probes import PROBES
from reproductions.recipes import Probe

# claims_inventory: how many claims each slug of these sections stands for. tanh-glorot and rin-dt of vanishing-gradient are ours.
FORMAL = {
    "eq5-closed-form": 1,
    "eq8-identity": 1,
    "eq9-regrouping": 1,
    "eq10-eq11-closed-gate": 2,
    "eq12-eq13": 1,
    "plain-rnn-is-subcase": 1,
    "lstm-gru-dual-gate": 2,
    "identity-is-not-trained": 1,
    "lstm-four-times-parameters": 2,
    "dt-depth": 1,
    "baseline-mse": 1,
    "vanishing-gradient": 4,
}
TABLES = {
    "babi-means": 5,
    "headline-12-67": 1,
    "small-rin-beats-irnn": 4,
    "bigger-similar": 8,
    "lstm-worst": 12,
    "dt-best": 2,
    "babi-state-of-the-art": 2,
    "babi-per-task": 3,
    "possible-percentages": 2,
}

# The same for the sections that are measured by training, by whole ids.
ORDERS = ("sequential", "permuted")
NETWORKS = ("1-100", "1-200", "2-100", "2-200", "3-100", "3-200")
LENGTHS = ("T200", "T300", "T400")
TRAINED = {
    "adding": {
        *(f"below-baseline/{cell}/{length}" for cell in ("rin", "irnn") for length in LENGTHS),
        *(
            f"{slug}/{length}"
            for slug in ("rin-irnn-same-level", "lstm-worst", "rin-faster-than-irnn", "rin-more-stable")
            for length in LENGTHS
        ),
        "lstm-fails/T400",
        "relu-instability/rin",
        "relu-instability/irnn",
        "irnn-fails-at-high-lr/T300",
        "irnn-fails-at-high-lr/T400",
        "irnn-rmsprop-fails",
    },
    "pixel-mnist": {
        *(f"table1/{order}/{network}/{model}" for order in ORDERS for network in NETWORKS for model in ("rin", "irnn", "lstm")),
        *(f"table1/{order}/1-100/rin-dt" for order in ORDERS),
        *(f"table1-order/{order}" for order in ORDERS),
        *(f"small-rin-beats-irnn/{order}/{network}" for order in ORDERS for network in NETWORKS[:2]),
        *(f"bigger-similar/{order}/{network}" for order in ORDERS for network in NETWORKS[2:]),
        *(f"{slug}/{order}/{network}" for slug in ("lstm-worst", "rin-faster-than-irnn") for order in ORDERS for network in NETWORKS),
        *(f"{slug}/{order}" for slug in ("lstm-slowest", "dt-faster", "dt-best") for order in ORDERS),
        *(f"dt-signal-survives/{order}/{part}" for order in ORDERS for part in ("gradient", "learns")),
    },
    "babi": {
        *(f"table3/{task}/{model}" for task in range(1, 21) for model in ("rin", "irnn", "lstm")),
        *(f"mean/{model}" for model in ("rin", "irnn", "lstm")),
        "table3-order",
        "rin-mean-like-jing",
        *(f"rin-mean-beats/{other}" for other in ("irnn", "lstm", "weston")),
        "irnn-fails-at-high-lr",
        "irnn-unstable-on-long/3",
        "irnn-unstable-on-long/5",
    },
}


def some_claim(claim_id: str, **locator: str) -> Claim:
    return dataclasses.replace(find("rin-2018/formal/eq8-identity"), id=claim_id, locator=Locator(**locator))


def slugs(paper: str, section: str) -> Counter[str]:
    return Counter(claim.id.split("/")[2] for claim in all_claims() if claim.paper == paper and claim.section == section)


def test_formal_and_tables_hold_every_claim_of_the_inventory() -> None:
    assert slugs("rin-2018", "formal") == FORMAL
    assert slugs("rin-2018", "tables") == TABLES
    assert slugs("irnn-2015", "formal") == {"identity-keeps-gradient": 1, "scaled-identity-forgets": 1}


@pytest.mark.parametrize(("section", "count"), [("adding", 24), ("pixel-mnist", 86), ("babi", 71)])
def test_a_trained_section_holds_every_claim_of_the_inventory(section: str, count: int) -> None:
    prefix = f"rin-2018/{section}/"
    assert {claim.id.removeprefix(prefix) for claim in all_claims() if claim.id.startswith(prefix)} == TRAINED[section]
    assert (
        len(TRAINED[section]) == count
    )  # the inventory has 82 of pixel MNIST and 70 of bAbI: dt-signal-survives has two claims an order, and orders of tables are ours


def test_ids_are_unique_and_name_their_paper() -> None:
    ids = [claim.id for claim in all_claims()]
    assert len(ids) == len(set(ids))
    assert all(claim.id.startswith(f"{claim.paper}/") for claim in all_claims())


def test_every_module_of_a_paper_that_builds_claims_is_registered() -> None:
    folder = resources.files("claims.papers")
    modules = {
        f"claims.papers.{prefix}{file.name.removesuffix('.py')}"
        for prefix, place in (("", folder), *((f"{paper.name}.", paper) for paper in folder.iterdir() if paper.is_dir()))
        for file in place.iterdir()
        if file.name.endswith(".py") and "\nCLAIMS: " in file.read_text(encoding="utf-8")
    }
    assert modules == {section.claims for paper in registry.registry().papers for section in paper.sections}


def paper_of(*claims: Claim, section: str) -> Paper:
    return Paper(id="rin-2018", title="RIN", citation="", sections=(Section(name=section, title=section, claims=claims),))


def test_a_double_id_is_refused() -> None:
    one = some_claim("rin-2018/formal/one", section="1")
    with pytest.raises(ClaimError, match=r"test_registry\.py, line \d+, claim 'rin-2018/formal/one': the id is used twice"):
        _ = Registry((paper_of(one, one, section="formal"),)).claims


def test_a_claim_of_another_section_or_paper_is_refused() -> None:
    with pytest.raises(ClaimError, match=r"claim 'rin-2018/adding/one': .*must read rin-2018/formal/"):
        _ = paper_of(some_claim("rin-2018/adding/one", section="1"), section="formal").claims
    other = dataclasses.replace(some_claim("irnn-2015/formal/one", section="1"), paper="irnn-2015")
    with pytest.raises(ClaimError, match=r"claim 'irnn-2015/formal/one': .*must read rin-2018/formal/"):
        _ = paper_of(other, section="formal").claims


def test_a_paper_whose_id_is_in_upper_case_is_refused() -> None:
    with pytest.raises(ClaimError, match=r"the paper's id 'RIN-2018' must be lower-case"):
        Paper(id="RIN-2018", title="RIN", citation="", sections=())


def test_claims_of_a_module_come_in_reading_order() -> None:
    places = [
        {"section": "abstract"},
        {"section": "2"},
        {"section": "2.2", "equation": "4"},
        {"section": "2.2", "equation": "10"},
        {"section": "3.1"},
        {"section": "3.2", "figure": "3(a)"},
        {"section": "3.2", "figure": "3(b)"},
        {"section": "3.2", "figure": "10"},
        {"section": "10"},
        {"section": "A", "equation": "23-25"},
        {"section": "D"},
        {"table": "1"},
    ]
    locators = [Locator(**place) for place in places]
    assert sorted(reversed(locators), key=reading_position) == locators


def test_equal_places_keep_the_order_of_the_module() -> None:
    claims = tuple(some_claim(f"rin-2018/tables/{slug}", section="3.2", table="1") for slug in ("b", "a", "c"))
    assert paper_of(*claims, section="tables").claims == claims


def test_find_returns_the_claim_and_suggests_the_nearest_for_a_wrong_id() -> None:
    assert find("rin-2018/formal/eq8-identity").locator.equation == "6-8"
    with pytest.raises(ClaimError, match=r"did you mean .*rin-2018/formal/eq8-identity"):
        find("rin-2018/formal/eq8-identiy")
    with pytest.raises(ClaimError, match=r"did you mean .*headline-12-67"):
        find("headline-12-67")
    with pytest.raises(ClaimError, match="rin-claims list"):
        find("qqqq")


def test_every_check_of_the_tables_stands_behind_a_claim() -> None:
    used = {claim.prediction.check for claim in all_claims() if isinstance(claim.prediction, Arithmetic)}
    made = [check for check in vars(table_checks).values() if getattr(check, "__annotations__", {}).get("return") == "Evidence"]
    assert used == {check for check in made if not check.__name__.startswith("_")}


def test_every_probe_a_claim_names_exists_and_is_shared_by_the_profiles() -> None:
    for claim in all_claims():
        if claim.section == "formal":
            assert len({arms for arms in claim.arms.values()}) == 1, claim.id
        for arms in claim.arms.values():
            for recipe in (recipe for arm in arms for recipe in arm.recipes if isinstance(recipe, Probe)):
                assert recipe.name in PROBES, claim.id
                assert recipe.profile == "any", claim.id


def test_identities_have_a_tolerance_far_below_the_numbers_they_compare() -> None:
    for claim in all_claims():
        if isinstance(claim.prediction, Identity) and not claim.id.endswith("baseline-mse"):  # a sampled mean, four standard errors
            assert claim.prediction.tolerance <= 1e-9, claim.id


def test_an_arm_that_a_prediction_names_is_spelled_the_same_in_every_profile() -> None:
    for claim in all_claims():
        for profile, arms in claim.arms.items():
            assert set(claim.at(profile).prediction.arm_names) <= {arm.name for arm in arms}, claim.id


def test_table_cells_of_the_claims_exist() -> None:
    cells = {f"{row['task']}/{row['network']}" for row in load_table("rin_2018", "table1")}
    for claim in all_claims():
        if claim.section == "tables" and claim.locator.table == "1" and claim.locator.cell:
            assert "/".join(claim.locator.cell.split("/")[:2]) in cells


def test_the_addendum_chooses_one_of_its_options_and_touches_registered_claims() -> None:
    ids = [claim.id for claim in all_claims()]
    for reading in ADDENDUM:
        assert reading.choice in reading.options, reading.question
        assert len(reading.options) >= 2, reading.question
        assert reading.evidence, reading.question
        for pattern in reading.claims:
            assert any(fnmatchcase(claim_id, pattern) for claim_id in ids), (reading.question, pattern)
    assert len({reading.question for reading in ADDENDUM}) == len(ADDENDUM)


def test_the_registry_loads_without_torch() -> None:
    code = "import sys, claims.papers as p; p.all_claims(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
