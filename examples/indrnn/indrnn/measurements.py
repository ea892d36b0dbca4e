"""What the claims rest on: functions of a seed and of the arguments that a claim names, each of which returns numbers by name."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from indrnn.model import Adder, IndRNN


def units_are_independent(seed: int, steps: int, hidden: int) -> dict[str, float]:
    """The largest entry off the diagonal of d h_T / d h_0 (H, H), over ``steps`` random inputs."""
    generator = torch.Generator().manual_seed(seed)
    jacobian = _returned(torch.eye(hidden, dtype=torch.float64), steps, generator)
    return {"max_abs_error": float((jacobian - torch.diag(torch.diagonal(jacobian))).abs().max())}


def gradient_through_time(seed: int, steps: int, hidden: int) -> dict[str, float]:
    """How many decades a gradient of random direction gains or loses from h_T back to h_0 when u = 1.

    A unit that closes once lets nothing through; with every unit closed the value is infinite, and the trial counts as diverged.
    """
    generator = torch.Generator().manual_seed(seed)
    sent = torch.randn(1, hidden, generator=generator, dtype=torch.float64)
    ratio = float(torch.linalg.norm(_returned(sent, steps, generator)) / torch.linalg.norm(sent))
    return {"decades": abs(math.log10(ratio)) if ratio else math.inf}


def _returned(sent: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """What of gradients (N, H) at h_T arrives at a positive h_0, (N, H): a fresh layer in float64, inputs iid uniform on [0, 1)."""
    number, hidden = sent.shape
    layer = IndRNN(1, hidden, generator).double()
    inputs = torch.rand(steps, 1, 1, generator=generator, dtype=torch.float64)
    start = torch.rand(hidden, generator=generator, dtype=torch.float64) + 0.1
    copies = start.repeat(number, 1).requires_grad_()  # one backward pass over N copies returns all N gradients
    last = layer(inputs.expand(-1, number, -1), copies)[-1]
    (returned,) = torch.autograd.grad(last, copies, sent)
    return returned


def learns_to_add(seed: int, length: int, hidden: int, updates: int, batch_size: int, learning_rate: float) -> dict[str, float]:
    """The mean squared error on 1,000 fresh sequences of the adding problem, after training on fresh ones with Adam."""
    generator = torch.Generator().manual_seed(seed)
    network = Adder(hidden, generator)
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    for _ in range(updates):
        inputs, targets = _adding(batch_size, length, generator)
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(network(inputs), targets).backward()
        optimizer.step()
    with torch.no_grad():
        inputs, targets = _adding(1000, length, generator)
        return {"test_mse": float(torch.nn.functional.mse_loss(network(inputs), targets))}


def _adding(number: int, length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Inputs (T, B, 2) of numbers on [0, 1) beside two marks, one in each half of the sequence, and the sums (B,) of the marked."""
    values = torch.rand(length, number, generator=generator)
    first = torch.randint(length // 2, (1, number), generator=generator)
    second = torch.randint(length // 2, length, (1, number), generator=generator)
    marks = torch.zeros(length, number).scatter(0, torch.cat([first, second]), 1.0)
    return torch.stack([values, marks], dim=2), (values * marks).sum(0)
