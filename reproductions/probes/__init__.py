"""What is measured without a training run: formal identities, gradient norms, counts, times. One function a probe, by name in PROBES."""

from __future__ import annotations

import inspect
import math
import numbers
import time
from collections.abc import Callable, Mapping

from reproductions import outside_probes
from reproductions.probes import gate_algebra, gradients, networks, step_cost, training
from reproductions.recipes import Probe, RecipeError
from reproductions.trials import Outcome, Trial

PROBES: Mapping[str, Callable[..., dict[str, float]]] = {
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
    """Runs the trial's probe with the trial's seed; its numbers become the outcome's metrics.

    A number that is not finite makes the outcome "diverged" and the metric None. Raises RecipeError for a recipe that is no probe, an
    unknown probe, or arguments it does not take.
    """
    recipe = trial.recipe
    if not isinstance(recipe, Probe):
        raise RecipeError(f"{recipe.label} is a training; only probes are measured here")
    probe = outside_probes.load(recipe) if outside_probes.package(recipe) else PROBES.get(recipe.name)
    if probe is None:
        raise RecipeError(f"unknown probe {recipe.name!r}; known: {', '.join(PROBES)}, or package.module:function of another repository")
    arguments = dict(recipe.arguments)
    try:
        inspect.signature(probe).bind(trial.seed, **arguments)
    except TypeError as error:
        raise RecipeError(f"probe {recipe.name!r}: {error}; it takes {inspect.signature(probe)}") from None
    started = time.perf_counter()
    metrics = probe(trial.seed, **arguments)
    if not isinstance(metrics, Mapping) or not all(isinstance(value, numbers.Real) for value in metrics.values()):
        raise RecipeError(f"probe {recipe.name!r} gave {metrics!r}; return numbers by name")
    finite = all(math.isfinite(value) for value in metrics.values())
    return Outcome(
        status="converged" if finite else "diverged",
        metrics={name: float(value) if math.isfinite(value) else None for name, value in metrics.items()},
        seconds=time.perf_counter() - started,
    )
