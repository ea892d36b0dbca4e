"""What the addendum says of Table 3 and the readings of our curves is what the recorded draws say."""

from __future__ import annotations

import dataclasses
import json
import statistics
from importlib import resources

from claims.judging.assess import assess
from claims.model import CURVE_READINGS
from claims.papers import all_claims
from claims.papers.rin_2018.open_questions import ADDENDUM
from reference_results.recorded import text_of_draws
from reproductions.recipe_data import digest
from reproductions.recipes import Recipe
from reproductions.store.outcomes import outcome_from_data
from reproductions.trials import Outcome
from tests.runs.recorded_verdicts import FILES

CELLS = [claim for claim in all_claims() if claim.id.startswith("rin-2018/babi/table3/")]


def test_how_far_each_reading_lies_above_the_printed_numbers() -> None:
    folder = resources.files("reference_results") / "recorded"
    lines = [line for file in FILES["paper"] for line in text_of_draws(folder / file).splitlines()]
    draws = [json.loads(line)["payload"] for line in lines]
    outcomes = {(draw["digest"], draw["seed"]): outcome_from_data(draw["outcome"]) for draw in draws}

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        return outcomes[digest(recipe), seed]

    above: dict[str, list[float]] = {reading: [] for reading in CURVE_READINGS}
    for claim in CELLS:
        for reading in CURVE_READINGS:
            read = dataclasses.replace(claim, prediction=claim.prediction.reading_as(reading))
            evidence = assess(read, "paper", range(claim.seeds["paper"]), lookup).evidence
            assert evidence is not None
            (column,) = evidence.arms.values()
            finished = [value for value in column if value is not None]
            if len(finished) == len(column):
                assert claim.prediction.printed is not None
                above[reading].append(statistics.fmean(finished) - claim.prediction.printed)
    found = {reading: statistics.fmean(own) for reading, own in above.items()}
    assert {len(own) for own in above.values()} == {58}
    assert {reading: round(mean, 1) for reading, mean in found.items()} == {"final": 6.2, "level": 6.2, "best": 10.4}
    (question,) = (one for one in ADDENDUM if one.question.startswith("Which reading"))
    assert "58 cells" in question.evidence
    assert "6.2 points on average (last), 6.2 (mean over the last quarter) and 10.4 (best)" in question.evidence
