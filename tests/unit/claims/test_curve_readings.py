"""Final, level and best, by hand arithmetic, and wherever a claim is judged or shown."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims import papers
from claims.faults.in_judging import JUDGING_FAULTS
from claims.judging.judge import judge_claim
from claims.kinds import (
    Above,
    Below,
    FailsToConverge,
    Greater,
    Identity,
    LearnsFaster,
    LessSensitive,
    MatchesPublished,
    MoreStable,
    NearZero,
    Ranking,
    Similar,
)
from claims.measurements import curve_readings
from claims.measurements.curve_readings import every_reading, level, read
from claims.model import CURVE_READINGS, Arm, Claim, ClaimError, CurveReading, Locator, Lookup, Prediction
from claims.report.build import build_report, entry_of
from claims.report.content.printed_tables import printed_tables
from claims.report.content.trials import trials_by_seed, trials_show_the_arms
from claims.report.formats import html, markdown
from claims.report.formats import json as report_json
from claims.run.every_run_counts import every_run_counts
from reproductions.recipes import Adding, Network, Optimizer, Recipe, Training
from reproductions.trials import Outcome

BASE: dict[str, Any] = {"metric": "score", "unit": "points", "why": "a test"}
ABOVE = Above(**BASE, arm="a", threshold=0.0)
READ: dict[CurveReading, dict[str, str]] = {name: {"reading": name, "why_reading": "a test"} for name in CURVE_READINGS}
UPDATES = (100, 200, 300, 400, 500)
CURVE = (1.0, 9.0, 3.0, 4.0, 7.0)  # final 7; level (4 + 7) / 2, of the updates beyond 375; best 9, or 1 where lower is better
EXPECTED = {"final": 7.0, "level": 5.5, "best": 9.0}


def run(curve: Sequence[float], updates: Sequence[int] = UPDATES) -> Outcome:
    return Outcome("budget", {"score": curve[-1]}, {"updates": tuple(updates), "score": tuple(curve)}, updates[-1])


# --- The arithmetic ---


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([5.0], 5.0),
        ([1.0, 5.0], 5.0),
        ([1.0, 2.0, 5.0], 5.0),
        ([1.0, 2.0, 3.0, 5.0], 5.0),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 4.5),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 9.0], 8.0),
        ([*[0.0] * 15, 1.0, 2.0, 3.0, 4.0, 5.0], 3.0),
    ],
    ids=lambda value: f"{len(value)} evaluations" if isinstance(value, list) else "",
)
def test_the_level_is_the_mean_of_the_last_quarter_rounded_up(curve: list[float], expected: float) -> None:
    assert level(curve, [100 * (number + 1) for number in range(len(curve))]) == expected


def test_early_evaluations_do_not_stretch_the_last_quarter() -> None:
    """Ten regular evaluations and thirty early ones: a quarter of all forty would reach back to the start."""
    early, regular = [(update, 0.0) for update in range(3, 93, 3)], [(100 * k, float(k)) for k in range(1, 11)]
    updates, curve = zip(*early, *regular, strict=True)
    assert level(curve, updates) == (8 + 9 + 10) / 3


def test_a_run_that_stopped_early_has_its_own_last_quarter() -> None:
    assert level([1.0, 2.0, 3.0, 4.0, 6.0], [100, 200, 300, 400, 500]) == 5.0  # whatever the budget was


def test_a_level_by_logarithms_is_the_geometric_mean() -> None:
    assert level([1.0, 1.0, 1.0, 1e-4, 1e-2], UPDATES, log10=True) == pytest.approx(1e-3)
    assert level([1.0, 1.0, 1.0, 0.0, 1e-2], UPDATES, log10=True) == 0.0  # which has no logarithm, and `in_log10` says so


VALUES = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=40)


@given(VALUES, st.integers(1, 1000), st.booleans())
def test_a_level_lies_among_the_last_evaluations_and_knows_no_others(values: list[float], step: int, log10: bool) -> None:
    updates = [step * (number + 1) for number in range(len(values))]
    last = values[-math.ceil(len(values) / 4) :]
    found = level(values, updates, log10=log10)
    assert min(last) * (1 - 1e-9) <= found <= max(last) * (1 + 1e-9)
    assert found == level([1.0] * (len(values) - len(last)) + last, updates, log10=log10)
    if log10:
        assert math.log10(found) == pytest.approx(sum(map(math.log10, last)) / len(last), abs=1e-9)
    else:
        assert found == pytest.approx(sum(last) / len(last))


@given(VALUES)
def test_the_best_is_never_behind_the_final_one_or_the_level(values: list[float]) -> None:
    outcome = run(values, [100 * (number + 1) for number in range(len(values))])
    for higher in (True, False):
        prediction = dataclasses.replace(ABOVE, higher_is_better=higher)
        final, of_level, best = (read(outcome, prediction.reading_as(name), "here") or 0.0 for name in ("final", "level", "best"))
        sign = 1 if higher else -1
        assert sign * best >= sign * final
        assert sign * best * (1 + sign * 1e-9) >= sign * of_level


# --- Every kind that takes a metric ---

KINDS: list[Prediction] = [
    ABOVE,
    Below(**BASE, arm="a", threshold=0.0),
    Greater(**BASE, better="a", worse="b", smallest_effect=0.5),
    Greater(**BASE, better="a", worse="b", smallest_effect=0.5, in_all=True),
    Similar(**BASE, first="a", second="b", margin=1.0),
    Ranking(**BASE, order=(("a",), ("b",)), smallest_effect=1.0),
    MoreStable(**BASE, steadier="a", rougher="b", smallest_effect=1.0),
    FailsToConverge(**BASE, arm="a", baseline=0.0),
    MatchesPublished(**BASE, arm="a", published=5.0, useful_width=9.0),
]


def training(arm: str, place: int = 0) -> Training:
    network = Network("rin", hidden=ord(arm))
    return Training("smoke", Adding(50, 1000, 200), network, Optimizer("adam", 10.0 ** -(place + 1)), 32, 500, 5)


def claim(prediction: Prediction, recipes: int = 1) -> Claim:
    arms = tuple(Arm(name, tuple(training(name, place) for place in range(recipes))) for name in "ab")
    fields: dict[str, Any] = {"arms": {"smoke": arms}, "seeds": {"smoke": 8}}
    return Claim("paper/section/slug", "paper", "quote", Locator(section="1"), prediction, "statement", **fields)


def lookup(recipe: Recipe, seed: int) -> Outcome:
    """Every run has CURVE, raised by a hundredth a seed."""
    return run([value + seed / 100 for value in CURVE])


def arms_of(prediction: Prediction, recipes: int = 1, outcomes: Lookup = lookup) -> Mapping[str, Sequence[float | None]]:
    evidence = judge_claim(claim(prediction, recipes), "smoke", outcomes, {}).verdict.evidence
    assert evidence is not None
    return evidence.arms


@pytest.mark.parametrize("reading", CURVE_READINGS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.kind} {kind.columns}")
def test_every_kind_judges_the_number_that_its_reading_names(kind: Prediction, reading: CurveReading) -> None:
    for column in arms_of(dataclasses.replace(kind, **READ[reading])).values():
        assert column == pytest.approx([EXPECTED[reading] + seed / 100 for seed in range(len(column))])


def test_a_grid_and_a_mean_over_recipes_read_every_run() -> None:
    """Recipe 1 has CURVE, recipe 2 its half: their mean is three quarters, their mean shortfall from the best a quarter."""

    def outcomes(recipe: Recipe, seed: int) -> Outcome:
        assert isinstance(recipe, Training)
        return run([value * (1.0 if recipe.optimizer.learning_rate == 0.1 else 0.5) for value in CURVE])

    for reading, expected in EXPECTED.items():
        greater = dataclasses.replace(KINDS[2], **READ[reading])
        assert all(value == 0.75 * expected for column in arms_of(greater, 2, outcomes).values() for value in column)
        sensitive = LessSensitive(**BASE, **READ[reading], diverged_value=0.0, steadier="a", rougher="b", smallest_effect=0.5)
        assert all(value == pytest.approx(0.25 * expected) for column in arms_of(sensitive, 2, outcomes).values() for value in column)


def test_a_diverged_run_is_the_worst_rank_in_every_reading() -> None:
    def outcomes(recipe: Recipe, seed: int) -> Outcome:
        if seed == 3:
            return Outcome("diverged", {}, {"updates": UPDATES[:4], "score": CURVE[:4]}, 450, 450)
        return lookup(recipe, seed)

    for reading in CURVE_READINGS:
        (column, *_) = arms_of(dataclasses.replace(ABOVE, **READ[reading]), 1, outcomes).values()
        assert [seed for seed, value in enumerate(column) if value is None] == [3]


def test_a_claim_by_logarithms_compares_mean_logarithms() -> None:
    prediction = Greater(**BASE, **READ["level"], log10=True, better="a", worse="b", smallest_effect=0.5)
    curves = {ord("a"): (1.0, 1.0, 1.0, 1e-1, 1e-3), ord("b"): (1.0, 1.0, 1.0, 1e-3, 1e-3)}
    found = judge_claim(claim(prediction), "smoke", lambda recipe, seed: run(curves[recipe.network.hidden]), {})  # type: ignore[union-attr]
    assert found.verdict.evidence is not None
    assert found.verdict.evidence.values == pytest.approx([1.0] * found.verdict.evidence.n)  # 10^-2 against 10^-3


# --- What has no such curve ---


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("budget", {"score": 1.0}),
        Outcome("budget", {"score": 1.0}, {"updates": (1, 2), "score": (1.0, 2.0, 3.0)}),  # over steps, not evaluations
    ],
)
def test_a_reading_of_a_metric_without_evaluations_is_refused_in_one_line(outcome: Outcome) -> None:
    refused = claim(dataclasses.replace(ABOVE, **READ["level"]))
    with pytest.raises(ClaimError, match="'score' has no curve of evaluations, so it has no level reading; leave `reading` out"):
        judge_claim(refused, "smoke", lambda recipe, seed: outcome, {})
    assert judge_claim(claim(ABOVE), "smoke", lambda recipe, seed: outcome, {}).verdict.verdict == "reproduced"
    assert every_reading(outcome, ABOVE, "here") == {}


def test_a_curve_over_steps_that_is_as_long_as_the_evaluations_has_no_reading() -> None:
    near = NearZero("eq3/layer1", "u", "a test", arm="a", tolerance=1.0)
    assert every_reading(Outcome("budget", {}, {"updates": (1, 2), "eq3/layer1": (0.1, 0.2)}), near, "here") == {}


@pytest.mark.parametrize(
    ("prediction", "problem"),
    [
        (dataclasses.replace(ABOVE, reading="levle", why_reading="w"), "unknown reading 'levle'; did you mean level?"),
        (dataclasses.replace(ABOVE, reading="level"), "the reason for reading='level' is missing; fill in `why_reading`"),
        (
            LearnsFaster(**BASE, **READ["level"], faster="a", slower="b", smallest_effect=1.1),
            "LearnsFaster reads no curve of evaluations; leave `reading` out",
        ),
        (NearZero(**BASE, **READ["level"], arm="a", tolerance=1.0), "NearZero reads no curve of evaluations"),
        (Identity(**BASE, **READ["best"]), "Identity reads no curve of evaluations"),
    ],
)
def test_a_reading_that_cannot_be_is_refused_where_it_is_written(prediction: Prediction, problem: str) -> None:
    with pytest.raises(ClaimError) as refused:
        claim(prediction)
    assert problem in str(refused.value)


# --- What a reader sees ---


def test_the_words_of_a_reading() -> None:
    greater = dataclasses.replace(KINDS[2], **READ["level"])
    assert greater.reading_note == "level of score: mean over the evaluations in the last quarter of the run; a test"
    assert greater.region().reproduced == "the advantage of a over b (level of score) lies above 0"
    logged = dataclasses.replace(greater, log10=True)
    assert logged.metric_as_read == "level of score, by logarithms"
    assert "(level of log10 of score)" in logged.region().reproduced
    assert dataclasses.replace(ABOVE, **READ["best"]).region().reproduced == "best score of a lies above 0"
    assert ABOVE.region().reproduced == "score of a lies above 0"
    assert ABOVE.reading_note == ""


def test_a_report_shows_the_reading_its_reason_and_the_number_of_every_run() -> None:
    result = judge_claim(claim(dataclasses.replace(ABOVE, **READ["level"])), "smoke", lookup, {})
    entry = entry_of(result)
    assert {name: value for name, value in entry.trials[0].items() if "score" in name} == {"score": 7.0, "level of score": 5.5}
    assert trials_by_seed(entry)[0].by_seed[0] == "5.5"
    assert trials_show_the_arms(dataclasses.replace(entry, trials=entry.trials[:8]))
    report = build_report([result], {}, "2026-01-01T00:00:00", profile="smoke")
    note = "level of score: mean over the evaluations in the last quarter of the run; a test"
    assert note in html.dumps(report)
    assert note in markdown.dumps(report)
    data = json.loads(report_json.dumps(report))
    assert {name: data["claims"][0][name] for name in ("reading", "reading_note", "metric_as_read")} == {
        "reading": "level",
        "reading_note": note,
        "metric_as_read": "level of score",
    }
    assert report_json.loads(report_json.dumps(report)) == report


def test_a_printed_number_stands_beside_every_reading_of_our_runs() -> None:
    cell = papers.find("rin-2018/babi/table3/1/rin")
    outcome = Outcome("budget", {"test_accuracy": 7.0}, {"updates": UPDATES, "test_accuracy": CURVE}, 500)
    result = judge_claim(cell, "paper", lambda recipe, seed: outcome, {})
    assert result.verdict.evidence is not None
    assert result.verdict.evidence.details[1:] == ("means by reading of the curves: final 7 (judged), level 5.5, best 9",)
    assert set(result.verdict.evidence.arms["RIN"]) == {7.0}
    report = build_report([result], {}, "2026-01-01T00:00:00", profile="paper", papers=papers.registry().papers)
    ours = [text for table in printed_tables(report) for row in table.rows for text in row if "n = 8" in text]
    assert [text.partition(";")[2] for text in ours] == [" level 5.5; best 9"]
    diverged = judge_claim(cell, "paper", lambda recipe, seed: outcome if seed else Outcome("diverged", {}, diverged_at=1), {})
    assert diverged.verdict.evidence is not None
    assert not any("by reading" in line for line in diverged.verdict.evidence.details)


# --- What watches over it ---


@pytest.mark.parametrize("reading", ["level", "best"])
@pytest.mark.parametrize("log10", [False, True])
def test_the_guard_of_the_judging_sees_another_reading_passed_off_for_the_claimed_one(
    reading: CurveReading, log10: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = claim(Greater(**BASE, **READ[reading], log10=log10, better="a", worse="b", smallest_effect=0.5))
    assert every_run_counts(judge_claim(claimed, "smoke", lookup, {}), lookup) == ""
    monkeypatch.setattr(curve_readings, "level", lambda curve, updates, log10=False: curve[-1])
    monkeypatch.setattr(curve_readings, "max", lambda curve: curve[-1], raising=False)
    said = every_run_counts(judge_claim(claimed, "smoke", lookup, {}), lookup)
    assert "a, seed 0, stands as 7 in its evidence" in said


def test_the_best_seed_for_all_is_the_best_in_the_reading_of_the_claim() -> None:
    """Seed 0 has the best level, seed 1 the best final number."""
    curves = [(0.0, 0.0, 0.0, 9.0, 5.0), (0.0, 0.0, 0.0, 0.0, 8.0)]
    ((_, _, plant),) = next(fault for fault in JUDGING_FAULTS if fault.name == "best-seed-for-all").changes
    seen: list[Outcome] = []
    plant(lambda claim, profile, seeds, lookup: seen.append(lookup(training("a"), 1)))(
        claim(dataclasses.replace(ABOVE, **READ["level"])), "smoke", (0, 1), lambda recipe, seed: run(curves[seed])
    )
    assert seen[0].metrics["score"] == 5.0


# --- The rule of the papers here ---

EVALUATED = {"test_accuracy", "test_mse", "test_loss", "frame_error_rate"}
LEVEL_KINDS = {"Greater", "Ranking", "Closer", "Similar", "LessSensitive", "TableAgreement"}


def test_every_claim_keeps_the_rule_of_readings() -> None:
    read_by_level = 0
    for one in papers.all_claims():
        prediction = one.prediction
        if prediction.metric not in EVALUATED:
            assert (prediction.reading, prediction.why_reading) == ("final", ""), one.id
            continue
        assert prediction.why_reading, one.id
        assert prediction.reading == ("level" if prediction.kind in LEVEL_KINDS else "final"), one.id
        read_by_level += prediction.reading == "level"
    assert read_by_level == 57
