"""The command line: what it prints, what it refuses, and its exit codes.

It runs in this process, except for what needs a real pipe.
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from report_samples import DIVERGED, MANY_SEEDS, MISSING, NOT_RUN, SAME_LEVEL, TABLE, report

from claims import papers
from claims.cli import main
from claims.commands import storage
from claims.commands.standings import standings
from claims.paper import Registry, bare_papers
from claims.report.words import SYMBOLS
from claims.report.write import FILES, write_report
from claims.results import VERDICTS, Verdict
from claims.run.kept_verdicts import keep
from reference_results import ExpectedVerdict
from reproductions import datasets, optional_data
from reproductions.store.outcomes import Store

CLAIMS = [result.claim for result in (SAME_LEVEL, DIVERGED, TABLE, MANY_SEEDS, NOT_RUN)]
ROOT = Path(__file__).parents[3]
FIELDS = {"id", "paper", "section", "locator", "quote", "kind", "basis", "counterparts", "profiles", "expected", "verdict", "reason"}


@pytest.fixture
def registry(monkeypatch, tmp_path):
    """A small registry, one recorded verdict and an empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RIN_CLAIMS_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers(CLAIMS)))
    recorded = {(SAME_LEVEL.claim.id, "smoke"): ExpectedVerdict("reproduced", "2026-01-02", "as in the pilot")}
    monkeypatch.setattr("reference_results.expected_verdicts", lambda *given: recorded)
    return tmp_path


@pytest.fixture
def reported(registry):
    write_report(report([SAME_LEVEL, DIVERGED, TABLE, NOT_RUN]), registry / "report")
    return registry


def run(capsys, *argv):
    code = main(argv)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def listed(capsys, *argv):
    code, out, _ = run(capsys, "list", "--json", *argv)
    assert code == 0
    return json.loads(out)


# --- list and show ---


def test_list_gives_every_claim_with_the_promised_fields(registry, capsys):
    rows = listed(capsys)
    assert [row["id"] for row in rows] == [claim.id for claim in CLAIMS]
    assert all(set(row) >= FIELDS for row in rows)
    assert all(row["verdict"] == "not run" and row["reason"] for row in rows)
    first = rows[0]
    assert (first["expected"], first["kind"], first["profiles"], first["locator"]) == (
        "reproduced",
        "Similar",
        ["smoke"],
        "section 3.1, Fig. 2",
    )
    assert next(row for row in rows if row["id"] == NOT_RUN.claim.id)["reason"] == "needs 784 steps"


def test_list_takes_verdicts_from_the_last_report(reported, capsys):
    verdicts = {row["id"]: row["verdict"] for row in listed(capsys)}
    assert verdicts[SAME_LEVEL.claim.id] == "reproduced"
    assert verdicts[TABLE.claim.id] == "contradicted"
    assert verdicts[MANY_SEEDS.claim.id] == "not run"  # not in that report
    elsewhere = {row["verdict"] for row in listed(capsys, "--report", "elsewhere")}
    assert elsewhere == {"not run"}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (("--paper", "irnn-2015"), [NOT_RUN]),
        (("--section", "adding"), [SAME_LEVEL, DIVERGED]),
        (("--kind", "Arithmetic"), [TABLE]),
        (("--basis", "exact"), [TABLE]),
        (("--basis", "measured", "--verdict", "contradicted"), [DIVERGED]),
        (("--verdict", "contradicted"), [DIVERGED, TABLE]),
        (("--profile", "smoke"), [SAME_LEVEL, TABLE]),
        (("--section", "adding", "--verdict", "contradicted"), [DIVERGED]),
    ],
)
def test_filters_keep_what_they_name(reported, capsys, filters, expected):
    assert [row["id"] for row in listed(capsys, *filters)] == [result.claim.id for result in expected]


def test_the_latest_report_that_judged_a_claim_furthest_gives_its_verdict():
    so_far = dataclasses.replace(SAME_LEVEL, verdict=Verdict("inconclusive", "few seeds"), missing=MISSING)
    unrun = dataclasses.replace(SAME_LEVEL, verdict=Verdict("not run", "no time"))
    ended = report([SAME_LEVEL])

    def verdict(*results):
        (standing,) = standings([SAME_LEVEL.claim], [ended if one is SAME_LEVEL else report([one]) for one in results], None, {})
        data = standing.as_data()
        assert standing.verdict_words == f"{SYMBOLS[data['verdict']]} {data['verdict']}{' so far' * data['so_far']}"
        return standing.verdict_words.partition(" ")[2]

    assert (verdict(unrun, so_far), verdict(so_far, unrun)) == ("inconclusive so far",) * 2
    assert (verdict(unrun, so_far, SAME_LEVEL), verdict(so_far, SAME_LEVEL)) == (SAME_LEVEL.verdict.verdict,) * 2


def test_list_has_a_line_a_claim_with_a_column_for_each_fact(reported, capsys):
    code, out, _ = run(capsys, "list")
    header, _, *rows, _, last = out.splitlines()
    assert code == 0
    assert re.split(" {2,}", header) == ["claim", "paper", "section", "kind", "profiles", "expected", "last verdict"]
    assert len(rows) == len(CLAIMS)
    assert re.split(" {2,}", rows[0]) == [SAME_LEVEL.claim.id, "rin-2018", "adding", "Similar", "smoke", "reproduced", "✓ reproduced"]
    assert re.split(" {2,}", rows[1])[-3:] == ["–", "–", "✗ contradicted"]
    assert last == "4 measured and 1 exact claim"


def test_a_claim_that_was_never_judged_says_what_would_judge_it(registry, capsys):
    reasons = {row["id"]: row["reason"] for row in listed(capsys)}
    assert reasons[SAME_LEVEL.claim.id] == (
        f"no report has judged it yet; run `pytest -m smoke -k '{SAME_LEVEL.claim.id}'` (generated data; any CPU)"
    )
    assert "printed numbers alone" in reasons[TABLE.claim.id]
    assert reasons[NOT_RUN.claim.id] == "needs 784 steps"
    assert reasons[DIVERGED.claim.id] == "no profile runs it"


def test_show_tells_the_whole_claim(reported, capsys):
    code, out, _ = run(capsys, "show", SAME_LEVEL.claim.id)
    assert code == 0
    for part in (
        " ".join(SAME_LEVEL.claim.quote.split()),
        "adding/same-level/T200 (headline)",
        "rin by seed: 0.1, diverged",
        "section 3.1, Fig. 2",
        "lies within ±0.5",
        "the spread of the pilot",
        "reproduced under smoke (2026-01-02): as in the pilot",
        "✓ reproduced: inside <b>the</b> margin",
        "0.03 decades of MSE, interval [-0.2, 0.31]",
        "adam, learning rate 0.001, gradient norm clipped at 100, batch 32, 400 updates",
        "smoke: 2 seeds",
    ):
        assert part in out, part
    code, out, _ = run(capsys, "show", SAME_LEVEL.claim.id, "--json")
    data = json.loads(out)
    assert (data["region"]["inside"], data["evidence"]["n"], data["looks"]) == ([[-0.5, 0.5]], 2, {"smoke": [2]})
    assert data["arms"]["smoke"][0]["recipes"][0]["network"]["cell"] == "rin"


def test_show_says_what_a_verdict_is_among_those_of_its_family(registry, monkeypatch, capsys):
    """Two claims with p = 0.03 each: Holm's smallest adjusted p is 0.06."""
    pair = [dataclasses.replace(SAME_LEVEL, claim=dataclasses.replace(SAME_LEVEL.claim, id=f"rin-2018/adding/h{i}")) for i in (1, 2)]
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers(result.claim for result in pair)))
    note = "in its family inconclusive after Holm over the claims of the abstract"
    for results, said in ((pair, True), (pair[:1], False)):
        write_report(report(results), registry / "report")
        assert (note in run(capsys, "show", "rin-2018/adding/h1")[1]) == said


def test_show_never_prints_json_that_is_not_json(reported, capsys):
    _, out, _ = run(capsys, "show", DIVERGED.claim.id, "--json")
    assert json.loads(out)["evidence"]["lower"] == "-inf"
    assert "Infinity" not in out


def test_every_claim_of_the_real_registry_can_be_listed_and_shown(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    rows = listed(capsys)
    assert [row["id"] for row in rows] == [claim.id for claim in papers.all_claims()]
    for row in rows:
        assert all(row[field] for field in FIELDS - {"counterparts", "profiles", "expected"}), row["id"]
        assert "\n" not in row["reason"]
        assert not row["profiles"] or "`pytest -m " in row["reason"], row["id"]
    for claim in papers.all_claims():
        code, out, _ = run(capsys, "show", claim.id)
        assert code == 0
        assert claim.prediction.kind in out


# --- report and run ---


def test_report_renders_again_what_was_written(reported, capsys):
    code, out, _ = run(capsys, "report", "--to", "site")
    assert code == 0
    assert len(out.splitlines()) == len(FILES) + 1  # and a picture
    for name in FILES:
        assert (reported / "site" / name).read_bytes() == (reported / "report" / name).read_bytes()


@pytest.mark.parametrize(
    "argv", [("report", "--from", "absent.json"), ("report", "--to", "report/report.json/below"), ("list", "--report", "broken")]
)
def test_a_bad_file_is_one_line_and_exit_code_2(reported, capsys, argv):
    (reported / "broken").mkdir()
    (reported / "broken" / "report.json").write_text("{", encoding="utf-8")
    code, out, err = run(capsys, *argv)
    assert (code, out) == (2, "")
    assert err.startswith("rin-claims: error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(("pytest_code", "code"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 2), (5, 2)])
def test_run_hands_its_profile_to_pytest_and_translates_the_exit_code(monkeypatch, capsys, pytest_code, code):
    called = []
    monkeypatch.setattr(pytest, "main", lambda argv: called.append(argv) or pytest.ExitCode(pytest_code))
    assert main(["run", "--profile", "compact", "--", "-k", "adding"]) == code
    assert called == [["-m", "full", "--claims-profile", "compact", "-k", "adding"]]


def test_run_is_refused_in_one_line_where_no_repository_with_claims_is(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pytest, "main", lambda argv: pytest.fail("pytest is not to be started"))
    assert main(["run"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    where = "run it in the root of a checkout of rin-claims, or of a repository that has claims"
    assert said.err == f"rin-claims: error: no tests of claims in this folder; {where}\n"


def test_run_says_in_one_line_that_no_claim_was_selected(monkeypatch, capsys):
    monkeypatch.setattr(pytest, "main", lambda argv: pytest.ExitCode.NO_TESTS_COLLECTED)
    assert main(["run", "--", "-k", "no such claim"]) == 2
    assert capsys.readouterr().err == "rin-claims: error: no claim was selected; `rin-claims list` shows the claims there are\n"


def test_run_hands_its_time_budget_to_pytest(monkeypatch):
    called = []
    monkeypatch.setattr(pytest, "main", lambda argv: called.append(argv) or pytest.ExitCode.OK)
    assert main(["run", "--time-budget", "1h30m"]) == 0
    assert called == [["-m", "smoke", "--claims-time-budget", "1h30m"]]


# --- data, store, power, calibrate ---


def test_data_commands_pass_on_what_datasets_says(monkeypatch, capsys):
    row = {
        "dataset": "mnist",
        "file": "images",
        "where": None,
        "state": "missing",
        "sha256": None,
        "problem": "images is missing; fetch it",
    }
    monkeypatch.setattr(datasets, "status", lambda: [row])
    monkeypatch.setattr(optional_data, "status", list)
    monkeypatch.setattr(datasets, "verify", lambda: [row["problem"]])
    code, out, _ = run(capsys, "data", "status", "--json")
    assert (code, json.loads(out)) == (0, [row])
    assert "missing" in run(capsys, "data", "status")[1]
    assert run(capsys, "data", "verify") == (1, "images is missing; fetch it\n", "")
    monkeypatch.setattr(datasets, "verify", list)
    assert run(capsys, "data", "verify")[0] == 0
    code, _, err = run(capsys, "data", "fetch", "imagenet")
    assert code == 2
    assert err.startswith("rin-claims: error: unknown data set 'imagenet'")


def test_store_verify_reports_a_damaged_outcome_once(tmp_path, capsys):
    folder = str(tmp_path / "store")
    assert run(capsys, "store", "verify", "--claims-store", folder)[0] == 0
    (tmp_path / "store" / "outcomes" / "x-0-y.json").write_text("{", encoding="utf-8")
    code, out, _ = run(capsys, "store", "verify", "--claims-store", folder)
    assert code == 1
    assert "x-0-y.json" in out
    assert run(capsys, "store", "verify", "--claims-store", folder)[0] == 0
    code, out, _ = run(capsys, "store", "status", "--claims-store", folder, "--json")
    assert (json.loads(out)["entries"], json.loads(out)["set_aside"]) == (0, 1)
    assert Store.default_folder  # the default that the help names
    assert storage.store_status.__doc__


def test_store_gc_says_what_it_would_remove_and_then_removes_it(tmp_path, capsys):
    folder = tmp_path / "store"
    store = Store(folder)
    part = store.folder / "outcomes" / "x-0-y.json.0123.part"
    part.write_bytes(b"half")
    aside = store.folder / "set-aside" / "x.json.0"
    aside.write_bytes(b"damaged")
    code, out, _ = run(capsys, "store", "gc", "--dry-run", "--claims-store", str(folder))
    assert (code, out) == (0, f"{part}: unfinished write, its write was killed\n1 file, 4 B, would be removed\n")
    assert part.exists()
    code, out, _ = run(capsys, "store", "gc", "--json", "--claims-store", str(folder))
    assert json.loads(out) == [{"path": str(part), "what": "unfinished write", "why": "its write was killed", "bytes": 4}]
    assert not part.exists()
    assert aside.exists()
    assert run(capsys, "store", "gc", "--set-aside", "--claims-store", str(folder))[1].endswith("1 file, 7 B, removed\n")
    assert not aside.exists()
    assert json.loads(run(capsys, "store", "status", "--json", "--claims-store", str(folder))[1])["removable"] == 0


def test_power_shows_what_looking_saves_with_the_error_bounded(capsys):
    five, six, eight = json.loads(run(capsys, "power", "--sequential", "--json")[1])
    assert [one["looks"][0] for one in (five, six, eight)] == [5, 6, 8]
    assert five["ratio"] < six["ratio"] < eight["ratio"] < 1
    assert five["ratio"] == pytest.approx(five["mean"] / five["fixed"])
    assert all(one["error"] <= 0.05 for one in (five, six, eight))
    text = run(capsys, "power", "--sequential")[1]
    assert f"{100 * five['ratio']:.0f} %" in text
    assert "5 9 12" in text


def test_power_agrees_with_the_sign_test(capsys):
    rows = json.loads(run(capsys, "power", "--seeds", "5", "--json")[1])
    assert [row["seeds"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[3]["difference"] is None  # four seeds: the best p value is 1/16
    # five seeds must all lie on one side: Phi(effect)^5 = 0.8 gives effect = Phi^-1(0.8^(1/5)) = 1.7098
    assert rows[4]["difference"] == pytest.approx(1.7098, abs=1e-3)
    assert run(capsys, "power", "--seeds", "0")[0] == 2


def test_calibrate_fails_when_a_false_verdict_is_too_frequent(monkeypatch, capsys):
    from claims.calibration import rates

    def row(rate):
        return rates.Row(
            kind="Greater",
            scenario="null",
            n=5,
            design="fixed",
            looks=[5],
            simulations=100,
            reproduced=rate,
            contradicted=0.0,
            inconclusive=1 - rate,
            mean_seeds=5,
            false_verdicts=["reproduced"],
            false_rate=rate,
            false_upper=1.0,
            out_of_reach=[],
        )

    for rate, code in ((0.05, 0), (0.3, 1)):
        monkeypatch.setattr(rates, "operating_characteristics", lambda *args, rate=rate, **kwargs: [row(rate)])
        assert run(capsys, "calibrate", "--quick")[0] == code
        assert json.loads(run(capsys, "calibrate", "--quick", "--json")[1])[0]["exceeded"] == bool(code)


def test_calibrate_prints_a_table_that_says_how_it_was_made(monkeypatch, capsys):
    from claims.calibration import rates
    from reference_results.calibration import parse

    monkeypatch.setattr(rates, "cells", lambda **kwargs: [("Greater", "clear effect", 8)])
    code, out, _ = run(capsys, "calibrate", "--quick", "--seed=3", "--csv")
    table = parse(out)
    assert (code, table.facts["command"], table.facts["seed"]) == (0, "rin-claims calibrate --csv --quick --seed 3", "3")
    assert "numpy " in table.facts["versions"]
    assert [row.cell for row in table.rows] == [("Greater", "clear effect", 8, "fixed"), ("Greater", "clear effect", 8, "sequential")]
    assert [row.simulations for row in table.rows] == [100, 100]
    assert run(capsys, "calibrate", "--csv", "--json")[0] == 2
    assert "a whole number of at least 0, not '-1'" in run(capsys, "calibrate", "--seed=-1")[2]


# --- The whole ---


def test_a_fault_of_ours_is_not_passed_off_as_bad_input(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def broken():
        raise ValueError("a fault")

    monkeypatch.setattr("claims.commands.standings.standings", lambda *given: broken())
    with pytest.raises(ValueError, match="a fault"):
        main(["list"])


def test_verdict_choices_are_the_models(capsys):
    main(["list", "--help"])
    help_text = capsys.readouterr().out
    assert all(verdict in help_text for verdict in VERDICTS)


def test_list_and_show_have_the_last_run_of_each_profile_whatever_its_report_went_to(registry, capsys, tmp_path):
    (tmp_path / "store").mkdir()
    compact = dataclasses.replace(MANY_SEEDS, profile="compact")
    for made in (report([SAME_LEVEL, NOT_RUN]), report([compact, NOT_RUN], profile="compact")):
        keep(made, tmp_path / "store", CLAIMS)
    judged = {row["id"]: (row["profile"], row["verdict"]) for row in listed(capsys) if row["verdict"] != "not run"}
    assert judged == {SAME_LEVEL.claim.id: ("smoke", "reproduced"), compact.claim.id: ("compact", "reproduced")}
    assert not [row for row in listed(capsys, "--report", str(tmp_path / "none")) if row["verdict"] != "not run"]
    (tmp_path / "store" / "verdicts" / "smoke.json").write_text("damaged")
    assert {row["id"] for row in listed(capsys) if row["verdict"] != "not run"} == {compact.claim.id}
