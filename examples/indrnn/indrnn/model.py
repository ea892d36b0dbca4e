"""The IndRNN (Li et al., 2018, arXiv:1803.04831): a recurrent layer whose units see their own past alone."""

import torch
from torch import Tensor, nn

from reproductions.cells import RecurrentCell


class IndRNN(RecurrentCell):
    """h_t = ReLU(W x_t + u * h_{t-1} + b), where * is elementwise, with h_0 = 0.

    Drawn from ``generator``: W (H, D) ~ N(0, 1/D), then u (H,) uniform on [0, 1). b (H,) starts at 0.
    """

    def __init__(self, inputs: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__(inputs, hidden)
        self.W = nn.Parameter(torch.randn(hidden, inputs, generator=generator) / inputs**0.5)
        self.u = nn.Parameter(torch.rand(hidden, generator=generator))
        self.b = nn.Parameter(torch.zeros(hidden))

    def step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (torch.relu(x @ self.W.T + self.u * state[0] + self.b),)


class RememberingIndRNN(IndRNN):
    """An IndRNN whose u starts at 1 in every unit."""

    def __init__(self, inputs: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__(inputs, hidden, generator)
        nn.init.ones_(self.u)
