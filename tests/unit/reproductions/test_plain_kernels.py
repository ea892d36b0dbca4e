"""The compiled plain recurrence gives what float64 gives, to float32 rounding, on every instruction set at hand."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from reproductions import cells, kernel_choice
from reproductions.recurrence import build, plain, unroll

# (T, B, D, H): hidden sizes and batches that fill neither vectors nor tiles, one step, one row, inputs as wide as a layer below
SHAPES = [
    (1, 1, 1, 1),
    (1, 5, 3, 17),
    (2, 8, 1, 16),
    (7, 3, 1, 5),
    (13, 9, 2, 33),
    (5, 4, 100, 20),
    (4, 5, 100, 24),
    (3, 2, 200, 100),
    (70, 11, 2, 100),
    (9, 13, 3, 130),
    (6, 5, 2, 25),
    (4, 3, 1, 15),
    (33, 15, 1, 200),
]
ROUNDING = 2e-6  # relative; float32 rounds by 6e-8, and errors add up over at most 70 steps and 900 rows here


@pytest.fixture(autouse=True)
def one_thread():
    """torch's threads only wait for one another on tensors as small as these."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(params=kernel_choice.CHOICES)
def path(request, monkeypatch):
    """Each path of RIN_CLAIMS_KERNELS that this machine can run."""
    if request.param not in ("native", "torch", *build.available()):
        pytest.skip(f"this CPU has no {request.param}")
    if request.param != "torch":
        request.getfixturevalue("compiler")
    monkeypatch.setenv(kernel_choice.VARIABLE, request.param)
    return request.param


@pytest.fixture
def compiled(compiler, monkeypatch):
    """The compiled kernels of this CPU."""
    monkeypatch.setenv(kernel_choice.VARIABLE, "native")


def operands(steps, batch, width, hidden, seed=0):
    """Inputs, W, R near the identity, b, and weights of a loss, in float32; trained leaves all four."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    recurrent = 0.9 * torch.eye(hidden) + 0.1 * draw(hidden, hidden) / hidden**0.5
    leaves = [draw(steps, batch, width), draw(hidden, width) / width**0.5, recurrent, 0.1 * draw(hidden)]
    return [leaf.requires_grad_() for leaf in leaves], draw(steps, batch, hidden)


def torch_rnn(leaves, nonlinearity):
    """Every h_t by torch.nn.RNN in float64 and the leaves it is a function of."""
    inputs, W, R, b = (leaf.detach().double().requires_grad_() for leaf in leaves)
    module = nn.RNN(W.shape[1], W.shape[0], nonlinearity=nonlinearity).double()
    values = {"weight_ih_l0": W, "weight_hh_l0": R, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b)}
    return torch.func.functional_call(module, values, (inputs,))[0], [inputs, W, R, b]


def with_our_slopes(leaves, states):
    """Every h_t of the ReLU recurrence in float64, each unit open where ``states`` (T, B, H), in float32, are positive; and its leaves.

    A unit within rounding of its kink may be open in one precision and closed in the other, on one CPU and not on the next, and its slope
    is then 1 or 0. So the slopes are compared first: where they differ, the float64 unit must stand on its kink, to rounding.
    """
    inputs, W, R, b = exact = [leaf.detach().double().requires_grad_() for leaf in leaves]
    state, found, largest, farthest = torch.zeros(inputs.shape[1], b.shape[0], dtype=torch.float64), [], 0.0, 0.0
    for x, open_here in zip(inputs, states > 0, strict=True):
        argument = x @ W.T + state @ R.T + b
        differs = open_here != (argument > 0)
        largest = max(largest, float(argument.detach().abs().max()))
        farthest = max([farthest, *argument[differs].detach().abs().tolist()])
        state = argument * open_here
        found.append(state)
    assert farthest <= ROUNDING * largest, "a slope differs away from the kink"
    return torch.stack(found), exact


def expected_of(leaves, weights, nonlinearity, last_only):
    """Outputs by torch.nn.RNN, and the gradients of their weighted sum, in float64 with the slopes of our states."""
    outputs, reference = torch_rnn(leaves, nonlinearity)
    wanted = outputs[-1] if last_only else outputs
    if nonlinearity == "relu":
        outputs, reference = with_our_slopes(leaves, plain.plain_recurrence(*leaves, "relu").detach())
    chosen = outputs[-1] if last_only else outputs
    return [wanted.detach(), *torch.autograd.grad((chosen * weights).sum(), reference)]


def relative_error(found, expected):
    return float((found.double() - expected).norm() / expected.norm().clamp(min=1e-30))


def values_and_gradients(leaves, weights, nonlinearity, last_only):
    outputs = plain.plain_recurrence(*leaves, nonlinearity, last_only)
    return [outputs.detach(), *torch.autograd.grad((outputs * weights).sum(), leaves)]


# --- The same numbers as an independent implementation ---


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
@pytest.mark.parametrize("last_only", [False, True])
def test_outputs_and_gradients_are_those_of_torch_in_double_precision(path, nonlinearity, shape, last_only):
    leaves, weights = operands(*shape)
    weights = weights[-1] if last_only else weights
    expected = expected_of(leaves, weights, nonlinearity, last_only)
    found = values_and_gradients(leaves, weights, nonlinearity, last_only)
    for name, ours, theirs in zip(("outputs", "inputs", "W", "R", "b"), found, expected, strict=True):
        assert ours.shape == theirs.shape
        assert relative_error(ours, theirs) < ROUNDING, name


@pytest.mark.parametrize("hidden", [5, 17, 20, 24, 98, 100])
@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
def test_units_that_are_not_there_change_no_bit(path, nonlinearity, hidden):
    """The last columns of a matrix may share a vector or fill half of one; the additions are the same, in the same order."""
    if path == "torch":
        pytest.skip("BLAS adds in an order of its own")
    more = 48 - hidden % 16
    for batch in (1, 3, 15):
        leaves, weights = operands(4, batch, hidden, hidden)
        square = (0, more, 0, more)
        wide = [nn.functional.pad(leaf.detach(), pad) for leaf, pad in zip(leaves, ((0, more), square, square, (0, more)), strict=True)]
        found = values_and_gradients(leaves, weights, nonlinearity, False)
        wide = [leaf.requires_grad_() for leaf in wide]
        for value, in_wide in zip(
            found, values_and_gradients(wide, nn.functional.pad(weights, (0, more)), nonlinearity, False), strict=True
        ):
            there = in_wide[tuple(slice(size) for size in value.shape)]
            assert torch.equal(value, there)


# Of all the units of the larger shapes some would lie so near their kink that rounding decides their slope
@pytest.mark.parametrize("shape", [*(shape for shape in SHAPES if math.prod(shape) < 30_000), (40, 1, 2, 20), (70, 1, 1, 9)])
@pytest.mark.parametrize("last_only", [False, True])
def test_two_transitions_a_step_are_those_of_the_reference_cell_in_double_precision(path, shape, last_only):
    steps, batch, width, hidden = shape
    generator = torch.Generator().manual_seed(5)
    cell = cells.build("rin-dt", width, hidden, generator)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter += 0.2 * torch.randn(parameter.shape, generator=generator) / hidden**0.5
        for matrix in (cell.U1, cell.U2):
            matrix -= 0.2 * torch.eye(hidden)  # so that the states do not grow
    inputs, weights = torch.randn(steps, batch, width, generator=generator), torch.randn(steps, batch, hidden, generator=generator)
    exact, found = copy.deepcopy(cell).double(), []
    for module, forward in ((exact, lambda x: exact(x)[-1] if last_only else exact(x)), (cell, lambda x: unroll(cell, x, last_only))):
        leaf = inputs.to(module.W.dtype).requires_grad_()
        outputs = forward(leaf)
        loss = (outputs * (weights[-1] if last_only else weights)).sum()
        found.append([outputs.detach(), *torch.autograd.grad(loss, [leaf, *module.parameters()])])
    for name, theirs, ours in zip(("outputs", "inputs", *dict(cell.named_parameters())), *found, strict=True):
        assert relative_error(ours, theirs) < ROUNDING, name
    with torch.no_grad():
        assert torch.equal(unroll(cell, inputs, last_only), found[1][0])


@pytest.mark.parametrize("seed", [3, 9, 10, 11])  # of those that have a unit within rounding of its kink on some CPU
def test_gradients_of_784_steps_are_within_1e_5_of_double_precision(path, seed):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.rand(784, 8, 1, generator=generator)
    matrix = torch.eye(100) + 1e-3 * torch.randn(100, 100, generator=generator)  # a RIN as it starts
    leaves = [leaf.requires_grad_() for leaf in (inputs, 1e-2 * torch.randn(100, 1, generator=generator), matrix, torch.full((100,), 1e-4))]
    weights = torch.randn(8, 100, generator=generator)
    expected = expected_of(leaves, weights, "relu", True)
    for ours, theirs in zip(values_and_gradients(leaves, weights, "relu", True), expected, strict=True):
        assert relative_error(ours, theirs) < 1e-5


def test_tanh_is_within_three_units_in_the_last_place(compiled):
    arguments = torch.cat([torch.linspace(-12, 12, 200_001), torch.linspace(-1e-3, 1e-3, 20_001), 10 ** torch.linspace(-37, 0, 1001)])
    expected = np.tanh(arguments.double().numpy())
    values = plain.plain_recurrence(arguments.view(1, -1, 1), torch.ones(1, 1), torch.zeros(1, 1), torch.zeros(1), "tanh").flatten().numpy()
    assert (np.abs(values - expected) / np.spacing(np.abs(expected).astype(np.float32))).max() < 3
    special = torch.tensor([0.0, 30.0, -30.0, torch.inf, -torch.inf, torch.nan]).view(1, -1, 1)
    found = plain.plain_recurrence(special, torch.ones(1, 1), torch.zeros(1, 1), torch.zeros(1), "tanh").flatten().tolist()
    assert found == pytest.approx([0.0, 1.0, -1.0, 1.0, -1.0, float("nan")], nan_ok=True, abs=0)


# --- A result depends on nothing but its own operands ---


@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
def test_a_sequence_has_the_same_states_alone_and_in_company(compiled, nonlinearity):
    (inputs, *weights), _ = operands(12, 15, 2, 37)
    together = plain.plain_recurrence(inputs, *weights, nonlinearity)
    for row in range(15):
        assert torch.equal(plain.plain_recurrence(inputs[:, row : row + 1], *weights, nonlinearity)[:, 0], together[:, row])


def test_the_same_operands_give_the_same_bits_again(compiled):
    leaves, weights = operands(40, 13, 2, 100)
    first, second = (values_and_gradients(leaves, weights, "relu", False) for _ in range(2))
    assert all(map(torch.equal, first, second))


def test_two_recurrences_alive_at_once_do_not_disturb_each_other(compiled):
    one, weights = operands(30, 9, 2, 40, seed=1)
    other, _ = operands(30, 9, 2, 40, seed=2)
    expected = [values_and_gradients(leaves, weights[-1], "relu", True) for leaves in (one, other)]
    outputs = [plain.plain_recurrence(*leaves, "relu", True) for leaves in (one, other)]
    for leaves, output, (value, *gradients) in zip((one, other), outputs, expected, strict=True):
        again = torch.autograd.grad((output * weights[-1]).sum(), leaves, retain_graph=True)
        assert torch.equal(output, value)
        assert all(map(torch.equal, again, gradients))
        assert all(map(torch.equal, torch.autograd.grad((output * weights[-1]).sum(), leaves), gradients))  # a second time


@pytest.mark.parametrize("last_only", [False, True])
def test_without_gradients_the_values_are_the_same(compiled, last_only):
    leaves, _ = operands(21, 6, 2, 30)
    with torch.no_grad():
        plainly = plain.plain_recurrence(*leaves, "relu", last_only)
    assert torch.equal(plainly, plain.plain_recurrence(*leaves, "relu", last_only))
    assert not plainly.requires_grad


def test_operands_may_be_views_with_any_strides(compiled):
    (inputs, W, R, b), weights = operands(6, 5, 4, 19)
    expected = values_and_gradients([inputs, W, R, b], weights, "relu", False)
    views = [
        inputs.detach().permute(2, 1, 0).contiguous().permute(2, 1, 0),
        W.detach().T.contiguous().T,
        R.detach().T.contiguous().T,
        b.detach(),
    ]
    found = values_and_gradients(
        [view.requires_grad_() for view in views], weights.permute(2, 0, 1).contiguous().permute(1, 2, 0), "relu", False
    )
    assert all(map(torch.equal, found, expected))
    outputs = plain.plain_recurrence(inputs[:1].expand(6, -1, -1), W, R, b, "relu")  # one step's inputs at every step
    repeated = plain.plain_recurrence(inputs[:1].repeat(6, 1, 1), W, R, b, "relu")
    assert torch.equal(outputs, repeated)
    (by_sum,), (by_ones,) = torch.autograd.grad(outputs.sum(), [R]), torch.autograd.grad((repeated * torch.ones(6, 5, 19)).sum(), [R])
    assert torch.equal(by_sum, by_ones)  # the gradient of a sum is one number seen as a tensor


# --- A diverged run stays visible ---


@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_finite_reaches_the_loss_or_the_gradient(path, nonlinearity, bad):
    (inputs, *weights), _ = operands(10, 9, 2, 21)
    spoilt = inputs.detach().clone()
    spoilt[4, 5, 0] = bad
    outputs = plain.plain_recurrence(spoilt, *weights, nonlinearity)
    if nonlinearity == "relu" or bad != bad:
        assert not outputs[4:, 5].isfinite().all(dim=1).any()  # from that step on
    assert outputs[:4].isfinite().all()
    assert outputs[:, [0, 1, 2, 3, 4, 6, 7, 8]].isfinite().all()  # no other sequence
    gradients = torch.autograd.grad(outputs.sum(), weights)
    assert not all(gradient.isfinite().all() for gradient in gradients)


def test_an_overflow_is_infinite_or_not_a_number(path):
    (inputs, W, R, b), _ = operands(60, 4, 1, 20)
    last = plain.plain_recurrence(inputs.abs(), W.abs(), 10 * torch.ones_like(R), b, "relu", True)
    assert not last.isfinite().any()


# --- Bad input ---


@pytest.mark.parametrize("which", ["inputs", "W", "R", "b", "no steps"])
def test_operands_that_do_not_fit_are_refused(path, which):
    inputs, W, R, b = (leaf.detach() for leaf in operands(3, 2, 4, 5)[0])
    match which:
        case "inputs":
            inputs = inputs[..., :3]
        case "W":
            W = W[:4]
        case "R":
            R = R[:, :4]
        case "b":
            b = b[:4]
        case "no steps":
            inputs = inputs[:0]
    with pytest.raises(ValueError, match=r"a recurrence takes inputs \(T, B, D\)"):
        plain.plain_recurrence(inputs, W, R, b, "relu")


def test_an_update_of_a_weight_before_backward_is_noticed(compiled):
    (inputs, W, R, b), _ = operands(5, 3, 2, 8)
    outputs = plain.plain_recurrence(inputs, W, R, b, "relu")
    with torch.no_grad():
        R.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        outputs.sum().backward()
