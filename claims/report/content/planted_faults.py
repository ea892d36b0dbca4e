"""The part of the methods section on planted faults: the tables in which a paper keeps what is noticed."""

from __future__ import annotations

from claims.paper import Paper
from claims.report.papers import PlantedFaults
from claims.text import enumeration, plural
from reference_results import planted_faults, planted_faults_trained
from reference_results.planted_faults import FaultTable
from reference_results.planted_faults_trained import TrainedRow, TrainedTable
from reference_results.texts import text_of

COLUMNS = ("Planted fault", "What is wrong then", "Noticed by", "Verdicts of networks trained with it")


def resolved(paper: Paper) -> PlantedFaults | None:
    """Return what the tables of ``paper`` say; None where it keeps none. Raises ReferenceDataError."""
    if paper.faults_table is None:
        return None
    file, trained_file = paper.faults_table, paper.trained_faults_table
    table = planted_faults.parse(text_of(file, str(file)), str(file))
    trained = None if trained_file is None else planted_faults_trained.parse(text_of(trained_file, str(trained_file)), str(trained_file))
    return PlantedFaults(summary(table, trained), rows(table, trained))


def summary(table: FaultTable, trained: TrainedTable | None) -> tuple[str, ...]:
    """Say in sentences what the tables hold."""
    noticed = sum(bool(row.noticed_by) for row in table.rows)
    facts = table.facts
    return (
        f"Experiments were broken on purpose, one fault at a time: {noticed} of {plural(len(table.rows), 'planted fault')} were noticed, "
        "by a named claim whose verdict changed or by a guard that failed.",
        f"Without a fault the guards looked at {facts['clean seed sets']} fresh sets of seeds and raised {facts['clean alarms']} alarms.",
        f"Made by {facts['command']} on {facts['date']} with {facts['versions']}.",
        *(() if trained is None else _trained_summary(trained)),
    )


def _trained_summary(table: TrainedTable) -> tuple[str, ...]:
    rows, facts = table.rows, table.facts
    noticed = sum(bool(row.noticed_by) for row in rows)
    missed = enumeration([row.fault for row in rows if not row.noticed_by])
    rest = f" Under {missed} the claims kept their verdicts; the table says why, and what noticed these without training." if missed else ""
    kept = sum(verdict.expected == verdict.got for verdict in table.control.verdicts)
    return (
        f"With {len(rows)} of these faults networks were trained as the smoke profile trains them: {noticed} made a "
        f"claim's recorded verdict change from or to reproduced.{rest}",
        f"Trained without a fault, {kept} of the {len(table.control.verdicts)} claims gave the verdict recorded for them "
        f"({facts['control']}).",
        f"Made by {facts['command']} on {facts['date']} with {facts['versions']}.",
    )


def rows(table: FaultTable, trained: TrainedTable | None) -> tuple[tuple[str, str, str, str], ...]:
    """Return the tables as text, (faults, COLUMNS)."""
    of_fault = {} if trained is None else {row.fault: row for row in trained.rows}
    return tuple(
        (row.fault, row.description, ", ".join(row.noticed_by) or "nobody", _verdicts(of_fault.get(row.fault))) for row in table.rows
    )


def _verdicts(row: TrainedRow | None) -> str:
    if row is None:
        return "not trained"
    verdicts = "; ".join(
        f"{one.claim}: {one.expected} → {one.got}" if one.expected != one.got else f"{one.claim}: {one.got} all the same"
        for one in row.verdicts
    )
    return f"{verdicts}, because {row.kept_because}" if row.kept_because else verdicts
