"""Average estimation error (Greff et al., 2016; RIN paper Eqs. 1 and 3) of a trained stack over a batch of test samples.

For every layer and step t: E[h_t - h_T] (Eq. 1), E[h_t - h_{t-1}] (Eq. 3) and the variance of the latter, each over the samples and the
layer's units. h is the state of Eq. 4, so for an LSTM the memory cell (section 2.2); its output is measured for comparison.
"""

from __future__ import annotations

import torch
from torch import Tensor

from reproductions.networks import Stack

SAMPLES = 128  # Figs. 1, 4, 8-12: "over a batch of 128 samples of the test set"


def average_estimation_error(states: Tensor) -> dict[str, Tensor]:
    """``eq1``, ``eq3`` and ``variance``, each (T,), of states (T, B, H) in float64.

    ``eq3`` at the first step compares h_1 with the void state h_0 = 0; ``variance`` is that of h_t - h_{t-1}.
    """
    states = states.double()
    change = torch.diff(states, dim=0, prepend=torch.zeros_like(states[:1]))
    return {
        "eq1": (states - states[-1]).mean(dim=(1, 2)),
        "eq3": change.mean(dim=(1, 2)),
        "variance": change.var(dim=(1, 2), unbiased=False),
    }


def activation_scale(states: Tensor) -> float:
    """The root mean square of h_T, the last of states (T, B, H): the size against which an estimation error is near zero or not."""
    return float(states[-1].double().square().mean().sqrt())


@torch.no_grad()
def measure(stack: Stack, inputs: Tensor) -> tuple[dict[str, tuple[float, ...]], dict[str, float]]:
    """Curves and scales of every layer of ``stack`` on inputs (T, B, D).

    Curves are named ``eq1/layer1``, with ``/output`` appended for an LSTM's output h_t; scales ``activation_scale/layer1``.
    """
    curves: dict[str, tuple[float, ...]] = {}
    scales: dict[str, float] = {}
    for number, layer in enumerate(stack.layers, start=1):
        output, *cell_state = layer.states(inputs)
        measured = {"": cell_state[0], "/output": output} if cell_state else {"": output}
        for suffix, states in measured.items():
            scales[f"activation_scale/layer{number}{suffix}"] = activation_scale(states)
            for name, curve in average_estimation_error(states).items():
                curves[f"{name}/layer{number}{suffix}"] = tuple(curve.tolist())
        inputs = output
    return curves, scales
