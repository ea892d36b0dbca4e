"""The average estimation error is Eqs. 1 and 3, over the state of Eq. 4."""

import numpy as np
import pytest
import torch

from reproductions import estimation
from reproductions.networks import Stack

T, B, H = 5, 3, 4


def streams(part):
    return torch.Generator().manual_seed(sum(part.encode()))


def states(seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(1.0, 2.0, (T, B, H)))


def by_loops(h):
    """Eqs. 1 and 3 and the variance of the difference, one number at a time."""
    eq1, eq3, variance = [], [], []
    for t in range(T):
        to_last, change = [], []
        for b in range(B):
            for k in range(H):
                to_last.append(h[t, b, k] - h[T - 1, b, k])
                change.append(h[t, b, k] - (h[t - 1, b, k] if t > 0 else 0.0))
        eq1.append(sum(to_last) / (B * H))
        eq3.append(sum(change) / (B * H))
        variance.append(sum((c - eq3[-1]) ** 2 for c in change) / (B * H))
    return {"eq1": eq1, "eq3": eq3, "variance": variance}


def test_errors_and_variance_are_means_over_samples_and_units():
    measured, expected = estimation.average_estimation_error(states()), by_loops(states().numpy())
    assert set(measured) == set(expected)
    for name, curve in expected.items():
        assert measured[name].tolist() == pytest.approx(curve, rel=1e-12, abs=1e-14), name


def test_the_error_to_the_last_state_ends_at_zero_exactly():
    assert estimation.average_estimation_error(states())["eq1"][-1] == 0


def test_the_changes_add_up_to_the_mean_last_state():
    changes = estimation.average_estimation_error(states())["eq3"]
    assert changes.sum().item() == pytest.approx(states()[-1].mean().item(), rel=1e-12)


def test_single_precision_states_are_averaged_in_double_precision():
    large = torch.full((2, 1, 3), 2.0**24)
    large[1, 0, 0] += 2  # the mean difference is 2/3, which float32 knows to 8 digits only
    curves = estimation.average_estimation_error(large)
    assert curves["eq1"].dtype == torch.float64
    assert curves["eq1"][0].item() == pytest.approx(-2 / 3, rel=1e-12)


def test_the_activation_scale_is_the_root_mean_square_of_the_last_states():
    h = torch.tensor([[[9.0, 9.0]], [[3.0, 4.0]]])  # T = 2, B = 1, H = 2
    assert estimation.activation_scale(h) == pytest.approx(12.5**0.5)  # sqrt((9 + 16) / 2)


@pytest.mark.parametrize("cell", ["rin", "irnn", "rin-dt"])
def test_every_layer_of_a_stack_is_measured_on_its_own_states(cell):
    stack, inputs = Stack(cell, 2, H, 2, streams).double(), torch.rand(T, B, 2, generator=streams("x"), dtype=torch.float64)
    curves, scales = estimation.measure(stack, inputs)
    first = stack.layers[0](inputs)
    second = stack.layers[1](first)
    assert set(curves) == {f"{name}/layer{n}" for name in ("eq1", "eq3", "variance") for n in (1, 2)}
    assert set(scales) == {"activation_scale/layer1", "activation_scale/layer2"}
    for number, h in ((1, first), (2, second)):
        h = h.detach().numpy()
        for name, expected in by_loops(h).items():
            assert curves[f"{name}/layer{number}"] == pytest.approx(expected, rel=1e-9, abs=1e-15)
        assert scales[f"activation_scale/layer{number}"] == pytest.approx(np.sqrt(np.mean(h[-1] ** 2)), rel=1e-9)


def test_an_lstm_is_measured_on_its_memory_cell_and_beside_it_on_its_output():
    stack, inputs = Stack("lstm", 2, H, 2, streams).double(), torch.rand(T, B, 2, generator=streams("x"), dtype=torch.float64)
    curves, scales = estimation.measure(stack, inputs)
    assert len(curves) == 3 * 2 * 2
    assert len(scales) == 4
    for number, layer in enumerate(stack.layers, start=1):
        # torch's own LSTM, one step at a time, for its memory cell
        module = torch.nn.LSTM(layer.inputs, H).double()
        with torch.no_grad():
            for own, value in zip(module.parameters(), (layer.W, layer.U, layer.b, torch.zeros(4 * H)), strict=True):
                own.copy_(value)
            outputs, memories, state = [], [], None
            for x in inputs:
                output, state = module(x[None], state)
                outputs.append(output[0])
                memories.append(state[1][0])
        inputs = torch.stack(outputs)
        for suffix, h in (("", torch.stack(memories)), ("/output", inputs)):
            for name, expected in by_loops(h.numpy()).items():
                assert curves[f"{name}/layer{number}{suffix}"] == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_measuring_builds_no_graph_and_gives_plain_numbers():
    curves, scales = estimation.measure(Stack("rin", 2, H, 1, streams), torch.rand(T, B, 2, generator=streams("x")))
    assert all(type(value) is float for curve in curves.values() for value in curve)
    assert all(type(value) is float for value in scales.values())
