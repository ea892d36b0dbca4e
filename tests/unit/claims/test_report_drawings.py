"""The drawings show the right trials, and lines and dots mean what they should.

Their colours are ones that every reader can tell apart.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import re
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from report_samples import NOT_RUN, PICTURE, SAME_LEVEL, claim, evidence, report, training

from claims import papers
from claims.judging.result import Result
from claims.kinds import Below, MatchesPublished
from claims.model import Arm
from claims.papers.rin_2018.paper import PAPER, STYLES
from claims.papers.rin_2018.protocol import pixel_mnist
from claims.report.content.pictures import pictures
from claims.report.drawings.dot_plots import dot_plot, dots
from claims.report.drawings.drawing import INK
from claims.report.drawings.families import OTHER, family, markers
from claims.report.drawings.figures import curve_drawing, data, median_curve, thinned
from claims.report.drawings.lean_svg import lean
from claims.report.formats import html
from claims.report.model import Curve, Picture, ReportError
from claims.report.write import write_report
from claims.results import Verdict
from reference_results import load_table
from reproductions.tasks.pixel_mnist import TRAIN_SCORED
from reproductions.trials import Outcome

BASE = {"metric": "final_mse", "unit": "MSE", "why": "w"}

# --- Curves ---


def test_curves_are_one_svg_element_with_ids_of_its_own():
    text = curve_drawing(PICTURE, STYLES).inline
    first, other = (ElementTree.fromstring(shown) for shown in (text, curve_drawing(dataclasses.replace(PICTURE, title="another")).inline))
    ids = [{element.get("id") for element in tree.iter() if element.get("id")} for tree in (first, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for reference in re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text):
        assert f'id="{"".join(reference)}"' in text
    assert first.get("aria-label", "") == 'adding T=50 <"&>'
    of_the_file = ElementTree.fromstring(curve_drawing(PICTURE, STYLES).file)
    assert of_the_file.get("aria-label", "").startswith(
        'adding T=50 <"&>: test MSE against updates for RIN (2 runs, median 0.015 at the end), IRNN (1 run, 1 diverged'
    )
    assert "currentColor" in text
    assert "var(--rin)" in text


def test_a_drawing_in_a_file_has_colours_of_its_own(tmp_path):
    write_report(report(), tmp_path)
    (file,) = (tmp_path / "figures").iterdir()
    tree = ElementTree.parse(file)
    assert tree.getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(rf"var\(|currentColor|{INK}", file.read_text(encoding="utf-8"))


def test_the_numbers_of_a_picture_have_a_row_an_x_and_a_column_a_run():
    rows = list(csv.reader(io.StringIO(data(PICTURE))))
    assert rows[0] == ["updates", "RIN seed 0", "RIN seed 1", "IRNN seed 0"]
    assert rows[1:] == [["100", "0.16", "0.16", "0.17"], ["200", "0.08", "0.1", "0.3"], ["300", "0.01", "0.02", ""]]


def test_the_median_counts_a_diverged_run_as_the_worst():
    done = [Curve("a", seed, (1.0, 2.0, 3.0), (4.0, 3.0, float(seed))) for seed in (0, 1)]
    diverged = Curve("a", 2, (1.0,), (5.0,), diverged=True)
    x, middle = median_curve([*done, diverged], higher_is_better=False)
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(middle, [4.0, 3.0, 1.0])
    _, higher = median_curve([*done, diverged], higher_is_better=True)
    np.testing.assert_array_equal(higher, [4.0, 3.0, 0.0])
    _, mostly_lost = median_curve([done[0], diverged], higher_is_better=False)
    np.testing.assert_array_equal(mostly_lost, [4.5, np.nan, np.nan])


def test_the_median_lets_a_converged_run_keep_its_last_value():
    runs = [Curve("a", 0, (1.0, 2.0), (3.0, 1.0)), Curve("a", 1, (1.0, 2.0, 3.0), (3.0, 3.0, 3.0)), Curve("a", 2, (2.0, 3.0), (8.0, 8.0))]
    x, middle = median_curve(runs, higher_is_better=False)
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(middle, [np.nan, 3.0, 3.0])


def test_a_picture_without_curves_is_refused():
    with pytest.raises(ReportError, match="has no curve"):
        curve_drawing(Picture("p", "s", "empty", "x", "y", ()))


# --- Which trials ---


def test_pictures_take_every_trial_once():
    outcomes = {
        "rin": Outcome("budget", {"final_mse": 0.1}, {"updates": (100, 400), "test_mse": (0.2, 0.1), "train_loss": (0.3, 0.2)}),
        "irnn": Outcome("diverged", {}, {"updates": (100,), "test_mse": (0.3,)}),
    }
    also = dataclasses.replace(SAME_LEVEL, claim=dataclasses.replace(SAME_LEVEL.claim, id="rin-2018/adding/also"))
    test, train = pictures([PAPER], [SAME_LEVEL, also, NOT_RUN], lambda recipe, seed: outcomes[recipe.network.cell])
    assert (test.paper, test.section, test.title) == ("rin-2018", "adding", "After Fig. 2: test error of the adding problem, T = 50")
    assert [(curve.arm, curve.seed, curve.diverged) for curve in test.curves] == [
        ("rin", 0, False),
        ("rin", 1, False),
        ("irnn", 0, True),
        ("irnn", 1, True),
    ]
    assert test.curves[0].y == (0.2, 0.1)
    assert train.title == "After Fig. 5: training error of the adding problem, T = 50"
    assert [curve.y for curve in train.curves] == [(0.3, 0.2)] * 2
    assert {picture.baseline for picture in (test, train)} == {0.167}
    assert test.log_y
    assert train.log_y


def test_an_arm_at_another_learning_rate_is_a_curve_of_its_own():
    def at(rate):
        arms = {"smoke": (Arm("rin", (training("rin", rate),)), Arm("irnn", (training("irnn"),)))}
        return dataclasses.replace(SAME_LEVEL, claim=dataclasses.replace(SAME_LEVEL.claim, arms=arms))

    outcome = Outcome("budget", {}, {"updates": (100, 400), "test_mse": (0.2, 0.1)})
    (picture,) = pictures([PAPER], [at(1e-3), at(1e-2)], lambda recipe, seed: outcome)
    assert {curve.arm for curve in picture.curves} == {"rin, adam 0.001", "rin, adam 0.01", "irnn"}
    assert len(picture.curves) == 6
    marks = markers(dict.fromkeys(curve.arm for curve in picture.curves), STYLES)
    assert marks["rin, adam 0.001"] != marks["rin, adam 0.01"]  # one family, so one colour and line


def judged(section, profile, seeds, *arms):
    """A reproduced claim of the section that rests on every training of ``arms`` with every one of ``seeds``."""
    prediction = Below(**BASE, arm=arms[0].name, threshold=1.0)
    made = claim(f"rin-2018/{section}/x/rin", prediction, arms={profile: arms}, seeds={profile: len(seeds)})
    return Result(made, profile, Verdict("reproduced", "", evidence(0.0, None, 0.5, seeds=seeds, values=(0.0,) * len(seeds))))


def iterative_estimation(profile, network):
    """A judged claim of the section about one network, and outcomes with every curve a run of it has."""
    recipe = pixel_mnist(profile, "rin", "sequential", network)
    steps, layers = recipe.task.steps, recipe.network.layers
    names = ("eq1", "eq3", "variance", "variance_from_last")
    curves = {f"{name}/layer{layer}": tuple(float(step) for step in range(steps)) for name in names for layer in range(1, layers + 1)}
    result = judged("iterative-estimation", profile, (0, 1), Arm("RIN", (recipe,)))
    return result, lambda recipe, seed: Outcome("budget", {}, {"updates": (1,), "train_loss": (1.0,), **curves}), steps


def test_every_layer_of_the_papers_networks_has_its_estimation_errors_and_variances():
    """Figs. 10(a) and 10(b) show a 2-200 network; the panels of the variances are those that section 3.2 names."""
    result, lookup, steps = iterative_estimation("paper", "2-200")
    drawn = pictures([PAPER], [result], lookup)
    assert [picture.title for picture in drawn] == [
        f"Fig. 10({panel}): {what} on sequential MNIST, 2-200, layer {layer}"
        for panel, what in (
            ("a", "Eq. 1, E[h_t - h_T],"),
            ("a", "Var[h_t - h_T]"),
            ("b", "Eq. 3, E[h_t - h_(t-1)],"),
            ("b", "Var[h_t - h_(t-1)]"),
        )
        for layer in (1, 2)
    ]
    for picture in drawn:
        assert picture.x_label == "step"
        for curve in picture.curves:
            assert curve.x == tuple(range(1, steps + 1))
            assert curve.y == tuple(range(steps))


@pytest.mark.parametrize(("order", "loss", "accuracy"), [("sequential", "a", "b"), ("permuted", "c", "d")])
def test_pixel_mnist_has_the_training_curves_of_figure_6_and_the_test_curves_of_figure_7(order, loss, accuracy):
    recipe = pixel_mnist("paper", "irnn", order, "1-100")
    names = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
    curves = {name: (float(place), 1.0) for place, name in enumerate(names)}
    result = judged("pixel-mnist", "paper", (0,), Arm("IRNN", (recipe,)))
    drawn = pictures([PAPER], [result], lambda recipe, seed: Outcome("budget", {}, {"updates": (1, 2), **curves}))
    where = f"on {order} MNIST, 784 steps, 1-100"
    assert [picture.title for picture in drawn] == [
        f"Fig. 6({loss}): training loss {where}",
        f"Fig. 6({accuracy}): training accuracy ({TRAIN_SCORED} images) {where}",
        f"Fig. 7({loss}): test loss {where}",
        f"Fig. 7({accuracy}): test accuracy {where}",
    ]
    assert [picture.curves[0].y for picture in drawn] == [curves[name] for name in names]


def test_pictures_stand_in_the_order_of_the_papers_figures():
    arms = tuple(
        Arm(f"{order} {network}", (pixel_mnist("paper", "irnn", order, network),))
        for network in ("1-100", "1-200")
        for order in ("permuted", "sequential")
    )
    result = judged("pixel-mnist", "paper", (0,), *arms)
    curves = {name: (1.0, 2.0) for name in ("updates", "train_loss", "train_accuracy", "test_loss", "test_accuracy")}
    places = [
        picture.title.partition(":")[0] for picture in pictures([PAPER], [result], lambda recipe, seed: Outcome("budget", {}, curves))
    ]
    assert places == [
        *(f"Figs. 3({panel}) and {figure}({panel})" for panel in "abcd" for figure in (6, 7)),
        *(f"Fig. {figure}({panel})" for figure in (6, 7) for panel in "abcd"),
    ]


@pytest.mark.parametrize("profile", ["smoke", "compact", "paper"])
def test_every_profile_has_the_training_images_that_the_training_accuracy_is_of(profile):
    assert pixel_mnist(profile, "rin", "sequential", "1-100").task.train_size >= TRAIN_SCORED


def test_with_many_pictures_a_curve_keeps_its_ends_and_even_steps(monkeypatch):
    monkeypatch.setattr("claims.report.content.pictures.POINTS", {"step": 1, "updates": 1})
    result, lookup, steps = iterative_estimation("paper", "1-100")
    x = pictures([PAPER], [result], lookup)[0].curves[0].x
    assert (x[0], x[-1], len(x)) == (1, steps, 40)
    assert max(np.diff(x)) - min(np.diff(x)) <= 1


def test_a_long_line_keeps_its_ends_its_peaks_and_its_gaps():
    x = np.arange(500.0)
    y = 1.0 - x / 1000
    y[[100, 333]] = (3.0, -2.0)
    kept, heights = thinned(x, y, 20)
    assert len(kept) == 20
    assert {0.0, 100.0, 333.0, 499.0} <= set(kept)
    np.testing.assert_array_equal(heights, y[kept.astype(int)])
    assert np.max(np.abs(np.interp(x, kept, heights) - y)) < 1e-12  # a straight line but for two peaks
    lost = np.where(x > 250, np.nan, y)
    kept, heights = thinned(x, lost, 20)
    assert np.nanmax(kept[np.isfinite(heights)]) == 250
    assert np.isnan(heights[kept > 250]).all()


def test_a_thinned_line_is_near_the_line_it_stands_for():
    """On the axis that is drawn: with a logarithmic one, a fall over five decades is as straight as it is shown."""
    x = np.linspace(0, 1, 1000)
    kept, heights = thinned(x, 10 ** (-5 * x), 10, log_y=True)
    np.testing.assert_allclose(np.interp(x, kept, np.log10(heights)), -5 * x, atol=1e-9)
    smooth = np.exp(-3 * x) + 0.1 * np.sin(9 * x)
    kept, heights = thinned(x, smooth, 40)
    assert np.max(np.abs(np.interp(x, kept, heights) - smooth)) < 0.005  # half a percent of its range, 1: a pixel
    np.testing.assert_array_equal(thinned(x, np.ones(1000), 10)[0], (0, 1))  # nothing lies off the line
    whole = thinned(x[:40], smooth[:40], 40)
    np.testing.assert_array_equal(whole, (x[:40], smooth[:40]))


def outlines(svg):
    """The points of every straight-line path of an SVG element in absolute coordinates, a list a path."""
    found = []
    for path in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path"):
        x = y = 0.0
        points = []
        for command, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", path.get("d")):
            pairs = re.findall(r"(-?(?:\d+\.?\d*|\.\d+))[ ,]*(-?(?:\d+\.?\d*|\.\d+))", numbers)
            for a, b in pairs:
                x, y = (x + float(a), y + float(b)) if command == "l" else (float(a), float(b))
                points.append((x, y))
        found.append(points)
    return found


def test_a_lean_svg_draws_the_same_lines():
    rng = np.random.default_rng(0)
    figure = Figure(figsize=(4, 3))
    axes = figure.add_subplot()
    axes.plot(rng.normal(size=50), marker="o", markevery=10)
    axes.plot(np.where(np.arange(50) == 20, np.nan, rng.normal(size=50)))
    text = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(text, format="svg")
    whole = text.getvalue()[text.getvalue().index("<svg") :]
    short = lean(whole)
    assert len(short) < len(whole) / 2
    long_lines = [[points for points in outlines(svg) if len(points) > 45] for svg in (whole, short)]
    assert [len(points) for points in long_lines[0]] == [len(points) for points in long_lines[1]] == [50, 49]
    for before, after in zip(*long_lines, strict=True):
        np.testing.assert_allclose(after, before, atol=0.051)  # a tenth of a point, and no error grows along a line
    names = re.findall(r' class="([^"]+)"', short)
    assert names
    assert all(f".{name}{{" in short for name in names)
    used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', short)
    assert {"".join(one) for one in used} == set(re.findall(r' id="([^"]+)"', short))


def test_a_picture_weighs_what_its_size_allows_however_noisy_its_curves_are():
    """Forty runs of 500 checkpoints, each white noise: lines of no fewer than 20 points, eight characters a point, and axes and words."""
    noise = np.random.default_rng(0).normal(size=(40, 500))
    curves = tuple(Curve("RIN", seed, tuple(map(float, range(500))), tuple(map(float, row))) for seed, row in enumerate(noise))
    picture = dataclasses.replace(PICTURE, curves=curves, log_y=False)
    assert len(curve_drawing(picture).inline.encode()) < 40 * 20 * 9 + 6_000


# --- Dot plots ---


def cell(claim_id, printed, verdict="reproduced", **fields):
    prediction = MatchesPublished(metric="test_accuracy", unit="points", why="w", arm="x", published=printed, useful_width=8.0)
    shown = evidence(fields.pop("estimate", printed), printed - 4, printed + 4, **fields)
    return Result(claim(claim_id, prediction), "smoke", Verdict(verdict, "", shown))


def table_of(whole, name):
    return next(table for paper in whole.papers for table in paper.tables if table.name == name)


CELLS = [
    cell("rin-2018/pixel-mnist/table1/sequential/1-100/rin", 91.64, values=(90.0, 91.0, 93.0), seeds=(0, 1, 2), n=3),
    cell("rin-2018/pixel-mnist/table1/sequential/1-100/rin-dt", 94.0, values=(95.0,), seeds=(0,), n=1),
    cell("rin-2018/babi/table3/2/lstm", 20.0, values=(-np.inf, 21.0), seeds=(0, 1), n=2, n_diverged=1),
    cell("rin-2018/babi/mean/rin", 51.0, values=(50.0,), seeds=(0,), n=1),
]


def test_a_dot_plot_has_the_printed_number_the_seeds_and_the_interval():
    whole = report(CELLS)
    drawn = dot_plot(whole, table_of(whole, "table1"), STYLES)
    rows = list(csv.DictReader(io.StringIO(drawn.csv)))
    assert [row["value"] for row in rows if row["model"] == "RIN"] == ["90", "91", "93"]
    assert {(row["row"], row["printed"], row["prediction_lower"], row["prediction_upper"]) for row in rows if row["model"] == "RIN"} == {
        ("sequential 1-100", "91.64", "87.64", "95.64")
    }
    assert "sequential 1-100 RIN printed 91.64" in drawn.words
    ElementTree.fromstring(drawn.inline)
    names = {str(record["task"]): record["task_name"] for record in load_table("rin_2018", "table3")}
    assert [dot.row for dot in dots(whole, table_of(whole, "table3"))] == [f"2 {names['2']}", names["mean"]]


def test_a_dot_plot_says_in_the_picture_and_in_words_how_many_seeds_diverged():
    diverged = cell("rin-2018/babi/table3/2/lstm", 19.0, values=(-np.inf, 21.0, 24.0), seeds=(0, 1, 2), n=3, n_diverged=1)
    whole = report([diverged])
    drawn = dot_plot(whole, table_of(whole, "table3"), STYLES)
    assert "LSTM printed 19, ours 21 to 24, and 1 of 3 diverged" in drawn.words
    assert "LSTM: 1 of 3 diverged" in drawn.svg
    whole = report(CELLS)
    assert "diverged" not in dot_plot(whole, table_of(whole, "table1"), STYLES).svg


def test_every_claim_about_a_printed_cell_has_its_place_in_a_dot_plot():
    """Table 1 has 38 accuracies; Table 3 has 21 rows of three networks."""
    judged = Verdict("reproduced", "", evidence(50.0, 45.0, 55.0, values=(50.0,), seeds=(0,), n=1))
    results = [Result(one, "paper", judged) for one in papers.all_claims() if isinstance(one.prediction, MatchesPublished)]
    whole = report(results, pictures=())
    assert [len(dots(whole, table_of(whole, name))) for name in ("table1", "table3")] == [38, 63]
    assert len({(dot.row, dot.model) for dot in dots(whole, table_of(whole, "table3"))}) == 63


def test_tables_without_a_measured_number_have_no_dot_plot():
    assert [table for paper in report([NOT_RUN]).papers for table in paper.tables] == []
    all_diverged = cell("rin-2018/babi/table3/2/lstm", 20.0, values=(-np.inf,), n=1, n_diverged=1)
    whole = report([all_diverged])
    assert dot_plot(whole, table_of(whole, "table3"), STYLES) is None


# --- Colours ---

# Viewers with a missing cone, on linear RGB: Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color
# vision deficiency", IEEE TVCG 15 (2009), severity 1.
VISIONS = {
    "full": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])  # sRGB, D65


def linear(colour):
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """WCAG 2.2: (L1 + 0.05) / (L2 + 0.05), L the relative luminance."""
    darker, lighter = sorted(float(linear(colour) @ TO_XYZ[1]) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def lab(rgb):
    """CIE 1976 L*a*b* of linear RGB under D65."""
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / TO_XYZ.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def palettes():
    """The colours of the page by name, on light and on dark paper."""
    style = html.dumps(report([SAME_LEVEL], pictures=())).partition("<style>")[2].partition("</style>")[0]
    coloured = r'(?::root|\[data-styles="rin-2018"\])'
    dark_blocks = re.findall(rf"@media screen and \(prefers-color-scheme: dark\) \{{\s*{coloured} \{{([^}}]*)\}}", style)
    rest = re.sub(rf"@media screen and \(prefers-color-scheme: dark\) \{{\s*{coloured} \{{[^}}]*\}}\s*\}}", "", style)
    light_blocks = re.findall(rf"{coloured} \{{([^}}]*)\}}", rest)
    assert len(dark_blocks) == len(light_blocks) == 3
    return [dict(re.findall(r"--([\w-]+): (#\w{6})", " ".join(blocks))) for blocks in (light_blocks, dark_blocks)]


def test_text_and_lines_stand_out_from_the_page_in_light_and_dark():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    light, dark = palettes()
    assert light.keys() == dark.keys()
    backgrounds = ("paper", "panel")
    for palette in (light, dark):
        for name in palette.keys() - {*backgrounds, "line"}:  # a line between rows of a table carries nothing
            for behind in backgrounds:
                assert contrast(palette[name], palette[behind]) >= 4.5, (name, behind, palette)


def test_families_are_told_apart_by_colour_blind_readers_too():
    """A difference of 15 in CIELAB is several times the smallest that is seen (2.3)."""
    names = [one.slug for one in STYLES[:4]]
    assert names == ["rin", "irnn", "lstm", "rin-dt"]
    for palette, (vision, matrix) in itertools.product(palettes(), VISIONS.items()):
        for one, other in itertools.combinations(names, 2):
            gap = np.linalg.norm(lab(matrix @ linear(palette[one])) - lab(matrix @ linear(palette[other])))
            assert gap >= 15, (vision, one, other, gap)


def test_colour_is_never_alone():
    assert len({one.line for one in STYLES[:4]}) == 4
    assert len({one.marker for one in (*STYLES, OTHER)}) == len(STYLES) + 1
    found = [family(arm, STYLES).slug for arm in ("RIN", "IRNN adam 0.001", "LSTM", "RIN-DT", "tanh RNN", "RIN with tanh", "GRU")]
    assert found == ["rin", "irnn", "lstm", "rin-dt", "tanh", "rin", "other"]
