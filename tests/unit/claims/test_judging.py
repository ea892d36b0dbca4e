"""From a claim to its trials and its result.

What is run, in which order, and what is said of what was not run.
"""

from __future__ import annotations

import dataclasses

import pytest

from claims.commands.claim_page import page
from claims.commands.standings import Standing
from claims.judging.judge import judge_claim, result_not_run, trials_of, unmet
from claims.kinds import Below
from claims.model import Arm, Claim, Locator
from claims.papers import all_claims, find, registry
from claims.papers.rin_2018.adding import WITH_ONE_ODD
from claims.papers.rin_2018.protocol import PROFILE_NAMES
from claims.report.build import build_report, entry_of
from claims.report.content.pictures import pictures
from claims.report.content.trials import admitted
from claims.report.formats import html
from reference_results import ExpectedVerdict
from reproductions.recipes import Probe, Recipe, Training
from reproductions.trials import PILOT_SEEDS_FROM, Outcome, Trial

SAME_LEVEL = find("rin-2018/adding/rin-irnn-same-level/T200")
HEADLINE = find("rin-2018/tables/headline-12-67")


def outcome(recipe: Recipe, seed: int) -> Outcome:
    """Every RIN ends at 0.01 and every IRNN at 0.02, seed 1 of the IRNN diverged."""
    assert isinstance(recipe, Training)
    if recipe.network.cell == "irnn" and seed == 1:
        return Outcome("diverged", {}, {"updates": (10,), "test_mse": (0.2,)}, updates=12, diverged_at=12)
    mse = 0.01 if recipe.network.cell == "rin" else 0.02
    provenance = {
        "git": {"commit": "abc123", "dirty": False},
        "recurrence": "avx2",
    }  # as reproductions.store.environment.environment gives it
    return Outcome("budget", {"test_mse": mse}, {"updates": (10, 20), "test_mse": (0.2, mse)}, updates=20, provenance=provenance)


def test_a_claims_trials_are_every_recipe_of_every_arm_with_every_seed_once() -> None:
    trials = trials_of(SAME_LEVEL, "smoke")
    cells = sorted((trial.recipe.network.cell, trial.seed) for trial in trials if isinstance(trial.recipe, Training))
    assert cells == [(cell, seed) for cell in ("irnn", "rin") for seed in range(WITH_ONE_ODD)]
    assert len(trials_of(SAME_LEVEL, "smoke", most=2)) == 4
    assert trials_of(HEADLINE, "smoke") == ()
    assert trials_of(find("rin-2018/adding/below-baseline/rin/T300"), "smoke") == ()


def test_no_claim_is_ever_judged_on_a_pilot_seed() -> None:
    for claim in all_claims():
        for profile in claim.arms:
            assert all(trial.seed < PILOT_SEEDS_FROM for trial in trials_of(claim, profile))


def test_what_does_not_run_says_what_would_run_it() -> None:
    assert unmet(SAME_LEVEL, "smoke") == ""
    reason = unmet(find("rin-2018/adding/below-baseline/rin/T300"), "smoke")
    assert reason == "needs profile compact or paper: pytest -m full --claims-profile compact (generated data; any CPU)"
    mnist = find("rin-2018/pixel-mnist/lstm-worst/permuted/2-200")
    assert "(MNIST: `rin-claims data fetch mnist`; any CPU)" in unmet(mnist, "smoke")
    nowhere = dataclasses.replace(SAME_LEVEL, arms={}, seeds={}, not_run="TIMIT is licensed")
    assert unmet(nowhere, "paper") == "TIMIT is licensed"


def test_a_reason_of_the_claims_own_comes_first_and_a_command_is_not_said_twice() -> None:
    only_paper = {"arms": {"paper": SAME_LEVEL.arms["paper"]}, "seeds": {"paper": 5}}
    short = dataclasses.replace(SAME_LEVEL, **only_paper, not_run="too short at this size")
    assert unmet(short, "smoke").startswith("too short at this size; needs profile paper: pytest -m full --claims-profile paper (")
    said = dataclasses.replace(short, not_run="too short: pytest -m full --claims-profile paper")
    assert unmet(said, "compact") == "too short: pytest -m full --claims-profile paper"


def test_every_claim_says_why_a_profile_does_not_run_it() -> None:
    for claim in all_claims():
        for profile in PROFILE_NAMES:
            reason = unmet(claim, profile)
            assert bool(reason) == (profile not in claim.profiles), claim.id
            assert "\n" not in reason
            assert claim.profiles or claim.not_run, f"{claim.id} runs nowhere and does not say why"
            if claim.profiles and reason:
                assert any(claim.protocol[name].command in reason for name in claim.profiles), claim.id


def test_a_result_carries_its_verdict_the_recorded_one_and_every_trial_behind_it() -> None:
    recorded = {(SAME_LEVEL.id, "smoke"): ExpectedVerdict("reproduced", "2026-01-31", "as in the pilot")}
    result = judge_claim(SAME_LEVEL, "smoke", outcome, recorded)
    assert result.verdict.evidence is not None
    assert result.verdict.evidence.n_diverged == 1
    assert (result.expected, result.expected_reason) == ("reproduced", "as in the pilot")
    rows = [(row["arm"], row["seed"], row["status"], row["test_mse"]) for row in result.trials]
    assert rows[:2] == [("RIN", 0, "budget", 0.01), ("RIN", 1, "budget", 0.01)]
    assert ("IRNN", 1, "diverged", None) in rows
    assert len(rows) == 2 * WITH_ONE_ODD
    assert (result.trials[0]["commit"], result.trials[0]["recurrence"]) == ("abc123", "avx2")
    assert judge_claim(SAME_LEVEL, "smoke", outcome, recorded) == result


def test_a_trial_that_other_numerics_made_says_so_wherever_its_claim_is_shown() -> None:
    def old_rin(recipe: Recipe, seed: int) -> Outcome:
        made = outcome(recipe, seed)
        old = isinstance(recipe, Training) and recipe.network.cell == "rin"
        return dataclasses.replace(made, provenance={**made.provenance, "admitted": "equivalent"}) if old else made

    result = judge_claim(SAME_LEVEL, "smoke", old_rin, {})
    assert [row.get("admitted") for row in result.trials] == ["as equivalent"] * WITH_ONE_ODD + [None] * WITH_ONE_ODD
    said = f"{WITH_ONE_ODD} of {2 * WITH_ONE_ODD} trained by code of commit abc123, admitted as equivalent"
    assert admitted(entry_of(result)) == said
    report = build_report([result], provenance={}, created="2026-01-31T00:00:00+00:00", profile="smoke", papers=registry().papers)
    assert said in html.dumps(report)
    (standing,) = [Standing(SAME_LEVEL, "smoke", {}, entry_of(result), "", "a report")]
    assert f"trials        {said}" in page(standing, registry(), None)
    assert admitted(entry_of(judge_claim(SAME_LEVEL, "smoke", outcome, {}))) == ""


def test_a_claim_beyond_its_profile_is_not_run_and_looks_nothing_up() -> None:
    def forbidden(recipe: Recipe, seed: int) -> Outcome:
        raise AssertionError("nothing was to be looked up")

    result = judge_claim(find("rin-2018/adding/below-baseline/rin/T300"), "smoke", forbidden, {})
    assert result.verdict.verdict == "not run"
    assert result.verdict.evidence is None
    assert judge_claim(HEADLINE, "smoke", forbidden, {}).verdict.verdict == "contradicted"


def test_the_pictures_draw_every_seed_of_what_was_run_and_nothing_else() -> None:
    judged = judge_claim(SAME_LEVEL, "smoke", outcome, {})
    other = result_not_run(find("rin-2018/pixel-mnist/lstm-worst/permuted/1-100"), "smoke", "not selected", {})
    (picture,) = pictures(registry().papers, [judged, other], outcome)
    assert (picture.section, picture.log_y, picture.baseline) == ("adding", True, 0.167)
    assert sorted((curve.arm, curve.seed) for curve in picture.curves) == [
        (arm, seed) for arm in ("IRNN", "RIN") for seed in range(WITH_ONE_ODD)
    ]
    drawn = next(curve for curve in picture.curves if (curve.arm, curve.seed) == ("RIN", 0))
    assert (drawn.x, drawn.y) == ((10.0, 20.0), (0.2, 0.01))


def test_an_estimation_error_is_drawn_over_the_steps_of_the_sequence() -> None:
    claim = find("rin-2018/iterative-estimation/lstm-adding/eq3")

    def measured(recipe: Recipe, seed: int) -> Outcome:
        return Outcome("budget", {"activation_scale/layer1": 2.0}, {"updates": (9,), "eq3/layer1": (0.0, 0.02, -0.04)}, updates=9)

    result = judge_claim(claim, "smoke", measured, {})
    assert result.verdict.evidence is not None
    assert result.verdict.evidence.estimate == pytest.approx(0.02)  # 0.04 / 2, the supremum over steps
    (picture,) = pictures(registry().papers, [result], measured)
    assert picture.curves[0].x == (1.0, 2.0, 3.0)


def test_arms_with_the_same_recipe_share_its_trials() -> None:
    claim = Claim(
        id="rin-2018/example/bound",
        paper="rin-2018",
        quote="q",
        locator=Locator(section="1"),
        prediction=Below(metric="error", unit="u", why="w", arm="A", threshold=1.0),
        statement="s",
        arms={"smoke": (Arm("A", (Probe("any", "dt-depth"),)), Arm("B", (Probe("any", "dt-depth"),)))},
        seeds={"smoke": 1},
    )
    assert trials_of(claim, "smoke") == (Trial(Probe("any", "dt-depth"), 0),)  # shared by both arms
