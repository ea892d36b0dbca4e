"""What is measured without training: functions of a seed and of what a claim states, which return numbers or curves by name."""

import torch
from torch import Tensor

from indrnn.model import RememberingIndRNN


def units_are_independent(seed: int, steps: int, hidden: int) -> dict[str, Tensor]:
    """The largest entry off the diagonal of d h_T / d h_0 (H, H), over ``steps`` random inputs."""
    jacobian = _returned(torch.eye(hidden, dtype=torch.float64), steps, torch.Generator().manual_seed(seed))[-1]
    return {"max_abs_error": (jacobian - torch.diag(torch.diagonal(jacobian))).abs().max()}


def gradient_through_time(seed: int, steps: int, hidden: int) -> dict[str, Tensor]:
    """The decades that a gradient of random direction has gained on its way from h_T back to h_T, h_{T-1}, ..., h_0: a curve (T + 1,)."""
    generator = torch.Generator().manual_seed(seed)
    sent = torch.randn(1, hidden, generator=generator, dtype=torch.float64)
    norms = torch.linalg.norm(_returned(sent, steps, generator), dim=(1, 2))
    return {"decades": torch.log10(norms / norms[0])}


def _returned(sent: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """What of gradients (N, H) at h_T arrives at h_T, h_{T-1}, ..., h_0, (T + 1, N, H).

    A fresh layer with u = 1 in float64, from a positive h_0, with inputs iid uniform on [0, 1).
    """
    number, hidden = sent.shape
    layer = RememberingIndRNN(1, hidden, generator).double()
    inputs = torch.rand(steps, 1, 1, generator=generator, dtype=torch.float64).expand(-1, number, -1)
    start = torch.rand(hidden, generator=generator, dtype=torch.float64) + 0.1
    states = [start.repeat(number, 1).requires_grad_()]  # one backward pass over N copies returns all N gradients
    for x in inputs:
        states.append(*layer.step(x, (states[-1],)))
    return torch.stack(torch.autograd.grad(states[-1], states, sent)).flip(0)
