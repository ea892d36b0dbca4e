"""The cells are the paper's equations and start where the paper starts them.

They take every draw from the generator they are given.
"""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from reproductions import cells
from reproductions.recipes import CELLS, RecipeError

LN2, LN3 = math.log(2), math.log(3)
SHAPES = [(1, 3), (2, 100), (5, 1), (200, 7)]  # (D, H)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def with_weights(cell, **values):
    """``cell`` in float64 with the parameters ``values``; every parameter must be given."""
    cell = cell.double()
    assert set(values) == {name for name, _ in cell.named_parameters()}
    with torch.no_grad():
        for name, value in values.items():
            getattr(cell, name).copy_(torch.tensor(value, dtype=torch.float64))
    return cell


# --- One step, worked out by hand: x = (1, 2), h = (1/2, 1), every number a sum of powers of two ---

X = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
H = torch.tensor([[0.5, 1.0]], dtype=torch.float64)
W = [[1.0, 0.0], [2.0, -1.0]]  # W x = (1, 2 - 2) = (1, 0)
U = [[0.5, -1.0], [0.25, 0.25]]  # U h = (1/4 - 1, 1/8 + 1/4) = (-3/4, 3/8)
B = [0.25, -1.0]


def test_a_rin_step_is_eq_13():
    cell = with_weights(cells.build("rin", 2, 2, generator()), W=W, U=U, b=B)
    # W x + U h + h + b = (1 - 3/4 + 1/2 + 1/4, 0 + 3/8 + 1 - 1) = (1, 3/8)
    assert cell.step(X, (H,))[0].tolist() == [[1.0, 0.375]]
    # the same with x = (-1, 1): W x = (-1, -3), so (-1 - 3/4 + 1/2 + 1/4, -3 + 3/8 + 1 - 1) = (-1, -21/8), which ReLU cuts
    assert cell.step(torch.tensor([[-1.0, 1.0]], dtype=torch.float64), (H,))[0].tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("name", ["irnn", "relu", "irnn-noise", "irnn-0.01"])
def test_an_irnn_step_and_a_relu_step_add_no_identity(name):
    cell = with_weights(cells.build(name, 2, 2, generator()), W=W, U=U, b=B)
    # W x + U h + b = (1 - 3/4 + 1/4, 0 + 3/8 - 1) = (1/2, -5/8)
    assert cell.step(X, (H,))[0].tolist() == [[0.5, 0.0]]


def test_a_rin_with_tanh_takes_the_tanh_of_what_a_rin_takes_the_relu_of():
    cell = with_weights(cells.build("rin-tanh", 2, 2, generator()), W=W, U=U, b=B)
    # with x = (-1, 1) the sum is (-1, -21/8), as worked out for the RIN above
    step = cell.step(torch.tensor([[-1.0, 1.0]], dtype=torch.float64), (H,))[0]
    assert step.tolist() == [[pytest.approx(math.tanh(-1), rel=1e-15), pytest.approx(math.tanh(-2.625), rel=1e-15)]]


def test_a_tanh_step():
    cell = with_weights(cells.build("tanh", 2, 2, generator()), W=W, U=U, b=B)
    assert cell.step(X, (H,))[0].tolist() == [[pytest.approx(math.tanh(0.5), rel=1e-15), pytest.approx(math.tanh(-0.625), rel=1e-15)]]


def test_a_rin_dt_step_makes_two_transitions_as_eqs_26_and_27():
    cell = with_weights(cells.build("rin-dt", 2, 2, generator()), W=W, U1=U, b1=B, U2=[[0.0, -1.0], [1.0, 0.0]], b2=[0.5, -1.5])
    # h' = (1, 3/8) as in the RIN above; U2 h' + h' + b2 = (-3/8 + 1 + 1/2, 1 + 3/8 - 3/2) = (9/8, -1/8)
    assert cell.step(X, (H,))[0].tolist() == [[1.125, 0.0]]


def test_an_lstm_step_is_eq_4_with_its_gates_in_the_order_i_f_g_o():
    # sigmoid(ln 3) = 3/4, sigmoid(-ln 3) = 1/4, sigmoid(0) = 1/2, tanh(ln 2) = (2 - 1/2)/(2 + 1/2) = 3/5, tanh(ln 3) = 4/5
    before = np.array([0, LN3, LN3, 0, LN2, LN3, 0, -LN3])  # what enters the gates i1 i2 f1 f2 g1 g2 o1 o2
    # with x = 2 and h = (1, -1) every sum is W x + U h + b = before/2 + (before/2 - before/4) + before/4
    weights = {"W": before[:, None] / 4, "U": np.stack([before / 2, before / 4], axis=1), "b": before / 4}
    cell = with_weights(cells.build("lstm", 1, 2, generator()), **weights)
    x, h, c = (torch.tensor([row], dtype=torch.float64) for row in ([2.0], [1.0, -1.0], [1.0, 2.0]))
    output, memory = cell.step(x, (h, c))
    # c = f c + i g = (3/4 * 1 + 1/2 * 3/5, 1/2 * 2 + 3/4 * 4/5) = (1.05, 1.6)
    assert memory[0].tolist() == pytest.approx([1.05, 1.6], rel=1e-14)
    assert output[0].tolist() == pytest.approx([math.tanh(1.05) / 2, math.tanh(1.6) / 4], rel=1e-14)


@pytest.mark.parametrize("name", CELLS)
def test_a_sequence_is_step_after_step_from_the_void_state(name):
    cell = cells.build(name, 3, 4, generator()).double()
    inputs = torch.rand(5, 2, 3, generator=generator(1), dtype=torch.float64)
    state = tuple(torch.zeros(2, 4, dtype=torch.float64) for _ in range(2 if name == "lstm" else 1))
    outputs, every = cell(inputs), cell.states(inputs)
    for t, x in enumerate(inputs):
        state = cell.step(x, state)
        assert torch.equal(outputs[t], state[0])
        assert all(torch.equal(part[t], now) for part, now in zip(every, state, strict=True))


# --- What is a parameter ---


@pytest.mark.parametrize(("inputs", "hidden"), SHAPES)
def test_an_lstm_layer_has_four_times_the_parameters_of_a_rin_and_of_an_irnn(inputs, hidden):
    def count(name):
        return sum(parameter.numel() for parameter in cells.build(name, inputs, hidden, generator()).parameters())

    one_matrix = ("rin", "irnn", "relu", "tanh", "rin-tanh", "irnn-noise", "irnn-0.01")
    assert {count(name) for name in one_matrix} == {hidden * (inputs + hidden + 1)}
    assert count("lstm") == 4 * count("rin")
    assert count("rin-dt") == count("rin") + hidden * (hidden + 1)


def test_the_identity_of_a_rin_is_neither_a_parameter_nor_stored():
    assert set(cells.build("rin", 2, 3, generator()).state_dict()) == {"W", "U", "b"}


def test_the_recurrent_matrix_of_a_rin_is_u_plus_exactly_the_identity():
    cell = cells.build("rin", 2, 50, generator())
    U, matrix = cell.U.detach().numpy(), cell.recurrent_matrix().detach().numpy()
    off = ~np.eye(50, dtype=bool)
    assert np.array_equal(matrix[off], U[off])
    assert np.array_equal(matrix.diagonal(), (U.diagonal().astype(np.float64) + 1).astype(np.float32))  # 1 + u, rounded once
    with torch.no_grad():
        cell.U.zero_()
    assert torch.equal(cell.recurrent_matrix(), torch.eye(50))


# --- Initial values (section 3.1) ---


def is_gaussian_with_std(values, std):
    """Whether n draws look like N(0, std^2): their mean, their sum of squares (chi-square, n degrees) and their distribution."""
    scaled = values.detach().double().flatten().numpy() / std
    n, risk = len(scaled), 1e-4
    low, high = stats.chi2.ppf([risk / 2, 1 - risk / 2], n)
    return (
        low < np.square(scaled).sum() < high
        and abs(scaled.mean()) * math.sqrt(n) < stats.norm.isf(risk / 2)
        and stats.kstest(scaled, "norm").pvalue > risk
    )


GAUSSIAN = {
    "rin": ("W", "U"),
    "rin-tanh": ("W", "U"),
    "irnn": ("W",),
    "irnn-noise": ("W",),
    "irnn-0.01": ("W",),
    "rin-dt": ("W", "U1", "U2"),
}


@pytest.mark.parametrize(("name", "parameters"), GAUSSIAN.items())
def test_gaussian_weights_have_a_standard_deviation_of_one_thousandth(name, parameters):
    cell = cells.build(name, 80, 100, generator())
    for parameter in parameters:
        assert is_gaussian_with_std(getattr(cell, parameter), 1e-3), parameter
        assert not is_gaussian_with_std(getattr(cell, parameter), 1.1e-3)  # the check can tell


def test_the_recurrent_matrix_of_an_irnn_starts_as_exactly_the_identity():
    assert torch.equal(cells.build("irnn", 3, 100, generator()).recurrent_matrix(), torch.eye(100))


def test_a_scaled_irnn_starts_at_a_hundredth_of_the_identity_exactly():
    # the diagonal is 0.01 rounded to float32, everything else 0 (review of the IRNN paper, section 2.4)
    assert np.array_equal(cells.build("irnn-0.01", 3, 100, generator()).recurrent_matrix().detach().numpy(), np.float32(0.01) * np.eye(100))


def test_an_irnn_with_noise_starts_where_the_rin_of_its_seed_starts_and_trains_the_whole_matrix():
    rin, noisy = (cells.build(name, 3, 100, generator(7)) for name in ("rin", "irnn-noise"))
    assert torch.equal(noisy.W, rin.W)
    assert torch.equal(noisy.recurrent_matrix(), rin.recurrent_matrix())  # to the last bit: the pair differs in nothing else
    assert is_gaussian_with_std(noisy.U - torch.eye(100), 1e-3)
    assert noisy.recurrent_matrix() is noisy.U  # the parameter is the matrix itself, its identity included
    assert noisy.U.requires_grad


def test_a_rin_with_tanh_starts_as_the_rin_of_its_seed():
    rin, tanh = (cells.build(name, 3, 100, generator(7)).state_dict() for name in ("rin", "rin-tanh"))
    assert set(rin) == set(tanh)
    assert all(torch.equal(rin[name], tanh[name]) for name in rin)


@pytest.mark.parametrize(("name", "gates"), [("lstm", 4), ("tanh", 1), ("relu", 1)])
def test_lstm_and_plain_networks_start_glorot_uniform_and_orthogonal(name, gates):
    inputs, hidden = 60, 100
    cell = cells.build(name, inputs, hidden, generator())
    bound = math.sqrt(6 / (inputs + gates * hidden))
    drawn = cell.W.detach().double().flatten().numpy()
    assert drawn.shape == (gates * hidden * inputs,)
    assert np.abs(drawn).max() <= bound
    assert stats.kstest(drawn, "uniform", (-bound, 2 * bound)).pvalue > 1e-4
    U = cell.U.detach().double()
    assert U.shape == (gates * hidden, hidden)
    torch.testing.assert_close(U.T @ U, torch.eye(hidden, dtype=torch.float64), rtol=0, atol=1e-6)


def test_orthogonal_matrices_are_haar_distributed():
    # The plane's orthogonal matrices under Haar measure have a first column at a uniform angle; a bare QR keeps it in one half-plane.
    columns = np.array([cells.orthogonal(2, 2, generator(seed))[:, 0].tolist() for seed in range(500)])
    angles = np.arctan2(columns[:, 1], columns[:, 0])
    assert stats.kstest(angles, "uniform", (-math.pi, 2 * math.pi)).pvalue > 1e-4


@pytest.mark.parametrize("name", CELLS)
def test_every_bias_starts_at_zero(name):
    biases = [value for key, value in cells.build(name, 2, 3, generator()).named_parameters() if key.startswith("b")]
    assert biases
    assert not any(bias.any() for bias in biases)


@pytest.mark.parametrize(("name", "scale"), [("irnn-glorot", 1.0), ("irnn-0.01-glorot", 0.01)])
def test_an_irnn_with_a_glorot_w_has_the_w_of_a_standard_network_and_the_matrix_of_an_irnn(name, scale):
    cell, standard = (cells.build(each, 30, 100, generator()) for each in (name, "relu"))
    assert torch.equal(cell.W, standard.W)
    assert torch.equal(cell.recurrent_matrix(), torch.eye(100) * torch.tensor(scale))
    inputs = torch.randn(5, 2, 30, generator=generator())
    irnn = cells.IRNN(30, 100, generator(), scale=scale)
    with torch.no_grad():
        irnn.W.copy_(cell.W)
    assert torch.equal(cell(inputs), irnn(inputs))


# --- Where the draws come from ---


@pytest.mark.parametrize("name", CELLS)
def test_weights_depend_on_the_generator_and_on_nothing_else(name):
    def drawn(seed, global_seed):
        torch.manual_seed(global_seed)
        before = torch.get_rng_state()
        state = cells.build(name, 4, 5, generator(seed)).state_dict()
        assert torch.equal(torch.get_rng_state(), before)  # and the global generator is left alone
        return state

    first, again, other = drawn(1, 1), drawn(1, 2), drawn(2, 1)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["W"], other["W"])
    if name not in ("irnn", "irnn-0.01", "irnn-glorot", "irnn-0.01-glorot"):  # their recurrent matrix is not drawn
        assert not torch.equal(*(state["U1" if name == "rin-dt" else "U"] for state in (first, other)))


def test_cells_with_gaussian_input_weights_share_them_under_one_seed():
    rin, irnn, deep = (cells.build(name, 4, 5, generator(3)) for name in ("rin", "irnn", "rin-dt"))
    assert torch.equal(rin.W, irnn.W)
    assert torch.equal(rin.W, deep.W)


def test_an_unknown_cell_is_refused_in_one_line():
    with pytest.raises(RecipeError, match=f"^unknown cell 'gru'; known: {', '.join(CELLS)}$"):
        cells.build("gru", 2, 3, generator())
