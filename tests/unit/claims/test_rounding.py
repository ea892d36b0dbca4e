"""A verdict that rounding was seen to move is told as borderline in every format, never as an alarm."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import pytest
from look_samples import CLEAR, NINE, outcome
from report_samples import DIVERGED, SAME_LEVEL, report

from claims.cli import main
from claims.faults import with_training
from claims.faults.drifted import Healthy
from claims.faults.known_faults import WatchedFault
from claims.judging.judge import judge_claim
from claims.judging.result import Result
from claims.report.build import entries_of
from claims.report.content import compare
from claims.report.drift import Drift, DriftResults, Word
from claims.report.formats import challenge, github, html, markdown
from claims.report.formats import csv as csv_format
from claims.report.formats import json as json_format
from claims.report.formats.terminal import summary_table
from claims.report.guards import NOT_GUARDED
from claims.report.words import change_note, rounding_note
from claims.results import PathVerdict, Verdict, VerdictName, rounding_moves
from claims.run.rounding import NATIVE, RoundingError, choice, chosen_paths, measured_claims, verdicts_under
from claims.run.test_outcomes import conclude
from reference_results import ExpectedVerdict
from reproductions.faults.fault import Fault
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

SEEN = (PathVerdict("avx512", "reproduced"), PathVerdict("plain", "reproduced"), PathVerdict("avx2", "contradicted"))
NOTE = "borderline: moves with rounding; avx512 and plain gave reproduced and avx2 gave contradicted"
MOVED = dataclasses.replace(DIVERGED, moves=SEEN)  # contradicted, recorded as reproduced
AS_RECORDED = dataclasses.replace(SAME_LEVEL, moves=SEEN)


# --- What counts as a move ---


def test_a_move_is_between_two_verdicts_that_were_seen() -> None:
    assert rounding_moves(SEEN, "reproduced", "contradicted")
    assert not rounding_moves(SEEN, "reproduced", "reproduced")
    assert not rounding_moves(SEEN, "reproduced", "inconclusive")
    assert not rounding_moves(SEEN, "reproduced", "not run")
    assert not rounding_moves(SEEN, "contradicted", None)
    assert not rounding_moves((), "reproduced", "contradicted")


def test_the_note_says_which_path_gave_what() -> None:
    assert rounding_note(SEEN) == NOTE
    assert rounding_note(()) == ""


def judged(verdict: VerdictName, expected: VerdictName, seen: tuple[VerdictName, ...]) -> Result:
    moves = tuple(PathVerdict(f"path {place}", each) for place, each in enumerate(seen))
    return dataclasses.replace(SAME_LEVEL, verdict=Verdict(verdict, "because"), expected=expected, moves=moves)


@pytest.mark.parametrize(
    ("verdict", "expected", "seen", "ends"),
    [
        ("reproduced", "contradicted", ("reproduced", "contradicted"), None),
        ("contradicted", "reproduced", ("reproduced", "contradicted"), pytest.xfail.Exception),
        ("inconclusive", "reproduced", ("reproduced", "inconclusive"), pytest.xfail.Exception),
        ("reproduced", "contradicted", ("reproduced", "inconclusive"), pytest.fail.Exception),
        ("contradicted", "reproduced", ("reproduced", "inconclusive"), pytest.fail.Exception),
        ("contradicted", "reproduced", (), pytest.fail.Exception),
    ],
)
def test_a_flip_fails_its_test_unless_the_table_has_seen_it(verdict, expected, seen, ends) -> None:
    result = judged(verdict, expected, seen)
    if ends is None:
        conclude(result, "report")
    else:
        with pytest.raises(ends) as ended:
            conclude(result, "report")
        assert ("borderline: moves with rounding" in str(ended.value)) == (ends is pytest.xfail.Exception)


def test_the_judge_gives_a_claim_the_moves_on_record() -> None:
    recorded = ExpectedVerdict("contradicted", "2026-01-31", "x", (("avx2", "reproduced"), ("plain", "contradicted")))
    found = judge_claim(CLEAR, "compact", outcome, {(CLEAR.id, "compact"): recorded})
    assert found.moves == (PathVerdict("avx2", "reproduced"), PathVerdict("plain", "contradicted"))
    assert found.verdict.verdict == "reproduced"
    assert found.moved


# --- How it is told ---


def test_the_outcome_counts_moves_apart_from_changes() -> None:
    assert report([MOVED]).outcome == (
        "1 measured claim: 1 contradicted; 1 borderline verdict moved with rounding; every other verdict is as recorded."
    )
    assert report([MOVED, judged("contradicted", "reproduced", ())]).outcome.endswith(
        "; 1 borderline verdict moved with rounding; 1 other verdict differs from the recorded one."
    )
    assert report([AS_RECORDED]).outcome.endswith("; every verdict is as recorded.")


def test_the_terminal_says_once_that_a_verdict_changed_and_why() -> None:
    shown = summary_table([MOVED, AS_RECORDED])
    assert f"\n{MOVED.claim.id}: recorded reproduced, now contradicted: {NOTE}\n" in shown
    assert shown.count("borderline: ") == shown.count("now contradicted") == 1
    unknown = f"\n{DIVERGED.claim.id}: recorded reproduced, now contradicted: no cause is known\n"
    assert summary_table([DIVERGED]).count(unknown) == 1
    assert "recorded reproduced, now" not in summary_table([AS_RECORDED])


@pytest.mark.parametrize("write", [html.dumps, markdown.dumps, github.dumps])
@pytest.mark.parametrize(("result", "cause"), [(MOVED, NOTE), (DIVERGED, "no cause is known")])
def test_a_change_stands_with_its_cause_in_every_format(write, result: Result, cause: str) -> None:
    moves = tuple(PathVerdict(move.path, "inconclusive" if move.verdict == "contradicted" else "reproduced") for move in result.moves)
    undecided = dataclasses.replace(result, verdict=dataclasses.replace(result.verdict, verdict="inconclusive"), moves=moves)
    assert cause.replace("contradicted", "inconclusive") in write(report([undecided])).replace("\\", "")


@pytest.mark.parametrize(
    ("verdict", "recorded", "note"),
    [
        ("contradicted", "reproduced", f"recorded reproduced, now contradicted: {NOTE}"),
        ("inconclusive", "reproduced", "recorded reproduced, now inconclusive: no cause is known"),  # none of the paths gave that
        ("reproduced", "reproduced", ""),
        ("not run", "reproduced", ""),
        ("contradicted", None, ""),
    ],
)
def test_a_change_is_noted_with_its_cause(verdict: VerdictName, recorded: VerdictName | None, note: str) -> None:
    result = dataclasses.replace(MOVED, verdict=dataclasses.replace(MOVED.verdict, verdict=verdict), expected=recorded)
    (entry,) = entries_of([result])
    assert change_note(entry) == note


def test_a_number_that_drifted_is_the_cause_of_a_change() -> None:
    def number(word: Word, metric: str) -> Drift:
        return Drift("a" * 64, "adding T=40 rin", metric, word, "the start differs", 5, 24, 0, 0, claims=(DIVERGED.claim.id,))

    drift = DriftResults((number("drifted", "mse"), number("drifted", "loss"), number("equivalent", "time")))
    note = "recorded reproduced, now contradicted: drifted: adding T=40 rin, mse: the start differs (and 1 more)"
    assert summary_table([DIVERGED], drift=drift).count(f"{DIVERGED.claim.id}: {note}\n") == 1
    told = dataclasses.replace(report([DIVERGED]), drift=drift)
    assert "drifted: adding T=40 rin, mse: the start differs (and 1 more)" in html.dumps(told)
    assert "no cause is known" not in html.dumps(told)


def test_the_page_says_so_in_neutral_colour() -> None:
    page = html.dumps(report([MOVED, AS_RECORDED]))
    assert '<section class="moved"' in page
    assert page.count(f"<dd>{NOTE}</dd>") == 1  # of the claim whose verdict is as recorded
    assert page.count(f"now contradicted: {NOTE}.") == 1
    assert page.count('<span class="tag">borderline</span>') == 2
    assert '<section class="changes"' not in page
    assert "<strong>differs</strong>" not in page
    assert "differs from the recorded verdict" not in page
    (rule,) = [line for line in page.splitlines() if line.startswith(".moved {")]
    assert "--line" in rule
    assert "--contradicted" not in rule
    before = html.dumps(report([DIVERGED]))
    assert '<section class="moved"' not in before
    assert '<section class="changes"' in before


@pytest.mark.parametrize("write", [markdown.dumps, github.dumps])
def test_markdown_and_the_comment_have_a_table_of_their_own_for_moves(write) -> None:
    found = write(report([dataclasses.replace(MOVED, claim=dataclasses.replace(MOVED.claim, family=""))]))
    assert "## Borderline verdicts that moved with rounding" in found
    assert "Verdicts that differ from the recorded ones" not in found
    assert "Contradicted, as recorded" not in found
    assert NOTE in found
    assert "Borderline" not in write(report([DIVERGED]))


def test_the_summary_names_the_borderline_claims() -> None:
    found = challenge.dumps(report([MOVED]))
    assert f"- 1 claim is borderline, with verdicts that move with rounding: {MOVED.claim.id}.\n" in found
    assert "borderline" not in challenge.dumps(report([DIVERGED]))


def test_csv_and_json_say_so_and_json_is_read_back() -> None:
    made = report([MOVED, AS_RECORDED])
    assert [row["rounding"] for row in csv.DictReader(io.StringIO(csv_format.dumps(made)))] == [NOTE, NOTE]
    text = json_format.dumps(made)
    data = json.loads(text)
    assert data["changes"] == []
    assert data["moved"] == [{"id": MOVED.claim.id, "profile": "smoke", "expected": "reproduced", "verdict": "contradicted"}]
    assert data["claims"][0]["moves"][2] == {"path": "avx2", "verdict": "contradicted"}
    assert json_format.loads(text) == made
    del data["claims"][0]["moves"], data["moved"]  # as in a report of before
    assert not json_format.loads(json.dumps(data)).entries[0].moves


def test_show_says_under_which_profile_a_claim_is_borderline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    name = "rin-2018/formal/eq12-eq13"
    monkeypatch.chdir(tmp_path)
    moves = {(name, "smoke"): ExpectedVerdict("reproduced", "2026-01-31", "x", tuple((one.path, one.verdict) for one in SEEN))}
    monkeypatch.setattr("claims.commands.repository.Repository.expected", moves)
    assert main(["show", name]) == 0
    assert f"rounding      under smoke {NOTE}\n" in capsys.readouterr().out
    assert main(["show", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["expected_by_profile"]["smoke"]["moves"][2] == ["avx2", "contradicted"]


def test_two_reports_that_differ_by_a_move_have_no_changed_verdict() -> None:
    flipped = dataclasses.replace(MOVED, verdict=dataclasses.replace(MOVED.verdict, verdict="reproduced"))
    found = compare.compare(report([flipped]), report([MOVED]))
    assert [change.kind for change in found.changes] == ["moved"]
    assert not found.verdict_changed
    assert "1 measured verdict moved with rounding" in found.outcome
    undecided = dataclasses.replace(MOVED, verdict=dataclasses.replace(MOVED.verdict, verdict="inconclusive"))
    assert compare.compare(report([undecided]), report([MOVED])).verdict_changed  # none of the paths gave that


def test_a_control_that_moves_with_rounding_is_no_alarm_and_shows_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for result, passed in ((MOVED, True), (DIVERGED, False)):
        monkeypatch.setattr(with_training, "_made", lambda *_, result=result: with_training._Made((result,), NOT_GUARDED, {}))
        control, _ = with_training.control([result.claim], {}, Healthy({}))
        assert control.passed is passed
        assert control.noticed_by == (result.claim.id,)


def test_a_move_with_a_fault_planted_is_no_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Fault("none", "nothing is changed", ())
    for result, noticed in ((MOVED, False), (DIVERGED, True)):
        monkeypatch.setattr(with_training, "_made", lambda *_, result=result: with_training._Made((result,), NOT_GUARDED, {}))
        assert with_training.check(WatchedFault(fault, (), (result.claim,)), {}, Healthy({})).noticed is noticed


# --- The paths and their stores ---


def test_native_is_the_best_path_of_the_machine_and_each_path_comes_once() -> None:
    there = ("avx2", "plain", "torch")
    assert chosen_paths((), there) == there
    assert chosen_paths(("native", "avx2", "torch"), there) == ("avx2", "torch")
    with pytest.raises(RoundingError, match="no kernel path 'avx512'; it has avx2, plain, torch, and native is avx2") as refused:
        chosen_paths(("plain", "avx512"), there)
    assert "\n" not in str(refused.value)


def test_a_path_that_cannot_be_forced_is_the_native_one() -> None:
    assert [choice(path) for path in ("avx2", "torch", "neon")] == ["avx2", "torch", NATIVE]


def test_a_path_that_the_machine_lacks_is_one_line_and_exit_code_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("claims.run.rounding.paths_here", lambda: ("plain", "torch"))
    assert main(["rounding", "--path", "plain", "avx2"]) == 2
    assert (
        capsys.readouterr().err == "rin-claims: error: this machine has no kernel path 'avx2'; it has plain, torch, and native is plain\n"
    )


def stored(folder: Path, seeds: int = 5, **provenance: str) -> Store:
    """A store with outcomes of both arms of CLEAR, the last seed with ``provenance``."""
    store = Store(folder)
    for arm in CLEAR.arms["compact"]:
        for seed in range(seeds):
            own = {"recurrence": "plain", "cpu": "A CPU", **(provenance if seed == seeds - 1 else {})}
            made = outcome(arm.recipes[0], seed)
            store.put(Trial(arm.recipes[0], seed), Outcome(made.status, made.metrics, provenance=own))
    return store


def test_a_store_is_judged_and_what_lacks_trials_is_named(tmp_path: Path) -> None:
    found = verdicts_under("plain", (CLEAR, NINE), "compact", stored(tmp_path))
    (row,) = found.rows
    assert (row.claim, row.profile, row.path, row.verdict, row.n, row.machine) == (CLEAR.id, "compact", "plain", "reproduced", 5, "A CPU")
    assert row.estimate == pytest.approx(1.25)  # the median of 1 + seed / 8
    assert found.lacking == (NINE.id,)


@pytest.mark.parametrize(
    ("provenance", "complaint"),
    [
        ({"recurrence": "torch"}, "of the kernels 'torch', not 'plain'.*; name another folder with --claims-store"),
        ({"cpu": "Another CPU"}, "several machines.*; name another folder with --claims-store"),
        ({"device": "cuda:0"}, "trained on cuda:0, which takes no kernel path; choose another --profile"),
    ],
)
def test_a_store_with_outcomes_of_another_path_machine_or_device_is_refused(
    tmp_path: Path, provenance: dict[str, str], complaint: str
) -> None:
    with pytest.raises(RoundingError, match=complaint):
        verdicts_under("plain", (CLEAR,), "compact", stored(tmp_path, **provenance))


def test_a_claim_that_no_trial_decides_knows_no_kernels() -> None:
    assert measured_claims((CLEAR, NINE), "compact") == (CLEAR, NINE)
    assert measured_claims((CLEAR, NINE), "smoke") == ()
