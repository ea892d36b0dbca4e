"""The file of simulated error rates is read back as written, and refused in one line where damaged."""

from __future__ import annotations

import pytest

from reference_results import ReferenceDataError
from reference_results.calibration import COLUMNS, calibration_table, dumps, parse

FACTS = {"command": "rin-claims calibrate --csv", "date": "2026-01-31", "seed": "0", "versions": "numpy 2"}
ROW = {
    "kind": "Greater, in all",
    "scenario": "null",
    "n": 8,
    "design": "sequential",
    "looks": [6, 8],
    "simulations": 10_000,
    "reproduced": 0.0391,
    "contradicted": 0.01,
    "inconclusive": 0.9509,
    "mean_seeds": 7.9688,
    "false_verdicts": ["reproduced", "contradicted"],
    "false_rate": 0.0391,
    "false_upper": 0.042456789,
    "out_of_reach": [],
    "exceeded": False,  # of no interest to the file
}


def test_what_is_written_is_read_back() -> None:
    table = parse(dumps(FACTS, [ROW]))
    (row,) = table.rows
    assert table.facts == FACTS
    assert (row.cell, row.looks, row.out_of_reach) == (("Greater, in all", "null", 8, "sequential"), (6, 8), ())
    assert (row.reproduced, row.mean_seeds, row.false_upper) == (0.0391, 7.9688, 0.0424568)
    assert dumps(FACTS, [vars(row)]) == dumps(FACTS, [ROW])


def test_the_committed_file_is_read_and_written_byte_by_byte() -> None:
    from importlib import resources

    text = (resources.files("reference_results") / "calibration.csv").read_text(encoding="utf-8")
    table = calibration_table()
    assert dumps(table.facts, map(vars, table.rows)) == text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reproduced": 0.5}, "the rates 0.5, 0.01, 0.9509 are not three shares of one whole"),
        ({"reproduced": -0.01, "inconclusive": 1.0}, "are not three shares of one whole"),
        ({"false_rate": 0.01}, "the false rate 0.01 is not the largest of reproduced and contradicted"),
        ({"false_verdicts": ["wrong"]}, "the false rate 0.0391 is not the largest of wrong"),
        ({"mean_seeds": 5.0}, r"a sequential design with looks at \(6, 8\) does not use 5.0 of 8 seeds"),
        ({"looks": [6]}, r"looks at \(6,\)"),
        ({"design": "hopeful"}, "a hopeful design"),
        ({"n": "eight"}, "invalid literal for int"),
        ({"reproduced": "nan"}, "are not three shares of one whole"),
    ],
)
def test_a_damaged_row_is_refused_with_its_line_and_the_remedy(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ReferenceDataError, match=rf"^reference_results/calibration.csv line 6: .*{message}.*; make the table anew with"):
        parse(dumps(FACTS, [{**ROW, **changes}]))


def test_a_repeated_row_a_short_one_and_a_strange_header_are_refused() -> None:
    whole = dumps(FACTS, [ROW])
    with pytest.raises(ReferenceDataError, match="line 7: repeats an earlier row"):
        parse(dumps(FACTS, [ROW, ROW]))
    with pytest.raises(ReferenceDataError, match=f"line 7: 1 values for {len(COLUMNS)} columns"):
        parse(whole + "Greater\n")
    with pytest.raises(ReferenceDataError, match="line 5: the header must read kind,scenario"):
        parse(whole.replace("kind,", "sort,"))
    with pytest.raises(ReferenceDataError, match="the first lines must tell command, date, seed, versions"):
        parse(whole.partition("\n")[2])
    with pytest.raises(ReferenceDataError, match="the header must read"):
        parse("".join(whole.splitlines(keepends=True)[:4]))
