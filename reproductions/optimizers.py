"""Adam and RMSprop as Keras of 2017 defined them, on one flat vector of parameters.

All parameters of a network become views of one vector, so that a step is a handful of vector operations. Epsilon is added outside the root.
In Adam it is added after the bias correction has moved into the step size ("epsilon hat" of Kingma & Ba, 2014, section 2). So that
correction does not scale epsilon here, but it does in torch's Adam.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from reproductions.dispatch import Table
from reproductions.recipes import Optimizer

EPSILON = 1e-8  # keras.backend.epsilon() of Keras 1 and early Keras 2
RMSPROP_DECAY = 0.9  # keras.optimizers.RMSprop(rho=0.9)
ADAM_BETAS = (0.9, 0.999)  # Kingma & Ba (2014) and Keras


class FlatParameters:
    """Every trainable parameter of ``model`` as a view of ``values`` (P,), its gradient as a view of ``gradient`` (P,)."""

    def __init__(self, model: nn.Module) -> None:
        self._parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        values = torch.cat([parameter.detach().reshape(-1) for parameter in self._parameters])
        self.live_in(values, torch.zeros_like(values))

    def live_in(self, values: Tensor, gradient: Tensor) -> None:
        """Make every parameter a view of ``values`` (P,) and every gradient a view of ``gradient`` (P,).

        What ``values`` and ``gradient`` hold becomes the parameters' own.
        """
        self.values, self.gradient = values, gradient
        start = 0
        for parameter in self._parameters:
            stop = start + parameter.numel()
            parameter.data = values[start:stop].view_as(parameter)
            parameter.grad = gradient[start:stop].view_as(parameter)
            start = stop


Rate = float | Tensor  # a learning rate, or that of every row as float64 (K, 1)


class Stepper(Protocol):
    """An optimiser on a flat parameter vector (P,), or on several as rows (K, P)."""

    learning_rate: Rate
    slots: dict[str, Tensor]  # its running averages, for a checkpoint

    def step(self, values: Tensor, gradient: Tensor, update: int) -> None:
        """Change ``values`` in place; ``update`` counts from 1."""


class RMSprop:
    """The RMSprop step.

    v <- 0.9 v + 0.1 g^2
    p <- p - lr g / (sqrt(v) + epsilon)
    """

    def __init__(self, size: Tensor, learning_rate: Rate) -> None:
        self.learning_rate = learning_rate
        self.slots = {"square": torch.zeros_like(size)}

    def step(self, values: Tensor, gradient: Tensor, update: int) -> None:
        square = self.slots["square"].mul_(RMSPROP_DECAY).addcmul_(gradient, gradient, value=1 - RMSPROP_DECAY)
        _descend(values, gradient, square.sqrt().add_(EPSILON), self.learning_rate)


class Adam:
    """The Adam step, with the bias correction in the step size.

    m <- b1 m + (1-b1) g
    v <- b2 v + (1-b2) g^2
    p <- p - lr sqrt(1-b2^t)/(1-b1^t) m / (sqrt(v) + epsilon)
    """

    def __init__(self, size: Tensor, learning_rate: Rate) -> None:
        self.learning_rate = learning_rate
        self.slots = {"mean": torch.zeros_like(size), "square": torch.zeros_like(size)}

    def step(self, values: Tensor, gradient: Tensor, update: int) -> None:
        first, second = ADAM_BETAS
        mean = self.slots["mean"].lerp_(gradient, 1 - first)
        square = self.slots["square"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
        rate = self.learning_rate * (1 - second**update) ** 0.5 / (1 - first**update)
        _descend(values, mean, square.sqrt().add_(EPSILON), rate)


def _descend(values: Tensor, direction: Tensor, scale: Tensor, rate: Rate) -> None:
    """Change p <- p - rate direction / scale in place.

    The bits are the same whether ``rate`` is one number or one number for each row.
    """
    if isinstance(rate, Tensor):
        values.addcdiv_(direction * rate.to(values.dtype), scale, value=-1.0)
    else:
        values.addcdiv_(direction, scale, value=-rate)


STEPPERS: Table[str, Callable[[Tensor, Rate], Stepper]] = {"adam": Adam, "rmsprop": RMSprop}


def build(optimizer: Optimizer, values: Tensor, learning_rate: Rate | None = None) -> Stepper:
    """Build the stepper of ``optimizer`` for parameters like ``values``; ``learning_rate`` replaces its own."""
    return STEPPERS[optimizer.name](values, optimizer.learning_rate if learning_rate is None else learning_rate)


def clip_by_norm(gradient: Tensor, norm: Tensor, limit: float) -> None:
    """Scale ``gradient`` in place to a Euclidean norm of at most ``limit``; ``norm`` is its norm now."""
    if float(norm) > limit:
        gradient.mul_(limit / norm)
