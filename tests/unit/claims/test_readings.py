"""An open question keeps its measured comparisons through report.json, and shows them in every format."""

from __future__ import annotations

import dataclasses
import json
from fnmatch import fnmatchcase

import pytest
from report_samples import DIVERGED, SAME_LEVEL, report

from claims import papers
from claims.model import Claim
from claims.paper import Paper
from claims.papers.rin_2018 import open_questions
from claims.papers.rin_2018.addendum_runs import MEASURED
from claims.papers.rin_2018.open_questions import ADDENDUM
from claims.readings import Comparison, Option, Reading, ReadingError, reading_from_data
from claims.report.formats import json as report_json
from claims.report.formats import markdown
from claims.report.formats.html import dumps as html
from reproductions.recipes import Adding, Babi, PixelMnist, Training

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


def test_a_reading_comes_back_from_json_equal() -> None:
    data = json.loads(json.dumps(dataclasses.asdict(READING)))
    assert reading_from_data(data) == READING
    assert reading_from_data({name: value for name, value in data.items() if name != "comparisons"}).comparisons == ()
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
    "TRAINED": lambda recipe: True,
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
    assert shown == {comparison for comparisons in MEASURED.values() for comparison in comparisons}
