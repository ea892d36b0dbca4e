"""The methods section has what a sceptic asks of it, in the page and in the Markdown.

It is made from the code and tables that decide.
"""

from __future__ import annotations

import dataclasses
import math
from html import unescape

import pytest
from report_samples import RESULTS, SAME_LEVEL, report

from claims import papers
from claims.judging.result import Result
from claims.papers.rin_2018 import protocol
from claims.papers.rin_2018.protocol import PROFILE_NAMES
from claims.report.build import build_report
from claims.report.content import looks, methods
from claims.report.formats import html, markdown
from claims.report.formats.templating import escape_markdown
from claims.report.model import Report
from claims.results import Verdict
from reference_results.planted_faults_trained import planted_faults_trained


@pytest.fixture(scope="module")
def registry() -> Report:
    results = [Result(claim, "smoke", Verdict("not run", "no time")) for claim in papers.all_claims()]
    return build_report(results, {"python": "3.11"}, "2026-01-01T00:00:00", profile="smoke", papers=papers.registry().papers)


def chance(most: int, n: int) -> float:
    """Of at most ``most`` of ``n`` fair coins."""
    return sum(math.comb(n, k) for k in range(most + 1)) / 2**n


def test_the_looks_are_those_of_the_schedule_with_their_error_by_hand(registry: Report) -> None:
    """5 seeds decide with none on the wrong side, 9 with one, 12 with two. What is new at nine: one of nine on the wrong side, and not
    none of the first five; at twelve: two of twelve, neither stop before."""
    (rows,) = looks.tables(registry)
    assert [row[:2] for row in rows] == [("5 seeds", "0"), ("9 seeds", "1"), ("12 seeds", "2")]
    assert [float(row[2]) for row in rows] == [pytest.approx(chance(k, n), rel=1e-3) for k, n in ((0, 5), (1, 9), (2, 12))]
    first = 1 / 32
    second = first + 5 / 2**9  # the one on the wrong side is among the first five
    # two of twelve: 1 or 2 in the first five, 2 in the first nine
    third = second + math.comb(9, 2) / 2**12 - math.comb(4, 2) / 2**12
    assert [float(row[3]) for row in rows] == [pytest.approx(x, rel=1e-3) for x in (first, second, third)]
    assert [float(row[4]) for row in rows] == [pytest.approx(0.05 * math.sqrt(n / 12), rel=1e-3) for n in (5, 9, 12)]
    assert all(float(row[3]) <= float(row[4]) for row in rows)


def test_every_margin_has_its_reason_once_and_every_claim_has_one(registry: Report) -> None:
    found = methods.margins(registry)
    assert sorted(name for margin in found for name in margin.claims) == sorted(claim.id for claim in papers.all_claims())
    assert len({(margin.kind, margin.why) for margin in found}) == len(found)
    page, pipes = html.dumps(registry), markdown.dumps(registry)
    for margin in found:
        assert escape_markdown(margin.why) in pipes
        assert f'href="#{margin.claims[0]}"' in page


def test_profiles_say_what_they_train_from_the_recipes(registry: Report) -> None:
    shown, _ = methods.protocols(registry)  # two papers under one protocol, and one that adds rows of its own
    assert shown.header[1:] == tuple(profile.name for profile in shown.profiles) == PROFILE_NAMES
    rows = {row[0]: dict(zip(PROFILE_NAMES, row[1:], strict=True)) for row in shown.scaling}
    pixels = rows["sequential pixel MNIST, RIN"]
    for profile in PROFILE_NAMES:
        recipe = protocol.pixel_mnist(profile, "rin", "sequential")
        for part in (f"T = {recipe.task.steps}", f"{recipe.updates} updates", f"batch {recipe.batch_size},"):
            assert part in pixels[profile], part
    assert "learning rate 1e-06" in pixels["paper"]  # section 3.2
    assert rows["adding, T = 400 in the paper, RIN"]["smoke"] == "not measured"
    assert "T = 400," in rows["adding, T = 400 in the paper, RIN"]["paper"]


def test_what_is_scaled_has_its_reason(registry: Report) -> None:
    shown, _ = methods.protocols(registry)
    found = dict(shown.reasons)
    assert list(found) == ["adding", "pixel MNIST", "Table 1", "opening", "bAbI", "sensitivity grids"]
    assert "with 4 x 4 means (49 steps) the LSTM wins" in found["pixel MNIST"]
    assert all(why.endswith(".") and "  " not in why and len(why) > 100 for why in found.values())


def test_a_family_says_how_many_verdicts_its_adjustment_leaves_undecided() -> None:
    base = report(RESULTS)
    members = [dataclasses.replace(entry, family_verdict="inconclusive") for entry in base.entries if entry.family]
    sentences = methods.families(dataclasses.replace(base, entries=tuple(members)))
    assert len(members) == 2
    assert sentences == (
        "RIN 2018, abstract, smoke profile: 2 measured claims judged, of which 2 become inconclusive when the error of all of them "
        "together is held at 0.05 each way (Holm).",
    )
    assert methods.families(report([dataclasses.replace(SAME_LEVEL, verdict=Verdict("not run", "x"))])) == ()


@pytest.mark.parametrize("render", [html.dumps, markdown.dumps])
def test_a_sceptic_finds_all_of_it(render, registry: Report) -> None:  # type: ignore[no-untyped-def]
    text = unescape(render(registry)) if render is html.dumps else render(registry)
    parts = (
        "Kinds of prediction",
        "Margins, and why",
        "Seeds and looks",
        "How often verdicts are false",
        "Which broken experiments are noticed",
    )
    parts += (
        "Profiles",
        "What each profile trains, and why it is scaled so",
        "What was not run",
        "What the papers leave open",
        "Provenance",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    for row in planted_faults_trained().rows:
        assert row.fault in text
    for reading in registry.addendum:
        assert (escape_markdown(reading.question) if render is markdown.dumps else reading.question) in text
