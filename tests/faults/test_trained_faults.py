"""Networks that were trained with a planted fault: it is noticed by verdict, by guard or by drift.

The whole path is tested on a claim that trains in a second, and so is the table kept.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json

import pytest

import reference_results
from claims.cli import main
from claims.commands import faults as command
from claims.commands.faults import faults_here
from claims.faults import with_training
from claims.faults.drifted import Healthy
from claims.faults.known_faults import FaultError, WatchedFault
from claims.faults.with_training import TrainedReport
from claims.faults.without_training import needs_no_training
from claims.judging.judge import trials_of
from claims.kinds import Below
from claims.model import Arm, Claim, Locator
from claims.report.content import planted_faults as shown
from claims.report.guards import Alarm, GuardResults
from reference_results import ReferenceDataError, expected_verdicts
from reference_results.expected import ExpectedVerdict
from reference_results.planted_faults import planted_faults
from reference_results.planted_faults_trained import (
    FACTS,
    NOT_RUN,
    TrainedRow,
    TrainedVerdict,
    dumps,
    parse,
    planted_faults_trained,
    tells,
)
from reference_results.start_tolerances import StartTolerance
from reproductions import cells, optimizers, training
from reproductions.faults import Fault
from reproductions.faults.in_training import TRAINING_FAULTS
from reproductions.recipe_data import digest
from reproductions.recipes import Adding, Network, Optimizer, Training
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome

SEEDS = 5
RECIPE = Training("smoke", Adding(2, 64, 100), Network("rin", hidden=8), Optimizer("adam", 1e-2, 100.0), 32, 60, 1)
TINY = Claim(
    id="rin-2018/adding/tiny",
    paper="rin-2018",
    quote="The baseline MSE of the task is 0.167.",
    locator=Locator(section="3.1"),
    prediction=Below(metric="test_mse", unit="MSE", higher_is_better=False, why="untrained it is near 1", arm="RIN", threshold=0.5),
    statement="Over two steps a RIN begins to add.",
    arms={"smoke": (Arm("RIN", (RECIPE,)),)},
    seeds={"smoke": SEEDS},
)


TINY_TRIALS = trials_of(TINY, "smoke")
STILL = ((optimizers.Adam, "step", lambda step: lambda *arguments: None),)
BREAKS = WatchedFault(Fault("no-updates", "the optimiser changes nothing", STILL), (TINY,), (TINY,))
NOTHING = Fault("harmless", "nothing is changed", ((cells, "WEIGHT_STD", lambda sd: sd),))
HARMLESS = WatchedFault(NOTHING, (TINY,), (TINY,))
OTHER_ORDER = ((training, "torch_generator", lambda generator: lambda *key: generator("other", *key)),)
KEEPS = WatchedFault(Fault("another-order", "batches are drawn in another order", OTHER_ORDER), (TINY,), (TINY,), "any order learns")


def recorded(verdict: str = "reproduced") -> dict[tuple[str, str], ExpectedVerdict]:
    """A table of recorded verdicts that holds the tiny claim's alone."""
    return {(TINY.id, "smoke"): ExpectedVerdict(verdict, "", "")}


def trained_faults() -> tuple[WatchedFault, ...]:
    return tuple(fault for fault in faults_here() if fault.trained)


@functools.cache
def healthy() -> Healthy:
    return with_training.control([TINY], recorded(), Healthy({}, numbers=100))[1]


def check(fault: WatchedFault, departed: tuple[str, ...] = ()) -> TrainedReport:
    return with_training.check(fault, recorded(), healthy(), departed)


@pytest.fixture
def of_tiny(monkeypatch):
    """A repository whose papers name the faults given, with the tiny claim recorded as reproduced."""

    def set_up(*faults: WatchedFault) -> None:
        monkeypatch.setattr(command, "faults_here", lambda: faults)
        monkeypatch.setattr(reference_results, "expected_verdicts", lambda table: recorded())

    return set_up


# --- A fault is noticed by what training under it measures, and by nothing else ---


def test_a_claim_trained_with_a_fault_changes_its_verdict_and_the_report_says_from_what_to_what():
    report = check(BREAKS)
    (verdict,) = report.claims
    assert (verdict.claim, verdict.expected, verdict.got, verdict.noticed) == (TINY.id, "reproduced", "contradicted", True)
    assert (report.noticed, report.passed) == (True, True)
    assert report.verdicts == (TINY.id,)
    assert {"first-step-size", "first-update"} <= set(report.guards)
    assert (verdict.bits, verdict.ways) == (f"{SEEDS} of {SEEDS}", ("verdict", "guard", "drift: bits"))
    assert report.message.startswith(f"no-updates: {TINY.id} reproduced -> contradicted (RIN lies below 0.5 MSE in 0 of 5 seeds")


def test_a_fault_that_is_not_planted_goes_unnoticed(monkeypatch):
    monkeypatch.setattr(Fault, "plant", lambda self: contextlib.nullcontext())
    report = check(BREAKS)
    assert (report.noticed, report.noticed_by, report.passed) == (False, (), False)
    assert report.message == f"no-updates goes unnoticed where {TINY.id} train with it; add a guard for: the optimiser changes nothing"
    assert [one.bits for one in report.claims] == [f"0 of {SEEDS}"]


def test_a_fault_that_keeps_the_verdict_is_noticed_by_its_bits_and_its_start():
    """Other samples are in the first batch; no guard knows which they should be."""
    report = check(KEEPS)
    (verdict,) = report.claims
    assert (verdict.got, verdict.noticed, report.verdicts) == ("reproduced", False, ())
    assert verdict.ways == ("drift: bits",)
    allowed = StartTolerance(digest(RECIPE), "a training", 64, ("test_mse",), 1e-6, 1e-5, (), SEEDS, "", "")
    with_start = dataclasses.replace(healthy(), tolerances={digest(RECIPE): allowed})
    (verdict,) = with_training.check(KEEPS, recorded(), with_start).claims
    assert verdict.ways == ("drift: bits", "drift: start or cloud")
    assert float(verdict.start) > 1


def test_runs_that_a_fault_copied_between_seeds_are_noticed_by_a_guard():
    copies = WatchedFault(next(fault for fault in TRAINING_FAULTS if fault.name == "copies-of-one-run"), (), (TINY,))
    report = check(copies)
    assert "distinct-runs" in report.guards
    assert [one.bits for one in report.claims] == [f"{SEEDS - 1} of {SEEDS}"]


def test_a_claim_that_departs_from_its_record_without_the_fault_notices_nothing():
    control, _ = with_training.control([TINY], recorded("inconclusive"), Healthy({}))
    assert (control.noticed_by, control.passed) == ((TINY.id,), False)
    assert control.message == f"without any fault: {TINY.id} inconclusive -> reproduced"
    assert not check(BREAKS, departed=control.noticed_by).verdicts


def test_a_guard_that_fails_without_the_fault_fails_the_control_and_notices_nothing(monkeypatch):
    failing = GuardResults(("two-markers",), (Alarm("two-markers", "", "three numbers are marked"),))
    monkeypatch.setattr(with_training, "guard_results", lambda *_: failing)
    control, _ = with_training.control([TINY], recorded(), Healthy({}))
    assert (control.noticed_by, control.passed) == (("two-markers",), False)
    assert "guard two-markers: three numbers are marked" in control.message
    assert check(HARMLESS).guards == ("two-markers",)
    assert check(HARMLESS, departed=control.noticed_by).guards == ()


@pytest.mark.parametrize(("expected", "got"), [("contradicted", "inconclusive"), ("inconclusive", "contradicted"), ("reproduced",) * 2])
def test_only_a_change_from_or_to_reproduced_counts(expected, got):
    assert not tells(expected, got)
    assert tells("reproduced", "inconclusive")
    assert tells("contradicted", "reproduced")


def test_a_claim_without_a_recorded_verdict_is_refused_in_one_line():
    with pytest.raises(FaultError, match=rf"^{TINY.id} has no smoke verdict on record[^\n]*; record one in expected_verdicts.csv$"):
        with_training.check(HARMLESS, {}, healthy())


# --- What is trained under a fault leaves no trace ---


def test_after_the_fault_is_lifted_the_same_trial_gives_the_same_outcome_as_before():
    before = training.train(TINY_TRIALS[0])
    check(BREAKS)
    after = training.train(TINY_TRIALS[0])
    assert (after.metrics, after.curves) == (before.metrics, before.curves)


def test_the_control_takes_what_a_store_has_and_nothing_is_ever_written_there(of_tiny, tmp_path, capsys):
    of_tiny(BREAKS)
    store = Store(tmp_path)
    for trial in TINY_TRIALS[:-1]:
        store.put(trial, Outcome("budget", {"test_mse": 0.9}))
    kept = {path.name: path.read_bytes() for path in tmp_path.rglob("*.json")}
    assert main(["faults", "--trained", "--csv", "--claims-store", str(tmp_path)]) == 1  # a stored error of 0.9 contradicts the record
    table = parse(capsys.readouterr().out)
    assert table.facts["control"] == "1 claim, 5 runs, 4 of them from a store"
    assert [one.got for one in table.control.verdicts] == ["inconclusive"]
    assert len(kept) == len(TINY_TRIALS) - 1
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*.json")} == kept


def test_a_damaged_outcome_of_the_store_is_named_and_its_trial_trained(of_tiny, tmp_path, capsys):
    of_tiny(BREAKS)
    store = Store(tmp_path)
    store.put(TINY_TRIALS[0], Outcome("budget", {"test_mse": 0.9}))
    store.path(TINY_TRIALS[0]).write_text("{", encoding="utf-8")
    assert main(["faults", "--trained", "--csv", "--claims-store", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert parse(captured.out).facts["control"] == "1 claim, 5 runs, 0 of them from a store"
    assert "is truncated or no JSON; it was set aside" in captured.err


# --- The command ---


def test_the_command_prints_the_promised_objects_and_fails_for_a_missed_fault(of_tiny, capsys):
    of_tiny(BREAKS, HARMLESS)
    assert main(["faults", "--trained", "--json"]) == 1
    captured = capsys.readouterr()
    control, breaks, harmless = json.loads(captured.out)
    assert set(breaks) == {
        *("fault", "description", "named_claims", "noticed", "noticed_by", "guards", "message", "claims", "kept_because")
    }
    assert [row["fault"] for row in (control, breaks, harmless)] == ["none", "no-updates", "harmless"]
    assert [row["noticed"] for row in (control, breaks, harmless)] == [False, True, False]
    (said,) = breaks["claims"]
    assert (said["claim"], said["expected"], said["got"], said["noticed"]) == (TINY.id, "reproduced", "contradicted", True)
    assert (said["bits"], said["start"], said["elsewhere"]) == (f"{SEEDS} of {SEEDS}", "", False)
    assert "first-update" in said["guards"]
    assert captured.err.splitlines() == [f"rin-claims: {row['message']}" for row in (control, breaks, harmless)]


def test_the_table_counts_the_ways_in_which_faults_are_noticed(of_tiny, capsys):
    of_tiny(BREAKS, KEEPS)
    assert main(["faults", "--trained"]) == 0
    out = capsys.readouterr().out
    assert "2 faults, 0 unnoticed; 1 by verdict, 1 by guard, 2 by drift: bits, 0 by drift: start or cloud" in out
    assert main(["faults", "--trained", "--only", "no-updates"]) == 0
    assert "another-order" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--trained", "--quick"], "--quick trains nothing; leave it out"),
        (["--trained", "--only", "table-1-mistyped"], "no claim is trained with table-1-mistyped; with --trained choose one of "),
        (["--trained", "--claims-store", "nowhere/at/all"], "there is no store nowhere/at/all; name the folder"),
        (["--claims-store", "nowhere/at/all"], "--claims-store serves --trained alone"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_one_line(arguments, said, capsys):
    assert main(["faults", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"rin-claims: error: {said}")
    assert captured.err.count("\n") == 1


# --- The faults and the table kept ---


def test_every_claim_that_is_trained_with_a_fault_trains_in_smoke_and_has_a_recorded_verdict():
    faults = trained_faults()
    assert len(faults) >= 10
    for fault in faults:
        for claim in fault.trained:
            assert not needs_no_training(claim)
            assert trials_of(claim, "smoke")
            assert (claim.id, "smoke") in expected_verdicts()
    assert all(fault.trained for fault in faults_here() if fault.kept_because)


def test_the_kept_table_has_the_faults_claims_and_records_of_now():
    table = planted_faults_trained()
    faults = trained_faults()
    again = table.facts["command"]
    assert again.removesuffix(" --claims-store=DIR") == "rin-claims faults --trained --csv"
    now = [(fault.name, fault.fault.description, fault.kept_because, [claim.id for claim in fault.trained]) for fault in faults]
    there = [(row.fault, row.description, row.kept_because, [one.claim for one in row.verdicts]) for row in table.rows]
    assert there == [one for one in now if one[0] in {row.fault for row in table.rows}], again
    recorded = expected_verdicts()
    for row in (table.control, *table.rows):
        assert all(one.expected == recorded[one.claim, "smoke"].expected for one in row.verdicts), again


@pytest.mark.parametrize("fault", trained_faults(), ids=lambda fault: fault.name)
def test_in_the_kept_table_every_fault_is_noticed(fault):
    table = planted_faults_trained()
    (row,) = [row for row in table.rows if row.fault == fault.name] or [None]
    if row is None or not row.compared:
        pytest.skip(f"not run: {table.facts['command']}")
    assert row.ways
    assert fault.name != "half-of-digits-scored" or all("whole-test-is-scored" in one.guards for one in row.verdicts)
    assert not row.kept_because or "verdict" not in row.ways


def test_in_the_kept_control_every_trained_claim_gives_its_recorded_verdict():
    table = planted_faults_trained()
    assert {one.claim for one in table.control.verdicts} == {one.claim for row in table.rows for one in row.verdicts}
    assert all(one.got == one.expected for one in table.control.verdicts)


def test_a_table_survives_its_file_and_a_damaged_one_is_refused_in_one_line():
    facts = dict.fromkeys(FACTS, "1")
    claim = "rin-2018/adding/tiny"
    control = TrainedRow("none", "nothing is changed", (TrainedVerdict(claim, "reproduced", "reproduced", False),))
    told = TrainedVerdict(claim, "reproduced", "contradicted", True, ("first-update",), "5 of 5", "320", "0.5", True)
    older = TrainedVerdict(claim, "reproduced", "reproduced", False, (), NOT_RUN, NOT_RUN, NOT_RUN)
    rows = [control, TrainedRow("first", "a fault", (told,)), TrainedRow("older", "another", (older,), "so it is")]
    text = dumps(facts, rows)
    table = parse(text)
    assert (table.facts, [table.control, *table.rows]) == (facts, rows)
    for damaged in (
        text.replace("contradicted,yes,", "contradicted,maybe,"),
        text.replace("reproduced,contradicted,yes", "contradicted,inconclusive,yes"),
        text.replace("5 of 5", "6 of 5"),
        text.replace("320", "0.9"),
        text.replace("not run,not run", "not run,0", 1),
        text.replace("# date", "# day"),
        text.replace("none,", "nothing,"),
        text + text.splitlines()[-1],
    ):
        assert damaged != text
        with pytest.raises(ReferenceDataError, match=r"^[^\n]*rin-claims faults --trained --csv > [^\n]*planted_faults_trained.csv`$"):
            parse(damaged)


def test_the_report_shows_the_verdicts_beside_what_noticed_the_fault():
    table, trained = planted_faults(), planted_faults_trained()
    rows = {row[0]: row for row in shown.rows(table, trained)}
    (told,) = (row for row in trained.rows if row.fault == "labels-shuffled")
    assert told.noticed_by
    for one in (one for one in told.verdicts if one.noticed):
        assert f"{one.claim}: {one.expected} → {one.got}" in rows["labels-shuffled"][3]
    assert rows["table-1-mistyped"][3] == "not run"
    assert {len(row) for row in rows.values()} == {len(shown.COLUMNS)}
    assert any("rin-claims faults --trained --csv" in sentence for sentence in shown.summary(table, trained))
