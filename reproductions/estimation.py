"""Average estimation error (Greff et al., 2016; RIN paper Eqs. 1 and 3) of a trained stack.

It is measured for every layer and step t over a batch of test samples: E[h_t - h_T] (Eq. 1), E[h_t - h_{t-1}] (Eq. 3), and the variances of
both differences. Each is over the samples and the layer's units. h is the state of Eq. 4, which is the memory cell of an LSTM (section
2.2). The output of an LSTM is measured too, for comparison.
"""

from __future__ import annotations

import torch
from torch import Tensor

from reproductions.networks import Stack

SAMPLES = 128  # Figs. 1, 4, 8-12: "over a batch of 128 samples of the test set"
LATE_SHARE = 200 / 784  # of the steps: section 3.2, the variance "becomes significantly larger at the last 200 steps" of 784


def average_estimation_error(states: Tensor) -> dict[str, Tensor]:
    """Compute ``eq1``, ``eq3``, ``variance`` and ``variance_from_last``, each (T,), of states (T, B, H) in float64.

    ``variance`` is the variance of h_t - h_{t-1}, and ``variance_from_last`` the variance of h_t - h_T. The first step of ``eq3`` compares
    h_1 with the void state h_0 = 0.
    """
    states = states.double()
    change = torch.diff(states, dim=0, prepend=torch.zeros_like(states[:1]))
    to_last = states - states[-1]
    return {
        "eq1": to_last.mean(dim=(1, 2)),
        "eq3": change.mean(dim=(1, 2)),
        "variance": change.var(dim=(1, 2), unbiased=False),
        "variance_from_last": to_last.var(dim=(1, 2), unbiased=False),
    }


def activation_scale(states: Tensor) -> float:
    """Compute the root mean square of h_T, the last of states (T, B, H).

    An estimation error is near zero, or not, against this size.
    """
    return float(states[-1].double().square().mean().sqrt())


def late_variance_ratio(variance: Tensor) -> float | None:
    """Divide the mean of ``variance`` (T,) over the last LATE_SHARE of the steps by its mean over the steps before.

    At least one step is late. The first step does not count, because it compares h_1 with the void state. Returns None if no step is left
    before the late ones, or if their variance is 0.
    """
    late = max(1, round(LATE_SHARE * len(variance)))
    before = variance[1:-late]
    if len(before) == 0 or not bool(before.any()):
        return None
    return float(variance[-late:].mean() / before.mean())


@torch.no_grad()
def measure(stack: Stack, inputs: Tensor) -> tuple[dict[str, tuple[float, ...]], dict[str, float | None]]:
    """Measure every layer of ``stack`` on inputs (T, B, D), and return curves and metrics.

    The curves have the names that ``average_estimation_error`` gives them, with the layer: ``eq1/layer1``. The curves of an LSTM's output
    h_t end in ``/output``. The metrics have names of the same form: ``activation_scale``; ``late_variance_ratio``;
    ``largest_variance_from_last``, the largest Var[h_t - h_T] over the steps as a share of the squared activation scale (None if that scale
    is 0).
    """
    curves: dict[str, tuple[float, ...]] = {}
    metrics: dict[str, float | None] = {}
    for number, layer in enumerate(stack.layers, start=1):
        output, *cell_state = layer.states(inputs)
        measured = {"": cell_state[0], "/output": output} if cell_state else {"": output}
        for suffix, states in measured.items():
            place, scale, measures = f"layer{number}{suffix}", activation_scale(states), average_estimation_error(states)
            curves |= {f"{name}/{place}": tuple(curve.tolist()) for name, curve in measures.items()}
            metrics[f"activation_scale/{place}"] = scale
            metrics[f"late_variance_ratio/{place}"] = late_variance_ratio(measures["variance"])
            largest = float(measures["variance_from_last"].max())
            metrics[f"largest_variance_from_last/{place}"] = largest / scale**2 if scale**2 > 0 else None
        inputs = output
    return curves, metrics
