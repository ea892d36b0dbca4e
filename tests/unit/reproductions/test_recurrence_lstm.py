"""The compiled LSTM against the reference cell and torch.nn.LSTM in float64, on every instruction set that this machine has."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import Tensor, nn

from reproductions.cells import LSTM
from reproductions.kernel_choice import VARIABLE
from reproductions.recurrence import build
from reproductions.recurrence.library import lstm as torch_lstm
from reproductions.recurrence.lstm import lstm

SHAPES = [  # B, T, D, H: whole vectors and not, whole blocks of 32 sequences and not
    (1, 1, 1, 1),
    (3, 5, 2, 7),
    (5, 1, 1, 100),
    (5, 9, 3, 100),
    (1, 12, 1, 100),
    (32, 6, 100, 130),
    (33, 7, 200, 4),
    (70, 11, 1, 12),
    (16, 4, 200, 100),
]


@pytest.fixture(params=["avx512", "avx2", "neon", "plain"])
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Forces one instruction set; skips where this machine cannot compile for it or run it."""
    if request.param not in build.available():
        pytest.skip(f"this CPU has no {request.param}")
    request.getfixturevalue("compiler")
    monkeypatch.setenv(VARIABLE, "native" if request.param == "neon" else request.param)
    assert build.path_taken() == request.param
    return request.param


def numbers(*shape: int, seed: int, scale: float = 1.0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * scale


def parameters(inputs: int, hidden: int) -> tuple[Tensor, Tensor, Tensor]:
    return (
        numbers(4 * hidden, inputs, seed=1, scale=inputs**-0.5),
        numbers(4 * hidden, hidden, seed=2, scale=hidden**-0.5),
        numbers(4 * hidden, seed=3, scale=0.3),
    )


def reference(x: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
    """The outputs of cells.py's LSTM, differentiable in all four."""
    cell = LSTM(W.shape[1], U.shape[1], torch.Generator().manual_seed(0)).to(x.dtype)
    return torch.func.functional_call(cell, {"W": W, "U": U, "b": b}, (x,))


def gradients(function, values: tuple[Tensor, ...], weights: Tensor | None, last: Tensor | None, dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Outputs, then the gradients of x, W, U and b of sum(weights * outputs) + sum(last * h_T)."""
    leaves = [value.to(dtype, copy=True).requires_grad_() for value in values]
    outputs = function(*leaves)
    loss = torch.zeros((), dtype=dtype)
    if weights is not None:
        loss = loss + (weights.to(dtype) * outputs).sum()
    if last is not None:
        loss = loss + (last.to(dtype) * (outputs[-1] if outputs.dim() == 3 else outputs)).sum()
    return outputs.detach(), *torch.autograd.grad(loss, leaves)


def relative_error(value: Tensor, exact: Tensor) -> float:
    return float((value.double() - exact).norm() / exact.norm().clamp(min=1e-30))


@functools.cache
def exact_case(B: int, T: int, D: int, H: int) -> tuple[tuple[Tensor, ...], ...]:
    """x and parameters, a loss of all outputs and of the last, and what `gradients` says in float64 of the two and of the last alone."""
    values = (numbers(T, B, D, seed=4), *parameters(D, H))
    weights, last = numbers(T, B, H, seed=5), numbers(B, H, seed=6)
    both = gradients(reference, values, weights, last, torch.float64)
    return values, (weights, last), both, gradients(reference, values, None, last, torch.float64)


@pytest.mark.parametrize(("B", "T", "D", "H"), SHAPES)
def test_outputs_and_every_gradient_are_the_reference_cells(kernels: str, B: int, T: int, D: int, H: int) -> None:
    values, (weights, last), both, only_last = exact_case(B, T, D, H)
    for made, wanted in zip(gradients(lstm, values, weights, last, torch.float32), both, strict=True):
        assert relative_error(made, wanted) < 2e-6
    made_last = gradients(lambda *v: lstm(*v, last_only=True), values, None, last, torch.float32)
    assert relative_error(made_last[0], only_last[0][-1]) < 2e-6
    for made, wanted in zip(made_last[1:], only_last[1:], strict=True):
        assert relative_error(made, wanted) < 2e-6


@functools.cache
def long_case() -> tuple[tuple[Tensor, ...], Tensor, tuple[Tensor, ...]]:
    W, U, b = parameters(1, 100)
    b[100:200] += 3.0  # forget gates near 1: the gradient of the last step reaches the first
    values, last = (numbers(150, 33, 1, seed=4), W, U, b), numbers(33, 100, seed=6)
    return values, last, gradients(torch_lstm, values, None, last, torch.float64)


def test_long_sequences_keep_their_digits(kernels: str) -> None:
    values, last, exact = long_case()
    made = gradients(lambda *v: lstm(*v, last_only=True), values, None, last, torch.float32)
    assert relative_error(made[0], exact[0][-1]) < 1e-5
    for value, wanted in zip(made[1:], exact[1:], strict=True):
        assert relative_error(value, wanted) < 1e-5


def test_it_is_torchs_lstm_module_with_the_second_bias_at_zero(kernels: str) -> None:
    module = nn.LSTM(3, 20).double()
    nn.init.zeros_(module.bias_hh_l0)
    x = numbers(8, 6, 3, seed=4)
    W, U, b = (value.detach().float() for value in (module.weight_ih_l0, module.weight_hh_l0, module.bias_ih_l0))
    assert relative_error(lstm(x, W, U, b), module(x.double())[0].detach()) < 1e-6


def test_compiled_and_torch_path_differ_by_rounding_only(kernels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = (numbers(20, 9, 2, seed=4), *parameters(2, 50))
    last = numbers(9, 50, seed=6)
    compiled = gradients(lstm, values, None, last, torch.float32)
    monkeypatch.setenv(VARIABLE, "torch")
    for made, wanted in zip(compiled, gradients(lstm, values, None, last, torch.float32), strict=True):
        assert relative_error(made, wanted.double()) < 2e-6


def test_gates_keep_their_digits_near_zero_and_saturate(kernels: str) -> None:
    g = torch.cat([torch.logspace(-7, 2, 400), -torch.logspace(-7, 2, 400)])
    x = torch.stack([g, g.flip(0), g.roll(200)], dim=1).unsqueeze(0)  # of one step: i and o read two columns, g the third
    W = torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 0, 1], [0, 1, 0]])
    made = lstm(x, W, torch.zeros(4, 1), torch.zeros(4)).squeeze()
    i, o, squashed = (column.double() for column in x[0].T)
    exact = torch.sigmoid(o) * torch.tanh(torch.sigmoid(i) * torch.tanh(squashed))
    normal = exact.abs() > 1e-36  # below, float32 has no normal numbers
    assert normal.float().mean() > 0.9
    assert ((made - exact).abs() / exact.abs())[normal].max() < 1e-6  # 8 units in the last place through four functions
    assert (made - exact).abs()[~normal].max() < 1e-36


def test_a_vanished_gradient_ends_the_backward_pass_with_zeros(kernels: str) -> None:
    W, U, b = parameters(1, 20)
    U *= 0.1
    b[20:40] = -4.0  # each step passes on less than a tenth
    values = (numbers(200, 32, 1, seed=4), W, U, b)
    last = numbers(32, 20, seed=6)
    exact = gradients(torch_lstm, values, None, last, torch.float64)
    made = gradients(lambda *v: lstm(*v, last_only=True), values, None, last, torch.float32)
    for value, wanted in zip(made[1:], exact[1:], strict=True):
        assert relative_error(value, wanted) < 2e-6
    assert not made[1][:20].any()
    assert made[1][-1].all()


def test_a_non_finite_input_shows_in_its_own_sequence_and_in_the_gradient(kernels: str) -> None:
    values = (numbers(6, 5, 2, seed=4), *parameters(2, 10))
    clean = lstm(*values)
    values[0][2, 3, 1] = float("nan")
    outputs, *made = gradients(lambda *v: lstm(*v, last_only=True), values, None, torch.ones(5, 10), torch.float32)
    assert outputs[3].isnan().all()
    others = [0, 1, 2, 4]
    assert torch.equal(outputs[others], clean[-1, others])
    assert all(value.isnan().any() for value in made)
    assert made[0][:, others].isfinite().all()


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 3e38])
def test_a_diverged_parameter_gives_a_non_finite_gradient_where_torchs_does(kernels: str, which: int, bad: float) -> None:
    values = (numbers(6, 5, 2, seed=4), *parameters(2, 10))
    values[which].view(-1)[7] = bad
    made = gradients(lstm, values, None, torch.ones(5, 10), torch.float32)
    expected = gradients(torch_lstm, values, None, torch.ones(5, 10), torch.float32)
    for value, wanted in zip(made, expected, strict=True):
        assert bool(value.isfinite().all()) == bool(wanted.isfinite().all())


def test_a_sequence_fares_the_same_alone_and_in_company(kernels: str) -> None:
    parts = parameters(2, 30)
    x, weights = numbers(8, 37, 2, seed=4), numbers(8, 37, 30, seed=5)
    outputs, to_x, *_ = gradients(lstm, (x, *parts), weights, None, torch.float32)
    for row in (0, 7, 36):
        alone, to_x_alone, *_ = gradients(lstm, (x[:, row : row + 1], *parts), weights[:, row : row + 1], None, torch.float32)
        assert torch.equal(alone[:, 0], outputs[:, row])
        assert torch.equal(to_x_alone[:, 0], to_x[:, row])


def test_what_is_asked_for_does_not_change_the_numbers(kernels: str) -> None:
    values = (numbers(7, 35, 2, seed=4), *parameters(2, 30))
    weights = numbers(7, 35, 30, seed=5)
    first, again = (gradients(lstm, values, weights, None, torch.float32) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    with torch.no_grad():
        assert torch.equal(lstm(*values), first[0])
        assert torch.equal(lstm(*values, last_only=True), first[0][-1])
    x = values[0].transpose(0, 1).contiguous().transpose(0, 1)  # batch first in memory
    assert torch.equal(lstm(x, *values[1:]), first[0])


def test_float64_is_the_torch_path(kernels: str) -> None:
    values = tuple(value.double() for value in (numbers(5, 3, 2, seed=4), *parameters(2, 6)))
    assert torch.allclose(lstm(*values), reference(*values), rtol=1e-12, atol=1e-14)


def test_subnormal_numbers_are_back_after_a_call(kernels: str) -> None:
    gradients(lstm, (numbers(5, 3, 2, seed=4), *parameters(2, 6)), None, torch.ones(3, 6), torch.float32)
    assert float(torch.tensor([1e-40]) * 0.5) > 0


def test_shapes_that_do_not_fit_are_named() -> None:
    W, U, b = parameters(2, 6)
    with pytest.raises(ValueError, match=r"not \(5, 3, 4\), \(24, 2\), \(24, 6\), \(24,\)"):
        lstm(numbers(5, 3, 4, seed=4), W, U, b)
