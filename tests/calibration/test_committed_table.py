"""The committed table, ``reference_results/calibration.csv``, is whole, keeps the promises and is what the present code makes."""

from __future__ import annotations

from itertools import product

import pytest

from claims.calibration.rates import DESIGNS, SEEDS, both_designs, out_of_reach, sequential_design
from claims.calibration.simulated_claims import all_simulations, false_verdicts
from claims.kinds.simulating import SCENARIOS
from claims.report.content.calibration import SCENARIO_MEANINGS
from claims.statistics.intervals import clopper_pearson
from reference_results.calibration import CalibrationRow, CalibrationTable, calibration_table, dumps

KINDS = tuple(all_simulations())
RATE, UPPER_LIMIT, POWER = 0.05, 0.06, 0.8
# One cell of every kind, over all scenarios; of eight seeds, with which every verdict can be reached.
REMADE = tuple((kind, SCENARIOS[index % len(SCENARIOS)], 8) for index, kind in enumerate(KINDS))


@pytest.fixture(scope="module")
def table() -> CalibrationTable:
    return calibration_table()


def test_every_kind_scenario_number_of_seeds_and_design_has_a_row(table: CalibrationTable) -> None:
    assert [row.cell for row in table.rows] == list(product(KINDS, SCENARIOS, SEEDS, DESIGNS))
    assert {row.simulations for row in table.rows} == {10_000}
    assert table.facts["command"] == "rin-claims calibrate --csv"
    assert set(SCENARIO_MEANINGS) == set(SCENARIOS)


def test_the_looks_and_the_errors_of_a_row_are_those_of_the_code(table: CalibrationTable) -> None:
    for row in table.rows:
        looks = (row.n,) if row.design == "fixed" else sequential_design(row.kind, row.scenario, row.n).looks
        assert (row.looks, set(row.false_verdicts)) == (looks, false_verdicts(row.kind, row.scenario)), row


def test_false_verdicts_stay_below_five_percent_in_every_row(table: CalibrationTable) -> None:
    for row in table.rows:
        rate = max(getattr(row, name) for name in false_verdicts(row.kind, row.scenario))
        assert rate <= RATE, row
        assert clopper_pearson(round(rate * row.simulations), row.simulations)[1] <= UPPER_LIMIT, row


def test_a_clear_effect_is_reproduced_by_five_seeds_or_more(table: CalibrationTable) -> None:
    for row in table.rows:
        if row.scenario == "clear effect" and row.n >= 5:
            assert row.reproduced >= POWER, row


def test_a_verdict_is_out_of_reach_exactly_where_no_scenario_brings_it(table: CalibrationTable) -> None:
    """Whatever the code says of too few seeds, here 100,000 simulated claims a kind and number of seeds bear it out."""
    for kind, n in product(KINDS, SEEDS):
        rows = [row for row in table.rows if (row.kind, row.n, row.design) == (kind, n, "fixed")]
        never = tuple(name for name in ("reproduced", "contradicted") if not any(getattr(row, name) for row in rows))
        assert never == out_of_reach(kind, n), (kind, n)
        assert {row.out_of_reach for row in rows} == {never}


def test_looks_save_seeds_where_they_may_stop_early_and_change_nothing_elsewhere(table: CalibrationTable) -> None:
    def fixed_and_sequential() -> list[tuple[CalibrationRow, CalibrationRow]]:
        return list(zip(table.rows[::2], table.rows[1::2], strict=True))

    for fixed, sequential in fixed_and_sequential():
        assert fixed.mean_seeds == fixed.n
        if len(sequential.looks) == 1:
            rates = [(row.reproduced, row.contradicted, row.mean_seeds) for row in (fixed, sequential)]
            assert rates[0] == rates[1]
        elif fixed.scenario == "clear effect":
            assert sequential.mean_seeds < sequential.looks[0] + 0.5


@pytest.mark.parametrize(("kind", "scenario", "n"), REMADE, ids=str)
def test_a_row_is_made_again_from_the_seed_of_the_table(table: CalibrationTable, kind: str, scenario: str, n: int) -> None:
    simulations, seed = table.rows[0].simulations, int(table.facts["seed"])
    kept = [row for row in table.rows if row.cell[:3] == (kind, scenario, n)]
    again = both_designs(kind, scenario, n, simulations, seed)
    remade, committed = (dumps(table.facts, rows) for rows in (again, [vars(row) for row in kept]))
    assert remade == committed, f"made with {table.facts['versions']}; if that is not what differs, make it anew: {table.facts['command']}"
