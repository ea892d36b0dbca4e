"""Simulated claims whose truth is known.

The kinds draw the seeds, and judge them as they judge measured ones.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

import numpy as np

from claims.kinds import KINDS, load
from claims.kinds.simulating import CONTRADICTED, REPRODUCED, SCENARIOS, JudgeAt
from claims.model import Prediction, Simulation
from claims.results import VerdictName


class SimulationError(ValueError):
    """A kind or scenario that is not simulated; the message lists the simulated ones."""


@functools.cache
def all_simulations() -> Mapping[str, Simulation]:
    """Collect every simulation by its label.

    A label is a kind, and after a comma a variant of it that is decided differently.
    """
    return {simulation.label: simulation for name in KINDS for simulation in load(name).simulations()}


def simulation_of(kind: str, scenario: str) -> Simulation:
    """Return the simulation with the label ``kind``.

    Raises SimulationError where the label or the scenario is not simulated.
    """
    if kind not in all_simulations() or scenario not in SCENARIOS:
        raise SimulationError(
            f"{kind!r} under {scenario!r} is not simulated; kinds: {', '.join(all_simulations())}; scenarios: {', '.join(SCENARIOS)}"
        )
    return all_simulations()[kind]


def prediction(kind: str, scenario: str) -> Prediction:
    """Return the claim that a scenario puts to the test. Raises SimulationError."""
    return simulation_of(kind, scenario).claim(scenario)


def false_verdicts(kind: str, scenario: str) -> frozenset[VerdictName]:
    """Return the verdicts that would be errors.

    On a boundary that separates true from false both verdicts are errors.
    """
    errors = {"clear effect": CONTRADICTED, **simulation_of(kind, scenario).errors}
    return errors.get(scenario, REPRODUCED | CONTRADICTED)


def judges(kind: str, scenario: str, n: int, simulated: int, rng: np.random.Generator) -> Iterable[JudgeAt]:
    """Make a function (seeds, alpha) -> verdict for each of ``simulated`` claims with ``n`` seeds an arm.

    The function judges the claim on its first ``seeds`` seeds. Raises SimulationError for a kind or scenario that is not simulated.
    """
    simulation = simulation_of(kind, scenario)
    return simulation.judges(simulation.claim(scenario), scenario, (simulated, n), rng)
