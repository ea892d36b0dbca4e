"""The trials behind a report, each once, with every claim that rests on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claims.report.model import Entry, Report

# What a trial has whichever claim looks at it; the arm's name is the claim's, and everything else a number that was measured.
FACTS = ("seed", "status", "updates", "seconds", "recurrence", "commit")
OF_THE_CLAIM = ("arm", "seed", "status")


@dataclass(frozen=True)
class TrialRow:
    """A trial: its address in the store, its recipe's label, its FACTS, its metrics by name, and the claims that rest on it."""

    address: str
    label: str
    facts: Mapping[str, Any]
    metrics: Mapping[str, Any]
    claims: tuple[Entry, ...]


def trial_rows(report: Report) -> tuple[TrialRow, ...]:
    """Every trial of the report, in the order in which its claims first name them."""
    labels: dict[str, str] = {}
    facts: dict[str, dict[str, Any]] = {}
    metrics: dict[str, dict[str, Any]] = {}
    claims: dict[str, list[Entry]] = {}
    for entry in report.entries:
        for trial in entry.trials:
            address = str(trial.get("trial", ""))
            labels.setdefault(address, str(trial.get("label", "")))
            facts.setdefault(address, {}).update({key: trial[key] for key in FACTS if key in trial})
            metrics.setdefault(address, {}).update({key: trial[key] for key in measured_in(trial)})
            resting = claims.setdefault(address, [])
            if not resting or resting[-1] is not entry:  # a claim's rows stand together
                resting.append(entry)
    return tuple(TrialRow(address, label, facts[address], metrics[address], tuple(claims[address])) for address, label in labels.items())


def measured_in(trial: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the metrics in a claim's row about a trial."""
    return tuple(key for key in trial if key not in (*FACTS, "trial", "arm", "label"))


def columns(entry: Entry) -> tuple[str, ...]:
    """The columns of a claim's own table of trials, but for the trial's address: OF_THE_CLAIM and the metrics it looks at."""
    occurring = dict.fromkeys(key for trial in entry.trials for key in trial)
    return (*(key for key in OF_THE_CLAIM if key in occurring), *dict.fromkeys(key for trial in entry.trials for key in measured_in(trial)))
