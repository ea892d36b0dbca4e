"""The part of the methods section on planted faults: the tables in which a paper keeps what is noticed."""

from __future__ import annotations

from claims.paper import Paper
from claims.report.papers import PlantedFaults
from claims.text import enumeration, plural
from reference_results import planted_faults, planted_faults_trained
from reference_results.planted_faults import FaultRow, FaultTable
from reference_results.planted_faults_trained import NOT_RUN, WAYS, TrainedRow, TrainedTable, TrainedVerdict
from reference_results.texts import text_of

COLUMNS = ("Planted fault", "What is wrong then", "Noticed by", "What networks show that trained with it")


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
    noticed = sum(bool(row.ways) for row in rows)
    ways = enumeration([f"{sum(way in row.ways for row in rows)} by {way}" for way in WAYS])
    unlooked = sum(not row.compared for row in rows)
    rest = f" Guards and drift were not run with {unlooked} of them." if unlooked else ""
    kept = sum(verdict.expected == verdict.got for verdict in table.control.verdicts)
    return (
        f"With {len(rows)} of these faults networks were trained as the smoke profile trains them: {noticed} were noticed, {ways}.{rest}",
        "A verdict notices a fault where it changes from or to reproduced. The bits are held against healthy runs of the same machine; a "
        "start or a cloud of seeds would notice the fault on another processor too.",
        f"Trained without a fault, {kept} of the {len(table.control.verdicts)} claims gave the verdict recorded for them "
        f"({facts['control']}).",
        f"Made by {facts['command']} on {facts['date']} with {facts['versions']}.",
    )


def rows(table: FaultTable, trained: TrainedTable | None) -> tuple[tuple[str, str, str, str], ...]:
    """Return the tables as text, (faults, COLUMNS)."""
    of_fault = {} if trained is None else {row.fault: row for row in trained.rows}
    return tuple((row.fault, row.description, _untrained(row), _trained(of_fault.get(row.fault))) for row in table.rows)


def _untrained(row: FaultRow) -> str:
    by = [f"{name} {', '.join(names)}" for name, names in (("verdicts", row.verdicts), ("guards", row.guards)) if names]
    start = f", start {row.start} times as far off as allowed" if row.start else ""
    return "; ".join((*(by or ["nobody"]), f"other bits in {row.bits} tiny runs{start}"))


def _trained(row: TrainedRow | None) -> str:
    if row is None:
        return "not run"
    shown = "; ".join(map(_shown, row.verdicts))
    return f"{shown}. A verdict stays because {row.kept_because}" if row.kept_because else shown


def _shown(one: TrainedVerdict) -> str:
    verdict = f"{one.expected} → {one.got}" if one.expected != one.got else f"{one.got} all the same"
    if one.bits == NOT_RUN:
        return f"{one.claim}: {verdict}"
    parts = [f"guards {', '.join(one.guards)}"] if one.guards else []
    parts += [f"other bits in {one.bits} runs"] if one.bits else []
    parts += [f"start {one.start} times as far off as allowed"] if one.start else []
    parts += [f"p {one.cloud} for one cloud"] if one.cloud else []
    return ", ".join((f"{one.claim}: {verdict}", *parts))
