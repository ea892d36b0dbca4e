"""The gradient's way back through a trained layer, against torch's derivatives and closed forms.

The derivatives are of the rest of the sequence.
"""

import math

import pytest
import torch
from torch import nn

from reproductions import gradient_norms
from reproductions.networks import SequenceNetwork
from reproductions.recipes import CELLS

T, B, D, H = 6, 5, 2, 4


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def network(cell):
    """A network of one layer and two outputs whose every weight and bias is drawn from N(0, 0.4^2)."""
    built, draws = SequenceNetwork(cell, D, H, 1, 2, lambda part: generator()), generator(1)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draws) * 0.4)
    return built


def samples(steps=T):
    return torch.rand(steps, B, D, generator=generator(2)), torch.randint(2, (B,), generator=generator(3))


def measured(model, inputs, targets, loss=nn.functional.cross_entropy):
    curves, metrics = gradient_norms.measure(model, loss, inputs, targets)
    assert set(curves) == {"gradient_decades/layer1"}
    return curves["gradient_decades/layer1"], metrics


def from_every_state(model, inputs, targets):
    """||d loss / d state_t|| for t = 1 .. T: for each t the whole rest of the sequence is run, and differentiated, again."""
    model, inputs = model.double(), inputs.double()
    (layer,) = model.stack.layers
    norms = []
    for t in range(1, len(inputs) + 1):
        state = tuple(torch.zeros(B, H, dtype=torch.float64) for _ in range(layer.state_parts))
        for x in inputs[:t]:
            state = layer.step(x, state)
        at_t = state = tuple(part.detach().requires_grad_() for part in state)
        for x in inputs[t:]:
            state = layer.step(x, state)
        loss = nn.functional.cross_entropy(model.readout(state[0]), targets)
        gradient = torch.autograd.grad(loss, at_t, allow_unused=True)  # the last memory cell of an LSTM is read by nobody
        norms.append(math.sqrt(sum(float(part.square().sum()) for part in gradient if part is not None)))
    return norms


@pytest.mark.parametrize("cell", CELLS)
def test_the_curve_is_the_norm_of_the_gradient_at_every_state_over_that_at_the_last(cell):
    curve, metrics = measured(network(cell), *samples())
    norms = from_every_state(network(cell), *samples())
    assert curve == pytest.approx([math.log10(norm / norms[-1]) for norm in norms], abs=1e-9)
    assert metrics == {"first_gradient_decades/layer1": curve[0], "gradient_vanishes/layer1": 0.0}


def only_recurrence(cell, factor):
    """A network whose layer has W = 0, b = 1 and the recurrent matrix ``factor`` x I."""
    model = network(cell)
    (layer,) = model.stack.layers
    with torch.no_grad():
        layer.W.zero_()
        layer.b.fill_(1.0)
        layer.U.copy_(factor * torch.eye(H))
    return model


@pytest.mark.parametrize("factor", [0.01, 0.5, 1.0])
def test_a_scaled_identity_loses_its_logarithm_at_every_step_however_many_there_are(factor):
    # every state is positive, so each of the 399 steps multiplies the gradient by the factor: for 0.01, 798 decades, past any float
    curve, metrics = measured(only_recurrence("irnn-0.01", factor), *samples(steps=400))
    factor = float(torch.tensor(factor))  # as a float32 weight
    assert curve == pytest.approx([(399 - t) * math.log10(factor) for t in range(400)], abs=1e-9)
    assert metrics["gradient_vanishes/layer1"] == 0


def test_a_gradient_that_explodes_past_any_float_is_measured_too():
    # tanh has slope 1 at 0, where all states stay: each step multiplies the gradient by 100
    model = only_recurrence("tanh", 100.0)
    with torch.no_grad():
        model.stack.layers[0].b.zero_()
    curve, _ = measured(model, *samples(steps=400))
    assert curve == pytest.approx([2 * (399 - t) for t in range(400)], abs=1e-9)


def test_where_the_gradient_is_exactly_zero_the_curve_is_none_and_the_metric_says_so():
    model, (inputs, targets) = only_recurrence("irnn", 1.0), samples()
    with torch.no_grad():
        model.stack.layers[0].W.fill_(1.0)
    inputs[2] = -100.0  # closes every unit at the third step: nothing of h_2 reaches h_3
    curve, metrics = measured(model, inputs, targets)
    assert curve == (None, None, 0.0, 0.0, 0.0, 0.0)
    assert metrics == {"first_gradient_decades/layer1": None, "gradient_vanishes/layer1": 1.0}


def test_a_loss_without_a_gradient_leaves_nothing_to_measure():
    curve, metrics = measured(network("rin"), *samples(), loss=lambda scores, targets: 0 * scores.sum())
    assert curve == (None,) * T
    assert metrics["gradient_vanishes/layer1"] == 1


def test_measuring_leaves_the_network_as_it_was():
    model, (inputs, targets) = network("lstm"), samples()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first = measured(model, inputs, targets)
    assert all(parameter.grad is None and parameter.dtype == torch.float32 for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert measured(model, inputs, targets) == first


def test_a_regression_is_measured_on_its_own_loss():
    # with one step the only state is the last: 0 decades, whatever the loss
    curve, _ = measured(network("rin"), samples(steps=1)[0], torch.rand(B), loss=lambda scores, y: (scores[:, 0] - y).square().mean())
    assert curve == (0.0,)
