"""A fault to plant: ``rin-claims faults`` breaks the model by it, and a claim must notice."""

import torch

from indrnn.model import IndRNN
from reproductions.faults.fault import Fault, instead

ENTANGLED = Fault(
    "indrnn-entangled",
    "every unit keeps its neighbour's past in place of its own",
    ((IndRNN, "step", instead(lambda cell, x, state: (torch.relu(x @ cell.W.T + cell.u * state[0].roll(1, dims=1) + cell.b),))),),
)
