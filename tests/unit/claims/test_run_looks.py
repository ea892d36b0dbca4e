"""A run buys seeds look by look, only for undecided claims.

It buys the same whoever trains, and the same again from the store.
"""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from claims.json_data import encode
from claims.judging.judge import judge_claim, judge_so_far, trials_of
from claims.judging.result import Result
from claims.model import Claim
from claims.paper import Registry, bare_papers
from claims.report.build import build_report, entry_of
from claims.report.formats import html
from claims.report.formats.terminal import summary_table
from claims.report.words import verdict_of
from claims.run.session import ClaimsRun
from claims.run.test_outcomes import conclude
from claims.run.usage import UsageError
from reference_results import ExpectedVerdict
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Recipe
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial
from tests.unit.claims import look_samples
from tests.unit.claims.look_samples import AGAINST, CLAIMS, CLEAR, NEVER, NINE, SEEDS_TAKEN, TWELVE, WITHOUT_DATA

LACKING = TWELVE.arms["compact"][1].recipes[0]  # of which a look lacks a trial
JUDGED = tuple(item for item in CLAIMS if item is not WITHOUT_DATA)


class Bench:
    """Runs over one store; ``made`` are the trials in the order in which they were run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[Trial] = []

    def run(self, claims: Sequence[Claim] = CLAIMS, seeds_max: int | None = None) -> ClaimsRun:
        """Another process's run, planned over ``claims``."""

        def noted(trial: Trial, checkpoint: CheckpointFile) -> Outcome:
            outcome = look_samples.run(trial, checkpoint)
            self.made.append(trial)
            return outcome

        run = ClaimsRun("compact", Store(self.folder), seeds_max, noted)
        run.plan(claims)
        return run

    def seeds(self, claim: Claim) -> int:
        """How many seeds of the claim's own arm were run; each once, from 0."""
        found = [trial.seed for trial in self.made if trial.recipe == claim.arms["compact"][1].recipes[0]]
        assert sorted(found) == list(range(len(found)))
        return len(found)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "store")


def results(run: ClaimsRun, claims: Sequence[Claim] = JUDGED) -> list[Result]:
    return [run.judge(item) for item in claims]


def test_seeds_are_bought_for_undecided_claims_alone(bench: Bench) -> None:
    found = {result.claim.id: result for result in results(bench.run())}
    assert {item.id: bench.seeds(item) for item in JUDGED} == SEEDS_TAKEN
    assert [found[item.id].verdict.verdict for item in (CLEAR, NINE, TWELVE)] == ["reproduced"] * 3
    assert (found[NEVER.id].verdict.verdict, found[AGAINST.id].verdict.verdict) == ("inconclusive", "contradicted")
    for claim_id, seeds in SEEDS_TAKEN.items():
        rows = found[claim_id].trials
        assert sorted({row["seed"] for row in rows}) == list(range(seeds))


def test_the_trace_tells_every_look_with_its_level_interval_and_decision(bench: Bench) -> None:
    run = bench.run()
    evidence = run.judge(TWELVE).verdict.evidence
    assert evidence is not None
    assert [(look.seeds, look.verdict) for look in evidence.trace] == [(5, "inconclusive"), (9, "inconclusive"), (12, "reproduced")]
    assert evidence.looks == 3
    assert evidence.trace[0].level == pytest.approx(1 / 32)  # five seeds on one side
    assert evidence.trace[1].level == pytest.approx(10 / 512)  # at most one of nine on the wrong side
    assert evidence.trace[2].level == pytest.approx(79 / 4096)  # at most two of twelve
    assert (evidence.trace[2].lower, evidence.trace[2].upper) == (evidence.lower, evidence.upper)
    assert evidence.confidence == pytest.approx(1 - 79 / 4096)
    one_look = run.judge(look_samples.FIXED).verdict.evidence
    assert one_look is not None
    assert (one_look.trace, one_look.looks, one_look.confidence) == ((), 1, 0.95)


def test_a_run_takes_the_first_look_of_all_claims_before_the_second_of_any(bench: Bench) -> None:
    run = bench.run()
    run.judge(CLEAR)
    assert {trial.seed for trial in bench.made[: 6 * 5 + 5]} == set(range(5))  # six arms "a" that can be measured, and the common "b"
    assert all(trial.seed >= 5 for trial in bench.made[6 * 5 + 5 :])


def test_the_next_looks_of_a_claim_do_not_wait_for_a_trial_that_another_worker_still_runs(bench: Bench) -> None:
    mine, own = bench.run(), CLEAR.arms["compact"][1].recipes[0]
    with bench.run().store.lease(Trial(own, 4)) as claimed:
        assert claimed
        worker = threading.Thread(target=lambda: mine.judge(NEVER), daemon=True)  # daemon: a failing test ends
        worker.start()
        end = time.monotonic() + 60
        while {item.id: bench.seeds(item) for item in (NEVER, AGAINST)} != {item.id: SEEDS_TAKEN[item.id] for item in (NEVER, AGAINST)}:
            assert time.monotonic() < end, "it waited"
            time.sleep(0.01)
    worker.join(60)
    assert bench.seeds(CLEAR) == 5  # given up by the other worker, and made here


def test_two_processes_that_judge_in_different_orders_agree_and_run_no_trial_twice(bench: Bench) -> None:
    one, other = bench.run(), bench.run()
    assert one.trials == other.trials
    assert one.lacking() == other.lacking()
    first = [one.judge(item) for item in JUDGED[:3]]
    last = [other.judge(item) for item in reversed(JUDGED[3:])]
    assert len(bench.made) == len(set(bench.made))
    alone = Bench(bench.folder.with_name("alone"))
    assert [*first, *reversed(last)] == results(alone.run())
    assert set(alone.made) == set(bench.made)


def test_a_claim_selected_alone_is_judged_as_it_is_among_others(bench: Bench) -> None:
    among = dict(zip(SEEDS_TAKEN, results(bench.run()), strict=True))
    for item in JUDGED:
        alone = Bench(bench.folder.with_name(item.id.split("/")[-1]))
        assert alone.run((item,)).judge(item) == among[item.id]


def test_a_warm_store_gives_the_same_and_trains_nothing(bench: Bench) -> None:
    cold = results(bench.run())
    trained = len(bench.made)
    warm = bench.run(JUDGED)
    assert warm.lacking() == ()
    assert results(warm) == cold
    assert len(bench.made) == trained


def test_more_outcomes_in_the_store_than_a_claim_needs_change_nothing(bench: Bench) -> None:
    """Another claim, or an import, may have brought them; a look decides by its own seeds."""
    cold = results(bench.run())
    full = Bench(bench.folder.with_name("full"))
    store = Store(full.folder)
    for trial in {trial for item in JUDGED for trial in trials_of(item, "compact")}:
        for seed in range(20):
            store.put(Trial(trial.recipe, seed), look_samples.outcome(trial.recipe, seed))
    assert results(full.run()) == cold
    assert full.made == []


def test_a_missing_data_set_fails_its_claim_and_no_other(bench: Bench) -> None:
    run = bench.run()
    with pytest.raises(UsageError, match="rin-claims data fetch"):
        run.judge(WITHOUT_DATA)  # first, and planned first
    assert {item.id: bench.seeds(item) for item in JUDGED} == SEEDS_TAKEN
    assert {result.claim.id: len(result.trials) // 2 for result in results(run)} == SEEDS_TAKEN


@pytest.mark.parametrize(("most", "never"), [(3, 3), (5, 5), (8, 5), (9, 9), (100, 12)])
def test_the_cap_of_the_command_line_holds(bench: Bench, most: int, never: int) -> None:
    results(bench.run(seeds_max=most))
    assert bench.seeds(NEVER) == never


def test_what_is_lacking_depends_on_the_outcomes_alone(bench: Bench) -> None:
    run = bench.run((NINE,))
    own = NINE.arms["compact"][1].recipes[0]
    asked = []
    while lacking := run.lacking():
        asked.append(sorted(trial.seed for trial in lacking if trial.recipe == own))
        for trial in lacking:
            run.store.put(trial, look_samples.outcome(trial.recipe, trial.seed))
    assert asked == [[0, 1, 2, 3, 4], [5, 6, 7, 8]]


def test_a_damaged_outcome_is_made_again_and_the_claim_judged_as_before(bench: Bench) -> None:
    before = results(bench.run())
    damaged = Trial(NINE.arms["compact"][1].recipes[0], 2)
    Store(bench.folder).path(damaged).write_text("{")
    again = bench.run()
    assert results(again) == before
    assert bench.made.count(damaged) == 2
    assert len(again.store.reports) == 1


def test_the_claim_is_judged_for_the_report_at_the_same_looks(bench: Bench, tmp_path: Path) -> None:
    run = bench.run()
    found = results(run)
    table, _, said = run.report(
        Registry(bare_papers(CLAIMS)), {item.id for item in JUDGED}, {WITHOUT_DATA.id: "no data"}, tmp_path / "report"
    )
    assert all(item.id in table for item in CLAIMS)
    assert not any("not listed" in line for line in said)
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    entries = {entry["id"]: entry for entry in report["claims"]}
    for result in found:
        evidence, shown = result.verdict.evidence, entries[result.claim.id]
        assert evidence is not None
        assert shown["verdict"] == result.verdict.verdict
        assert [(look["seeds"], look["level"], look["verdict"]) for look in shown["evidence"]["trace"]] == [
            (look.seeds, look.level, look.verdict) for look in evidence.trace
        ]
        assert len(shown["trials"]) == 2 * SEEDS_TAKEN[result.claim.id]
    assert set(entries[NEVER.id]["evidence"]["trace"][0]) == {"seeds", "level", "lower", "upper", "verdict"}


def test_the_lookup_of_a_claim_is_never_asked_beyond_the_look_that_decides(bench: Bench) -> None:
    asked: set[int] = set()

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        asked.add(seed)
        return look_samples.outcome(recipe, seed)

    judge_claim(NINE, "compact", lookup, {})
    assert asked == set(range(9))


def test_what_an_interrupted_run_keeps_is_its_outcomes_and_the_states_of_trials_that_have_begun(tmp_path: Path) -> None:
    run = ClaimsRun("compact", Store(tmp_path))
    run.plan([CLEAR])
    stored, begun = run.trials[:2]
    run.store.put(stored, look_samples.run(stored, CheckpointFile(tmp_path / "none")))
    path = run.store.checkpoint_path(begun)
    path.parent.mkdir(exist_ok=True)
    path.touch()
    kept, lost = run.kept()
    assert kept == f"kept: 1 of {len(run.trials)} trials and 1 saved state of others, in the store {tmp_path}"
    assert lost == "lost: of a trial that was training, what is newer than its last saved state, at most 30 s"


def test_a_run_of_one_claim_keeps_the_verdicts_of_the_others_and_says_so(bench: Bench, tmp_path: Path) -> None:
    registry = Registry(bare_papers(CLAIMS))

    def report(run: ClaimsRun, selected: Sequence[Claim]) -> dict[str, dict[str, object]]:
        for claim in selected:
            run.judge(claim)
        table, _, said = run.report(registry, {claim.id for claim in selected}, {}, tmp_path / "report")
        assert {claim.id for claim in CLAIMS if claim.id in table} == {claim.id for claim in selected}
        assert any(line.startswith(f"not listed: {len(CLAIMS) - len(selected)} claim") for line in said)
        data = json.loads((tmp_path / "report" / "report.json").read_text())
        assert (bool(data["notes"]), any("of earlier runs" in line for line in said)) == (any(e["earlier"] for e in data["claims"]),) * 2
        return {entry["id"]: entry for entry in data["claims"]}

    first = report(bench.run(JUDGED), JUDGED)
    assert not any(entry["earlier"] for entry in first.values())
    made = len(bench.made)
    second = report(bench.run((CLEAR,)), (CLEAR,))
    assert len(bench.made) == made  # the others were judged from the store as it is
    assert {claim_id: entry["verdict"] for claim_id, entry in second.items()} == {
        claim_id: entry["verdict"] for claim_id, entry in first.items()
    }
    assert {claim_id for claim_id, entry in second.items() if entry["earlier"]} == {claim.id for claim in JUDGED if claim is not CLEAR}


def test_a_claim_that_lacks_later_seeds_is_undecided_so_far_by_the_looks_at_hand(bench: Bench, tmp_path: Path) -> None:
    whole = bench.run((TWELVE,)).judge(TWELVE).verdict.evidence
    few = Bench(tmp_path / "few")
    store = Store(few.folder)
    for trial in trials_of(TWELVE, "compact"):
        store.put(trial, look_samples.outcome(trial.recipe, trial.seed))
    entry, _ = _reported_by_a_run_of_another_claim(few, TWELVE, tmp_path / "report")
    assert (entry["verdict"], entry["so_far"], entry["earlier"]) == ("inconclusive", True, True)
    missing = "; not selected in this run: 8 trials missing; pytest -m full --claims-profile compact -k 'rin-2018/looks/twelve'"
    assert entry["reason"].endswith(missing)
    assert len(entry["trials"]) == 2 * 5
    (look,) = entry["evidence"]["trace"]
    assert whole is not None
    assert look == encode(whole.trace[0])  # at the level of the whole design, not at that of five seeds alone


@pytest.mark.parametrize("inconclusive", ["fail", "report"])
def test_a_claim_that_is_undecided_so_far_is_no_changed_verdict_and_its_test_is_skipped(inconclusive: str) -> None:
    recorded = {(TWELVE.id, "compact"): ExpectedVerdict("reproduced", "2026-11-30", "recorded")}
    result = judge_so_far(TWELVE, "compact", [Trial(LACKING, 5)], look_samples.outcome, recorded, why="time budget")
    assert result.verdict.reason.endswith("; time budget")
    with pytest.raises(pytest.skip.Exception, match="time budget"):
        conclude(result, inconclusive)
    entry = entry_of(result)
    assert (entry.changed, verdict_of(entry)) == (False, "? inconclusive so far")
    assert "? inconclusive so far" in (table := summary_table([result]))
    assert table.endswith("\n1 claim inconclusive so far, with seeds still to run.")
    page = html.dumps(build_report([result], {}, "2026-11-30", profile="compact"))
    assert page.count('<span class="tag">so far</span>') == 2  # of the row, and of its verdict below
    assert "as now" not in page
    assert entry_of(dataclasses.replace(result, missing=())).changed


def test_a_claim_of_which_the_first_look_lacks_a_seed_is_not_run() -> None:
    result = judge_so_far(TWELVE, "compact", [Trial(LACKING, 4)], look_samples.outcome, {}, why="time budget")
    assert (result.verdict.verdict, result.verdict.reason, result.so_far) == ("not run", "time budget", False)


def test_a_claim_that_the_store_lacks_trials_of_is_not_run_and_priced(bench: Bench, tmp_path: Path) -> None:
    entry, prices = _reported_by_a_run_of_another_claim(bench, TWELVE, tmp_path / "report")
    assert entry["verdict"] == "not run"
    assert entry["reason"].startswith("not selected in this run: ")
    assert entry["rerun"].endswith(f"-k '{TWELVE.id}'")
    assert [(price["profile"], price["claims"] > 0, price["trials"] > 0) for price in prices] == [("compact", True, True)]


def _reported_by_a_run_of_another_claim(bench: Bench, claim: Claim, folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The entry of the claim and the prices, in the report of a run that selects another claim alone."""
    run = bench.run((CLEAR,))
    run.judge(CLEAR)
    run.report(Registry(bare_papers(CLAIMS)), {CLEAR.id}, {}, folder)
    data = json.loads((folder / "report.json").read_text())
    return next(entry for entry in data["claims"] if entry["id"] == claim.id), data["prices"]
