"""A run's guards: what they look at, what an alarm says and where it is shown.

An alarm fails the run.
"""

from __future__ import annotations

import dataclasses
import json

import pytest

from claims.faults.made_up_outcomes import one_diverged
from claims.judging.judge import judge_claim, result_not_run, trials_of
from claims.judging.result import Result
from claims.papers import find
from claims.protocol import STANDARD
from claims.report.build import build_report
from claims.report.formats import html, markdown
from claims.report.formats import json as report_json
from claims.report.guards import NOT_GUARDED, Alarm, GuardResults
from claims.results import Evidence
from claims.run.every_run_counts import NAME, every_run_counts
from claims.run.guards import StaticGuards, guard_results, static_findings
from reproductions.guards import of_recipes
from reproductions.guards.alarm import Finding
from reproductions.recipes import Training
from reproductions.trials import Outcome, Trial

CLAIM = find("rin-2018/adding/below-baseline/rin/T200").under(STANDARD)  # one look, at six seeds
PROBED = find("rin-2018/formal/dt-depth")
MADE_UP = one_diverged(CLAIM)  # seed s, but for every sixth, measures 0.167 (0.5 - s / 1000)


def judged(**evidence: object) -> Result:
    """The claim on made-up outcomes, with its evidence changed."""
    result = judge_claim(CLAIM, "smoke", MADE_UP, {})
    assert isinstance(result.verdict.evidence, Evidence)
    changed = dataclasses.replace(result.verdict.evidence, **evidence)  # type: ignore[arg-type]
    return dataclasses.replace(result, verdict=dataclasses.replace(result.verdict, evidence=changed))


def arm(**changes: float | None) -> dict[str, tuple[float | None, ...]]:
    """Return the numbers of the only arm, with the seeds in ``changes`` (s3=0.5) replaced."""
    evidence = judged().verdict.evidence
    assert evidence is not None
    ((name, column),) = evidence.arms.items()
    return {name: tuple(changes.get(f"s{seed}", value) for seed, value in enumerate(column))}


# --- The guard of the judging ---


def test_evidence_that_holds_every_run_passes() -> None:
    result = judged()
    assert result.verdict.evidence is not None
    assert None in arm()["RIN"]  # a diverged run is among them
    assert every_run_counts(result, MADE_UP) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": (1, 2, 3, 4, 5)}, "judged on 5 seeds and has 6"),
        ({"arms": {"RIN": arm()["RIN"][1:]}}, "RIN has 5 numbers for 6 seeds"),
        ({"n": 5}, "rests on 5 of 6 seeds"),
        ({"n_diverged": 0}, "1 of its seeds diverged and its evidence counts none"),
        ({"arms": arm(s3=0.001)}, "RIN, seed 3, stands as 0.001 in its evidence, and measured 0.082999"),
        ({"arms": arm(s0=0.2)}, "RIN, seed 0, stands as 0.2 in its evidence, and measured diverged"),
        ({"arms": arm(s2=None)}, "RIN, seed 2, stands as diverged in its evidence, and measured 0.083166"),
    ],
)
def test_evidence_that_leaves_out_or_changes_a_run_is_named(changes: dict[str, object], said: str) -> None:
    assert said in every_run_counts(judged(**changes), MADE_UP)


# --- A run ---


def copies(recipe: object, seed: int) -> Outcome:
    """The same curve whatever the seed."""
    assert isinstance(recipe, Training)
    losses = tuple(0.2 * 0.9**k for k in range(len(recipe.checkpoints)))
    curves = {"updates": tuple(sorted(recipe.checkpoints)), "train_loss": losses, "test_mse": losses}
    return Outcome("budget", {"train_loss": losses[-1], "test_mse": losses[-1]}, curves, updates=recipe.updates)


def test_an_alarm_names_guard_recipe_cause_and_the_claims_that_rest_on_it() -> None:
    other = result_not_run(find("rin-2018/adding/lstm-worst/T200"), "smoke", "not selected", {})
    results = [judge_claim(CLAIM, "smoke", copies, {}), other]
    found = guard_results((Finding("two-markers", ()),), results, copies)
    (alarm,) = found.alarms
    assert str(alarm).startswith("guard distinct-runs: adding T=40 rin 1-100: the seeds 0, 1, 2, 3, 4, 5 gave one and the same run")
    assert alarm.claims == (CLAIM.id,)
    assert {"two-markers", "distinct-runs", NAME} <= set(found.ran)
    assert found.outcome == f"{len(found.ran) - 1} passed, 1 failed with 1 alarm"


def test_an_alarm_of_the_code_names_no_claim_and_doubts_all() -> None:
    found = guard_results((Finding("two-markers", (), "three numbers are marked"),), [], copies)
    assert [(str(alarm), alarm.claims) for alarm in found.alarms] == [("guard two-markers: three numbers are marked", ())]


def test_a_run_without_training_has_no_static_guards() -> None:
    assert static_findings([Trial(recipe, 0) for recipe in PROBED.arms["smoke"][0].recipes]) == ()
    assert guard_results((), [], copies) == NOT_GUARDED
    assert NOT_GUARDED.outcome == ""


@pytest.mark.parametrize("beside", [False, True])
def test_static_guards_look_at_the_code_and_at_the_runs_own_recipes(beside: bool) -> None:
    trials = trials_of(CLAIM, "smoke", 2)
    found = StaticGuards(trials, beside=beside).findings()
    assert [finding for finding in found if finding.message] == []
    own = {finding.guard for finding in found if finding.recipes == (trials[0].recipe,)}
    assert own == {*of_recipes.TASK_GUARDS, *of_recipes.RECIPE_GUARDS}
    assert len(own) == 7
    assert {finding.guard for finding in found if not finding.recipes} >= {"identity-bits", "one-permutation", "seeds-differ"}


# --- The report ---

GUARDS = GuardResults(("a", "b", "c"), (Alarm("b", "adding <T>", "copied | twice", (CLAIM.id,)), Alarm("c", "", "all wrong")))


def test_the_report_shows_alarms_at_its_top_and_beside_the_claims_they_touch() -> None:
    results = [judged(), result_not_run(PROBED, "smoke", "not selected", {})]
    report = build_report(results, {}, "2026-11-21T00:00:00+00:00", profile="smoke", guards=GUARDS)
    assert report_json.loads(report_json.dumps(report)) == report
    page = html.dumps(report)
    assert page.count("guard b: adding &lt;T&gt;: copied | twice") == 2  # at the top, and beside its claim
    assert page.count("guard c: all wrong") == 1
    assert "1 passed, 2 failed with 2 alarms" in page
    text = markdown.dumps(report)
    assert "## Guards that failed" in text
    assert f"In doubt: `{CLAIM.id}`." in text
    assert "In doubt: every trained claim." in text


def test_a_report_from_before_there_were_guards_is_read() -> None:
    report = build_report([judged()], {}, "2026-11-21T00:00:00+00:00", profile="smoke")
    data = json.loads(report_json.dumps(report))
    del data["guards"]
    assert report_json.loads(json.dumps(data)).guards == NOT_GUARDED
    assert "Guards" not in markdown.dumps(report)
