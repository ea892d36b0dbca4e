"""Every planted fault is noticed, and the clean code raises none of the alarms."""

from __future__ import annotations

import dataclasses
import functools
import json
from types import SimpleNamespace

import pytest

from claims.cli import main
from claims.commands import faults as command
from claims.commands.faults import faults_here
from claims.faults import without_training
from claims.faults.drifted import drifted_of_runs
from claims.faults.in_judging import JUDGING_FAULTS
from claims.faults.known_faults import WatchedFault
from claims.faults.without_training import UntrainedReport
from claims.run.every_run_counts import NAME
from reference_results import ReferenceDataError, expected_verdicts
from reference_results.planted_faults import FACTS, FaultRow, dumps, parse, planted_faults
from reproductions import cells, guards, kernel_choice
from reproductions.faults import Fault
from reproductions.faults.in_cells import CELL_FAULTS
from reproductions.faults.in_data import DATA_FAULTS
from reproductions.faults.in_kernels import KERNEL_FAULTS
from reproductions.faults.in_measurement import MEASUREMENT_FAULTS
from reproductions.faults.in_steps import STEP_FAULTS
from reproductions.faults.in_training import TRAINING_FAULTS
from reproductions.guards import of_outcomes, of_recipes, tiny_runs
from reproductions.guards.of_outcomes import OUTCOME_GUARDS

FAULTS = faults_here()
CLAIMS = {claim.id: claim for fault in FAULTS for claim in fault.claims}
JUDGED = tuple(name for name, claim in CLAIMS.items() if without_training.needs_no_training(claim))
HARMLESS = WatchedFault(Fault("harmless", "nothing is changed", ((cells, "WEIGHT_STD", lambda sd: sd),)), (CLAIMS[JUDGED[0]],))


@functools.cache
def before() -> dict[str, str]:
    """The verdicts without any fault."""
    return without_training.verdicts(CLAIMS.values())


@functools.cache
def report(name: str) -> UntrainedReport:
    (fault,) = (fault for fault in FAULTS if fault.name == name)
    return without_training.check(fault, before())


def test_there_is_a_fault_of_every_kind_and_each_has_its_own_name():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 60
    # these name no claim, because guards notice them
    judging, *texts_and_speech = (fault.name for fault in FAULTS if not fault.claims)
    assert judging == "best-evaluation-for-level"
    assert len(texts_and_speech) == 6


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_noticed(fault):
    if reason := fault.fault.inapplicable():
        pytest.skip(reason)
    found = report(fault.name)
    assert found.noticed, found.message
    assert found.message.startswith(f"{fault.name}: ")
    assert all(name in found.message for name in found.noticed_by)
    named = [claim.id for claim in fault.claims if claim.id in JUDGED or fault.fault in JUDGING_FAULTS]
    kept = [name for name in named if name not in found.noticed_by]
    assert not kept, f"named claims that do not notice {fault.name}"
    assert found.noticed_by == (*found.verdicts, *found.guards)


def test_whatever_changes_a_number_of_a_run_gives_the_tiny_runs_other_bits():
    of_runs = (*CELL_FAULTS, *DATA_FAULTS, *STEP_FAULTS, *TRAINING_FAULTS, *MEASUREMENT_FAULTS)
    # tiny runs have no deep transitions, one epoch of short sequences, and measure no inner state
    unseen = {"one-transition", "other-order-on-long-test", "new-order-every-epoch", "estimation-over-time", "estimation-at-step-1"}
    assert {fault.name for fault in of_runs if not fault.inapplicable() and report(fault.name).bits.startswith("0 ")} == unseen
    judging = {fault.name for fault in JUDGING_FAULTS if not report(fault.name).bits.startswith("0 ")}
    assert not judging


def test_healthy_tiny_runs_start_alike_on_every_kernel_path(monkeypatch):
    """So a start beyond the largest tolerance shows a fault on any processor."""
    here = tiny_runs.outcomes(without_training.GUARD_SEED)
    monkeypatch.setenv(kernel_choice.VARIABLE, "torch")
    found = drifted_of_runs(tiny_runs.outcomes(without_training.GUARD_SEED), here)
    assert found.start is not None
    assert found.start < 0.5


def test_every_guard_notices_some_fault():
    of_steps = {name for named in of_recipes.STEP_GUARDS.values() for name in named}
    of_recipe = {*of_recipes.TASK_GUARDS, *of_steps, *of_recipes.RECIPE_GUARDS}
    every = {*guards.GUARDS, *of_recipe, *OUTCOME_GUARDS, of_outcomes.DISTINCT_NETWORKS, NAME}
    idle = every - {name for fault in FAULTS if not fault.fault.inapplicable() for name in report(fault.name).noticed_by}
    assert idle <= {"whole-test-is-scored"}, "guards that no planted fault needs"  # it needs more scores than tiny runs have


def test_the_faults_of_the_compiled_kernels_are_seen_in_single_precision_alone():
    compiled = [fault for fault in FAULTS if fault.fault.compiled]
    assert len(compiled) >= 4
    for fault in compiled:
        if not fault.fault.inapplicable():
            assert {"memory-cell-carries", "fast-forward-is-reference", "fast-backward-is-reference"} & set(report(fault.name).noticed_by)
            assert "float32" in report(fault.name).message
            assert "float64" not in report(fault.name).message


# --- Without a fault ---


def test_no_guard_raises_an_alarm_on_the_clean_code_over_20_fresh_seed_sets():
    assert without_training.false_alarms(20) == {}


def test_an_alarm_on_any_seed_set_is_reported_with_its_number(monkeypatch):
    at = {without_training.SEEDS * 2: {"two-markers": "three numbers are marked"}}
    monkeypatch.setattr(without_training, "_seen", lambda seed: SimpleNamespace(alarms=at.get(seed, {})))
    assert without_training.false_alarms(3) == {"two-markers": "seed set 2: three numbers are marked"}


def test_the_quick_faults_are_few_and_of_every_kind():
    groups = (CELL_FAULTS, KERNEL_FAULTS, DATA_FAULTS, STEP_FAULTS, TRAINING_FAULTS, MEASUREMENT_FAULTS, JUDGING_FAULTS)
    quick = {fault.name for fault in without_training.quick(FAULTS)}
    assert all({fault.name for fault in group} & quick for group in groups)
    assert len(quick) <= len(FAULTS) / 3


def test_no_guard_raises_an_alarm_on_torchs_operations(monkeypatch):
    monkeypatch.setenv(kernel_choice.VARIABLE, "torch")
    assert guards.alarms(1) == {}


@pytest.mark.parametrize("name", JUDGED, ids=lambda name: name.replace("/", "."))  # by its id alone the plugin would take it for the claim
def test_a_named_claim_keeps_its_recorded_verdict_after_all_faults_were_taken_out(name):
    assert without_training.verdicts([CLAIMS[name]])[name] == expected_verdicts()[name, "smoke"].expected


def test_a_fault_is_taken_out_even_when_the_code_under_it_fails():
    def attributes() -> list[object]:
        return [vars(owner).get(attribute) for fault in FAULTS for owner, attribute, _ in fault.fault.changes]

    def fail_under(fault: WatchedFault) -> None:
        with fault.fault.plant():
            assert any(found is not kept for found, kept in zip(attributes(), clean, strict=True))
            raise ZeroDivisionError

    clean = attributes()
    for fault in FAULTS:
        with pytest.raises(ZeroDivisionError):
            fail_under(fault)
        assert all(found is kept for found, kept in zip(attributes(), clean, strict=True))


def test_a_change_that_matters_to_nothing_is_not_noticed():
    found = without_training.check(HARMLESS, before())
    assert (found.noticed, found.noticed_by) == (False, ())
    assert found.message == (
        f"harmless goes unnoticed: {JUDGED[0]} kept the verdict, and every guard passed; add a guard for: nothing is changed"
    )


def test_a_guard_that_fails_without_the_fault_does_not_notice_it(monkeypatch):
    clean = without_training._clean()
    monkeypatch.setattr(without_training, "_clean", lambda: dataclasses.replace(clean, alarms={"two-markers": "always"}))
    monkeypatch.setattr(guards, "GUARDS", {"two-markers": lambda seed: "always"})
    assert not without_training.check(HARMLESS, before()).noticed


# --- The table kept ---


def test_the_kept_table_has_every_fault_as_it_is_now_and_none_unnoticed():
    table = planted_faults()
    assert [(row.fault, row.description) for row in table.rows] == [(fault.name, fault.fault.description) for fault in FAULTS], table.facts[
        "command"
    ]
    assert all(row.noticed_by for row in table.rows)
    assert (table.facts["clean seed sets"], table.facts["clean alarms"]) == ("20", "0")


def test_a_table_survives_its_file_and_a_damaged_one_is_refused_in_one_line():
    facts = dict.fromkeys(FACTS, "1")
    rows = (
        FaultRow("first", "a fault", ("rin-2018/formal/dt-depth",), ("two-markers", "no-leak"), "3 of 35", "2.5e+04"),
        FaultRow("second", "another", (), (), "0 of 35", "0"),
    )
    text = dumps(facts, rows)
    assert parse(text).rows == rows
    for damaged in (
        text.replace(",yes,", ",no,"),
        text.replace("3 of 35", "36 of 35"),
        text.replace("2.5e+04", "far"),
        text.replace("# date", "# day"),
        text.replace("fault,", "name,"),
        text + "\n".join([text]),
    ):
        with pytest.raises(ReferenceDataError, match=r"^[^\n]*rin-claims faults --csv > reference_results/planted_faults.csv`$"):
            parse(damaged)


# --- The command ---


def test_the_command_prints_the_promised_objects(capsys):
    assert main(["faults", "--json", "--only", "rin-without-identity"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert set(row) == {"fault", "description", "named_claims", "noticed", "noticed_by", "guards", "message", "bits", "start"}
    assert (row["fault"], row["noticed"]) == ("rin-without-identity", True)
    assert "rin-2018/formal/eq12-eq13" in row["named_claims"]
    assert {"rin-2018/formal/eq12-eq13", "identity-bits"} <= set(row["noticed_by"])


def test_the_table_has_every_fault_and_a_missed_one_fails_the_command(monkeypatch, capsys):
    monkeypatch.setattr(without_training, "quick", lambda faults: (HARMLESS, FAULTS[0]))
    assert main(["faults", "--quick"]) == 1
    out = capsys.readouterr().out
    assert "3 fresh seed sets without a fault: 0 guards with an alarm" in out
    assert "harmless goes unnoticed" in out
    assert FAULTS[0].name in out
    assert "2 faults, 1 unnoticed" in out


def test_without_compiled_kernels_their_faults_are_left_out_and_named(monkeypatch, capsys):
    monkeypatch.setenv(kernel_choice.VARIABLE, "torch")
    (compiled, *_) = (fault for fault in FAULTS if fault.fault.compiled)
    monkeypatch.setattr(command, "faults_here", lambda: (FAULTS[0], compiled))
    monkeypatch.setattr(without_training, "false_alarms", lambda seed_sets: {})
    why = f"{compiled.name} does not apply: it is one of the compiled kernels, and here the recurrences run on torch's operations"
    assert main(["faults", "--json"]) == 0
    captured = capsys.readouterr()
    assert [row["fault"] for row in json.loads(captured.out)] == [FAULTS[0].name]
    remedy = "a C++ compiler, or another RIN_CLAIMS_KERNELS than torch, makes it apply"
    assert captured.err == f"rin-claims: {why}; {remedy}\n"
    assert main(["faults", "--only", compiled.name]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"rin-claims: error: {why}; {remedy}\n")


def test_an_alarm_without_a_fault_fails_the_command(monkeypatch, capsys):
    monkeypatch.setattr(without_training, "clean_alarms", lambda: {"two-markers": "three numbers are marked"})
    assert main(["faults", "--only", "rin-without-identity"]) == 1
    assert "without any fault the guard two-markers fails: three numbers are marked" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rin-without-identiti", "did you mean rin-without-identity?"),
        ("order", "did you mean other-order-on-test or new-order-every-batch or new-order-every-epoch?"),
        ("?", "`rin-claims faults` lists them"),
    ],
)
def test_an_unknown_fault_gets_one_line_with_a_suggestion(name, hint, capsys):
    assert main(["faults", "--only", name]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"rin-claims: error: unknown fault {name!r}; {hint}\n")
