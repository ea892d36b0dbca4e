"""The trials behind a report, each once, with every claim that rests on it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claims.report.model import Entry, Report
from claims.text import enumeration, number

# What a trial has whichever claim looks at it; the arm's name is the claim's, and everything else a number that was measured.
FACTS = ("seed", "status", "updates", "seconds", "recurrence", "commit", "made", "imported", "admitted")


@dataclass(frozen=True)
class TrialRow:
    """A trial: its address in the store, its recipe's label, its FACTS, its metrics by name, and its claims."""

    address: str
    label: str
    facts: Mapping[str, Any]
    metrics: Mapping[str, Any]
    claims: tuple[Entry, ...]


def trial_rows(report: Report) -> tuple[TrialRow, ...]:
    """Return every trial of the report, in the order in which its claims first name them."""
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
    """Return the names of the metrics in a claim's row about a trial."""
    return tuple(key for key in trial if key not in (*FACTS, "trial", "arm", "label"))


@dataclass(frozen=True)
class RecipeLine:
    """The trials of one recipe of an arm behind a claim.

    The line has the recipe's digest, its label, and what the trial of each seed measured, as text.
    """

    recipe: str
    arm: str
    label: str
    by_seed: dict[int, str]


def trials_by_seed(entry: Entry) -> tuple[RecipeLine, ...]:
    """Return the trials behind a claim, a line for each recipe of an arm, in their order."""
    lines: dict[tuple[str, str], RecipeLine] = {}
    for trial in entry.trials:
        recipe, arm = recipe_of(str(trial.get("trial", ""))), str(trial.get("arm", ""))
        line = lines.setdefault((arm, recipe), RecipeLine(recipe, arm, _without_seed(str(trial.get("label", "")), trial), {}))
        line.by_seed[trial["seed"]] = _shown(trial, entry.number_of_run)
    return tuple(lines.values())


def recipe_of(address: str) -> str:
    """Return the digest of the recipe in a trial's address, which ends in its seed."""
    return address.rpartition("-")[0]


def _without_seed(label: str, trial: Mapping[str, Any]) -> str:
    return label.removesuffix(f" seed {trial['seed']}") or "trial"


def seeds(entry: Entry) -> tuple[int, ...]:
    """Return the seeds of a claim's trials, rising."""
    return tuple(sorted({int(trial["seed"]) for trial in entry.trials}))


def admitted(entry: Entry) -> str:
    """Say how many of a claim's trials other numerics made, and which; "" where the present ones made all."""
    others = [trial for trial in entry.trials if trial.get("admitted")]
    if not others:
        return ""
    commits, grades = (list(dict.fromkeys(str(trial.get(name)) for trial in others)) for name in ("commit", "admitted"))
    by = enumeration([commit[:12] for commit in commits])
    return f"{len(others)} of {len(entry.trials)} trained by code of commit {by}, admitted {enumeration(grades)}"


def trials_show_the_arms(entry: Entry) -> bool:
    """Return whether the trials of a claim show what each arm has for each seed.

    A table of the arms would repeat them then. The trials do not show it where several recipes make up one value, or where a value is none
    that was measured.
    """
    if entry.evidence is None:
        return True
    shown = {(line.arm, seed): text for line in trials_by_seed(entry) for seed, text in line.by_seed.items()}
    of_arms = {
        (arm, seed): "diverged" if value is None else number(value)
        for arm, values in entry.evidence.arms.items()
        for seed, value in zip(entry.evidence.seeds, values, strict=False)
    }
    return len(shown) == len(entry.trials) and of_arms.items() <= shown.items()


def _shown(trial: Mapping[str, Any], name: str) -> str:
    """Write the number ``name`` that the claim looks at, or how the run ended where it has none."""
    if trial.get("status") == "diverged":
        return "diverged"
    value = trial.get(name)
    return str(trial.get("status", "–")) if value is None else number(value) if isinstance(value, float) else str(value)


def same_facts(trials: Sequence[TrialRow]) -> Mapping[str, Any]:
    """Return the facts that are the same for every trial of several."""
    return _same([trial.facts for trial in trials])


@dataclass(frozen=True)
class Runs:
    """The trials of one recipe as a table.

    Each of ``rows`` (trials, columns) begins with a seed. What is the ``same`` for all has no column.
    """

    recipe: str
    label: str
    same: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def by_recipe(trials: Sequence[TrialRow], told: Container[str] = ()) -> tuple[Runs, ...]:
    """Group the trials by recipe, in the order in which the recipes first occur.

    Facts already ``told`` of all trials are left out.
    """
    groups: dict[str, list[TrialRow]] = {}
    for trial in trials:
        groups.setdefault(recipe_of(trial.address), []).append(trial)
    return tuple(_runs(recipe, sorted(group, key=lambda trial: int(trial.facts["seed"])), told) for recipe, group in groups.items())


def _runs(recipe: str, trials: Sequence[TrialRow], told: Container[str]) -> Runs:
    facts = [{"seed": trial.facts["seed"], "claims": len(trial.claims), **trial.facts} for trial in trials]
    same = {name: value for name, value in _same(facts).items() if name not in told}
    columns = dict.fromkeys(name for of_trial in facts for name in of_trial if name not in same and name not in told)
    metrics = dict.fromkeys(name for trial in trials for name in trial.metrics)
    rows = (
        (*(of_trial.get(name) for name in columns), *(trial.metrics.get(name) for name in metrics))
        for of_trial, trial in zip(facts, trials, strict=True)
    )
    return Runs(recipe, _without_seed(trials[0].label, trials[0].facts), same, (*columns, *metrics), tuple(rows))


def _same(facts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return what is the same in every one of several; nothing where there is but one."""
    if len(facts) < 2:
        return {}
    return {name: value for name, value in facts[0].items() if all(other.get(name) == value for other in facts)}
