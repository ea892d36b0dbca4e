"""Runs are held against recorded ones by their bits, by their starts, and as clouds of seeds.

Outcomes are made by hand.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping

import numpy as np
import pytest
import scipy.stats
from drift_samples import HERE

from claims.cli import main
from claims.kinds.below_above import Below
from claims.report.drift import WORDS, Drift, summary
from claims.run.drift import Compared, drifts, made_alike
from claims.run.drift_sources import DriftError, compared, runs_of
from claims.run.starts import FACTOR, FLOOR, LIMIT, apart, difference, measured_tolerances, start
from claims.statistics.rankings import holm
from reference_results.errors import ReferenceDataError
from reference_results.recorded import packed, text_of_draws
from reference_results.start_tolerances import COLUMNS, StartTolerance, dumps, parse, start_tolerances
from reproductions.recipe_data import digest
from reproductions.recipes import Adding, Network, Optimizer, Probe, Training
from reproductions.trials import Outcome, Trial

RECIPE = Training("smoke", Adding(10, 1_000, 1_000), Network("rin"), Optimizer("adam", 1e-3), 50, 80, 4)
DIGEST = "a" * 64
ERROR = {"test_mse": Below("test_mse", "mean squared error", "a bound of the tests", higher_is_better=False, arm="rin", threshold=0.1)}
ELSEWHERE = {**HERE, "recurrence": "avx512"}
ALLOWED = StartTolerance(DIGEST, "a training", 4, ("test_mse",), 1e-6, 1e-5, ("avx2", "plain"), 5, "Some CPU", "2026-11-30")


def outcome(error: float | None, *, made: Mapping[str, object] = HERE, loss: float = 0.2, first: float = 0.18) -> Outcome:
    """Return a run that ends with ``error``, diverged for None; ``loss`` is its first loss, ``first`` its error at the first evaluation."""
    losses = {"updates": (1, 2, 4, 8), "train_loss": (loss, 0.19, 0.17, 0.1), "gradient_norm": (1.0, 0.9, 0.8, 0.7)}
    if error is None:
        return Outcome("diverged", {}, {}, 3, 3, provenance=made, first_losses=losses)
    return Outcome(
        "budget", {"test_mse": error}, {"updates": (40, 80), "test_mse": (first, error)}, 80, provenance=made, first_losses=losses
    )


def cloud(values: list[float | None], seeds: range, **changes: object) -> dict[int, Outcome]:
    return {seed: outcome(value, **changes) for seed, value in zip(seeds, values, strict=True)}  # type: ignore[arg-type]


def drift(now: Mapping[int, Outcome], record: Mapping[int, Outcome], allowed: StartTolerance | None = None) -> Drift:
    (found,) = drifts([Compared(DIGEST, "a training", ERROR, now, record)], {DIGEST: allowed} if allowed else {})
    return found


RNG = np.random.default_rng(0)
RECORD = cloud(RNG.normal(0.1, 0.01, 29).tolist(), range(29))


# --- Bits ---


def test_runs_that_equal_their_record_to_the_last_bit_have_the_same_bits() -> None:
    found = drift({seed: RECORD[seed] for seed in range(5)}, RECORD)
    assert (found.word, found.n, found.n_recorded, found.p) == ("same bits", 5, 24, None)


def test_one_last_bit_that_differs_where_all_should_be_alike_is_drift() -> None:
    now = {seed: RECORD[seed] for seed in range(5)}
    error = RECORD[3].metrics["test_mse"]
    assert error is not None
    now[3] = outcome(math.nextafter(error, 1.0))
    found = drift(now, RECORD)
    assert found.word == "drifted"
    assert "seed 3 differs from its record in metrics and curves" in found.why


@pytest.mark.parametrize("change", [{"recurrence": "plain"}, {"cpu_kind": "Other family 1 model 1"}, {"packages": {"torch": "2.14.0"}}])
def test_other_kernels_processors_and_versions_need_not_give_the_same_bits(change: Mapping[str, object]) -> None:
    assert made_alike(outcome(0.1), outcome(0.2))
    assert not made_alike(outcome(0.1), outcome(0.2, made={**HERE, **change}))


def test_an_outcome_that_does_not_say_what_processor_made_it_is_of_another() -> None:
    unsaid = {name: value for name, value in HERE.items() if name != "cpu_kind"}
    assert not made_alike(outcome(0.1, made=unsaid), outcome(0.1, made=unsaid))


# --- Starts ---


def test_starts_within_the_tolerance_are_the_same_start() -> None:
    now = {seed: dataclasses.replace(outcome(0.1 + seed / 1000, loss=0.2 * (1 + 9e-6)), provenance=ELSEWHERE) for seed in range(5)}
    found = drift(now, RECORD, ALLOWED)
    assert found.word == "same start"
    assert "within 0.9 of the tolerance" in found.why


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"loss": 0.2 * (1 + 2e-5)}, "train_loss of update 1, seed 2"), ({"first": 0.09}, "test_mse of the first evaluation, seed 2")],
)
def test_a_start_beyond_the_tolerance_is_drift_and_is_named(changes: dict[str, float], said: str) -> None:
    found = drift(cloud([0.1] * 5, range(5), made=ELSEWHERE, **changes), RECORD, ALLOWED)
    assert found.word == "drifted"
    assert f"the start differs: {said}" in found.why


@pytest.mark.parametrize(("moved", "word"), [(1, "same start"), (2, "same start"), (3, "drifted"), (5, "drifted")])
def test_a_start_has_moved_where_it_did_in_more_than_half_of_the_seeds(moved: int, word: str) -> None:
    now = {seed: outcome(0.1 + seed / 1000, loss=0.3 if seed < moved else 0.2, made=ELSEWHERE) for seed in range(5)}
    found = drift(now, RECORD, ALLOWED)
    assert found.word == word
    if word == "same start":
        assert f"{5 - moved} of 5 starts within the tolerance" in found.why


def test_a_start_has_losses_alone_because_accuracies_jump_and_layers_are_measured_at_the_end() -> None:
    curves = {"updates": (5, 10), "test_accuracy": (10.0, 20.0), "train_loss": (2.0, 1.0), "variance/layer1": (0.1, 0.2)}
    kept = start(dataclasses.replace(outcome(0.1), curves=curves))
    assert {name for name, update in kept if not update} == {"train_loss"}


def test_what_the_tolerance_does_not_count_is_not_compared() -> None:
    late = {**outcome(0.1).first_losses, "train_loss": (0.2, 0.19, 0.17, 99.0)}  # after update 4
    now = {seed: dataclasses.replace(outcome(0.1, made=ELSEWHERE), first_losses=late) for seed in range(5)}
    assert drift(now, RECORD, ALLOWED).word == "same start"
    assert drift(now, RECORD, dataclasses.replace(ALLOWED, through=8)).word == "drifted"


def test_runs_without_first_losses_have_no_start() -> None:
    old = dataclasses.replace(outcome(0.1), first_losses={})
    assert start(old) == {}
    assert math.isnan(apart(start(old), start(outcome(0.1)), ALLOWED)[0])


def test_a_difference_is_relative_to_the_larger_number() -> None:
    assert difference(0.0, 0.0) == 0.0
    assert difference(1.0, -1.0) == 2.0
    assert difference(3.0, 4.0) == difference(4.0, 3.0) == 0.25


def test_tolerances_are_measured_over_the_paths_until_they_part() -> None:
    trial = Trial(RECIPE, 0)

    def under(loss: float, first: float) -> dict[Trial, object]:
        one = outcome(0.1, first=first)
        losses = {**one.first_losses, "train_loss": (0.2, 0.19 * (1 + loss), 0.17 * (1 + 2 * LIMIT * bool(loss)), 0.1)}
        return {trial: start(dataclasses.replace(one, first_losses=losses))}

    (row,) = measured_tolerances({"avx2": under(0.0, 0.18), "plain": under(LIMIT / 4, 0.19)}, "Some CPU")  # type: ignore[dict-item]
    assert (row.recipe, row.through, row.curves, row.seeds) == (digest(RECIPE), 2, (), 1)  # the first evaluations lie 5 % apart
    assert row.largest == pytest.approx(LIMIT / 4, rel=1e-4)
    assert row.tolerance == pytest.approx(FACTOR * LIMIT / 4, rel=1e-4)
    (exact,) = measured_tolerances({"avx2": under(0.0, 0.18), "plain": under(0.0, 0.18)}, "Some CPU")  # type: ignore[dict-item]
    assert (exact.through, exact.curves, exact.tolerance) == (8, ("test_mse",), FLOOR)


def test_probes_and_trials_that_a_path_lacks_have_no_tolerance() -> None:
    one, probe = start(outcome(0.1)), Trial(Probe("smoke", "cells"), 0)
    assert not list(measured_tolerances({"avx2": {Trial(RECIPE, 0): one}, "plain": {Trial(RECIPE, 1): one}}, "Some CPU"))
    assert not list(measured_tolerances({"avx2": {probe: one}, "plain": {probe: one}}, "Some CPU"))


def test_the_table_of_tolerances_is_read_as_it_was_written() -> None:
    assert parse(dumps([ALLOWED])) == {DIGEST: ALLOWED}
    assert start_tolerances() is not None


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [("recipe", "abc", "no digest"), ("through", "-1", "not a whole number"), ("tolerance", "nan", "do not rise"), ("date", "now", "date")],
)
def test_a_tolerance_that_is_none_is_refused_with_its_line(column: str, value: str, said: str) -> None:
    header, line = dumps([ALLOWED]).splitlines()
    values = line.split(",")
    values[COLUMNS.index(column)] = value
    with pytest.raises(ReferenceDataError, match=f"line 2.*{said}"):
        parse(f"{header}\n{','.join(values)}\n")


# --- Clouds ---


def test_the_p_values_are_those_of_scipy_and_of_holm() -> None:
    now = cloud(RNG.normal(0.105, 0.01, 5).tolist(), range(100, 105), made=ELSEWHERE)
    other = cloud(RNG.normal(0.1, 0.01, 29).tolist(), range(29))
    found = drifts([Compared("a" * 64, "one", ERROR, now, RECORD), Compared("b" * 64, "two", ERROR, now, other)], {})
    errors = [one.metrics["test_mse"] for one in now.values()]
    expected = [
        scipy.stats.mannwhitneyu(errors, [one.metrics["test_mse"] for one in seeds.values()], method="exact").pvalue
        for seeds in (RECORD, other)
    ]
    by_recipe = {one.recipe: one.p for one in found}
    assert [by_recipe["a" * 64], by_recipe["b" * 64]] == pytest.approx(holm(expected), rel=1e-6)


def test_a_large_shift_of_five_seeds_is_drift() -> None:
    found = drift(cloud([0.2] * 5, range(5), made=ELSEWHERE), RECORD)
    assert found.word == "drifted"
    assert found.p == pytest.approx(2 / math.comb(29, 5))  # the floor: all five above the 24 others


def test_runs_that_diverge_where_none_did_are_drift() -> None:
    found = drift(cloud([None] * 5, range(5), made=ELSEWHERE), RECORD)
    assert (found.word, found.diverged, found.recorded_diverged) == ("drifted", 5, 0)


def test_a_cloud_that_lies_where_the_record_lies_is_equivalent() -> None:
    middle = sorted(one.metrics["test_mse"] or 0.0 for one in RECORD.values())[5:25:4]
    found = drift(cloud([value + 1e-9 for value in middle], range(100, 105), made=ELSEWHERE), RECORD)
    assert found.word == "equivalent"
    assert found.n_recorded == 29


def test_too_few_seeds_are_not_told_apart_and_say_so() -> None:
    found = drift(cloud([0.5] * 2, range(100, 102), made=ELSEWHERE), RECORD)
    assert (found.word, found.why, found.shift) == ("not told apart", "fewer than 3 seeds on one side", None)


def test_seeds_that_the_run_trained_too_are_left_out_of_the_record_where_others_are_enough() -> None:
    record = cloud([0.1, 0.11, 0.12, 0.13, 0.14], range(5), made=ELSEWHERE)
    assert Compared(DIGEST, "", ERROR, {0: RECORD[0], 1: RECORD[1]}, record).others.keys() == {2, 3, 4}
    assert Compared(DIGEST, "", ERROR, {0: RECORD[0], 1: RECORD[1], 2: RECORD[2]}, record).others.keys() == set(range(5))


def test_the_summary_counts_every_word_once() -> None:
    base = drift({seed: RECORD[seed] for seed in range(5)}, RECORD)
    found = [dataclasses.replace(base, word=word) for word in WORDS]
    assert summary(found) == (
        "5 numbers held against recorded draws: 1 drifted, 1 not told apart, 1 equivalent, 1 same start and 1 same bits"
    )
    assert summary([]) == ""


# --- Where runs come from ---


def test_two_sides_without_a_common_recipe_are_refused_in_one_line() -> None:
    with pytest.raises(DriftError, match="no trial of a recipe in common"):
        compared({}, runs_of({Trial(RECIPE, 0): outcome(0.1)}), (), None)


def test_a_place_that_is_not_there_is_one_line_and_exit_code_2(tmp_path, capsys) -> None:
    assert main(["drift", str(tmp_path / "nothing")]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "name a store, a report's folder or a file of draws" in error


def test_draws_packed_by_gzip_are_the_same_text(tmp_path) -> None:
    file = tmp_path / "draws.jsonl.gz"
    file.write_bytes(packed("one\ntwo\n", file.name))
    assert text_of_draws(file) == "one\ntwo\n"
    assert packed("one\n", file.name) == packed("one\n", file.name)
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(ReferenceDataError, match=r"draws\.jsonl\.gz cannot be read"):
        text_of_draws(file)


def test_the_project_equals_its_own_record(tmp_path, capsys) -> None:
    file = "reference_results/recorded/compact-2026-11-21.jsonl.gz"
    assert main(["drift", file, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["word"] for one in found} == {"same bits"}
