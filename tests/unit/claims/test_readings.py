"""An open question keeps its measured comparisons through report.json, and shows them in every format."""

from __future__ import annotations

import dataclasses
import json
import re
from fnmatch import fnmatchcase

import pytest
from report_samples import DIVERGED, SAME_LEVEL, report

from claims import papers
from claims.json_data import decode, encode
from claims.model import Claim
from claims.paper import Paper
from claims.papers.rin_2018 import open_questions
from claims.papers.rin_2018.open_questions import ADDENDUM, MEASURED
from claims.readings import Comparison, Option, Reading, ReadingError, comparisons
from claims.report.formats import json as report_json
from claims.report.formats import markdown
from claims.report.formats.html import dumps as html
from reproductions.recipes import Adding, Babi, PixelMnist, Training
from reproductions.step_tasks import Language, Speech

COMPARISON = Comparison(
    recipe="adding T=40 | RIN <1-100>",
    metric="test_mse",
    unit="MSE",
    seeds=(10_000, 10_001),
    options=(Option("sd", (0.0125, 0.02)), Option("variance", (None, 0.5))),
    command="python benchmarks/addendum.py --only initial-spread",
    date="2026-01-02",
)
READING = Reading("Which?", ("sd", "variance"), "sd", "The other overflows.", ("rin-2018/adding/*",), (COMPARISON,))
ASKING = (Paper(id="rin-2018", title="RIN", citation="", sections=(), open_questions=(READING,)),)


def test_a_comparison_reads_as_one_line_with_every_seed() -> None:
    assert str(COMPARISON) == (
        "adding T=40 | RIN <1-100>, test_mse (MSE), pilot seeds 10000, 10001: sd 0.0125, 0.02; variance diverged, 0.5 "
        "(2026-01-02, `python benchmarks/addendum.py --only initial-spread`)"
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"seeds": (0, 10_000)}, "seed 0 is no pilot seed"),
        ({"options": (Option("sd", (0.1, 0.2)),)}, "needs two options"),
        ({"options": (Option("sd", (0.1, 0.2)), Option("variance", (0.1,)))}, "has 1 value for 2 seeds"),
        ({"command": ""}, "command is missing"),
        ({"seeds": ()}, "seeds is missing"),
        ({"date": "last week"}, "no date"),
    ],
)
def test_a_comparison_that_shows_too_little_is_refused_where_it_is_written(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ReadingError, match=complaint) as refused:
        dataclasses.replace(COMPARISON, **changes)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


FILE = """
[[spread]]
recipe = "adding T=40 | RIN <1-100>"
metric = "test_mse"
unit = "MSE"
seeds = [10000, 10001]
command = "python benchmarks/addendum.py --only initial-spread"
date = "2026-01-02"
options = [
    { name = "sd", values = [0.0125, 0.02] },
    { name = "variance", values = [nan, 0.5] },
]
"""


def test_comparisons_are_read_from_their_file_and_nan_is_a_run_that_diverged() -> None:
    assert comparisons(FILE, "x.toml") == {"spread": (COMPARISON,)}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[[spread]]", "[[spread", "x.toml: Expected ']]' at the end of an array declaration"),
        ("[[spread]]", "[spread]", "x.toml: ['spread']: {.*} is no list"),
        ('metric = "test_mse"\n', "", "x.toml: ['spread'][0].metric: required field missing"),
        ('unit = "MSE"', "unit = 3", "x.toml: ['spread'][0].unit: 3 is no str"),
        ("0.0125", '"diverged"', "x.toml: ['spread'][0].options[0].values[0]: 'diverged' is no number"),
        ("[10000, 10001]", "[10000]", "x.toml: ['spread'][0]: the comparison on adding .* sd has 2 values for 1 seeds"),
        ("[10000, 10001]", "[1, 2]", "x.toml: ['spread'][0]: the comparison on adding .* seed 1 is no pilot seed"),
        ("date", "day", "x.toml: ['spread'][0].date: required field missing"),
        ('date = "2026-01-02"', 'date = "2026-01-02"\nnote = ""', "x.toml: ['spread'][0]: extra fields found (note)"),
    ],
)
def test_a_damaged_file_of_comparisons_is_refused_in_one_line(old: str, new: str, complaint: str) -> None:
    pattern = ".*".join(map(re.escape, complaint.split(".*")))
    with pytest.raises(ReadingError, match=pattern) as refused:
        comparisons(FILE.replace(old, new, 1), "x.toml")
    assert "\n" not in str(refused.value)


def test_a_reading_comes_back_from_json_equal() -> None:
    data = json.loads(json.dumps(encode(READING)))
    assert decode(Reading, data) == READING
    assert decode(Reading, {name: value for name, value in data.items() if name != "comparisons"}).comparisons == ()
    whole = report([SAME_LEVEL, DIVERGED], papers=ASKING)
    assert report_json.loads(report_json.dumps(whole)) == whole


def test_a_comparison_shows_in_every_format() -> None:
    whole = report([SAME_LEVEL], papers=ASKING)
    for text in (markdown.dumps(whole), html(whole)):
        for part in ("Measured", "10000", "10001", "0.0125", "diverged", "benchmarks/addendum.py"):
            assert part in text, part
    assert "<1-100>" not in html(whole)
    assert "&lt;1-100&gt;" in html(whole)


def test_the_readings_of_the_paper_end_their_sentences_and_choose_among_distinct_options() -> None:
    for reading in ADDENDUM:
        assert reading.evidence.endswith((".", '."')), reading.question
        assert len(set(reading.options)) == len(reading.options), reading.question


def trainings(claim: Claim) -> set[Training]:
    return {recipe for arms in claim.arms.values() for arm in arms for recipe in arm.recipes if isinstance(recipe, Training)}


TOUCHES = {  # patterns -> whether a training decides that its claim is touched
    "TRAINED": lambda recipe: not isinstance(recipe.task, Language | Speech),  # whose W are Glorot uniform
    "ADDING": lambda recipe: isinstance(recipe.task, Adding),
    "BABI": lambda recipe: isinstance(recipe.task, Babi),
    "PERMUTED": lambda recipe: isinstance(recipe.task, PixelMnist) and recipe.task.order == "permuted",
    "UNCLIPPED": lambda recipe: recipe.optimizer.clip is None,
    "LSTM": lambda recipe: recipe.network.cell == "lstm",
    "STANDARD_RNN": lambda recipe: recipe.network.cell in ("tanh", "relu"),
}


@pytest.mark.parametrize("patterns", TOUCHES)
def test_a_reading_touches_the_claims_whose_recipes_it_decides_and_no_other(patterns: str) -> None:
    touched = {one.id for one in papers.all_claims() if any(fnmatchcase(one.id, pattern) for pattern in getattr(open_questions, patterns))}
    decided = {one.id for one in papers.all_claims() if any(TOUCHES[patterns](recipe) for recipe in trainings(one))}
    assert touched == decided


def test_every_comparison_that_was_measured_stands_beside_a_reading() -> None:
    shown = {comparison for reading in ADDENDUM for comparison in reading.comparisons}
    assert shown == {comparison for several in MEASURED.values() for comparison in several}
