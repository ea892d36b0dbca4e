"""Every printed number stands beside what was measured for it, and one that was not measured says so."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

from claims import papers
from claims.judging.result import Result
from claims.report.build import build_report
from claims.report.content.printed_tables import printed_tables
from claims.report.formats import html, markdown
from claims.report.model import Report
from claims.report.write import write_report
from claims.results import Evidence, Verdict
from reference_results import load_table

EVIDENCE = Evidence(estimate=50.25, lower=45.0, upper=55.5, n=5, n_diverged=0, method="m", unit="points")


def report(measured: dict[str, Verdict]) -> Report:
    results = [
        Result(claim, "paper", measured.get(claim.id, Verdict("not run", "no time")))
        for claim in papers.all_claims()
        if "/table1/" in claim.id or "/table3/" in claim.id or "/babi/mean/" in claim.id
    ]
    return build_report(results, {}, "2026-01-01T00:00:00", profile="paper", papers=papers.registry().papers)


MEASURED = {
    "rin-2018/babi/table3/1/rin": Verdict("reproduced", "inside", EVIDENCE),
    "rin-2018/babi/table3/2/lstm": Verdict("contradicted", "outside", replace(EVIDENCE, n=8, n_diverged=1)),
    "rin-2018/babi/table3/3/irnn": Verdict(
        "inconclusive", "no interval", replace(EVIDENCE, estimate=None, lower=None, upper=None, n=8, n_diverged=2)
    ),
    "rin-2018/babi/mean/rin": Verdict("inconclusive", "too wide", EVIDENCE),
}


def test_every_printed_number_of_the_papers_tables_stands_in_its_row_and_column() -> None:
    first, third = printed_tables(report({}))
    for table, name, keys in ((first, "table1", ("task", "network")), (third, "table3", ("task", "task_name"))):
        rows = {row[0]: dict(zip(table.header[1:], row[1:], strict=True)) for row in table.rows}
        for record in load_table("rin_2018", name):
            if f"{record['model']} printed" not in table.header:
                continue  # the two numbers that Table 3 takes from other papers
            label = str(record["task_name"]) if record["task"] == "mean" else " ".join(str(record[key]) for key in keys)
            assert rows[label][f"{record['model']} printed"] == str(record["printed"])
    assert third.header == ("", "RIN printed", "RIN ours", "IRNN printed", "IRNN ours", "LSTM printed", "LSTM ours")
    assert len(third.rows) == 21
    assert sum(bool(cell) for row in first.rows for cell in row[1:]) == 2 * 38  # no cell for a network that Table 1 leaves out


def test_what_was_measured_stands_beside_the_number_with_its_interval_seeds_and_verdict() -> None:
    (_, table) = printed_tables(report(MEASURED))
    rows = {row[0]: dict(zip(table.header[1:], row[1:], strict=True)) for row in table.rows}
    assert rows["1 Single Supporting Fact"]["RIN ours"] == "50.25 [45, 55.5], n = 5: ✓ reproduced"
    assert rows["2 Two Supporting Facts"]["LSTM ours"] == "50.25 [45, 55.5], n = 8, 1 diverged: ✗ contradicted"
    assert rows["3 Three Supporting Facts"]["IRNN ours"] == "no mean, n = 8, 2 diverged: ? inconclusive"
    assert table.measured == 4
    assert table.sentences[0] == "4 of its 63 numbers measured: 1 reproduced, 1 contradicted, 2 inconclusive."
    ours = [cell for row in table.rows for column, cell in zip(table.header, row, strict=True) if column.endswith("ours")]
    assert ours.count("not run") == 59


def test_the_noise_of_the_test_sets_is_that_of_two_binomial_accuracies() -> None:
    """Counted again here with the variances of two independent proportions."""
    records = [record for record in load_table("rin_2018", "table3") if record["model"] in ("RIN", "IRNN", "LSTM")]
    inside = total = 0
    for one in records:
        for other in records:
            if one["task"] == other["task"] and str(one["model"]) < str(other["model"]):
                items = 20_000 if one["task"] == "mean" else 1_000
                p, q = one["value"] / 100, other["value"] / 100
                total += 1
                inside += abs(p - q) <= 1.96 * math.sqrt(p * (1 - p) / items + q * (1 - q) / items)
    (_, table) = printed_tables(report({}))
    assert re.findall(r"\d+", table.sentences[1])[:2] == [str(total), str(inside)]
    assert 0 < inside < total


def test_a_report_without_these_claims_has_no_table() -> None:
    other = [Result(claim, "smoke", Verdict("not run", "x")) for claim in papers.all_claims() if claim.section == "adding"]
    assert printed_tables(build_report(other, {}, "2026-01-01T00:00:00", profile="smoke", papers=papers.registry().papers)) == ()


def test_the_tables_are_in_the_page_and_in_the_markdown() -> None:
    measured = report(MEASURED)
    for text in (html.dumps(measured), markdown.dumps(measured)):
        assert "50.25" in text
        assert "Two Supporting Facts" in text
        assert "4 of its 63 numbers measured" in text


def test_a_report_writes_the_latex_tables_that_it_has_claims_about(tmp_path: Path) -> None:
    names = {path.name for path in write_report(report(MEASURED), tmp_path / "with")}
    assert {"table1.tex", "table3.tex"} <= names
    other = [Result(claim, "smoke", Verdict("not run", "x")) for claim in papers.all_claims() if claim.section == "adding"]
    names = {
        path.name
        for path in write_report(
            build_report(other, {}, "2026-01-01T00:00:00", profile="smoke", papers=papers.registry().papers), tmp_path / "without"
        )
    }
    assert not {"table1.tex", "table3.tex"} & names
