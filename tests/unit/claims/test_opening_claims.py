"""What the paper says of the early stage is measured by the first epochs of the paper's own trainings."""

from __future__ import annotations

import pytest

from claims.judging.judge import judge_claim, trials_of, unmet
from claims.model import Claim
from claims.papers import all_claims, find, registry
from claims.papers.rin_2018 import protocol
from reproductions.openings import Opening
from reproductions.recipes import Adding, Recipe
from reproductions.trials import Outcome

ORDERS, LENGTHS = ("sequential", "permuted"), (200, 300, 400)
EARLY = {
    *(f"pixel-mnist/rin-faster-than-irnn/{order}/1-100" for order in ORDERS),
    *(f"pixel-mnist/lstm-slowest/{order}" for order in ORDERS),
    *(f"adding/{slug}/T{length}" for slug in ("rin-faster-than-irnn", "rin-more-stable") for length in LENGTHS),
}
CLAIMS = [claim for claim in all_claims() if "opening" in claim.arms]


def test_the_claims_of_the_early_stage_have_it() -> None:
    assert {claim.id.removeprefix("rin-2018/") for claim in CLAIMS} == EARLY


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_an_arm_is_the_opening_of_the_papers_arm_and_says_so(claim: Claim) -> None:
    paper = {arm.name: arm.recipes for arm in claim.arms["paper"]}
    for arm in claim.arms["opening"]:
        for recipe, whole in zip(arm.recipes, paper[arm.name], strict=True):
            assert isinstance(recipe, Opening)
            assert recipe.whole == whole
            epochs = protocol.ADDING_OPENING if isinstance(recipe.task, Adding) else protocol.PIXEL_OPENING
            assert f"irst {epochs} epochs" in claim.at("opening").statement
    assert {trial.recipe.profile for trial in trials_of(claim, "opening")} == {"paper"}


def test_other_claims_say_which_profile_runs_them() -> None:
    reason = unmet(find("rin-2018/babi/rin-mean-beats/irnn"), "opening")
    assert "needs profile smoke or compact or paper" in reason


@pytest.mark.parametrize(("rin", "verdict"), [(0.100, "reproduced"), (0.167, "contradicted")])
def test_a_lead_on_the_adding_problem_is_one_in_these_epochs(rin: float, verdict: str) -> None:
    """Where both networks stand at the baseline of 0.167 there is no lead of one per cent."""
    claim = find("rin-2018/adding/rin-faster-than-irnn/T200")

    def outcome(recipe: Recipe, seed: int) -> Outcome:
        return Outcome("budget", {"early_loss": rin if "rin " in recipe.label.replace("irnn", "-") else 0.167})

    found = judge_claim(claim, "opening", outcome, {})
    assert found.verdict.verdict == verdict
    assert found.claim.prediction.metric == "early_loss"


@pytest.mark.parametrize(("marker", "cuda", "profile"), [("smoke", False, "smoke"), ("full", False, "compact"), ("full", True, "paper")])
def test_it_is_chosen_by_name_alone(marker: str, cuda: bool, profile: str) -> None:
    assert registry().default_profile(marker, lambda: cuda) == profile
    assert list(registry().profiles) == ["smoke", "compact", "opening", "paper"]
    assert registry().profiles["opening"].command == "pytest -m full --claims-profile opening"
