"""What part of a printed difference is test-set noise: every number of the report's table against arithmetic done by hand."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import math
from collections.abc import Iterable
from urllib.parse import unquote

import pytest

from claims import papers
from claims.judging.result import Result
from claims.paper import MeasuredCell
from claims.papers.rin_2018.printed_tables import TABLES
from claims.papers.rin_2018.test_noise import Difference, Noise, Ours, differences, noise_of, rows, summary
from claims.report.build import build_report
from claims.report.content.printed_tables import ShownTable, printed_tables
from claims.report.formats import html, latex, markdown
from claims.report.model import Report
from claims.results import Evidence, Verdict
from reference_results import babi_test_noise
from reference_results.babi_test_noise import FACTS, NETWORKS, PAIRS, TASKS, NoiseRow, NoiseTable, dumps, parse

SD = {("rin", "irnn"): 1.5, ("rin", "lstm"): 0.5, ("irnn", "lstm"): 3.0}
ACCURACY = {"rin": 50.0, "irnn": 36.0, "lstm": 20.0}


def noise_rows(task: int, seed: int = 10_000, scale: float = 1.0) -> Iterable[NoiseRow]:
    """Accuracies 50, 36 and 20 % with twice the binomial variance; differences with the sds of SD times ``scale``."""
    binomial = {name: math.sqrt(value * (100 - value) / 1000) for name, value in ACCURACY.items()}
    for name, value in ACCURACY.items():
        yield NoiseRow(task, seed, name, "", 100, 1000, value, math.sqrt(2) * binomial[name], binomial[name], binomial[name], 0)
    for one, other in PAIRS:
        both = math.hypot(binomial[one], binomial[other])
        yield NoiseRow(task, seed, one, other, 100, 1000, ACCURACY[one] - ACCURACY[other], scale * SD[one, other], both, both, 0)


def noise_table(found: Iterable[NoiseRow]) -> NoiseTable:
    return parse(dumps(dict.fromkeys(FACTS, "x"), found))


def report(values: dict[str, tuple[float, ...]] | None = None) -> Report:
    """Every claim about a cell of Table 3; ``values`` has the accuracies of our seeds 0, 1, ... by the end of the claim's id."""
    results = []
    for claim in papers.all_claims():
        if "/table3/" in claim.id or "/babi/mean/" in claim.id:
            ours = (values or {}).get(claim.id.removeprefix("rin-2018/babi/"))
            verdict = Verdict("not run", "no time")
            if ours is not None:
                evidence = Evidence(50.0, 45.0, 55.0, len(ours), sum(map(math.isinf, ours)), "m", "points", values=ours)
                verdict = Verdict("inconclusive", "wide", dataclasses.replace(evidence, seeds=tuple(range(len(ours)))))
            results.append(Result(claim, "paper", verdict))
    return build_report(results, {}, "2026-01-01T00:00:00", profile="paper", papers=papers.registry().papers)


def found(table: NoiseTable | None, values: dict[str, tuple[float, ...]] | None = None) -> dict[tuple[str, str, str], Difference]:
    entries = {entry.id: entry for entry in report(values).entries}
    table3 = TABLES[1]
    cells = [
        MeasuredCell(row, table3.label(row), table3.column(row), row["printed"], table3.items(row), entries[table3.claim(row)].evidence)
        for row in table3.rows()
        if table3.claim(row) in entries
    ]
    every = differences(cells, table)
    return {(each.row.partition(" ")[0], each.one, each.other): each for each in every}


def text(table: NoiseTable | None, values: dict[str, tuple[float, ...]] | None = None) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(row[0].partition(" ")[0], row[1]): row[2:] for row in rows(tuple(found(table, values).values()))}


def test_every_pair_of_networks_of_every_row_has_its_printed_difference() -> None:
    every = found(None)
    assert len(every) == 21 * 3
    assert every["1", "RIN", "IRNN"].printed == 3.5  # 51.9 - 48.4
    assert every["18", "IRNN", "LSTM"].printed == -46.1  # 46.9 - 93
    assert every["Mean", "RIN", "LSTM"].printed == 1.6  # 52.6 - 51.0
    assert every["2", "RIN", "IRNN"].printed == 0
    # sqrt((51.9 x 48.1 + 48.4 x 51.6) / 1,000), and of 20,000 questions sqrt((52.6 x 47.4 + 51 x 49) / 20,000)
    assert every["1", "RIN", "IRNN"].binomial_sd == pytest.approx(2.23469, abs=1e-5)
    assert every["Mean", "RIN", "LSTM"].binomial_sd == pytest.approx(0.49961, abs=1e-5)


def test_a_difference_within_1_96_measured_sds_is_no_more_than_noise_and_a_larger_one_has_its_share() -> None:
    table = noise_table([*noise_rows(1), *noise_rows(2)])
    shown = text(table)
    # 1.96 x 1.5 = 2.94 of 3.5 printed; 1.96 x 0.5 = 0.98 of 1.6; 1.96 x 3 = 5.88 above 1.9
    assert shown["1", "RIN − IRNN"] == (
        *("+3.5", "not run", "1.5", "2.235", "50.0 % and 36.0 %", "up to 84 % could be test-set noise", "–"),
    )
    assert shown["1", "RIN − LSTM"][5] == "up to 61 % could be test-set noise"
    assert shown["1", "IRNN − LSTM"][5] == "no more than test-set noise"
    assert shown["2", "RIN − IRNN"][:1] == ("0",)
    assert shown["2", "RIN − IRNN"][5] == "no more than test-set noise"
    assert shown["3", "RIN − IRNN"][2:] == ("not measured", "1.674", "–", "not measured", "–")


def test_exactly_1_96_sds_are_noise_and_a_difference_without_any_noise_has_none() -> None:
    edge = Difference("1", "RIN", "IRNN", -1.959964, 2.0, Noise(1.0, 2.0, (50.0, 50.0)), None)
    assert edge.noise_share == 1
    assert dataclasses.replace(edge, printed=-2.0).noise_share == pytest.approx(0.979982)
    assert dataclasses.replace(edge, noise=Noise(0.0, 2.0, (50.0, 50.0))).noise_share == 0
    assert dataclasses.replace(edge, printed=0.0, noise=Noise(0.0, 2.0, (50.0, 50.0))).noise_share == 1


def test_the_variances_of_several_seeds_are_averaged() -> None:
    table = noise_table([*noise_rows(1), *noise_rows(1, seed=10_001, scale=3.0)])
    pooled = noise_of(table, "1", "RIN", "IRNN")
    assert pooled is not None
    assert pooled.sd == pytest.approx(math.sqrt((1.5**2 + 4.5**2) / 2), abs=1e-6)  # and not the mean of the sds, 3
    assert pooled.accuracies == (50.0, 36.0)


def test_the_mean_over_the_tasks_has_a_twentieth_of_the_root_of_their_variances_and_needs_them_all() -> None:
    every = [row for task in TASKS for row in noise_rows(task, scale=2.0 if task == 1 else 1.0)]
    mean = noise_of(noise_table(every), "mean", "RIN", "IRNN")
    assert mean is not None
    assert mean.sd == pytest.approx(math.sqrt(19 * 1.5**2 + 3.0**2) / 20, abs=1e-6)
    assert mean.accuracies == pytest.approx((50.0, 36.0))
    assert noise_of(noise_table(row for row in every if row.task != 7), "mean", "RIN", "IRNN") is None


def test_our_difference_is_paired_by_seed_and_its_variance_stands_against_the_test_set_s() -> None:
    values = {"table3/1/rin": (52.0, 54.0, 50.0), "table3/1/irnn": (50.0, 49.0, 48.0, 10.0)}  # differences 2, 5, 2
    table = noise_table(noise_rows(1, scale=2 / 3))  # sd 1, variance 1
    each = found(table, values)["1", "RIN", "IRNN"]
    assert each.ours == Ours(mean=3.0, variance=3.0, n=3, n_diverged=0)
    assert each.variance_share == pytest.approx(0.25)
    shown = text(table, values)["1", "RIN − IRNN"]
    assert (shown[1], shown[6]) == ("+3, n = 3", "25 % the test set's (its variance 1, over our seeds 3)")
    assert "(1 of 3), the test set has a median 25 % of its variance" in summary(tuple(found(table, values).values()), table)[-1]
    assert found(None, values)["1", "RIN", "IRNN"].variance_share is None


def test_a_diverged_seed_leaves_our_difference_undefined_and_one_seed_has_no_variance() -> None:
    values = {"table3/1/rin": (52.0, 54.0), "table3/1/irnn": (50.0, -math.inf), "table3/1/lstm": (30.0,)}
    table = noise_table(noise_rows(1))
    shown = text(table, values)
    assert shown["1", "RIN − IRNN"][1] == "undefined: 1 of 2 seeds diverged"
    assert shown["1", "RIN − LSTM"][1] == "+22, n = 1"
    assert {shown["1", pair][6] for pair in ("RIN − IRNN", "RIN − LSTM")} == {"–"}


def test_the_summary_counts_the_measured_differences_and_keeps_the_arithmetic_beside_them() -> None:
    table = noise_table([*noise_rows(1), *noise_rows(18)])
    first, second, third = summary(tuple(found(table).values()), table)
    assert first.startswith("Of the 63 differences between two networks of a row, ")
    # measured: task 1 only IRNN - LSTM is noise; task 18: 45.7 and 46.1 are not, 0.4 against 1.96 x 0.5 is.
    # arithmetic: all three of task 1 (3.5 against 4.38), and 0.4 against 1.96 x 1.15
    assert second == (
        "Measured with trained networks (1 seed) that answered the same 100 simulated test sets of 1,000 questions a task: 2 of 6 "
        "differences are no more than test-set noise, against 4 of them by the arithmetic of two test sets. A standard deviation "
        "over 100 test sets is itself known to about 7 %."  # 1 / sqrt(2 x 99)
    )
    # accuracies have twice the binomial variance; 2.25, 0.25 and 9 against 4.804, 4.1 and 3.904
    assert "accuracy is a median 2 (2 to 2) times" in third
    assert "difference is a median 0.47 (0.06 to 2.31) times" in third


def shown_table3() -> ShownTable:
    (table,) = printed_tables(report())
    return table


def test_without_a_measurement_only_the_arithmetic_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(babi_test_noise, "babi_test_noise", lambda: None)
    table = shown_table3()
    assert table.data.remarks.rows == ()
    assert len(table.sentences) == 2
    for page in (html.dumps(report()), markdown.dumps(report())):
        assert "test-set noise" not in page


def test_the_page_the_markdown_and_the_latex_tell_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = noise_table(itertools.chain.from_iterable(map(noise_rows, TASKS)))
    monkeypatch.setattr(babi_test_noise, "babi_test_noise", lambda: measured)
    table = shown_table3()
    assert len(table.data.remarks.rows) == 63
    page, pipes, tex = html.dumps(report()), markdown.dumps(report()), latex.dumps(report(), table)
    for shown in (page, pipes, tex):
        assert "Measured with trained networks (1 seed)" in shown
    for shown in (page, pipes):
        assert "up to 84 % could be test-set noise" in shown
        assert "The differences, and how much of each is test-set noise" in shown
    assert page.count("<td>RIN − LSTM</td>") == pipes.count("| RIN − LSTM |") == 21
    (address,) = [part.partition('"')[0] for part in page.split('href="data:text/csv;charset=utf-8,')[1:] if "table3-remarks.csv" in part]
    read = list(csv.DictReader(io.StringIO(unquote(address))))
    assert len(read) == 63
    assert (read[0]["row"], read[0]["network"], read[0]["minus"], read[0]["printed"]) == ("1 Single Supporting Fact", "RIN", "IRNN", "3.5")
    assert (read[0]["test_set_sd"], read[0]["noise_share"], read[0]["ours"]) == ("1.5", "0.839985", "")  # 1.959964 x 1.5 / 3.5
    assert {row["network"].lower() for row in read} | {row["minus"].lower() for row in read} == set(NETWORKS)
