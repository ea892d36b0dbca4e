"""Small float64 trainings on the adding problem: what moves in training, and whether two networks train equally.

Each is a few dozen Adam steps on 20-step sequences. They answer formal questions only. How well a network learns is measured by trials.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reproductions.networks import SequenceNetwork
from reproductions.seeding import numpy_generator, torch_generator
from reproductions.tasks import adding

STEPS, BATCH, HIDDEN, UPDATES = 20, 32, 16, 60
LEARNING_RATE = 1e-3  # Adam's default (Kingma & Ba, 2014); large enough for weights to move far beyond rounding


def identity_is_not_trained(seed: int) -> dict[str, float]:
    """Train a RIN and check that the I in its recurrent matrix stays I exactly.

    W, U and b of the *trained* layer are set to zero. What is left of the matrix that multiplies h_{t-1} is read off by stepping from the
    rows of I. ``max_abs_error`` is the largest entry of |what is left - I|, plus the number of trainable values beyond W, U and b.
    ``largest_change_of_U`` shows that training did happen.
    """
    network = _network("rin", seed)
    (layer,) = network.stack.layers
    before = layer.U.detach().clone()
    _train(network, seed)
    change = float((layer.U.detach() - before).abs().max())
    extra = sum(p.numel() for p in layer.parameters()) - (HIDDEN * 2 + HIDDEN * HIDDEN + HIDDEN)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        rows = torch.eye(HIDDEN, dtype=torch.float64)
        left = layer.step(torch.zeros(HIDDEN, 2, dtype=torch.float64), (rows,))[0]
    return {"max_abs_error": float((left - rows).abs().max()) + abs(extra), "extra_parameters": extra, "largest_change_of_U": change}


def rin_is_shifted_irnn(seed: int) -> dict[str, float]:
    """Train a RIN from U0 and an IRNN from I + U0 on the same batches, all else equal.

    ``max_abs_error`` is the largest difference of the two loss curves relative to the loss. ``fall`` is the share of the first loss that
    training removed, which shows that the curves went somewhere.
    """
    rin, irnn = _network("rin", seed), _network("irnn", seed)
    irnn.load_state_dict(rin.state_dict())
    with torch.no_grad():
        irnn.stack.layers[0].U += torch.eye(HIDDEN, dtype=torch.float64)
    first, second = _train(rin, seed), _train(irnn, seed)
    return {"max_abs_error": float(((first - second).abs() / first).max()), "fall": float(1 - first[-1] / first[0])}


def baseline_mse(seed: int, length: int, sequences: int, printed: float) -> dict[str, float]:
    """Compute the squared error of predicting 1, in closed form and on generated data.

        E[(a + b - 1)^2] = Var(a) + Var(b) = 1/12 + 1/12

    ``max_abs_error`` is the larger distance of the two from ``printed``.
    """
    closed_form = 1 / 12 + 1 / 12
    total, chunk = 0.0, 10_000  # rows generated at a time; bounds memory
    for start in range(0, sequences, chunk):
        count = min(chunk, sequences - start)
        data = adding.generate(length, count, numpy_generator("probe", "baseline", length, start, seed))
        total += float((data.targets().double() - 1).square().sum())
    on_data = total / sequences
    errors = (abs(closed_form - printed), abs(on_data - printed))
    return {"max_abs_error": max(errors), "closed_form": closed_form, "on_data": on_data}


def _network(cell: str, seed: int) -> SequenceNetwork:
    def streams(part: str) -> torch.Generator:
        return torch_generator("probe", "small training", part, seed)

    return SequenceNetwork(cell, 2, HIDDEN, 1, 1, streams).double()


def _train(network: nn.Module, seed: int) -> Tensor:
    """Make UPDATES Adam steps on fresh adding batches, and return the losses (UPDATES,)."""
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    losses = []
    for update in range(UPDATES):
        batch = adding.generate(STEPS, BATCH, numpy_generator("probe", "small training batch", update, seed))
        loss = nn.functional.mse_loss(network(batch.inputs().double())[:, 0], batch.targets().double())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)
