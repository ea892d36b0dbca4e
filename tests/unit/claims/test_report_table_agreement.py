"""A printed table beside ours says of each number where our runs end, and whether they keep the printed order."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import re
import statistics
from pathlib import Path
from xml.etree import ElementTree

import pytest
from report_samples import MISSING
from table_samples import PRINTED, TABLE1, TABLE3, away, judged, key, outcome, report

from claims import papers
from claims.judging.judge import judge_claim, result_not_run
from claims.papers.rin_2018.figures import FIGURES
from claims.papers.rin_2018.paper import STYLES
from claims.report.content.printed_tables import printed_tables
from claims.report.drawings.agreement import agreement_drawing, in_printed_order
from claims.report.formats import html, latex
from claims.report.formats.json import dumps, loads
from claims.report.formats.templating import environment
from claims.report.model import Report
from claims.report.write import write_report
from reproductions.recipes import Training

SVG = "{http://www.w3.org/2000/svg}"
SWAPPED = {("sequential", "1-100", "LSTM"): 99.0}  # printed lowest, and made up to end highest
LOST = ("sequential", "3-200", "LSTM")


def swapped(recipe, seed):  # type: ignore[no-untyped-def]
    """One cell ends above all others, and one diverges in two of seven seeds."""
    where = key(recipe)
    return outcome(recipe, seed, lambda cell: None if where == LOST and seed < 2 else SWAPPED.get(cell, PRINTED[cell]))


@pytest.fixture(scope="module")
def compact() -> Report:
    return report(judged("compact"))


@pytest.fixture(scope="module")
def disordered() -> Report:
    return report(judged("compact", swapped, f"{TABLE1}/sequential", f"{TABLE1}-order/sequential"))


def cells(whole: Report, name: str = "table1"):  # type: ignore[no-untyped-def]
    (table,) = (table for paper in whole.papers for table in paper.tables if table.name == name)
    return {(cell.label, cell.column): cell for cell in table.cells}


# --- What is beside a printed number ---


def test_every_number_of_both_tables_has_the_median_of_our_runs_beside_it(compact: Report) -> None:
    """The first seed ends at the printed number, and as many of the others end below it as above."""
    for cell in cells(compact).values():
        assert cell.level is not None
        assert cell.level.median == pytest.approx(float(cell.printed))
        assert cell.level.lower <= cell.level.median <= cell.level.upper
        assert cell.level.kept == cell.level.pairs > 0
    assert len(cells(compact, "table3")) == 60
    for cell in cells(compact, "table3").values():  # most are in no pair: the networks print nearly the same
        assert cell.level is not None
        assert cell.level.median == pytest.approx(float(cell.printed))
    assert sum(cell.level.pairs for cell in cells(compact, "table3").values()) == 2 * 15


def test_the_pairs_of_a_number_are_counted_by_hand(disordered: Report) -> None:
    """Table 1 prints the LSTM 1-100 below its row (91.64, 83.55, the RIN-DT) and below the LSTMs of its column; ours ends above."""
    cell = cells(disordered)["sequential 1-100", "LSTM"]
    row = [value for (order, network, model), value in ((k, v) for k, v in PRINTED.items() if len(k) == 3)
           if order == "sequential" and network == "1-100" and model != "LSTM"]  # fmt: skip
    column = [PRINTED["sequential", network, "LSTM"] for network in ("1-200", "2-100", "2-200", "3-100", "3-200")]
    apart = sum(abs(value - float(cell.printed)) > 2 for value in (*row, *column))
    assert (cell.level.kept, cell.level.pairs) == (0, apart)


def test_a_run_that_diverged_counts_as_the_worst(disordered: Report) -> None:
    level = cells(disordered)["sequential 3-200", "LSTM"].level
    assert level.n_diverged == 2
    ends = sorted(PRINTED[LOST] + away(seed) for seed in range(2, level.n))
    assert level.median == pytest.approx(statistics.median([-float("inf")] * 2 + ends))


def test_the_level_that_is_held_against_the_printed_number_is_shown_beside_its_median() -> None:
    whole = report(judged("paper", outcome, f"{TABLE3}/1/"), "paper")
    cell = cells(whole, "table3")["1 Single Supporting Fact", "RIN"]
    assert cell.level.median == pytest.approx(statistics.median(PRINTED["1", "RIN"] + away(seed) for seed in range(cell.level.n)))
    assert (cell.level.kept, cell.level.pairs, cell.in_order) == (0, 0, None)  # no claim about the order is in this report
    (table,) = printed_tables(whole)
    assert table.parts == ()
    assert not table.by_order


def test_a_number_whose_order_was_not_judged_has_the_level_of_its_runs_from_another_claim() -> None:
    rivals, cell, whole = (
        next(claim for claim in papers.all_claims() if claim.id == f"rin-2018/pixel-mnist/{slug}")
        for slug in ("small-rin-beats-irnn/sequential/1-100", "table1/sequential/1-100/rin", "table1-order/sequential")
    )
    own = judge_claim(rivals, "compact", outcome, {})
    unrun = [result_not_run(claim, "compact", "its cells are not all trained", {}) for claim in (cell, whole)]
    found = report([own, *unrun])
    level = cells(found)["sequential 1-100", "RIN"].level
    assert level.median == statistics.median(own.verdict.evidence.arms["RIN"])
    assert (level.n, level.pairs) == (own.verdict.evidence.n, 0)
    (table,) = printed_tables(found)
    assert table.by_order
    assert table.rows[0][2].endswith(f"n = {level.n}: level not judged")
    assert re.search(r'<td class="cell not-run">91\.64 <a href="#[^"]+">91\.\d+</a> <small>\[', html.dumps(found))


def test_what_was_not_run_says_so_in_every_format() -> None:
    whole = report(judged("smoke"), "smoke")
    assert {cell.level for name in ("table1", "table3") for cell in cells(whole, name).values()} == {None}
    page = html.dumps(whole)
    assert len(re.findall(r'<td class="cell not-run">[\d.]+ <a href="#[^"]+">not run</a></td>', page)) == 38 + 60
    assert all(cell == "not run" for table in printed_tables(whole) for row in table.rows for cell in row[2::2] if cell)
    assert "in the printed order" not in page


def test_the_levels_survive_the_report_file(disordered: Report) -> None:
    assert loads(dumps(disordered)) == disordered


# --- As text ---


def test_a_table_whose_order_is_judged_says_medians_pairs_and_verdicts(compact: Report) -> None:
    first, third = printed_tables(compact)
    rows = {row[0]: dict(zip(first.header[1:], row[1:], strict=True)) for row in first.rows}
    assert re.fullmatch(
        r"91\.64 \[91\.5\d*, 91\.7\d*\], n = 5, \d of \d pairs as printed: ✓ reproduced", rows["sequential 1-100"]["RIN ours"]
    )
    assert first.sentences[0] == "38 of its 38 numbers measured: 38 reproduced, 0 contradicted, 0 inconclusive."
    assert third.sentences[0] == "60 of its 60 numbers measured, none of them with a verdict of its own."
    tasks = {row[0]: dict(zip(third.header[1:], row[1:], strict=True)) for row in third.rows}
    assert tasks["1 Single Supporting Fact"]["RIN ours"].endswith(": level not judged")


def test_a_cell_whose_order_is_undecided_so_far_says_so() -> None:
    (result,) = (one for one in judged("compact", outcome, TABLE1) if one.claim.id == f"{TABLE1}/sequential/1-100/rin")
    open_yet = dataclasses.replace(result.verdict, verdict="inconclusive")
    (table,) = printed_tables(report([dataclasses.replace(result, verdict=open_yet, missing=MISSING)]))
    (row,) = (row for row in table.rows if row[0] == "sequential 1-100")
    assert any(cell.endswith(": ? inconclusive so far") for cell in row)


def test_latex_has_the_median_where_the_order_is_judged(compact: Report) -> None:
    first, third = printed_tables(compact)
    text = latex.dumps(compact, first)
    assert re.search(r"sequential 1-100 & 91\.64 & 91\.6 \$\\surd\$", text)
    assert "Ours: median of 5 seeds, judged by its order among the others." in text
    assert "prediction interval" not in text
    assert r"51.9 & 51.9 &" in latex.dumps(compact, third)


def test_every_cell_of_the_page_is_linked_to_its_claim(compact: Report) -> None:
    page = html.dumps(compact)
    for (_, column), cell in cells(compact).items():
        assert column
        shown = re.search(rf'<td class="cell reproduced">{re.escape(cell.printed)} <a href="#{re.escape(cell.claim)}">✓ ([\d.]+)<', page)
        assert shown is not None, cell.claim
        assert float(shown[1]) == pytest.approx(float(cell.printed), abs=0.05)


# --- As a picture ---


def drawings(whole: Report):  # type: ignore[no-untyped-def]
    return {
        part.name: (part, agreement_drawing(table.data, part, STYLES, environment()))
        for table in printed_tables(whole)
        for part in table.parts
    }


def test_there_is_a_picture_for_each_block_with_a_line_for_each_cell(compact: Report) -> None:
    found = drawings(compact)
    assert list(found) == ["sequential MNIST", "permuted MNIST", "bAbI"]
    for name, lines in (("sequential MNIST", 19), ("permuted MNIST", 19), ("bAbI", 60)):
        part, drawing = found[name]
        tree = ElementTree.fromstring(drawing.inline)
        linked = [link.get("href") for link in tree.iter() if link.tag.endswith("a")]
        assert linked == [f"#{cell.claim}" for cell in in_printed_order(part.cells)]
        assert len(linked) == lines
        assert "test accuracy (%)" in drawing.inline
        rows = list(csv.DictReader(io.StringIO(drawing.csv)))
        assert [row["printed"] for row in rows] == [cell.printed for cell in in_printed_order(part.cells)]


def test_lines_stand_in_the_printed_order_of_their_block(compact: Report) -> None:
    for part, _ in drawings(compact).values():
        sorted_cells = in_printed_order(part.cells)
        for one, other in itertools.pairwise(sorted_cells):
            assert one.in_order is not None
            assert other.in_order is not None
            assert one.in_order.block != other.in_order.block or float(one.printed) >= float(other.printed)


def circles(drawing) -> list[tuple[float, float, str]]:  # type: ignore[no-untyped-def]
    tree = ElementTree.fromstring(drawing.file)
    return [(float(c.get("cx", "")), float(c.get("cy", "")), c.get("class", "")) for c in tree.iter() if c.tag.endswith("circle")][2:]


def test_dots_fall_to_the_left_where_the_order_is_kept_and_a_cell_that_loses_its_pairs_is_hollow(
    compact: Report, disordered: Report
) -> None:
    kept = circles(drawings(compact)["sequential MNIST"][1])
    assert [x for x, _, _ in kept] == sorted((x for x, _, _ in kept), reverse=True)
    part, drawing = drawings(disordered)["sequential MNIST"]
    names = [cell.in_order.arm for cell in in_printed_order(part.cells)]
    dots = dict(zip(names, circles(drawing), strict=True))
    assert max(dots, key=lambda name: dots[name][0]) == "LSTM 1-100"
    hollow = re.search(rf"\.{dots['LSTM 1-100'][2]}\{{([^}}]*)\}}", drawing.file)
    solid = re.search(rf"\.{dots['RIN 3-200'][2]}\{{([^}}]*)\}}", drawing.file)
    assert hollow is not None
    assert hollow[1].startswith("fill:none")
    assert solid is not None
    assert not solid[1].startswith("fill:none")


def test_a_cell_without_runs_has_its_stroke_and_the_words_not_run(compact: Report) -> None:
    part, _ = drawings(compact)["sequential MNIST"]
    lacking = dataclasses.replace(part.cells[0], level=None)
    drawing = agreement_drawing(
        printed_tables(compact)[0].data, dataclasses.replace(part, cells=(lacking, *part.cells[1:])), STYLES, environment()
    )
    assert drawing.inline.count("not run") == 1
    assert len(circles(drawing)) == 18
    assert "RIN 1-100 printed 91.64, not run" in drawing.words


def test_the_pictures_are_files_that_lead_to_the_page_and_have_colours_of_their_own(disordered: Report, tmp_path: Path) -> None:
    write_report(disordered, tmp_path)
    (file,) = (tmp_path / "figures").glob("*printed-order.svg")
    text = file.read_text(encoding="utf-8")
    tree = ElementTree.fromstring(text)
    links = [link.get("href", "") for link in tree.iter() if link.tag == f"{SVG}a"]
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert len(links) == 19
    for link in links:
        assert link.startswith("../index.html#")
        assert f'id="{link.partition("#")[2]}"' in page
    assert not re.search(r"var\(|currentColor|#010203", text)


# --- The figures ---


@pytest.mark.parametrize(
    ("figures", "panels"),
    [("Figs. 3({}) and 6({})", "ac"), ("Figs. 3({}) and 6({})", "bd"), ("Fig. 6({})", "abcd"), ("Fig. 7({})", "abcd")],
)
def test_compact_draws_the_curves_of_every_size_anew(figures: str, panels: str) -> None:
    """Figs. 3, 6 and 7 have losses in panels a and c, accuracies in b and d; Fig. 3 is of the network 1-200."""
    titles = drawn_titles("pixel-mnist")
    for panel in panels:
        assert any(title.startswith(f"After {figures.replace('{}', panel)}: ") for title in titles), panel


@pytest.mark.parametrize(("figure", "network"), [(8, "1-100"), (4, "1-200"), (9, "2-100"), (10, "2-200"), (11, "3-100"), (12, "3-200")])
def test_compact_draws_the_estimation_error_of_every_size_anew(figure: int, network: str) -> None:
    """Eq. 1 in panel a, Eq. 3 in panel b, of every layer (captions of Figs. 4 and 8 to 12)."""
    titles = drawn_titles("iterative-estimation")
    for panel, equation in (("a", "1"), ("b", "3")):
        for layer in range(1, int(network[0]) + 1):
            beginning, end = f"After Fig. {figure}({panel}): Eq. {equation}, ", f"on sequential MNIST, {network}, layer {layer}"
            assert any(title.startswith(beginning) and title.endswith(end) for title in titles), (panel, layer)


def drawn_titles(section: str) -> set[str]:
    """The titles of all pictures that the trainings of compact are drawn in, of those that have such curves."""
    recipes = {
        recipe
        for claim in papers.all_claims()
        if claim.paper == "rin-2018" and claim.section == section
        for arm in claim.arms.get("compact", ())
        for recipe in arm.recipes
        if isinstance(recipe, Training) and (section != "iterative-estimation" or recipe.estimation_error)
    }
    return {title for recipe in recipes for figure in FIGURES if figure.section == section for title in figure.panels(recipe).values()}
