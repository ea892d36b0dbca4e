"""No guard of outcomes raises an alarm on the recorded draws."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import pytest

from claims.papers import all_claims
from claims.run.demands import Demand, demands
from claims.run.drift_sources import Runs, recorded_runs
from reproductions.guards.of_outcomes import DISTINCT_NETWORKS, OUTCOME_GUARDS, findings
from reproductions.trials import Outcome, Trial


@functools.cache
def demanded() -> Mapping[str, Demand]:
    return demands(all_claims())


@functools.cache
def runs() -> Runs:
    return recorded_runs(demanded())


@functools.cache
def alarms() -> dict[str, list[str]]:
    outcomes: dict[Trial, Outcome] = {}
    for digest, seeds in runs().items():
        outcomes |= {Trial(demanded()[digest].recipe, seed): outcome for seed, outcome in seeds.items()}
    found: dict[str, list[str]] = {}
    for finding in findings(outcomes):
        found.setdefault(finding.guard, []).extend([f"{finding.recipes[0].label}: {finding.message}"] if finding.message else [])
    return found


@pytest.mark.parametrize("guard", [*OUTCOME_GUARDS, DISTINCT_NETWORKS])
def test_a_guard_passes_every_recorded_recipe(guard: str) -> None:
    assert len(runs()) > 100
    assert alarms()[guard] == []
