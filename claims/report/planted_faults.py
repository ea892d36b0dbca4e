"""The part of the methods section that says which broken experiments are noticed: ``reference_results/planted_faults.csv``."""

from __future__ import annotations

from claims.report.words import plural
from reference_results.planted_faults import FaultTable

COLUMNS = ("Planted fault", "What is wrong then", "Noticed by")


def summary(table: FaultTable) -> tuple[str, ...]:
    """What the table says, in sentences."""
    noticed = sum(bool(row.noticed_by) for row in table.rows)
    facts = table.facts
    return (
        f"Experiments were broken on purpose, one fault at a time: {noticed} of {plural(len(table.rows), 'planted fault')} were noticed, "
        "by a named claim whose verdict changed or by a guard that failed.",
        f"Without a fault the guards looked at {facts['clean seed sets']} fresh sets of seeds and raised {facts['clean alarms']} alarms.",
        f"Made by {facts['command']} on {facts['date']} with {facts['versions']}.",
    )


def cells(table: FaultTable) -> tuple[tuple[str, ...], ...]:
    """The table as text, (rows, COLUMNS)."""
    return tuple((row.fault, row.description, ", ".join(row.noticed_by) or "nobody") for row in table.rows)
