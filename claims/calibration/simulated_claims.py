"""Simulated claims whose truth is known: the kinds draw seeds, and judge them as they judge measured ones."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

import numpy as np

from claims.kinds import KINDS, load
from claims.kinds.simulating import CONTRADICTED, REPRODUCED, SCENARIOS, JudgeAt
from claims.model import Prediction, Simulation
from claims.results import VerdictName


class SimulationError(ValueError):
    """A kind or scenario that is not simulated; the message lists those that are."""


@functools.cache
def all_simulations() -> Mapping[str, Simulation]:
    """Every simulation by its label: a kind, and after a comma a variant of it that is decided differently."""
    return {simulation.label: simulation for name in KINDS for simulation in load(name).simulations()}


def simulation_of(kind: str, scenario: str) -> Simulation:
    """The simulation with the label ``kind``. Raises SimulationError where it or the scenario is not there."""
    if kind not in all_simulations() or scenario not in SCENARIOS:
        raise SimulationError(
            f"{kind!r} under {scenario!r} is not simulated; kinds: {', '.join(all_simulations())}; scenarios: {', '.join(SCENARIOS)}"
        )
    return all_simulations()[kind]


def prediction(kind: str, scenario: str) -> Prediction:
    """The claim that a scenario puts to the test. Raises SimulationError."""
    return simulation_of(kind, scenario).claim(scenario)


def false_verdicts(kind: str, scenario: str) -> frozenset[VerdictName]:
    """The verdicts that would be errors. On a boundary that separates true from false both are."""
    errors = {"clear effect": CONTRADICTED, **simulation_of(kind, scenario).errors}
    return errors.get(scenario, REPRODUCED | CONTRADICTED)


def judges(kind: str, scenario: str, n: int, simulated: int, rng: np.random.Generator) -> Iterable[JudgeAt]:
    """For each of ``simulated`` claims with ``n`` seeds an arm a function (seeds, alpha) -> verdict on its first ``seeds`` seeds.

    Raises SimulationError for a kind or scenario that is not simulated.
    """
    simulation = simulation_of(kind, scenario)
    return simulation.judges(simulation.claim(scenario), scenario, (simulated, n), rng)
