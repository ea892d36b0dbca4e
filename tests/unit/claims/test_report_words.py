"""The words that every format shares."""

from __future__ import annotations

import dataclasses

import pytest
from report_samples import (
    MANY_SEEDS,
    SAME_LEVEL,
    TABLE,
    evidence,
    report,
)

from claims.report.build import entry_of
from claims.report.formats import challenge, github, html, markdown
from claims.report.formats.terminal import summary_table
from claims.report.words import interval
from claims.text import enumeration, number, shorten


def test_numbers_and_intervals_read_as_a_person_writes_them():
    assert [number(x) for x in (None, float("inf"), -float("inf"), 0.0, 1234.5678, 1e-12)] == ["–", "∞", "-∞", "0", "1235", "1e-12"]
    (measured,) = report([MANY_SEEDS]).entries
    shown = [dataclasses.replace(measured, evidence=found) for found in (None, evidence(0, None, None), evidence(0, None, 0.25))]
    assert [interval(entry) for entry in shown] == ["–", "–", "[-∞, 0.25]"]
    assert interval(entry_of(TABLE)) == "exact"  # by its kind, whatever its evidence says
    assert [enumeration(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_headings_are_those_of_the_paper_and_without_one_are_made_of_the_slugs():
    def headings(whole):
        return [(section.title, section.paper_title) for section in whole.sections]

    named = headings(report())
    assert {("Adding", "RIN 2018"), ("bAbI", "RIN 2018"), ("Pixel MNIST", "IRNN 2015")} <= set(named)
    assert {("Babi", "Rin 2018"), ("Pixel mnist", "Irnn 2015")} <= set(headings(report(papers=())))


@pytest.mark.parametrize("dumps", [html.dumps, markdown.dumps, github.dumps, challenge.dumps], ids=lambda dumps: dumps.__module__)
def test_a_headline_that_its_family_leaves_undecided_says_so_in_every_format(dumps):
    """Two headlines with p = 0.03 each: Holm's smallest adjusted p is 0.06."""
    first, second = (
        dataclasses.replace(SAME_LEVEL, claim=dataclasses.replace(SAME_LEVEL.claim, id=f"rin-2018/adding/h{i}")) for i in (1, 2)
    )
    note = "inconclusive after Holm over the claims of the abstract"
    together, alone = dumps(report([first, second])), dumps(report([first]))
    assert together.count(note) >= 2
    assert note not in alone
    rows = summary_table([first, second]).splitlines()
    assert [row.split()[2] for row in rows if "adding/h" in row] == ["reproduced*", "reproduced*"]
    assert [row for row in rows if row.startswith("* by itself; inconclusive after Holm")]
    assert "*" not in summary_table([first])


def test_shortened_ids_keep_both_ends():
    assert shorten("a" * 46, 46) == "a" * 46
    assert shorten("iterative-estimation/" + "x" * 60 + "/T200", 30) == "iterative-esti…" + "x" * 10 + "/T200"
