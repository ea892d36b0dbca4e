"""The report model and its JSON and CSV: what counts, what is kept, what is refused."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
from pathlib import Path

import pandas as pd
import pytest
from report_samples import (
    DIVERGED,
    MANY_SEEDS,
    NOT_RUN,
    QUESTION,
    RESULTS,
    SAME_LEVEL,
    TABLE,
    UNBOUNDED,
    claim,
    evidence,
    identities,
    report,
)

from claims.judging.result import Result
from claims.kinds import KINDS, Below, MatchesPublished, Similar
from claims.papers import registry
from claims.report.build import build_report
from claims.report.content.trials import trial_rows
from claims.report.formats import csv
from claims.report.formats import json as report_json
from claims.report.model import SCHEMA, Curve, ReportError
from claims.report.write import FILES, write_report
from claims.results import Verdict


def test_every_claim_counts_once():
    whole = report()
    assert whole.counts == {
        "smoke": {
            "measured": {"reproduced": 2, "contradicted": 1, "inconclusive": 1, "not run": 1},
            "exact": {"reproduced": 3, "contradicted": 1, "inconclusive": 0, "not run": 0},
        }
    }
    assert sum(len(section.entries) for section in whole.sections) == len(RESULTS)


def test_counts_keep_profiles_apart():
    again = dataclasses.replace(SAME_LEVEL, profile="compact", verdict=Verdict("inconclusive", "", None))
    counts = {profile: of["measured"] for profile, of in report([SAME_LEVEL, again]).counts.items()}
    assert (counts["smoke"]["reproduced"], counts["smoke"]["inconclusive"]) == (1, 0)
    assert (counts["compact"]["reproduced"], counts["compact"]["inconclusive"]) == (0, 1)


def test_sections_follow_the_order_of_the_registry():
    shuffled = [NOT_RUN, TABLE, DIVERGED, SAME_LEVEL]
    order = [result.claim.id for result in (SAME_LEVEL, DIVERGED, TABLE, NOT_RUN)]
    whole = report(shuffled, order=order)
    assert [entry.id for entry in whole.entries] == order
    assert [section.slug for section in whole.sections] == ["rin-2018/adding", "rin-2018/tables", "irnn-2015/pixel-mnist"]


def test_outcome_is_one_true_sentence():
    assert report().outcome == (
        "4 measured claims: 2 reproduced, 1 contradicted and 1 inconclusive; 4 exact claims: 3 agree and 1 does not agree; "
        "1 of 9 claims not run; 1 verdict differs from the recorded one."
    )
    assert report([]).outcome == "No claim was selected, so nothing was judged."
    assert report([NOT_RUN]).outcome == "None of 1 claim was run, so nothing was judged."
    assert report([SAME_LEVEL, TABLE]).outcome == (
        "1 measured claim: 1 reproduced; 1 exact claim: 1 does not agree; every verdict is as recorded."
    )
    assert report([MANY_SEEDS]).outcome == "1 measured claim: 1 reproduced."
    assert "1 of 2 verdicts have a recorded one to compare with, and agree" in report([SAME_LEVEL, UNBOUNDED]).outcome


def test_a_change_needs_a_recorded_and_a_new_verdict():
    recorded_only = dataclasses.replace(NOT_RUN, expected="reproduced")
    weaker = dataclasses.replace(UNBOUNDED, expected="reproduced")
    whole = report([SAME_LEVEL, DIVERGED, MANY_SEEDS, recorded_only, weaker])
    assert [entry.id for entry in whole.changes] == [DIVERGED.claim.id, UNBOUNDED.claim.id]


def test_a_claim_twice_under_one_profile_is_refused():
    with pytest.raises(ReportError, match="same-level/T200' has two results under profile 'smoke'"):
        report([SAME_LEVEL, SAME_LEVEL])


def test_a_curve_with_unequal_lengths_is_refused():
    with pytest.raises(ReportError, match="equally long"):
        Curve("RIN", 0, (1.0, 2.0), (0.1,))


def test_headline_claims_also_get_holms_verdict():
    # two headline claims with p = 0.03 each: Holm's smallest adjusted p is 2 x 0.03 = 0.06 > 0.05
    first, second = (
        dataclasses.replace(SAME_LEVEL, claim=dataclasses.replace(SAME_LEVEL.claim, id=f"rin-2018/adding/h{i}")) for i in (1, 2)
    )
    together, alone = report([first, second, MANY_SEEDS]), report([first, MANY_SEEDS])
    assert [entry.family_verdict for entry in together.entries] == ["inconclusive", "inconclusive", None]
    assert [entry.family_verdict for entry in alone.entries] == ["reproduced", None]
    assert list(csv.frame(together)["family_verdict"].fillna("none")) == ["inconclusive", "inconclusive", "none"]
    assert list(csv.frame(together)["family"]) == ["abstract", "abstract", ""]


def test_a_table_and_the_abstract_are_families_apart():
    first, second = (
        dataclasses.replace(SAME_LEVEL, claim=dataclasses.replace(SAME_LEVEL.claim, id=f"rin-2018/adding/h{i}", family=family))
        for i, family in enumerate(("abstract", "Table 1"))
    )
    assert [entry.family_verdict for entry in report([first, second]).entries] == ["reproduced", "reproduced"]
    assert [entry.headline for entry in report([first, second]).entries] == [True, False]


def test_false_verdicts_to_expect_count_sampled_claims_only():
    assert report([SAME_LEVEL, DIVERGED, *identities(10), NOT_RUN, TABLE]).false_verdicts == pytest.approx(2 * 0.05)


def test_the_addendum_holds_the_readings_that_touch_its_claims():
    assert report().addendum == (QUESTION,)
    assert report([TABLE]).addendum == ()
    whole = build_report([SAME_LEVEL], {}, "2026-01-02", profile="smoke", papers=registry().papers)
    asked = [reading.question for reading in whole.addendum]
    assert "Is the 1e-3 of N(0, 1e-3) a standard deviation or a variance?" in asked  # touches all that is trained
    assert "Is the gradient clipped on pixel MNIST and bAbI too?" not in asked


# --- JSON ---


@pytest.mark.parametrize("results", [RESULTS, [], [NOT_RUN], identities(100)], ids=["all", "none", "not run", "many"])
def test_json_round_trip_keeps_everything(results):
    whole = report(results)
    assert report_json.loads(report_json.dumps(whole)) == whole


def test_a_report_of_schema_2_is_read_with_nothing_said_of_its_papers(tmp_path):
    data = json.loads(report_json.dumps(report()))
    del data["papers"]
    old = report_json.loads(json.dumps({**data, "schema": 2}))
    assert old == dataclasses.replace(report(), papers=())
    page = write_report(old, tmp_path)[0].read_text(encoding="utf-8")
    assert "RIN and IRNN differ by" in page
    for said in ("RIN 2018", "Which broken experiments are noticed", "What each profile trains", "printed and ours"):
        assert said not in page
    assert json.loads(report_json.dumps(old))["schema"] == SCHEMA


def test_json_is_strict_and_spells_infinities_as_text():
    text = report_json.dumps(report())

    def refuse(constant: str):
        raise AssertionError(constant)

    data = json.loads(text, parse_constant=refuse)
    diverged = next(entry for entry in data["claims"] if entry["id"] == DIVERGED.claim.id)
    unbounded = next(entry for entry in data["claims"] if entry["id"] == UNBOUNDED.claim.id)
    assert diverged["evidence"]["lower"] == "-inf"
    assert diverged["evidence"]["values"][-1] == "-inf"
    assert unbounded["evidence"]["lower"] is None
    assert (data["schema"], data["counts"]["smoke"]["measured"]["contradicted"]) == (SCHEMA, 1)
    assert data["changes"] == [{"id": DIVERGED.claim.id, "profile": "smoke", "expected": "reproduced", "verdict": "contradicted"}]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[:100], "is not JSON"),
        (lambda text: "[]", "report schema None"),
        (lambda text: text.replace('"schema": 6', '"schema": 99'), "report schema 99, this version reads 2, 3, 4, 5 and 6"),
        (
            lambda text: text.replace('"schema": 6', '"schema": 1'),
            "report schema 1, this version",
        ),  # before there were traces
        (lambda text: text.replace('"provenance"', '"origin"'), "is not a complete report .provenance: required field missing"),
        (lambda text: text.replace('"verdict": "not run"', '"verdict": "perhaps"'), r"claims\[8\]\.verdict: unknown 'perhaps'"),
        (lambda text: text.replace('"n_diverged"', '"diverged"'), r"claims\[0\]\.evidence\.n_diverged: required field missing"),
        (lambda text: text.replace('"lower": "-inf"', '"lower": "low"'), r"claims\[1\]\.evidence\.lower: 'low' is no number"),
        (lambda text: text.replace('"y": [', '"y": [3, '), r"pictures\[0\]\.curves\[0\]: the curve of .* has 3 x for 4 y"),
        (lambda text: text.replace('"headline": true', '"headline": 1'), r"claims\[.\]\.headline: 1 is no bool"),
        (lambda text: text.replace('"note":', '"remark":'), r"claims\[0\]: extra fields found \(remark\)"),
    ],
)
def test_a_damaged_report_is_refused_in_one_line_with_the_remedy(tmp_path, damage, message):
    file = tmp_path / "report.json"
    file.write_text(damage(report_json.dumps(report())), encoding="utf-8")
    with pytest.raises(ReportError, match=message) as refusal:
        report_json.load_report(file)
    assert str(file) in str(refusal.value)
    assert "pytest -m smoke" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_report_is_named(tmp_path):
    with pytest.raises(ReportError, match=r"no report at .*absent\.json"):
        report_json.load_report(tmp_path / "absent.json")


# --- CSV ---


def test_csv_has_one_row_a_claim_and_survives_quotes_and_line_breaks():
    table = pd.read_csv(io.StringIO(csv.dumps(report())))
    assert list(table.columns) == list(csv.COLUMNS)
    assert list(table["id"]) == [result.claim.id for result in RESULTS]
    first = table.iloc[0]
    assert first["quote"] == SAME_LEVEL.claim.quote
    assert (first["estimate"], first["n"]) == (0.03, 2)
    diverged, unbounded = table.iloc[1], table.iloc[2]
    assert diverged["lower"] == -math.inf
    assert math.isnan(unbounded["lower"])
    assert list(csv.frame(report([])).columns) == list(csv.COLUMNS)


# --- Regions ---


def test_every_kind_has_a_rule_and_regions_take_the_claims_own_numbers():
    base = {"metric": "mse", "unit": "MSE", "why": "w"}
    below = Below(**base, arm="rin", threshold=0.167).region()
    assert (below.inside, below.outside, below.mark) == (((-math.inf, 0.167),), ((0.167, math.inf),), 0.167)
    similar = Similar(**base, first="a", second="b", margin=0.5).region()
    assert similar.inside == ((-0.5, 0.5),)
    assert similar.outside == ((-math.inf, -0.5), (0.5, math.inf))
    logged = MatchesPublished(**base, log10=True, arm="a", published=0.001, useful_width=1.0).region()
    assert logged.mark == pytest.approx(-3.0)
    assert {entry.kind for entry in report().entries} <= set(KINDS)


# --- Writing ---


def test_write_report_leaves_exactly_its_files_and_replaces_old_ones(tmp_path):
    folder = tmp_path / "deep" / "report"
    write_report(report(), folder)
    assert [path.name for path in (folder / "figures").iterdir()] == ["adding-t-50.svg"]
    paths = write_report(report([SAME_LEVEL], pictures=()), folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, "figures"])
    assert [path.name for path in paths] == list(FILES)
    assert list((folder / "figures").iterdir()) == []
    assert report_json.load_report(folder / "report.json") == report([SAME_LEVEL], pictures=())


def test_an_unwritable_folder_is_one_line_that_names_it(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    folder = tmp_path / "file" / "report"
    with pytest.raises(ReportError, match="--claims-report") as refusal:
        write_report(report([]), folder)
    assert str(folder) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_failing_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    write_report(report([SAME_LEVEL]), tmp_path)

    def full_disk(source: Path, target: Path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(ReportError, match="No space left on device"):
        write_report(report([]), tmp_path)
    monkeypatch.undo()
    assert report_json.load_report(tmp_path / "report.json") == report([SAME_LEVEL])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FILES, "figures"])


def test_the_same_results_write_the_same_bytes(tmp_path):
    first = {path.name: path.read_bytes() for path in write_report(report(), tmp_path / "a")}
    second = {path.name: path.read_bytes() for path in write_report(report(), tmp_path / "b")}
    assert first == second


def test_a_result_with_an_integer_estimate_survives():
    integer = Result(
        claim("rin-2018/babi/mean/lstm", Below(metric="m", unit="%", why="w", arm="a", threshold=5)),
        "smoke",
        Verdict("reproduced", "", evidence(3, 2, 4)),
    )
    whole = report([integer])
    assert report_json.loads(report_json.dumps(whole)) == whole


# --- Trials ---


def test_a_trial_that_several_claims_share_stands_once_with_all_that_was_measured():
    shared = {"trial": "ab-0", "arm": "RIN", "label": "adding", "seed": 0, "status": "budget", "seconds": 2.5}
    first = dataclasses.replace(SAME_LEVEL, trials=({**shared, "mse": 0.25}, {**shared, "trial": "cd-1", "seed": 1, "mse": 0.5}))
    second = dataclasses.replace(MANY_SEEDS, trials=({**shared, "arm": "rin", "accuracy": 50.0},))
    rows = trial_rows(report([first, second]))
    assert [(row.address, row.label, dict(row.metrics), len(row.claims)) for row in rows] == [
        ("ab-0", "adding", {"mse": 0.25, "accuracy": 50.0}, 2),
        ("cd-1", "adding", {"mse": 0.5}, 1),
    ]
    assert dict(rows[0].facts) == {"seed": 0, "status": "budget", "seconds": 2.5}
