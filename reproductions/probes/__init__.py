"""What is measured without a training run: formal identities, gradient norms, counts, times.

A probe is one function. PROBES has the probes by name.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import numbers
import time
from collections.abc import Callable, Mapping
from typing import Any

from reproductions import outside
from reproductions.dispatch import Table
from reproductions.probes import gate_algebra, gradients, networks, step_cost, training
from reproductions.recipes import Probe, RecipeError
from reproductions.trials import Outcome, Trial

PROBES: Table[str, Callable[..., Mapping[str, Any] | Outcome]] = {
    "eq5-closed-form": gate_algebra.eq5_closed_form,
    "eq8-identity": gate_algebra.eq8_identity,
    "eq9-regrouping": gate_algebra.eq9_regrouping,
    "eq10-closed-gate": gate_algebra.eq10_closed_gate,
    "eq11-void-start": gate_algebra.eq11_void_start,
    "eq12-eq13": networks.eq12_eq13,
    "plain-rnn-is-subcase": networks.plain_rnn_is_subcase,
    "dual-gate": networks.dual_gate,
    "parameter-ratio": networks.parameter_ratio,
    "dt-depth": networks.dt_depth,
    "gradient-decay": gradients.gradient_decay,
    "identity-keeps-gradient": gradients.identity_keeps_gradient,
    "scaled-identity-forgets": gradients.scaled_identity_forgets,
    "identity-is-not-trained": training.identity_is_not_trained,
    "rin-is-shifted-irnn": training.rin_is_shifted_irnn,
    "baseline-mse": training.baseline_mse,
    "step-cost": step_cost.step_cost,
}


def measure(trial: Trial) -> Outcome:
    """Run the trial's probe with the trial's seed, and make an outcome of what it returns by name.

    A number is a metric, and None is a metric that is undefined. A sequence of numbers is a curve. A number that is not finite becomes None
    and makes the outcome "diverged". A probe may return a whole Outcome instead. Raises RecipeError for a recipe that is no probe, an
    unknown probe, arguments it does not take, or anything else that it returns.
    """
    recipe = trial.recipe
    if not isinstance(recipe, Probe):
        raise RecipeError(f"{recipe.label} is a training; only probes are measured here")
    probe = outside.load("probe", recipe.name) if outside.is_outside(recipe.name) else PROBES.get(recipe.name)
    if probe is None:
        raise RecipeError(f"unknown probe {recipe.name!r}; known: {', '.join(PROBES)}, or package.module:function of another repository")
    arguments = dict(recipe.arguments)
    try:
        inspect.signature(probe).bind(trial.seed, **arguments)
    except TypeError as error:
        raise RecipeError(f"probe {recipe.name!r}: {error}; it takes {inspect.signature(probe)}") from None
    started = time.perf_counter()
    found = probe(trial.seed, **arguments)
    seconds = time.perf_counter() - started
    if isinstance(found, Outcome):
        return dataclasses.replace(found, seconds=seconds)
    if not isinstance(found, Mapping):
        raise RecipeError(f"probe {recipe.name!r} gave a {type(found).__name__}; return numbers by name")
    rows = {str(name): _row(recipe, name, value) for name, value in found.items()}
    finite = all(number is None or math.isfinite(number) for row in rows.values() for number in row)
    kept = {name: tuple(number if number is not None and math.isfinite(number) else None for number in row) for name, row in rows.items()}
    return Outcome(
        status="converged" if finite else "diverged",
        metrics={name: row[0] for name, row in kept.items() if isinstance(rows[name], list)},
        curves={name: row for name, row in kept.items() if isinstance(rows[name], tuple)},
        seconds=seconds,
    )


def _row(recipe: Probe, name: object, value: Any) -> list[float | None] | tuple[float | None, ...]:
    """Return a curve as a tuple, and a number or None as a list of one.

    Arrays and tensors are taken too. Raises RecipeError for anything else.
    """
    value = value.tolist() if hasattr(value, "tolist") else value
    row = value if isinstance(value, (list, tuple)) else [value]
    if other := [type(item).__name__ for item in row if not (item is None or isinstance(item, numbers.Real))]:
        what = f"{type(value).__name__} with a {other[0]}" if row is value else other[0]
        raise RecipeError(f"probe {recipe.name!r} gave a {what} as {name!r}; return a number, None or a sequence of numbers")
    plain = [None if item is None else float(item) for item in row]
    return tuple(plain) if row is value else plain
