"""Torch's own kernels over a pack compute what the cells compute, whoever shares the pack."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from reproductions import cells, recurrence, recurrence_gpu
from reproductions.recurrence_gpu import pack_torch

CELLS = ("irnn", "rin", "tanh", "rin-dt", "lstm")
TRIALS, STEPS, BATCH, HIDDEN, WIDTH = 3, 5, 4, 7, 2


def numbers(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pack(name: str, trials: int = TRIALS) -> tuple[list[cells.RecurrentCell], Tensor]:
    """Cells of random weights with inputs, in float64; those of a RIN begin so small that nothing would be seen."""
    made = [cells.build(name, WIDTH, HIDDEN, torch.Generator().manual_seed(seed)).double() for seed in range(trials)]
    with torch.no_grad():
        for seed, cell in enumerate(made):
            for parameter in cell.parameters():
                parameter.copy_(numbers(*parameter.shape, seed=seed) * 0.4)
    return made, numbers(trials, STEPS, BATCH, WIDTH, seed=9).requires_grad_()


def together(made: list[cells.RecurrentCell], inputs: Tensor, last_only: bool) -> Tensor:
    with recurrence_gpu.torch_instead():
        kernel = next(kernel for kind, kernel in recurrence.FUSED.items() if isinstance(made[0], kind))
        return kernel(made, inputs, last_only)


def one_by_one(made: list[cells.RecurrentCell], inputs: Tensor, last_only: bool) -> Tensor:
    every = torch.stack([cell(own) for cell, own in zip(made, inputs, strict=True)])
    return every[:, -1] if last_only else every


def with_gradients(outputs: Tensor, made: list[cells.RecurrentCell], inputs: Tensor) -> list[Tensor]:
    weights = numbers(*outputs.shape[1:], seed=5).to(outputs)  # the same for every trial
    gradients = torch.autograd.grad((outputs * weights).sum(), [inputs, *(p for cell in made for p in cell.parameters())])
    return [outputs.detach(), *gradients]


@pytest.mark.parametrize("last_only", [False, True])
@pytest.mark.parametrize("name", [name for name in CELLS if name != "rin-dt"])  # whose identity is float32 in a pack
def test_outputs_and_every_gradient_are_those_of_the_cells(name: str, last_only: bool) -> None:
    made, inputs = pack(name)
    found = with_gradients(together(made, inputs, last_only), made, inputs)
    exact = with_gradients(one_by_one(made, inputs, last_only), made, inputs)
    for one, other in zip(found, exact, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("last_only", [False, True])
def test_two_transitions_a_step_are_those_of_the_cell(last_only: bool) -> None:
    made, inputs = pack("rin-dt")
    single = [copy.deepcopy(cell).float() for cell in made]
    x = inputs.detach().float().requires_grad_()
    found = with_gradients(together(single, x, last_only), single, x)
    for one, other in zip(found, with_gradients(one_by_one(made, inputs, last_only), made, inputs), strict=True):
        torch.testing.assert_close(one, other.float(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["tanh", "irnn", "lstm"])
def test_outputs_are_those_of_torchs_own_modules(name: str) -> None:
    made, inputs = pack(name, 1)
    cell = made[0]
    kind = nn.LSTM(WIDTH, HIDDEN) if name == "lstm" else nn.RNN(WIDTH, HIDDEN, nonlinearity="tanh" if name == "tanh" else "relu")
    kind.double()
    with torch.no_grad():
        for parameter, value in zip(kind.parameters(), (cell.W, cell.U, cell.b, torch.zeros_like(cell.b)), strict=True):
            parameter.copy_(value)
        torch.testing.assert_close(together(made, inputs, False)[0], kind(inputs[0])[0])


@pytest.mark.parametrize("name", CELLS)
def test_a_trials_bits_do_not_depend_on_the_pack(name: str) -> None:
    made, inputs = pack(name)
    made, inputs = [cell.float() for cell in made], inputs.detach().float().requires_grad_()
    outputs, to_inputs, *_ = with_gradients(together(made, inputs, False), made, inputs)
    for k in range(TRIALS):
        alone = inputs[k : k + 1].detach().requires_grad_()
        single, to_alone, *_ = with_gradients(together(made[k : k + 1], alone, False), made[k : k + 1], alone)
        assert torch.equal(single[0], outputs[k])
        assert torch.equal(to_alone[0], to_inputs[k])


@pytest.mark.parametrize("name", ["irnn", "lstm"])
def test_a_diverged_trial_leaves_the_others_alone(name: str) -> None:
    made, inputs = pack(name)
    well = with_gradients(together(made, inputs, True), made, inputs)
    with torch.no_grad():
        made[1].U.fill_(float("inf"))
    sick = with_gradients(together(made, inputs, True), made, inputs)
    assert sick[0][1].isnan().any()
    assert all(torch.equal(well[0][k], sick[0][k]) for k in (0, 2))
    assert all(torch.equal(well[1][k], sick[1][k]) for k in (0, 2))


def test_more_trials_than_one_product_takes_are_cut_into_several(monkeypatch: pytest.MonkeyPatch) -> None:
    made, inputs = pack("lstm", 5)
    whole = with_gradients(together(made, inputs, False), made, inputs)
    monkeypatch.setattr(pack_torch, "TOGETHER", 2)
    for one, other in zip(whole, with_gradients(together(made, inputs, False), made, inputs), strict=True):
        torch.testing.assert_close(one, other)
