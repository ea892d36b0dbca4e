"""The fast recurrences give the reference forward's outputs and gradients, and torch's own modules give the same."""

import numpy as np
import pytest
import torch
from torch import nn

from reproductions import cells, optimizers
from reproductions.networks import SequenceNetwork
from reproductions.recipes import CELLS, Optimizer
from reproductions.recurrence import library, plain, unroll

SHAPES = [(1, 1, 1, 1), (2, 3, 1, 4), (17, 5, 3, 8), (60, 2, 6, 3)]  # (T, B, D, H)
EXACT = {"rtol": 1e-12, "atol": 1e-13}  # float64 with another order of additions


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def random_cell(name, inputs, hidden, seed=0, spread=0.4):
    """A float64 cell whose every parameter, biases too, is drawn from N(0, spread^2 / H)."""
    cell = cells.build(name, inputs, hidden, generator()).double()
    draws = generator(seed)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draws, dtype=torch.float64) * spread / hidden**0.5)
    return cell


def random_inputs(steps, batch, inputs, seed=1):
    return torch.randn(steps, batch, inputs, generator=generator(seed), dtype=torch.float64)


def torch_module(name, cell):
    """torch's own RNN or LSTM with the weights of ``cell``, its second bias at zero."""
    kind = nn.LSTM if name == "lstm" else nn.RNN
    options = {} if name == "lstm" else {"nonlinearity": "tanh" if name in ("tanh", "rin-tanh") else "relu"}
    module = kind(cell.inputs, cell.hidden, **options).double()
    identity = torch.eye(cell.hidden, dtype=torch.float64) if name in ("rin", "rin-tanh") else 0
    with torch.no_grad():
        module.weight_ih_l0.copy_(cell.W)
        module.weight_hh_l0.copy_(cell.U + identity)
        module.bias_ih_l0.copy_(cell.b)
        module.bias_hh_l0.zero_()
    return module


def rin_dt_by_loops(cell, inputs):
    """Eqs. 26-27 in numpy, one sequence and one step at a time."""
    W, U1, U2, b1, b2 = (getattr(cell, name).detach().numpy() for name in ("W", "U1", "U2", "b1", "b2"))
    outputs, identity = np.zeros((*inputs.shape[:2], cell.hidden)), np.eye(cell.hidden)
    for b in range(inputs.shape[1]):
        h = np.zeros(cell.hidden)
        for t in range(inputs.shape[0]):
            between = np.maximum(0, W @ inputs[t, b].numpy() + (U1 + identity) @ h + b1)
            h = np.maximum(0, (U2 + identity) @ between + b2)
            outputs[t, b] = h
    return torch.from_numpy(outputs)


# --- Outputs ---


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
def test_both_plain_kernels_give_the_same_outputs_and_gradients(nonlinearity, shape):
    """The one for the CPU and torch's own, which a GPU takes."""
    steps, batch, inputs, hidden = shape
    cell = random_cell("relu", inputs, hidden)
    found = []
    for kernel in (plain, library):
        leaves = [value.detach().clone().requires_grad_() for value in (random_inputs(steps, batch, inputs), cell.W, cell.U, cell.b)]
        outputs = kernel.plain_recurrence(*leaves, nonlinearity)
        weights = random_inputs(steps, batch, hidden, seed=2)
        found.append([outputs.detach(), *torch.autograd.grad((outputs * weights).sum(), leaves)])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, **EXACT)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CELLS)
def test_unroll_gives_the_outputs_of_the_reference_forward(name, shape):
    steps, batch, inputs, hidden = shape
    cell, x = random_cell(name, inputs, hidden), random_inputs(steps, batch, inputs)
    torch.testing.assert_close(unroll(cell, x), cell(x), **EXACT)
    assert unroll(cell, x).shape == (steps, batch, hidden)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CELLS)
def test_unroll_gives_the_outputs_of_an_independent_implementation(name, shape):
    steps, batch, inputs, hidden = shape
    cell, x = random_cell(name, inputs, hidden), random_inputs(steps, batch, inputs)
    expected = rin_dt_by_loops(cell, x) if name == "rin-dt" else torch_module(name, cell)(x)[0]
    torch.testing.assert_close(unroll(cell, x), expected, **EXACT)


@pytest.mark.parametrize("name", CELLS)
def test_unroll_gives_the_outputs_of_the_reference_forward_in_single_precision(name):
    """Single precision is what trains, on the compiled kernels where there is a compiler."""
    cell = random_cell(name, 3, 10, spread=0.2)
    x = random_inputs(100, 4, 3)
    expected = cell(x).float()
    torch.testing.assert_close(unroll(cell.float(), x.float()), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", CELLS)
def test_the_last_output_alone_is_the_last_of_all_with_the_same_gradients(name, dtype):
    cell, x = random_cell(name, 3, 10, spread=0.2).to(dtype), random_inputs(20, 4, 3).to(dtype)
    weight = random_inputs(1, 4, 10, seed=2)[0].to(dtype)
    every, last = unroll(cell, x), unroll(cell, x, last_only=True)
    assert torch.equal(every[-1], last)
    expected = torch.autograd.grad((every[-1] * weight).sum(), list(cell.parameters()))
    for gradient, reference in zip(torch.autograd.grad((last * weight).sum(), list(cell.parameters())), expected, strict=True):
        torch.testing.assert_close(gradient, reference, rtol=1e-6, atol=1e-7)


# --- Gradients ---


def no_unit_near_its_kink(cell, x):
    """Whether every ReLU argument stays away from 0, where finite differences would mislead."""
    arguments = []

    def recorded(argument, relu=torch.relu):
        arguments.append(argument.detach())
        return relu(argument)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "relu", recorded)
        cell(x)
    return all(float(argument.abs().min()) > 1e-3 for argument in arguments)


@pytest.mark.parametrize("name", CELLS)
def test_gradients_agree_with_finite_differences(name):
    cell, x = random_cell(name, 2, 3, seed=4, spread=1.0), random_inputs(4, 2, 2).requires_grad_()
    assert no_unit_near_its_kink(cell, x)
    if name in ("rin", "irnn", "relu", "rin-dt"):
        states = cell(x)
        assert (states == 0).any()  # both sides of the kink are exercised
        assert (states > 0).any()
    # gradcheck perturbs the parameters in place, so the cell that is unrolled is the perturbed one
    assert torch.autograd.gradcheck(lambda x, *parameters: unroll(cell, x), (x, *cell.parameters()))


@pytest.mark.parametrize("name", CELLS)
def test_gradients_agree_with_those_of_the_reference_forward_over_a_long_sequence(name):
    cell, x = random_cell(name, 2, 6, spread=0.2), random_inputs(80, 3, 2)
    weight = random_inputs(80, 3, 6, seed=2)
    expected = torch.autograd.grad((cell(x) * weight).sum(), list(cell.parameters()))
    for gradient, reference in zip(torch.autograd.grad((unroll(cell, x) * weight).sum(), list(cell.parameters())), expected, strict=True):
        torch.testing.assert_close(gradient, reference, rtol=1e-10, atol=1e-10)


# --- One bias ---


@pytest.mark.parametrize("name", ["rin", "irnn", "relu", "tanh", "lstm"])
def test_an_update_moves_the_bias_by_one_step_and_there_is_no_second_one(name):
    cell, x = random_cell(name, 2, 3), random_inputs(6, 4, 2)
    with torch.no_grad():
        cell.b.fill_(0.5)  # every unit active
    before, parameters = cell.b.detach().clone(), optimizers.FlatParameters(cell)
    unroll(cell, x).sum().backward()
    optimizers.build(Optimizer("rmsprop", 0.01), parameters.values).step(parameters.values, parameters.gradient, 1)
    step = 0.01 / 0.1**0.5  # lr g / sqrt(0.1 g^2): RMSprop's first step has one length for every parameter
    assert (cell.b - before).abs().tolist() == pytest.approx([step] * cell.b.numel(), rel=1e-3)
    with torch.no_grad():  # with W = 0 the first output is a function of the bias alone
        cell.W.zero_()
    output = unroll(cell, x)[0, 0]
    match name:
        case "lstm":
            i, _, g, o = cell.b.detach().numpy().reshape(4, 3)
            expected = np.tanh(np.tanh(g) / (1 + np.exp(-i))) / (1 + np.exp(-o))
        case "tanh":
            expected = np.tanh(cell.b.detach().numpy())
        case _:
            expected = np.maximum(0, cell.b.detach().numpy())
    assert output.tolist() == pytest.approx(expected.tolist(), rel=1e-12)


# --- A RIN is an IRNN in other coordinates ---


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_a_rin_from_u0_and_an_irnn_from_identity_plus_u0_learn_alike(optimizer):
    updates, steps, batch, hidden = 30, 12, 8, 6

    def losses(name):
        network = SequenceNetwork(name, 2, hidden, 1, 1, lambda part: generator(len(part))).double()
        (layer,) = network.stack.layers
        with torch.no_grad():
            start = torch.randn(hidden, hidden, generator=generator(5), dtype=torch.float64) * 0.05
            layer.U.copy_(start if name == "rin" else start + torch.eye(hidden, dtype=torch.float64))
            layer.W.copy_(torch.randn(hidden, 2, generator=generator(6), dtype=torch.float64) * 0.3)
        parameters = optimizers.FlatParameters(network)
        stepper = optimizers.build(Optimizer(optimizer, 1e-3), parameters.values)
        values = []
        for update in range(1, updates + 1):
            x = torch.rand(steps, batch, 2, generator=generator(update), dtype=torch.float64)
            parameters.gradient.zero_()
            loss = (network(x)[:, 0] - x[:, :, 0].sum(0)).square().mean()
            loss.backward()
            stepper.step(parameters.values, parameters.gradient, update)
            values.append(loss.item())
        return np.array(values)

    rin, irnn = losses("rin"), losses("irnn")
    assert rin[-1] < 0.9 * rin[0]  # the curves went somewhere
    np.testing.assert_allclose(rin, irnn, rtol=1e-9)
