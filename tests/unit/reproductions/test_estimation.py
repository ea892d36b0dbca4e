"""The average estimation error is Eqs. 1 and 3, over the state of Eq. 4."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from reproductions import estimation
from reproductions.networks import Stack

T, B, H = 5, 3, 4
CURVES = ("eq1", "eq3", "variance", "variance_from_last")
METRICS = ("activation_scale", "late_variance_ratio", "largest_variance_from_last")


def streams(part):
    return torch.Generator().manual_seed(sum(part.encode()))


def states(seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(1.0, 2.0, (T, B, H)))


def by_loops(h):
    """Eqs. 1 and 3 and the variances of both differences, one number at a time."""
    eq1, eq3, variance, variance_from_last = [], [], [], []
    for t in range(T):
        to_last, change = [], []
        for b in range(B):
            for k in range(H):
                to_last.append(h[t, b, k] - h[T - 1, b, k])
                change.append(h[t, b, k] - (h[t - 1, b, k] if t > 0 else 0.0))
        eq1.append(sum(to_last) / (B * H))
        eq3.append(sum(change) / (B * H))
        variance.append(sum((c - eq3[-1]) ** 2 for c in change) / (B * H))
        variance_from_last.append(sum((d - eq1[-1]) ** 2 for d in to_last) / (B * H))
    return {"eq1": eq1, "eq3": eq3, "variance": variance, "variance_from_last": variance_from_last}


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


# --- How the variance grows ---


def test_the_last_200_of_784_steps_are_late_and_the_first_step_does_not_count():
    variance = torch.ones(784, dtype=torch.float64)
    variance[-200:] = 3.0
    variance[0] = 1e6  # h_1 against the void state
    assert estimation.late_variance_ratio(variance) == pytest.approx(3.0, rel=1e-12)
    variance[-201] = 584.0  # the mean of the 583 steps before is now 2
    assert estimation.late_variance_ratio(variance) == pytest.approx(1.5, rel=1e-12)


@pytest.mark.parametrize(("steps", "late"), [(196, 50), (40, 10), (100, 26), (4, 1), (3, 1)])  # 200/784 of 196 is 50, of 100 is 25.5
def test_a_shorter_sequence_keeps_the_share_of_late_steps(steps, late):
    variance = torch.ones(steps, dtype=torch.float64)
    variance[-late:] = 2.0
    assert estimation.late_variance_ratio(variance) == pytest.approx(2.0)


def test_the_ratio_is_undefined_without_a_step_before_or_without_variance_there():
    assert estimation.late_variance_ratio(torch.ones(2)) is None  # the first does not count, the last is late
    assert estimation.late_variance_ratio(torch.tensor([1.0, 0.0, 0.0, 1.0])) is None


def test_layers_that_hold_still_or_die_have_no_ratio_and_say_so():
    class Held:
        """A layer whose every state is ``value``."""

        def __init__(self, value):
            self.value = value

        def states(self, inputs):
            return (torch.full((T, B, H), self.value),)

    _, metrics = estimation.measure(SimpleNamespace(layers=[Held(2.0), Held(0.0)]), torch.zeros(T, B, 2))
    assert metrics == {
        "activation_scale/layer1": 2.0,
        "late_variance_ratio/layer1": None,
        "largest_variance_from_last/layer1": 0.0,
        "activation_scale/layer2": 0.0,
        "late_variance_ratio/layer2": None,
        "largest_variance_from_last/layer2": None,  # a share of nothing
    }


@pytest.mark.parametrize("cell", ["rin", "irnn", "rin-dt"])
def test_every_layer_of_a_stack_is_measured_on_its_own_states(cell):
    stack, inputs = Stack(cell, 2, H, 2, streams).double(), torch.rand(T, B, 2, generator=streams("x"), dtype=torch.float64)
    curves, metrics = estimation.measure(stack, inputs)
    first = stack.layers[0](inputs)
    second = stack.layers[1](first)
    assert set(curves) == {f"{name}/layer{n}" for name in CURVES for n in (1, 2)}
    assert set(metrics) == {f"{name}/layer{n}" for name in METRICS for n in (1, 2)}
    for number, h in ((1, first), (2, second)):
        h = h.detach().numpy()
        expected = by_loops(h)
        for name, curve in expected.items():
            assert curves[f"{name}/layer{number}"] == pytest.approx(curve, rel=1e-9, abs=1e-15)
        square = np.mean(h[-1] ** 2)
        assert metrics[f"activation_scale/layer{number}"] == pytest.approx(np.sqrt(square), rel=1e-9)
        assert metrics[f"largest_variance_from_last/layer{number}"] == pytest.approx(max(expected["variance_from_last"]) / square, rel=1e-9)
        _, *before, last = expected["variance"]  # one of the five steps is late
        assert metrics[f"late_variance_ratio/layer{number}"] == pytest.approx(last / (sum(before) / 3), rel=1e-6)


def test_an_lstm_is_measured_on_its_memory_cell_and_beside_it_on_its_output():
    stack, inputs = Stack("lstm", 2, H, 2, streams).double(), torch.rand(T, B, 2, generator=streams("x"), dtype=torch.float64)
    curves, metrics = estimation.measure(stack, inputs)
    assert set(curves) == {f"{name}/layer{n}{suffix}" for name in CURVES for n in (1, 2) for suffix in ("", "/output")}
    assert set(metrics) == {f"{name}/layer{n}{suffix}" for name in METRICS for n in (1, 2) for suffix in ("", "/output")}
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
    curves, metrics = estimation.measure(Stack("rin", 2, H, 1, streams), torch.rand(T, B, 2, generator=streams("x")))
    assert all(type(value) is float for curve in curves.values() for value in curve)
    assert all(type(value) is float for value in metrics.values())
