"""Faults of the recurrent cells: equations, initial values, what is trained."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from reproductions import cells, networks
from reproductions.faults.fault import Fault, after, instead
from reproductions.recurrence import plain


def _eye(layer: Any) -> torch.Tensor:
    return torch.eye(layer.hidden, dtype=layer.U.dtype)


def _train_identity(layer: Any) -> None:
    layer.I = nn.Parameter(torch.eye(layer.hidden))


def _swap_rin_and_irnn(build: Any) -> Any:
    return lambda name, *rest: build({"rin": "irnn", "irnn": "rin"}.get(name, name), *rest)


def _rin_for_irnn(build: Any) -> Any:
    return lambda name, *rest: build("rin" if name == "irnn" else name, *rest)


def _lstm_step_without_carry(self: Any, x: torch.Tensor, state: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    i, _, g, o = (x @ self.W.T + state[0] @ self.U.T + self.b).chunk(4, dim=1)
    c = torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def _reference_for(kind: type, unroll: Any) -> Any:
    def replacement(cell: cells.RecurrentCell, inputs: torch.Tensor, last_only: bool = False) -> torch.Tensor:
        if not isinstance(cell, kind):
            return unroll(cell, inputs, last_only)
        return cell(inputs)[-1] if last_only else cell(inputs)

    return replacement


def _reference_for_lstm(unroll: Any) -> Any:
    return _reference_for(cells.LSTM, unroll)


def _one_transition(self: Any, x: torch.Tensor, state: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    (h,) = state
    return (torch.relu(x @ self.W.T + h @ self.U1.T + h + self.b1),)


def _add_bias(layer: Any) -> None:
    layer.b2 = nn.Parameter(torch.zeros(layer.hidden))


def _step_with_two_biases(step: Any) -> Any:
    def replacement(self: Any, x: torch.Tensor, state: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        activation = torch.tanh if self.nonlinearity == "tanh" else torch.relu
        return (activation(x @ self.W.T + state[0] @ self.recurrent_matrix().T + self.b + self.b2),)

    return replacement


def _reference_for_plain(unroll: Any) -> Any:
    return _reference_for(cells.PlainRNN, unroll)


CELL_FAULTS = (
    Fault(
        "rin-without-identity",
        "the RIN's recurrent matrix is U alone, without I",
        ((cells.RIN, "recurrent_matrix", instead(lambda self: self.U)),),
    ),
    Fault(
        "identity-trained",
        "the RIN's I is a parameter and moves in training",
        (
            (cells.RIN, "__init__", after(_train_identity)),
            (cells.RIN, "recurrent_matrix", instead(lambda self: self.U + self.I)),
        ),
    ),
    Fault(
        "identity-halved",
        "the RIN adds I / 2 where the paper adds I",
        ((cells.RIN, "recurrent_matrix", instead(lambda self: self.U + 0.5 * _eye(self))),),
    ),
    Fault(
        "irnn-from-zeros",
        "the IRNN's recurrent matrix starts as 0, not as I",
        ((cells.IRNN, "__init__", after(lambda layer: layer.U.data.zero_())),),
    ),
    Fault(
        "rin-and-irnn-swapped",
        "RIN stands for IRNN and IRNN for RIN",
        ((cells, "build", _swap_rin_and_irnn),),
    ),
    Fault(
        "irnn-is-a-rin",
        "the IRNN's arm trains a RIN",
        ((cells, "build", _rin_for_irnn),),
    ),
    Fault(
        "tanh-for-relu",
        "the RIN's nonlinearity is tanh, not ReLU",
        ((cells.RIN, "__init__", after(lambda layer: setattr(layer, "nonlinearity", "tanh"))),),
    ),
    Fault(
        "second-bias-trained",
        "RIN and IRNN have two bias vectors, both trained, as torch's RNN has",
        (
            (cells.PlainRNN, "__init__", after(_add_bias)),
            (cells.PlainRNN, "step", _step_with_two_biases),
            (networks, "unroll", _reference_for_plain),
        ),
    ),
    Fault(
        "bias-doubled",
        "the fast recurrence of RIN and IRNN adds the bias twice",
        ((plain, "plain_recurrence", lambda unroll: lambda inputs, W, R, b, *rest: unroll(inputs, W, R, 2 * b, *rest)),),
    ),
    Fault(
        "recurrent-weights-frozen",
        "the RIN's U gets no gradient",
        ((cells.RIN, "recurrent_matrix", instead(lambda self: self.U.detach() + _eye(self))),),
    ),
    Fault(
        "deviation-read-as-variance",
        "1e-3 is read as the variance of the initial weights, so their standard deviation is 0.032",
        ((cells, "WEIGHT_STD", lambda sd: sd**0.5),),
    ),
    Fault(
        "one-transition",
        "the RIN-DT makes one transition a step, not two",
        ((cells.RINDT, "step", instead(_one_transition)),),
    ),
    Fault(
        "lstm-without-carry",
        "the LSTM forgets its memory cell at every step",
        ((cells.LSTM, "step", instead(_lstm_step_without_carry)), (networks, "unroll", _reference_for_lstm)),
    ),
    Fault(
        "mean-state-read",
        "a network reads the mean of its states over time, not the last one",
        ((networks.SequenceNetwork, "forward", instead(lambda self, inputs: self.readout(self.stack(inputs).mean(dim=0)))),),
    ),
    Fault(
        "state-read-early",
        "a network reads the state before the last step",
        ((networks.SequenceNetwork, "forward", instead(lambda self, inputs: self.readout(self.stack(inputs[:-1], last_only=True)))),),
    ),
)
