"""Markdown and the summary of a terminal: whole tables, whole names, and nothing hostile gets through."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest
from _pytest._io import TerminalWriter
from report_samples import (
    DIVERGED,
    MANY_SEEDS,
    NOT_RUN,
    RESULTS,
    SAME_LEVEL,
    TABLE,
    UNBOUNDED,
    evidence,
    identities,
    report,
)

from claims.report.formats import markdown
from claims.report.formats.templating import escape_markdown
from claims.report.formats.terminal import coloured, summary_table
from claims.results import Verdict


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


@pytest.mark.parametrize("results", [RESULTS, [], [NOT_RUN]], ids=["all", "none", "not run"])
def test_markdown_tables_have_equal_columns_throughout(results):
    lines = markdown.dumps(report(results)).splitlines()
    for index, line in enumerate(lines):
        if re.fullmatch(r"\|( --- \|)+", line):
            table = [lines[index - 1], line]
            rest = index + 1
            while rest < len(lines) and lines[rest].startswith("|"):
                table.append(lines[rest])
                rest += 1
            assert len({cells(row) for row in table}) == 1, table


def test_markdown_shows_hostile_text_as_it_is():
    text = markdown.dumps(report())
    assert "<script" not in re.sub(r"\\.", "", text)
    assert r"\<script\>alert(1)\</script\>" in text
    assert r"a \*starred\* \`tick\`, next line \& \[link\]" in text
    assert all(result.claim.id in text for result in RESULTS)


@pytest.mark.parametrize("text", ["# heading", "- item", "1. item", "+ item", "=====", "---"])
def test_markdown_escape_makes_no_block_of_a_quote(text):
    assert escape_markdown(text).replace("\\", "") == text
    assert not re.match(r"(#|[-+=]|\d+[.)])", escape_markdown(text))


def test_summary_has_a_row_for_each_measured_claim_and_folds_the_rest():
    many_missing = [
        dataclasses.replace(NOT_RUN, claim=dataclasses.replace(NOT_RUN.claim, id=f"irnn-2015/pixel-mnist/x{i}")) for i in range(40)
    ]
    text = summary_table([SAME_LEVEL, DIVERGED, UNBOUNDED, TABLE, *identities(30), MANY_SEEDS, *many_missing])
    lines = text.splitlines()
    assert len(lines) < 20
    assert max(map(len, lines)) <= 140
    assert any("adding/lstm-worst/T200" in line and "✗ contradicted" in line and "reproduced" in line for line in lines)
    assert any("tables/headline-12-67" in line for line in lines)
    assert any("formal: 30 exact claims" in line and "✓ agree" in line for line in lines)
    assert any("pixel-mnist: 40 measured claims" in line and "– not run" in line for line in lines)
    assert lines[-3:] == [
        "4 measured claims: 2 reproduced, 1 contradicted and 1 inconclusive",
        "31 exact claims: 30 agree and 1 does not agree",
        "40 of 75 claims not run; 1 verdict differs from the recorded one.",
    ]


@pytest.mark.parametrize("columns", [80, 100, 140])
def test_the_summary_fits_the_terminal_and_shows_whole_ids(columns):
    long = [dataclasses.replace(one, claim=dataclasses.replace(one.claim, id=f"{one.claim.id}/{'x' * 30}/end")) for one in RESULTS]
    lines = summary_table(long, columns).splitlines()
    assert max(map(len, lines)) <= columns
    told = " ".join(" ".join(lines).split())
    for result in long:
        if result.verdict.verdict != "not run" and result.claim.prediction.basis == "measured":
            assert result.claim.id in told
    assert "✗ contradicted: -∞ log10 MSE [-∞, -0.3], n = 6, 2 diverged; recorded reproduced" in told
    assert "✗ contradicted: 10.26 log10 MSE, exact" in told
    assert "? inconclusive: 0.5 log10 MSE, n = 4" in told


def test_verdicts_of_the_summary_have_colours_and_a_terminal_without_them_none():
    shown = summary_table(RESULTS, 80)
    line = next(line for line in shown.splitlines() if "✗ contradicted" in line)
    for wanted, colour in ((True, "\x1b[31m✗ contradicted\x1b[0m"), (False, "✗ contradicted")):
        writer = TerminalWriter(io.StringIO())
        writer.hasmarkup = wanted
        assert coloured(line, writer.markup) == line.replace("✗ contradicted", colour)


def test_summary_shows_a_formal_claim_that_fails():
    broken = dataclasses.replace(identities(1)[0], verdict=Verdict("contradicted", "off", evidence(1.0, 1.0, 1.0)))
    assert "formal/eq0-identity" in summary_table([broken, *identities(5)[1:]])


def test_summary_shows_a_formal_claim_whose_verdict_is_new():
    changed = dataclasses.replace(identities(1)[0], expected="contradicted")
    assert "formal/eq0-identity" in summary_table([changed, *identities(5)[1:]])


def test_summary_of_nothing_is_a_sentence():
    assert summary_table([]) == "No claim was selected, so nothing was judged."


def test_a_claim_alone_in_its_section_has_its_own_row_and_a_sentence_begins_large():
    agreeing = [dataclasses.replace(one, expected="reproduced") for one in identities(1)]
    lines = summary_table(agreeing).splitlines()
    assert any(re.match(rf"{agreeing[0].claim.id} +✓ reproduced", line) for line in lines)
    assert lines[-2:] == ["1 exact claim: 1 agrees", "Every verdict is as recorded."]


def test_a_summary_without_recorded_verdicts_ends_with_what_was_found():
    unrecorded = [dataclasses.replace(one, expected=None) for one in identities(2)]
    assert summary_table(unrecorded).splitlines()[-1] == "2 exact claims: 2 agree"
