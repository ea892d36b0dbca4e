"""The file of test-set noise: what is written is read back, and what is damaged is refused in one line."""

from __future__ import annotations

import dataclasses
from importlib import resources

import pytest

from reference_results import ReferenceDataError
from reference_results.babi_test_noise import FACTS, NoiseRow, babi_test_noise, dumps, parse

HOW = {name: f"the {name}" for name in FACTS}
# 10 and 50 % of 100 questions: sds of 3 and 5 points, and hypot(3, 5) between them
RIN = NoiseRow(15, 10_000, "rin", "", 20, 100, 10.0, 4.0, 3.0, 3.0, 2)
LSTM = NoiseRow(15, 10_000, "lstm", "", 20, 100, 50.0, 4.5, 5.0, 5.0, 2)
PAIR = NoiseRow(15, 10_000, "rin", "lstm", 20, 100, -40.0, 2.5, 5.5, 34**0.5, 2)
ROWS = [RIN, LSTM, PAIR]


def test_what_is_written_is_read_back_in_the_order_of_tasks_seeds_and_networks() -> None:
    other = [dataclasses.replace(row, task=4) for row in ROWS]
    later = [dataclasses.replace(row, seed=10_001) for row in ROWS]
    table = parse(dumps(HOW, [PAIR, *later, LSTM, RIN, *other]))
    assert table.facts == HOW
    assert [row.cell for row in table.rows] == [row.cell for row in (*other, *ROWS, *later)]
    assert table.rows[3:5] == (RIN, LSTM)
    assert table.of(15, "rin") == (RIN, later[0])
    assert [row.seed for row in table.of(15, "rin", "lstm")] == [10_000, 10_001]
    assert table.of(3, "rin") == ()
    assert dumps(table.facts, table.rows) == dumps(HOW, [*other, *ROWS, *later])


def test_the_kept_file_is_read_and_written_byte_by_byte() -> None:
    table = babi_test_noise()
    if table is None:
        pytest.skip("test-set noise has not been measured; `python benchmarks/babi_test_noise.py --write` measures it")
    text = (resources.files("reference_results") / "babi_test_noise.csv").read_text(encoding="utf-8")
    assert dumps(table.facts, table.rows) == text


@pytest.mark.parametrize(
    ("row", "changes", "message"),
    [
        (RIN, {"task": 0}, "line 7: task 0 of seed 10000 is not a bAbI task of a pilot seed"),
        (RIN, {"seed": 3}, "line 7: task 15 of seed 3 is not a bAbI task of a pilot seed, 10000 or above"),
        (PAIR, {"network": "lstm", "minus": "rin"}, "line 9: 'lstm' minus 'rin' is not known; known: rin, irnn, lstm, rin minus irnn"),
        (LSTM, {"network": "rin"}, "line 8: repeats an earlier row"),
        (LSTM, {"blocks": 10}, "line 8: 10 test sets of 100 questions below 20 of 100"),
        (RIN, {"unknown": 2001}, "line 7: 20 test sets of 100 questions with 2001 unknown ones have no standard deviation"),
        (RIN, {"sd": -1.0}, "line 7: -1.0, 3.0 and 3.0 are not three standard deviations"),
        (RIN, {"sd": float("nan")}, "line 7: nan, 3.0 and 3.0 are not three standard deviations"),
        (RIN, {"value": 11.0}, "line 7: 3.0 is not the binomial standard deviation of 11.0 percent"),
        (RIN, {"value": 101.0}, "line 7: 3.0 is not the binomial standard deviation of 101.0 percent"),
        (RIN, {"independent_sd": 2.0}, "line 7: the independent questions of one network give 3.0, not 2.0"),
        (LSTM, {"network": "irnn"}, "line 9: a difference without the accuracies of rin and lstm above it"),
        (PAIR, {"value": 40.0}, "line 9: 40.0 is not 10.0 - 50.0"),
        (PAIR, {"binomial_sd": 5.0}, "line 9: 5.0 is not the standard deviation of two test sets, one of each network"),
    ],
)
def test_a_damaged_row_is_refused_with_its_line_and_the_remedy(row: NoiseRow, changes: dict[str, object], message: str) -> None:
    damaged = [dataclasses.replace(one, **changes) if one is row else one for one in ROWS]  # type: ignore[arg-type]
    with pytest.raises(ReferenceDataError) as refused:
        parse(dumps(HOW, damaged))
    assert str(refused.value).startswith(f"reference_results/babi_test_noise.csv {message}")
    assert str(refused.value).endswith("; make the table anew with `python benchmarks/babi_test_noise.py --write`")


def test_a_number_that_is_none_a_strange_header_and_an_empty_table_are_refused() -> None:
    whole = dumps(HOW, ROWS)
    with pytest.raises(ReferenceDataError, match="line 7: invalid literal for int"):
        parse(whole.replace("15,10000,rin,,20", "15,10000,rin,,many"))
    with pytest.raises(ReferenceDataError, match="line 6: the header must read task,seed"):
        parse(whole.replace("task,seed", "seed,task"))
    with pytest.raises(ReferenceDataError, match="the first lines must tell command, date, versions, training, diverged"):
        parse(whole.partition("\n")[2])
    with pytest.raises(ReferenceDataError, match="there is no row below the header"):
        parse(dumps(HOW, []))
