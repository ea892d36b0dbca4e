"""What the report says of the simulated error rates, from a table written by hand."""

from __future__ import annotations

import base64
import csv
import dataclasses
import gzip
import io
import re

import pytest
from report_samples import report

from claims.report.content.calibration import COLUMNS, SCENARIO_MEANINGS, calibration
from claims.report.formats import html, markdown
from reference_results.calibration import CalibrationRow, CalibrationTable, calibration_table

FACTS = {"command": "rin-claims calibrate --csv", "date": "2026-01-31", "seed": "7", "versions": "numpy 2"}


def row(kind: str, scenario: str, n: int, looks: tuple[int, ...], reproduced: float, **changes: object) -> CalibrationRow:
    plain = CalibrationRow(
        kind=kind,
        scenario=scenario,
        n=n,
        design="fixed" if looks == (n,) else "sequential",
        looks=looks,
        simulations=10_000,
        reproduced=reproduced,
        contradicted=0.0,
        inconclusive=1 - reproduced,
        mean_seeds=float(n),
        false_verdicts=("contradicted",) if scenario == "clear effect" else ("reproduced", "contradicted"),
        false_rate=0.0 if scenario == "clear effect" else reproduced,
        false_upper=0.0003,
        out_of_reach=(),
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


TABLE = CalibrationTable(
    FACTS,
    (
        row("Greater", "null", 3, (3,), 0.0, out_of_reach=("reproduced", "contradicted")),
        row("Ranking", "null", 3, (3,), 0.0, out_of_reach=("reproduced", "contradicted")),
        row("Ranking", "clear effect", 5, (5,), 0.91, out_of_reach=("contradicted",)),
        row("Ranking", "clear effect", 5, (5,), 0.91, design="sequential", out_of_reach=("contradicted",)),
        row("Greater", "edge", 8, (8,), 0.0352, false_upper=0.0384),
        row("Greater", "edge", 8, (6, 8), 0.0391, false_upper=0.0424),
        row("Greater", "clear effect", 8, (6, 8), 0.999, mean_seeds=6.02),
    ),
)


def test_the_summary_names_the_worst_row_the_weakest_and_what_cannot_be() -> None:
    text = " ".join(calibration(TABLE).summary)
    assert (
        "most frequent false verdict occurs in 3.9 % of the claims (95 % upper limit 4.2 %; Greater, edge, 8 seeds, sequential design)"
        in text
    )
    assert "reproduced by 5 seeds or more in at least 91.0 % of the claims (Ranking, clear effect, 5 seeds, fixed design)" in text
    assert "3 seeds are too few to be reproduced for every kind. " in text
    assert "3 seeds are too few to be contradicted for every kind. " in text
    assert "5 seeds are too few to be contradicted for “Ranking”." in text
    assert "after 6 and 8 seeds, false verdicts occur in at most 3.9 %, and a clear effect uses 6.0 of 8 seeds." in text
    assert text.endswith("Made by rin-claims calibrate --csv on 2026-01-31, seed 7, with numpy 2.")


def test_a_row_shows_its_rates_with_their_binomial_error() -> None:
    """sqrt(0.0391 x 0.9609 / 10,000) = 0.0019."""
    cells = calibration(TABLE).cells
    assert len(cells) == len(TABLE.rows) - 1  # the sequential row with one look repeats the fixed one
    found = dict(zip(COLUMNS, cells[-2], strict=True))
    assert (found["Reproduced %"], found["Contradicted %"], found["Looks at"]) == ("3.9 ± 0.2", "0.0 ± 0.0", "6 and 8")
    assert (found["False %"], found["Upper limit"], found["Cannot be"]) == ("3.91", "4.24", "–")


def test_the_worst_of_each_kind_is_the_largest_rate_of_its_scenarios() -> None:
    kept = calibration_table()
    for kind, n, looks, false, upper, scenario, clear, _ in calibration(kept).worst:
        own = [row for row in kept.rows if (row.kind, " and ".join(map(str, row.looks))) == (kind, looks)]
        assert {row.n for row in own} == {int(n)}
        worst = max(own, key=lambda row: row.false_rate)
        assert (false, upper) == (f"{100 * worst.false_rate:.2f}", f"{100 * worst.false_upper:.2f}")
        assert scenario == "any" or any(row.scenario == scenario and row.false_rate == worst.false_rate for row in own)
        (of_clear,) = {row.reproduced for row in own if row.scenario == "clear effect"}
        assert float(clear.split()[0]) == pytest.approx(100 * of_clear, abs=0.051)


@pytest.mark.parametrize("render", [html.dumps, markdown.dumps])
def test_every_report_has_the_committed_table(render) -> None:  # type: ignore[no-untyped-def]
    """The Markdown shows it, and the page has it as a file."""
    text = render(report())
    shown = calibration(calibration_table())
    assert "How often verdicts are false" in text
    for name in SCENARIO_MEANINGS:
        assert name in text
    if render is html.dumps:
        (packed,) = re.findall(r'href="data:application/gzip;base64,([^"]+)" download="calibration.csv.gz"', text)
        rows = list(csv.reader(io.StringIO(gzip.decompress(base64.b64decode(packed)).decode())))
        assert rows == [list(COLUMNS), *map(list, shown.cells)]
    else:
        assert text.count("heavy tails") >= sum(cells[1] == "heavy tails" for cells in shown.cells) > 0
    assert len(text) < 1_000_000
