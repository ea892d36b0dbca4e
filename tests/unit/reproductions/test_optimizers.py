"""Adam, RMSprop and clipping do what Keras did in 2017, on parameters that are views of one vector."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from reproductions import optimizers
from reproductions.optimizers import FlatParameters, clip_by_norm
from reproductions.recipes import Optimizer

GRADIENTS = [0.5, -0.25, 2.0]  # of one scalar parameter, three updates
RATE = 0.01


def vector(*values):
    return torch.tensor(values, dtype=torch.float64)


def trace(name, gradients, start):
    """The values after each update, starting from ``start``; gradients (updates, P)."""
    values = start.clone()
    stepper = optimizers.build(Optimizer(name, RATE), values)
    out = []
    for update, gradient in enumerate(gradients, start=1):
        stepper.step(values, gradient.clone(), update)
        out.append(values.clone())
    return torch.stack(out)


# --- Against the formulas of Keras 2.0, spelled out for one parameter ---


def test_rmsprop_is_keras_rmsprop():
    # keras.optimizers.RMSprop: new_a = rho a + (1 - rho) g^2; new_p = p - lr g / (sqrt(new_a) + epsilon), rho 0.9, epsilon 1e-8
    p = 1.0
    a1 = 0.1 * 0.25  # 0.9 * 0 + 0.1 * 0.5^2
    p1 = p - 0.01 * 0.5 / (math.sqrt(a1) + 1e-8)
    a2 = 0.9 * a1 + 0.1 * 0.0625
    p2 = p1 - 0.01 * -0.25 / (math.sqrt(a2) + 1e-8)
    a3 = 0.9 * a2 + 0.1 * 4.0
    p3 = p2 - 0.01 * 2.0 / (math.sqrt(a3) + 1e-8)
    assert trace("rmsprop", [vector(g) for g in GRADIENTS], vector(p))[:, 0].tolist() == pytest.approx([p1, p2, p3], rel=1e-14)


def test_adam_is_keras_adam():
    # keras.optimizers.Adam: lr_t = lr sqrt(1 - 0.999^t) / (1 - 0.9^t); p_t = p - lr_t m_t / (sqrt(v_t) + epsilon), epsilon 1e-8
    p = 1.0
    m1, v1 = 0.1 * 0.5, 0.001 * 0.25
    p1 = p - 0.01 * math.sqrt(1 - 0.999) / (1 - 0.9) * m1 / (math.sqrt(v1) + 1e-8)
    m2, v2 = 0.9 * m1 + 0.1 * -0.25, 0.999 * v1 + 0.001 * 0.0625
    p2 = p1 - 0.01 * math.sqrt(1 - 0.999**2) / (1 - 0.9**2) * m2 / (math.sqrt(v2) + 1e-8)
    m3, v3 = 0.9 * m2 + 0.1 * 2.0, 0.999 * v2 + 0.001 * 4.0
    p3 = p2 - 0.01 * math.sqrt(1 - 0.999**3) / (1 - 0.9**3) * m3 / (math.sqrt(v3) + 1e-8)
    assert trace("adam", [vector(g) for g in GRADIENTS], vector(p))[:, 0].tolist() == pytest.approx([p1, p2, p3], rel=1e-12)


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_epsilon_stands_outside_the_root_and_is_not_scaled(name):
    # With g^2 far below epsilon^2 the first step is lr * k * g / epsilon, k = 1 (RMSprop) or sqrt(0.001) / 0.1 * 0.1 (Adam).
    g = 1e-12
    root = math.sqrt(0.1 if name == "rmsprop" else 0.001) * g
    factor = 1.0 if name == "rmsprop" else math.sqrt(0.001)
    assert -trace(name, [vector(g)], vector(0.0))[0].item() == pytest.approx(RATE * factor * g / (root + 1e-8), rel=1e-9)


# --- Against torch's optimisers ---


def random_gradients(seed=0, updates=40, size=30):
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(updates, size, generator=draws, dtype=torch.float64) * torch.logspace(-6, 1, size, dtype=torch.float64)


def torch_trace(optimizer, parameter, gradients, before_step=lambda update: None):
    out = []
    for update, gradient in enumerate(gradients, start=1):
        before_step(update)
        parameter.grad = gradient.clone()
        optimizer.step()
        out.append(parameter.detach().clone())
    return torch.stack(out)


def test_rmsprop_agrees_with_torch():
    gradients, parameter = random_gradients(), nn.Parameter(torch.zeros(30, dtype=torch.float64))
    optimizer = torch.optim.RMSprop([parameter], lr=RATE, alpha=0.9, eps=1e-8)
    expected = torch_trace(optimizer, parameter, gradients)
    torch.testing.assert_close(trace("rmsprop", gradients, torch.zeros(30, dtype=torch.float64)), expected, rtol=1e-12, atol=1e-14)


def test_adam_agrees_with_torch_once_torchs_epsilon_is_corrected_for_the_bias():
    # torch divides by sqrt(v) / sqrt(1 - b2^t) + eps, so its eps = epsilon / sqrt(1 - b2^t) is our epsilon
    gradients, parameter = random_gradients(), nn.Parameter(torch.zeros(30, dtype=torch.float64))
    optimizer = torch.optim.Adam([parameter], lr=RATE)

    def correct(update):
        optimizer.param_groups[0]["eps"] = 1e-8 / math.sqrt(1 - 0.999**update)

    expected = torch_trace(optimizer, parameter, gradients, correct)
    torch.testing.assert_close(trace("adam", gradients, torch.zeros(30, dtype=torch.float64)), expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_a_step_changes_values_in_place_and_leaves_the_gradient_alone(name):
    values, gradient = torch.ones(4), torch.tensor([1.0, -2.0, 3.0, 0.0])
    place, kept = values.data_ptr(), gradient.clone()
    stepper = optimizers.build(Optimizer(name, RATE), values)
    stepper.step(values, gradient, 1)
    assert values.data_ptr() == place
    assert torch.equal(gradient, kept)
    assert torch.equal(torch.sign(1 - values), torch.sign(kept))  # against the gradient, and nowhere without one


# --- Flat parameters ---


def network():
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def test_every_parameter_and_every_gradient_is_a_view_of_its_vector():
    model = network()
    expected = np.concatenate([parameter.detach().numpy().ravel() for parameter in model.parameters()])
    flat = FlatParameters(model)
    assert flat.values.tolist() == expected.tolist()
    assert not flat.gradient.any()
    with torch.no_grad():
        flat.values.zero_()
    assert not any(parameter.any() for parameter in model.parameters())
    assert not model(torch.ones(1, 3)).any()
    flat.values.fill_(1.0)
    assert model(torch.ones(1, 3)).tolist() == [[17.0, 17.0]]  # four units at 3 + 1, and 4 * 4 + 1


def test_backward_writes_into_the_flat_gradient():
    model, twin = network(), network()
    twin.load_state_dict(model.state_dict())
    flat, x = FlatParameters(model), torch.tensor([[1.0, 2.0, -1.0]])
    for _ in range(2):  # zeroing the vector zeroes what backward adds to
        flat.gradient.zero_()
        model(x).square().sum().backward()
    twin(x).square().sum().backward()
    assert torch.equal(flat.gradient, torch.cat([parameter.grad.reshape(-1) for parameter in twin.parameters()]))


def test_frozen_parameters_stay_out():
    model = network()
    model[0].weight.requires_grad_(False)
    assert FlatParameters(model).values.numel() == 4 + 8 + 2


# --- Clipping ---


@pytest.mark.parametrize(
    ("before", "limit", "after"),
    [
        ([3.0, -4.0], 2.5, [1.5, -2.0]),  # norm 5, halved
        ([3.0, -4.0], 5.0, [3.0, -4.0]),  # at the limit already
        ([3.0, -4.0], 100.0, [3.0, -4.0]),
        ([0.0, 0.0], 1.0, [0.0, 0.0]),
    ],
)
def test_clipping_scales_the_whole_gradient_to_the_limit(before, limit, after):
    gradient = torch.tensor(before)
    clip_by_norm(gradient, gradient.norm(), limit)
    assert gradient.tolist() == pytest.approx(after)
