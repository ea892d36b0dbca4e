"""Recurrences on torch's own RNN and LSTM kernels, with the second bias vector held at zero.

torch's kernels add two biases, b_ih and b_hh, but the paper has one. Here the second is a constant zero, so it is never trained. A second
trainable bias would double the bias step under RMSprop and Adam.
"""

from __future__ import annotations

import torch
from torch import Tensor


def plain_recurrence(inputs: Tensor, W: Tensor, R: Tensor, b: Tensor, nonlinearity: str, last_only: bool = False) -> Tensor:
    """Compute h_t = f(W x_t + R h_{t-1} + b) with f = "tanh" or "relu" and h_0 = 0.

    inputs are (T, B, D), W (H, D), R (H, H), b (H,). Returns every h_t as (T, B, H), or h_T as (B, H). Differentiable.
    """
    kernel = torch.rnn_tanh if nonlinearity == "tanh" else torch.rnn_relu
    start = inputs.new_zeros(1, inputs.shape[1], R.shape[0])
    outputs, _ = kernel(inputs, start, [W, R, b, torch.zeros_like(b)], True, 1, 0.0, True, False, False)
    return outputs[-1] if last_only else outputs


def lstm(inputs: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
    """Compute the outputs h_t (T, B, H) of an LSTM with h_0 = c_0 = 0.

    Gates are stacked as i, f, g, o. inputs are (T, B, D), W (4H, D), U (4H, H), b (4H,). Differentiable.
    """
    start = inputs.new_zeros(1, inputs.shape[1], U.shape[1])
    outputs, _, _ = torch.lstm(inputs, (start, start), [W, U, b, torch.zeros_like(b)], True, 1, 0.0, True, False, False)
    return outputs
