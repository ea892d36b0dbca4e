"""A run is held against the recorded draws of its recipes, and says so everywhere.

On the terminal, in the report, by its exit code. The outcomes and the recorded draws are made up.
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from drift_samples import BAD, CLAIM, DRIFTED, HEALTHY, METRIC, NAME, RECIPE, draw, made_up, put_on_record, record

from claims import papers
from claims.cli import main
from claims.judging.judge import judge_claim, result_not_run, trials_of
from claims.judging.result import Result
from claims.papers import find
from claims.report.build import build_report
from claims.report.content.drift import on_card
from claims.report.drawings.drift_strip import EDGE, WIDTH, Strip, strip
from claims.report.drift import NOT_COMPARED, Drift, DriftResults, lines
from claims.report.formats import github, html, markdown
from claims.report.formats import json as report_json
from claims.report.formats.terminal import summary_table
from claims.run.demands import demands
from claims.run.drift_sources import held_against_record
from claims.run.kept_verdicts import FOLDER, keep
from reference_results import recorded_draws
from reproductions.recipe_data import digest
from reproductions.store.outcomes import Store

RESULT = judge_claim(CLAIM, "smoke", made_up, {})
EXACT = find("rin-2018/tables/headline-12-67")
DIGEST = digest(RECIPE)


def held(*results: Result) -> DriftResults:
    return held_against_record(results or (RESULT,), made_up, "smoke")


# --- What is compared ---


def test_the_outcomes_of_judged_claims_are_held_against_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_on_record(tmp_path, monkeypatch, **{NAME: HEALTHY})
    (found,) = held().numbers
    assert (found.recipe, found.metric, found.claims) == (DIGEST, METRIC, (CLAIM.id,))
    assert (found.word, found.why) == ("same bits", "6 seeds equal their record")
    assert (found.n, found.n_recorded, found.diverged, found.recorded_diverged) == (6, 18, 0, 2)


def test_a_record_that_lies_elsewhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_on_record(tmp_path, monkeypatch, **{NAME: DRIFTED})
    results = held()
    assert [number.word for number in results.numbers] == ["drifted"]
    assert results.outcome == "1 number held against recorded draws: 1 drifted"
    assert results.of({CLAIM.id}) == results
    assert results.of({"rin-2018/adding/other"}).drifted == ()


def test_only_draws_of_the_judged_recipes_and_of_the_profile_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = record([draw(0)]).replace(DIGEST, "f" * 64)  # whose checksum is wrong now
    put_on_record(tmp_path, monkeypatch, **{NAME: HEALTHY + other, "compact-2026-01-31.jsonl": "no draw", "README.md": "no draw"})
    assert [number.word for number in held().numbers] == ["same bits"]
    assert held_against_record([judge_claim(EXACT, "smoke", made_up, {})], made_up, "smoke") == NOT_COMPARED
    assert held_against_record([result_not_run(CLAIM, "smoke", "not selected", {})], made_up, "smoke") == NOT_COMPARED


def test_without_recorded_draws_of_the_recipes_nothing_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_on_record(tmp_path, monkeypatch)
    assert held() == NOT_COMPARED
    assert list(lines(held())) == []
    (said,) = lines(held(), fail=True)
    assert said == "--claims-drift=fail: nothing to compare with; there are no recorded draws of the recipes that this run judged"


def test_every_recorded_file_is_named_after_a_profile_that_trains_its_recipes() -> None:
    """A run reads the files of its profile alone."""
    claims = papers.all_claims()
    everything = {recipe: demand.seeds for recipe, demand in demands(claims).items()}
    profiles = {name for claim in claims for name in claim.arms}
    under = {profile: demands(claims, (profile,)).keys() for profile in profiles}
    for name, draws in recorded_draws(everything).items():
        (profile,) = [profile for profile in profiles if name.startswith(f"{profile}-")]
        assert {one.digest for one in draws} <= under[profile], name


# --- Bad input ---


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_record_is_one_line_of_a_run_and_what_is_compared_is_nothing(bad: str, tmp_path: Path, monkeypatch) -> None:
    text, said = BAD[bad]
    put_on_record(tmp_path, monkeypatch, **{NAME: text})
    results = held()
    assert results.numbers == ()
    assert said in results.refused
    assert f"reference_results/recorded/{NAME}" in results.refused
    (line,) = lines(results, fail=True)
    assert line == f"not held against recorded draws: {results.refused}"
    assert "\n" not in line


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("on_record", [False, True])
def test_a_bad_file_is_one_line_of_the_command_and_exit_code_2(bad: str, on_record: bool, tmp_path: Path, monkeypatch, capsys) -> None:
    text, said = BAD[bad]
    file = tmp_path / "draws.jsonl"
    file.write_text(HEALTHY if on_record else text)
    put_on_record(tmp_path, monkeypatch, **{NAME: text if on_record else HEALTHY})
    assert main(["drift", str(file), "--profile", "smoke"]) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert said in line
    assert captured.out == ""


def test_a_recipe_of_no_claim_is_refused_by_the_command(tmp_path: Path, capsys) -> None:
    recipe = {**draw(0).recipe, "batch_size": 7}
    (tmp_path / "draws.jsonl").write_text(record([dataclasses.replace(draw(0), recipe=recipe)]))
    assert main(["drift", str(tmp_path / "draws.jsonl")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "belongs to no claim of this version" in line


def test_stores_without_common_trials_are_refused_by_the_command(tmp_path: Path, monkeypatch, capsys) -> None:
    put_on_record(tmp_path, monkeypatch, **{NAME: HEALTHY})
    Store(tmp_path / "empty")
    assert main(["drift", str(tmp_path / "empty"), "--profile", "smoke"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("have no trial of a recipe in common that these claims train under smoke; name others, or train one of them")


def test_the_command_compares_a_store_as_a_run_does(tmp_path: Path, monkeypatch, capsys) -> None:
    put_on_record(tmp_path, monkeypatch, **{NAME: DRIFTED})
    store = Store(tmp_path / "store")
    for trial in trials_of(CLAIM, "smoke"):
        store.put(trial, made_up(trial.recipe, trial.seed))
    assert main(["drift", str(tmp_path / "store"), "--profile", "smoke"]) == 1
    *_, outcome, first, second = capsys.readouterr().out.splitlines()
    assert outcome == "5 numbers held against recorded draws: 2 drifted and 3 equivalent"  # other claims read the recipe otherwise
    assert all(line.startswith(f"drifted: {RECIPE.label}, ") for line in (first, second))
    assert f"{METRIC}: told apart from the recorded seeds, p " in f"{first} {second}"


# --- The words of a run ---

NUMBER = Drift(DIGEST, "adding <T> | rin", "test_mse", "equivalent", "a shift of up to 1.2 sd is not excluded, margin 1.5 sd", 6, 18, 1, 3)
NUMBER = dataclasses.replace(NUMBER, p=1.0, shift=1.2, values=(0.1, 0.4, None), recorded=(0.1, 0.2, 0.5), claims=(CLAIM.id,))
GONE = dataclasses.replace(
    NUMBER, metric="test_mse (best)", word="drifted", why="told apart | <b>, p 0.001 (exact rank sums, Holm over the run)"
)
BOTH = DriftResults((GONE, NUMBER))


def test_a_run_says_its_outcome_what_drifted_and_why_it_fails() -> None:
    assert list(lines(BOTH)) == ["2 numbers held against recorded draws: 1 drifted and 1 equivalent", str(GONE)]
    assert str(GONE) == f"drifted: adding <T> | rin, test_mse (best): {GONE.why}"
    assert list(lines(BOTH, fail=True))[2:] == ["--claims-drift=fail: 1 number drifted, so the exit code is 1"]
    assert list(lines(DriftResults((NUMBER,)), fail=True)) == ["1 number held against recorded draws: 1 equivalent"]


def test_a_card_has_the_worst_word_its_reason_and_its_share() -> None:
    assert on_card(()) == ""
    assert on_card((NUMBER,)) == f"equivalent: {NUMBER.why}"
    assert on_card((GONE, NUMBER)) == f"drifted (1 of 2 numbers): adding <T> | rin, test_mse (best): {GONE.why}"
    assert on_card((NUMBER, NUMBER)) == f"equivalent (all 2 numbers): {NUMBER.why}"


def test_the_table_of_the_terminal_has_a_column_where_something_was_compared() -> None:
    header, _, _, row, *_ = summary_table([RESULT], 200, BOTH).splitlines()
    assert header.split()[-1] == "compared"
    assert row.split()[-1] == "drifted"
    narrow = max(map(len, summary_table([RESULT]).splitlines()))
    assert summary_table([RESULT], narrow, BOTH) == summary_table([RESULT], narrow, NOT_COMPARED)
    assert "compared" not in summary_table([RESULT], 200)


@pytest.mark.parametrize(("results", "said"), [(BOTH, True), (DriftResults((NUMBER,)), False)])
def test_eighty_columns_have_room_for_what_drifted_alone(results: DriftResults, said: bool) -> None:
    text = summary_table([RESULT], 80, results)
    assert max(map(len, text.splitlines())) <= 80
    assert ("; drifted" in " ".join(text.split())) is said
    assert "equivalent" not in text


# --- The report ---


def whole(drift: DriftResults = BOTH):
    return build_report([RESULT], {}, "2026-11-30T00:00:00+00:00", profile="smoke", drift=drift)


def test_the_report_has_the_table_the_picture_and_a_line_on_the_card() -> None:
    page = html.dumps(whole())
    assert page.count('<h2 id="drift">Compared with recorded draws</h2>') == 1
    assert "drifted (1 of 2 numbers): adding &lt;T&gt; | rin, test error" in page
    assert "<details open><summary>Every number</summary>" in page
    assert page.count('<svg class="strip"') == 2
    assert "told apart | &lt;b&gt;, p 0.001" in page
    assert "<td>6 / 18</td><td>1 / 3</td><td>1</td><td>1.2</td>" in page
    assert f'<a href="#{CLAIM.id}">below-baseline/rin/T200</a>' in page
    assert "2 numbers held against recorded draws: 1 drifted and 1 equivalent" in page.partition('id="drift"')[0]  # on the first screen
    assert 'href="#term-compared"' in page
    folded = html.dumps(whole(DriftResults((NUMBER,))))
    assert "<details><summary>Every number</summary>" in folded


def test_a_report_of_which_nothing_was_compared_says_nothing_of_it() -> None:
    assert 'id="drift"' not in html.dumps(whole(NOT_COMPARED))
    assert "ecorded draws" not in markdown.dumps(whole(NOT_COMPARED)).partition("### How often")[0]


def test_a_refused_record_stands_in_the_report() -> None:
    refused = DriftResults(refused="a | file <line 3>: has schema 2")
    assert "not held against recorded draws: a | file &lt;line 3&gt;: has schema 2" in html.dumps(whole(refused)).partition('id="drift"')[2]
    assert "Recorded draws: not held against recorded draws: a \\| file" in markdown.dumps(whole(refused))


def test_the_other_formats_say_it_in_a_line() -> None:
    assert "Recorded draws: 2 numbers held against recorded draws: 1 drifted and 1 equivalent." in markdown.dumps(whole())
    assert "Numbers that drifted from recorded draws" in github.dumps(whole())
    assert "drifted" not in github.dumps(whole(DriftResults((NUMBER,))))


def test_a_report_written_later_shows_the_same(tmp_path: Path) -> None:
    again = report_json.loads(report_json.dumps(whole()))
    assert again == whole()
    assert html.dumps(again) == html.dumps(whole())
    keep(whole(), tmp_path, (CLAIM,))
    slim = report_json.load_report(tmp_path / FOLDER / f"{whole().profile}.json")
    assert [(one.word, one.claims, one.recorded) for one in slim.drift.numbers] == [
        ("drifted", (CLAIM.id,), ()),
        ("equivalent", (CLAIM.id,), ()),
    ]


def test_the_page_of_a_claim_on_a_terminal_has_the_same_line(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("RIN_CLAIMS_STORE", str(tmp_path))
    Store(tmp_path)
    keep(whole(DriftResults((NUMBER,))), tmp_path, (CLAIM,))
    assert main(["show", CLAIM.id]) == 0
    assert f"compared      with recorded draws: equivalent: {NUMBER.why}" in capsys.readouterr().out


def test_an_older_report_has_no_comparison() -> None:
    data = json.loads(report_json.dumps(whole()))
    del data["drift"]
    assert report_json.loads(json.dumps(data)).drift == NOT_COMPARED


# --- The picture ---


def test_runs_lie_between_the_smallest_and_the_largest_number() -> None:
    shown = strip(NUMBER)
    assert shown is not None
    assert (EDGE, WIDTH) == (3, 99)
    assert shown.recorded == (3, 26, 96)  # 3 + 93 (0.2 - 0.1) / (0.5 - 0.1) is 26.25
    assert shown.now == (3, 73)  # 72.75; a diverged run has no place


@pytest.mark.parametrize("values", [(), (None, None), (0.25,), (1e308, -1e308)])
def test_any_numbers_can_be_drawn(values: tuple[float | None, ...]) -> None:
    shown = strip(dataclasses.replace(NUMBER, values=values, recorded=(0.25, 0.25)))
    assert shown is not None
    assert all(EDGE <= place <= WIDTH - EDGE for place in (*shown.recorded, *shown.now))
    assert re.fullmatch(r"(M\d+ 6h0(m\d+ 0h0)*)?", shown.dots)


def test_a_path_leads_through_the_places() -> None:
    assert Strip((3, 26, 96), (3, 50)).strokes == "M3 6h1m22 0h1m69 0h1"  # 3 to 4, 22 on to 26, to 27, 69 on to 96
    assert Strip((3, 26, 96), (3, 50)).dots == "M3 6h0m47 0h0"
    assert strip(dataclasses.replace(NUMBER, p=None)) is None
