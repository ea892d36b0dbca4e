"""The IndRNN (Li et al., 2018, arXiv:1803.04831): a recurrent layer whose units see their own past alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class IndRNN(nn.Module):
    """h_t = ReLU(W x_t + u * h_{t-1} + b), where * is elementwise, with h_0 = 0.

    W (H, D) ~ N(0, 1/D), drawn from ``generator``; every entry of ``u`` (H,) starts at ``memory``: 1 keeps the past, 0 forgets it; b is 0.
    """

    def __init__(self, inputs: int, hidden: int, generator: torch.Generator, memory: float = 1.0) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.randn(hidden, inputs, generator=generator) / inputs**0.5)
        self.u = nn.Parameter(torch.full((hidden,), memory))
        self.b = nn.Parameter(torch.zeros(hidden))

    def forward(self, inputs: Tensor, start: Tensor | None = None) -> Tensor:
        """The states (T, B, H) for inputs (T, B, D), from ``start`` (B, H) or else from 0."""
        driven = inputs @ self.W.T + self.b
        state = driven.new_zeros(driven.shape[1:]) if start is None else start
        states = []
        for drive in driven:
            state = torch.relu(drive + self.u * state)
            states.append(state)
        return torch.stack(states)


class Adder(nn.Module):
    """Two IndRNN layers with a linear read-out of the last state, for the adding problem: (T, B, 2) to (B,).

    The first layer starts without memory and can pick the marked numbers; the second starts with u = 1 and can sum them.
    """

    def __init__(self, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.layers = nn.Sequential(IndRNN(2, hidden, generator, memory=0.0), IndRNN(hidden, hidden, generator))
        self.readout = nn.Parameter(torch.zeros(hidden))
        self.bias = nn.Parameter(torch.ones(()))  # the mean of the targets

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layers(inputs)[-1] @ self.readout + self.bias
