"""The recurrent cells, equation by equation: the readable reference that everything faster is pinned to.

Equation numbers are the RIN paper's. Parameters have the paper's names: W is input-to-hidden, U is hidden-to-hidden, b is the bias. Every
transition has one bias vector, as in the paper; torch's RNN has two. Inputs are (T, B, D), states are (B, H).

Initial values (section 3.1):

    RIN          W and U ~ N(0, 1e-3), with 1e-3 a standard deviation (addendum)
    IRNN         W ~ N(0, 1e-3), recurrent matrix I (Le et al., 2015)
    LSTM         W Glorot uniform and U orthogonal, each drawn once for the four gates together, as in Keras (addendum)
    plain RNNs   as the LSTM; "glorot" IRNNs have their W too

All biases start at 0, the forget bias too. Every draw comes from the torch.Generator that is passed in, W first. So one seed gives a RIN
and its variants the same W and the same noise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from reproductions import outside
from reproductions.dispatch import Table
from reproductions.recipes import RecipeError

WEIGHT_STD = 1e-3  # section 3.1, "N(0, 10^-3)" read as a standard deviation
SCALED_IDENTITY = 0.01  # IRNN review, section 2.4, "Scaled value of 0.01I is used in IRNN"


class RecurrentCell(nn.Module, ABC):
    """One recurrent layer: ``step`` makes one time step, and ``forward`` runs a sequence by calling it T times."""

    state_parts = 1  # how many (B, H) tensors make the state; the first is the output

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.inputs = inputs
        self.hidden = hidden

    def initial_state(self, like: Tensor) -> tuple[Tensor, ...]:
        """Return the "void state" h_0 = 0 (section 2.2) for inputs (T, B, D) like ``like``."""
        return tuple(like.new_zeros(like.shape[1], self.hidden) for _ in range(self.state_parts))

    @abstractmethod
    def step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Make one time step: return the state after input x (B, D) from the state before it."""

    def states(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the states over time from the void state, each part (T, B, H), for inputs (T, B, D)."""
        state = self.initial_state(inputs)
        steps = []
        for x in inputs:
            state = self.step(x, state)
            steps.append(state)
        return tuple(torch.stack(part) for part in zip(*steps, strict=True))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (T, B, H) for inputs (T, B, D)."""
        return self.states(inputs)[0]


class PlainRNN(RecurrentCell):
    """A plain RNN, which is Eq. 4 with T_t = 1 and C_t = 0 (section 2.2).

        h_t = f(W x_t + U h_{t-1} + b), f = tanh or ReLU

    The arguments ``W`` (H, D) and ``U`` (H, H) are the initial values.
    """

    def __init__(self, W: Tensor, U: Tensor, nonlinearity: str) -> None:
        super().__init__(W.shape[1], W.shape[0])
        self.nonlinearity = nonlinearity
        self.W = nn.Parameter(W)
        self.U = nn.Parameter(U)
        self.b = nn.Parameter(torch.zeros(self.hidden))

    def recurrent_matrix(self) -> Tensor:
        """Return the (H, H) matrix that multiplies h_{t-1}."""
        return self.U

    def step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        activation = torch.tanh if self.nonlinearity == "tanh" else torch.relu
        return (activation(x @ self.W.T + state[0] @ self.recurrent_matrix().T + self.b),)


class IRNN(PlainRNN):
    """A ReLU RNN whose recurrent matrix starts as ``scale`` x I and is trained (Le et al., 2015).

    With ``noise`` the matrix starts at I + U0, U0 ~ N(0, 1e-3). That is where a RIN starts, but here the whole matrix is the parameter.
    """

    def __init__(self, inputs: int, hidden: int, generator: torch.Generator, scale: float = 1.0, noise: bool = False) -> None:
        W, U = gaussian(hidden, inputs, generator), scale * torch.eye(hidden)
        super().__init__(W, U + gaussian(hidden, hidden, generator) if noise else U, "relu")


class RIN(PlainRNN):
    """A ReLU RNN with the recurrent matrix U + I: U is trained, I is not (Eqs. 12-13).

        h_t = ReLU(W x_t + (U + I) h_{t-1} + b)

    ``nonlinearity`` "tanh" replaces ReLU by tanh.
    """

    def __init__(self, inputs: int, hidden: int, generator: torch.Generator, nonlinearity: str = "relu") -> None:
        super().__init__(gaussian(hidden, inputs, generator), gaussian(hidden, hidden, generator), nonlinearity)

    def recurrent_matrix(self) -> Tensor:
        # The parameter is U, not U + I: at a learning rate of 1e-6 a float32 step on a weight near 1 is rounded by several per cent.
        # Near 0 it is not.
        return self.U + torch.eye(self.hidden, dtype=self.U.dtype, device=self.U.device)


class RINDT(RecurrentCell):
    """A RIN with deep transitions: two hidden transitions a step, Eqs. 26-27 (appendix D).

    h'_t = ReLU(W x_t + (U1 + I) h_{t-1} + b1)
    h_t = ReLU((U2 + I) h'_t + b2)
    """

    def __init__(self, inputs: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__(inputs, hidden)
        self.W = nn.Parameter(gaussian(hidden, inputs, generator))
        self.U1 = nn.Parameter(gaussian(hidden, hidden, generator))
        self.U2 = nn.Parameter(gaussian(hidden, hidden, generator))
        self.b1 = nn.Parameter(torch.zeros(hidden))
        self.b2 = nn.Parameter(torch.zeros(hidden))

    def step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        (h,) = state
        between = torch.relu(x @ self.W.T + h @ self.U1.T + h + self.b1)  # Eq. 26
        return (torch.relu(between @ self.U2.T + between + self.b2),)  # Eq. 27


class LSTM(RecurrentCell):
    """Long short-term memory without peepholes, with one bias vector and gates stacked in torch's order i, f, g, o.

        c_t = f * c_{t-1} + i * g
        h_t = o * tanh(c_t)

    The first line is Eq. 4 with C_t = f, T_t = i, H_t = g (section 2.2). The output is h_t.
    """

    state_parts = 2

    def __init__(self, inputs: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__(inputs, hidden)
        self.W = nn.Parameter(glorot_uniform(4 * hidden, inputs, generator))
        self.U = nn.Parameter(orthogonal(4 * hidden, hidden, generator))
        self.b = nn.Parameter(torch.zeros(4 * hidden))

    def step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        h, c = state
        i, f, g, o = (x @ self.W.T + h @ self.U.T + self.b).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


def gaussian(rows: int, columns: int, generator: torch.Generator) -> Tensor:
    """Draw a (rows, columns) matrix with entries N(0, WEIGHT_STD^2)."""
    return torch.randn(rows, columns, generator=generator) * WEIGHT_STD


def glorot_uniform(rows: int, columns: int, generator: torch.Generator) -> Tensor:
    """Draw a (rows, columns) matrix uniform on +-sqrt(6 / (rows + columns)) (Glorot & Bengio, 2010)."""
    bound = (6 / (rows + columns)) ** 0.5
    return torch.rand(rows, columns, generator=generator) * (2 * bound) - bound


def orthogonal(rows: int, columns: int, generator: torch.Generator) -> Tensor:
    """Draw a (rows, columns) matrix with orthonormal columns, rows >= columns, Haar distributed (Saxe et al., 2013).

    The matrix is the Q of a Gaussian matrix. The diagonal of R fixes the signs of its columns.
    """
    q, r = torch.linalg.qr(torch.randn(rows, columns, generator=generator, dtype=torch.float64))
    return (q * torch.sign(torch.diagonal(r))).to(torch.get_default_dtype())


def standard_rnn(inputs: int, hidden: int, generator: torch.Generator, nonlinearity: str) -> PlainRNN:
    """Draw a plain RNN whose W is Glorot uniform and whose U is orthogonal, like an LSTM's."""
    return PlainRNN(glorot_uniform(hidden, inputs, generator), orthogonal(hidden, hidden, generator), nonlinearity)


def glorot_irnn(inputs: int, hidden: int, generator: torch.Generator, scale: float = 1.0) -> PlainRNN:
    """Draw an IRNN whose W is Glorot uniform, like that of the networks it is compared with."""
    return PlainRNN(glorot_uniform(hidden, inputs, generator), scale * torch.eye(hidden), "relu")


CONSTRUCTORS: Table[str, Callable[[int, int, torch.Generator], RecurrentCell]] = {
    "rin": RIN,
    "irnn": IRNN,
    "lstm": LSTM,
    "rin-dt": RINDT,
    "tanh": partial(standard_rnn, nonlinearity="tanh"),
    "relu": partial(standard_rnn, nonlinearity="relu"),
    "rin-tanh": partial(RIN, nonlinearity="tanh"),
    "irnn-noise": partial(IRNN, noise=True),
    "irnn-0.01": partial(IRNN, scale=SCALED_IDENTITY),
    "irnn-glorot": glorot_irnn,
    "irnn-0.01-glorot": partial(glorot_irnn, scale=SCALED_IDENTITY),
}


def build(name: str, inputs: int, hidden: int, generator: torch.Generator) -> RecurrentCell:
    """Build the cell ``name`` with initial weights drawn from ``generator``.

    ``name`` is a key of CONSTRUCTORS, or "package.module:Class" of another repository. Raises RecipeError if there is no such cell.
    """
    constructor = outside.load("cell", name) if outside.is_outside(name) else CONSTRUCTORS.get(name)
    if constructor is None:
        raise RecipeError(f"unknown cell {name!r}; known: {', '.join(CONSTRUCTORS)}")
    cell = constructor(inputs, hidden, generator)
    if not isinstance(cell, RecurrentCell):
        raise RecipeError(f"cell {name!r} is no reproductions.cells.RecurrentCell; derive it from that class")
    return cell
