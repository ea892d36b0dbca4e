"""What changed between two reports, as text, as JSON, as a pull-request comment, and on the command line."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re

import pytest
from report_samples import DIVERGED, HOSTILE, MANY_SEEDS, MISSING, NOT_RUN, SAME_LEVEL, TABLE, UNBOUNDED, evidence, identities, report

from claims.cli import main
from claims.report.build import entry_of
from claims.report.content import compare
from claims.report.formats import challenge, github
from claims.report.formats import json as report_json
from claims.report.guards import Alarm, GuardResults
from claims.report.model import ReportError
from claims.results import PathVerdict, Verdict


def judged(result, verdict, estimate=0.03, reason="now"):
    return dataclasses.replace(result, verdict=Verdict(verdict, reason, evidence(estimate, estimate - 1, estimate + 1)))


def unrun(result):
    return dataclasses.replace(result, verdict=Verdict("not run", "no time"))


BEFORE = report([SAME_LEVEL, DIVERGED, UNBOUNDED, TABLE, MANY_SEEDS, NOT_RUN, *identities(2)])
NOW = report(
    [
        judged(SAME_LEVEL, "contradicted"),
        DIVERGED,
        unrun(UNBOUNDED),
        judged(MANY_SEEDS, "reproduced", 61.0),
        judged(NOT_RUN, "reproduced"),
        *identities(3),
    ]
)


def test_every_claim_is_in_one_kind_of_change_or_the_same():
    comparison = compare.compare(BEFORE, NOW)
    assert [(change.kind, change.entry.id) for change in comparison.changes] == [
        ("verdict", SAME_LEVEL.claim.id),
        ("lost", UNBOUNDED.claim.id),
        ("new", NOT_RUN.claim.id),
        ("added", "rin-2018/formal/eq2-identity"),
        ("removed", TABLE.claim.id),
        ("estimate", MANY_SEEDS.claim.id),
    ]
    assert comparison.same == {"measured": 1, "exact": 2}  # lstm-worst and two identities
    assert comparison.verdict_changed
    assert comparison.outcome.endswith(
        "1 measured verdict changed, 1 measured claim judged less far, 1 measured claim judged further, 1 exact claim added, "
        "1 exact claim removed and 1 measured estimate moved; 1 measured and 2 exact claims as before."
    )


def test_a_claim_that_is_undecided_so_far_changed_no_verdict():
    so_far = dataclasses.replace(judged(SAME_LEVEL, "inconclusive"), missing=MISSING)
    ended = judged(SAME_LEVEL, "contradicted")

    def kind(before, now):
        (change,) = compare.compare(report([before]), report([now])).changes
        return change.kind

    stages = unrun(SAME_LEVEL), so_far, ended
    assert [kind(before, now) for before, now in itertools.combinations(stages, 2)] == ["new"] * 3
    assert [kind(now, before) for before, now in itertools.combinations(stages, 2)] == ["lost"] * 3
    assert not compare.compare(report([ended]), report([so_far])).verdict_changed

    moves = (PathVerdict("avx2", "inconclusive"), PathVerdict("plain", "contradicted"))
    borderline = dataclasses.replace(so_far, moves=moves, expected="contradicted")
    assert kind(ended, borderline) == "lost"  # the seeds that are missing make the difference, and not rounding
    assert not entry_of(borderline).moved
    assert entry_of(dataclasses.replace(borderline, missing=())).moved


def test_a_report_against_itself_has_no_change():
    comparison = compare.compare(BEFORE, BEFORE)
    assert comparison.changes == ()
    assert not comparison.verdict_changed
    assert comparison.outcome.endswith("nothing changed in 5 measured and 3 exact claims.")


def test_a_difference_below_the_digits_shown_is_no_change():
    moved = dataclasses.replace(
        SAME_LEVEL,
        verdict=dataclasses.replace(SAME_LEVEL.verdict, evidence=dataclasses.replace(SAME_LEVEL.verdict.evidence, estimate=0.03 + 1e-9)),
    )
    assert compare.compare(report([SAME_LEVEL]), report([moved])).changes == ()
    noticed = judged(SAME_LEVEL, "reproduced", 0.031)
    assert [change.kind for change in compare.compare(report([SAME_LEVEL]), report([noticed])).changes] == ["estimate"]


def test_reports_of_different_profiles_are_not_compared():
    compact = report([dataclasses.replace(SAME_LEVEL, profile="compact")])
    with pytest.raises(ReportError, match="older report is of profile smoke, this one of compact"):
        compare.compare(report([SAME_LEVEL]), compact)


# --- The comment ---


def test_the_comment_begins_with_what_changed():
    text = github.dumps(NOW, compare.compare(BEFORE, NOW))
    places = [text.index(part) for part in ("### Verdicts that changed", "### Judged less far than before", "### Headline claims")]
    assert places == sorted(places)
    assert f"| `{SAME_LEVEL.claim.id}` | ✓ reproduced: 0.03 log10 MSE, \\[-0.2, 0.31\\], n = 2 | ✗ contradicted" in text
    assert "Estimates that moved" not in text


def test_the_comment_without_an_older_report_begins_with_what_differs_from_the_record():
    guards = GuardResults(("finite loss",), (Alarm("finite loss", "adding", HOSTILE, ()),))
    text = github.dumps(report(guards=guards))
    places = [
        text.index(part) for part in ("### Guards that failed", "### Verdicts that differ from the recorded ones", "### Headline claims")
    ]
    assert places == sorted(places)
    assert f"| `{DIVERGED.claim.id}` | reproduced | ✗ contradicted | no cause is known | the LSTM is better |" in text
    assert "<script>alert" not in text
    tables = [line for line in text.splitlines() if line.startswith("| `")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} <= {4, 5, 6}  # of three cells to five


def test_a_comment_is_never_longer_than_github_takes():
    long = [
        dataclasses.replace(
            DIVERGED,
            claim=dataclasses.replace(DIVERGED.claim, id=f"rin-2018/adding/x{i}", statement="|" * 5000),
            verdict=dataclasses.replace(DIVERGED.verdict, reason="_" * 5000),
        )
        for i in range(400)
    ]
    before = report([unrun(result) for result in long])
    text = github.dumps(report(long), compare.compare(before, report(long)))
    assert len(text) <= github.LIMIT
    assert "and 360 more" in text
    assert text.endswith(f"{github.CLOSING}\n")
    monstrous = report(long, profile="x" * 70_000)
    text = github.dumps(monstrous)
    assert len(text) <= github.LIMIT
    assert "left out, because GitHub takes no longer one" in text


# --- The summary ---


def test_the_summary_has_the_five_parts_and_counts_what_the_report_has():
    text = challenge.dumps(report())
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings == ["Scope of reproducibility", "Methodology", "Results", "What was easy", "What was difficult"]
    for part in (
        "RIN 2018 (4 measured and 4 exact claims) and IRNN 2015 (1 measured claim)",
        "2 trials",
        "- Adding (RIN 2018), 3 measured claims: 1 reproduced, 1 contradicted and 1 inconclusive.",
        "4 exact claims needed no sampling",
        "1 measured claim stayed inconclusive; for 1 of them the report says how many seeds would decide.",
        "Runs diverged under 1 measured claim.",
        "Not run: 1 measured claim.",
        "The papers leave 1 question open",
    ):
        assert part in text, part
    assert "<variance>" not in text


def test_the_summary_of_nothing_says_so():
    text = challenge.dumps(report([], pictures=(), notes=()))
    assert "No claim was selected, so nothing was judged." in text
    assert "Nothing was judged." in text


# --- The command ---


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.json").write_text(report_json.dumps(NOW), encoding="utf-8")
    (tmp_path / "old.json").write_text(report_json.dumps(BEFORE), encoding="utf-8")
    return tmp_path


def test_compare_prints_the_changes_and_exits_with_1_where_a_verdict_changed(written, capsys):
    assert main(["report", "--compare", "old.json"]) == 1
    assert capsys.readouterr().out == compare.dumps(compare.compare(BEFORE, NOW))
    assert main(["report", "--compare", "old.json", "--json"]) == 1
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert changes[0]["before"]["verdict"] == "reproduced"
    assert (changes[0]["now"]["verdict"], changes[0]["now"]["reason"]) == ("contradicted", "now")
    assert main(["report", "--compare", "old.json", "--format", "github"]) == 1
    assert capsys.readouterr().out == github.dumps(NOW, compare.compare(BEFORE, NOW))
    assert main(["report", "--compare", "report/report.json"]) == 0


@pytest.mark.parametrize("name", ["github", "html", "markdown", "json", "csv", "summary"])
def test_format_prints_and_writes_nothing(written, capsys, name):
    assert main(["report", "--format", name]) == 0
    out = capsys.readouterr().out
    assert DIVERGED.claim.id in out or name == "summary"
    assert [path.name for path in (written / "report").iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    "argv",
    [
        ["--to", "site", "--format", "github"],
        ["--to", "site", "--compare", "old.json"],
        ["--compare", "old.json", "--format", "csv"],
        ["--compare", "absent.json"],
    ],
)
def test_options_that_do_not_go_together_are_one_line_and_exit_code_2(written, capsys, argv):
    assert main(["report", *argv]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("rin-claims: error: ")
    assert captured.err.count("\n") == 1
