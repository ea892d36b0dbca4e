"""The compiled update is the readable one to the bit, and makes way wherever it would not be."""

import copy
from unittest import mock

import pytest
import torch
from torch import nn

from reproductions import cells, compiled_update, kernel_choice, training
from reproductions.compiled_update import CompiledGradient
from reproductions.faults import FAULTS
from reproductions.networks import FrameNetwork, SequenceNetwork
from reproductions.optimizers import RMSprop
from reproductions.recipes import Adding, Babi, Network, Optimizer, PixelMnist, Training
from reproductions.recurrence import build
from reproductions.store.environment import environment
from reproductions.training import Diverged, Run
from reproductions.trials import Trial

ADDING, PIXELS = Adding(9, 40, 20), PixelMnist("permuted", 4, "embedded", 40, 20)
ADAM, CLIPPED, RMSPROP = Optimizer("adam", 1e-2), Optimizer("adam", 1e-2, 1e-3), Optimizer("rmsprop", 1e-3, 0.5)
needs_kernels = pytest.mark.skipif(compiled_update.kernels() is None, reason="nothing is compiled here")
pytestmark = needs_kernels


def recipe(task=ADDING, cell="rin", optimizer=ADAM, layers=1, hidden=8, **changes):
    """Batches of 13 of 40: an epoch ends with a batch of one sequence."""
    changes = {"batch_size": 13, "updates": 9, "evaluations": 3} | changes
    return Training(
        "smoke", task, Network(cell, layers, hidden), optimizer, **{"batch_size": 13, "updates": 9, "evaluations": 3, **changes}
    )


def made(monkeypatch, choice, recipe, seed=0):
    """A run that makes its updates by ``choice``."""
    monkeypatch.setenv(kernel_choice.UPDATE_VARIABLE, choice)
    return Run(recipe, seed)


def both(monkeypatch, recipe):
    return made(monkeypatch, "compiled", recipe), made(monkeypatch, "readable", recipe)


def is_compiled(run):
    inputs, _ = run.problem.batch(torch.arange(5))
    return run._gradient is not None and run._gradient.applies(run.model, inputs)


def numbers(run):
    return [run.parameters.gradient, run.parameters.values, *run.stepper.slots.values(), torch.tensor(run.loss_sum, dtype=torch.float64)]


def assert_same_bits(run, other):
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(numbers(run), numbers(other), strict=True))


# --- To the bit ---


@pytest.mark.parametrize("hidden", [1, 7, 20])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", list(cells.CONSTRUCTORS))
def test_every_update_has_the_bits_of_the_readable_one(monkeypatch, cell, layers, hidden):
    for task, optimizer in ((ADDING, CLIPPED), (ADDING, RMSPROP), (PIXELS, ADAM)):
        compiled, readable = both(monkeypatch, recipe(task, cell, optimizer, layers, hidden))
        assert is_compiled(compiled)
        assert compiled._step.applies()
        assert (readable._gradient, readable._step) == (None, None)
        for update in range(1, 10):
            compiled.advance(update)
            readable.advance(update)
            assert_same_bits(compiled, readable)


@pytest.mark.parametrize("path", build.available())
def test_the_bits_are_the_readable_ones_on_every_instruction_set(monkeypatch, path):
    monkeypatch.setenv(kernel_choice.VARIABLE, path)
    for cell in ("rin", "lstm"):
        compiled, readable = both(monkeypatch, recipe(cell=cell, optimizer=CLIPPED, layers=2, hidden=20))
        for update in range(1, 6):
            compiled.advance(update)
            readable.advance(update)
        assert_same_bits(compiled, readable)


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_other_networks_step_with_the_bits_of_the_readable_optimiser(monkeypatch, name):
    compiled, readable = both(monkeypatch, recipe(Babi(1, "simulated", 40, 10), optimizer=Optimizer(name, 1e-3)))
    assert compiled._gradient is None
    assert compiled._step.applies()
    for update in range(1, 5):
        compiled.advance(update)
        readable.advance(update)
    assert_same_bits(compiled, readable)


@pytest.mark.parametrize(("first", "then"), [("compiled", "readable"), ("readable", "compiled"), ("compiled", "compiled")])
def test_a_run_goes_on_from_the_state_of_either_way(monkeypatch, first, then):
    whole = made(monkeypatch, "readable", recipe(cell="lstm", layers=2))
    begun, resumed = made(monkeypatch, first, whole.recipe), made(monkeypatch, then, whole.recipe)
    for update in range(1, 10):
        whole.advance(update)
        if update <= 5:
            begun.advance(update)
        if update == 5:
            resumed.restore(copy.deepcopy(begun.state()))
        if update > 5:
            resumed.advance(update)
    assert_same_bits(resumed, whole)


@pytest.mark.parametrize("cell", ["rin", "lstm"])
def test_a_loss_or_gradient_that_is_not_finite_reaches_no_parameter(monkeypatch, cell):
    run = made(monkeypatch, "compiled", recipe(cell=cell))
    run.advance(1)
    run.model.readout.weight.data.fill_(float("nan"))
    before = run.parameters.values.clone(), run.stepper.slots["mean"].clone()
    with pytest.raises(Diverged):
        run.advance(2)
    assert torch.equal(run.parameters.values.nan_to_num(7.0), before[0].nan_to_num(7.0))
    assert torch.equal(run.stepper.slots["mean"], before[1])


LOSSES = {
    "mean squared error": lambda scores: nn.functional.mse_loss(scores[:, 0], torch.arange(5.0)),
    "cross-entropy": lambda scores: nn.functional.cross_entropy(scores, torch.tensor([0, 1, 2, 1, 0])),
    "of two terms": lambda scores: scores.square().mean() + scores.abs().sum(),
    "of one of two parts": lambda scores: scores.split(2)[1].exp().sum(),
    "of a product with itself": lambda scores: (scores @ scores.T).sum(),
    "of scores twice": lambda scores: torch.stack([scores, scores]).prod(),
    "of two outputs of one operation": lambda scores: torch.mul(*scores.unbind()[:2]).sum(),
    "of the largest": lambda scores: scores.max(dim=1).values.mean(),
    "beside a constant": lambda scores: (scores + torch.ones(5, 1, requires_grad=True)).square().mean(),
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_in_the_scores_is_the_one_of_autograd(name):
    scores = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    found = compiled_update._derivative(LOSSES[name](scores), scores)
    (expected,) = torch.autograd.grad(LOSSES[name](scores), scores)
    assert torch.equal(found, expected)


# --- Where it makes way ---


class Halved(cells.RIN):
    """A cell of somebody else's, derived from one of ours."""

    def recurrent_matrix(self):
        return 0.5 * super().recurrent_matrix()


def with_hook(model):
    model.stack.register_forward_hook(lambda *_: None)


def with_frozen_weight(model):
    model.readout.weight.requires_grad_(False)


def with_own_method(model):
    model.stack.layers[0].forward = lambda inputs: inputs


def with_another_parameter(model):
    model.stack.layers[0].I = nn.Parameter(torch.eye(8))


def with_another_class(model):
    model.stack.layers[0].__class__ = Halved


def doubled(model):
    model.double()


@pytest.mark.parametrize("change", [with_hook, with_frozen_weight, with_own_method, with_another_parameter, with_another_class, doubled])
def test_a_network_that_is_not_as_its_classes_make_it_goes_the_readable_way(change):
    model = Run(recipe(), 0).model
    inputs = torch.rand(9, 4, 2)
    assert CompiledGradient(compiled_update.kernels(), model).applies(model, inputs)
    change(model)
    assert not CompiledGradient(compiled_update.kernels(), model).applies(model, inputs.to(model.readout.bias.dtype))


def test_another_network_dtype_or_kind_of_inputs_goes_the_readable_way():
    model = Run(recipe(), 0).model
    gradient = CompiledGradient(compiled_update.kernels(), model)
    for inputs in (torch.rand(9, 4, 2).double(), torch.zeros(9, 4, 2, dtype=torch.int64), torch.rand(9, 0, 2), torch.rand(9, 2), "a story"):
        assert not gradient.applies(model, inputs)
    assert not gradient.applies(copy.deepcopy(model), torch.rand(9, 4, 2))
    assert set(compiled_update.GRADIENTS) == {SequenceNetwork}
    assert FrameNetwork not in compiled_update.GRADIENTS


@pytest.mark.parametrize(("variable", "choice"), [(kernel_choice.UPDATE_VARIABLE, "readable"), (kernel_choice.VARIABLE, "torch")])
def test_the_environment_asks_for_the_readable_way_and_an_outcome_says_so(monkeypatch, variable, choice):
    assert environment()["update"] == "compiled"
    monkeypatch.setenv(variable, choice)
    run = Run(recipe(), 0)
    assert (run._gradient, run._step) == (None, None)
    assert environment()["update"] == "readable"


def test_an_unknown_choice_is_one_line(monkeypatch):
    monkeypatch.setenv(kernel_choice.UPDATE_VARIABLE, "fast")
    with pytest.raises(kernel_choice.KernelError, match="RIN_CLAIMS_UPDATE is one of compiled, readable, not 'fast'"):
        Run(recipe(), 0)


def test_a_step_that_rounds_otherwise_than_torch_is_not_taken():
    for stepper, kind in compiled_update.STEPS.items():
        assert kind(compiled_update.kernels(), stepper(torch.zeros(3), 0.1)).applies()
        assert not kind(mock.Mock(), stepper(torch.zeros(3), 0.1)).applies()  # its functions do nothing
    own = RMSprop(torch.zeros(3), 0.1)
    own.step = mock.Mock()
    assert not compiled_update.STEPS[RMSprop](compiled_update.kernels(), own).applies()


# --- Planted faults ---

FAULTY = (recipe(), recipe(PIXELS, "irnn", RMSPROP, 2), recipe(cell="lstm", optimizer=CLIPPED), recipe(cell="rin-dt"))
BY_NAME = {fault.name: fault for fault in FAULTS}


def outcome(monkeypatch, choice, recipe):
    monkeypatch.setenv(kernel_choice.UPDATE_VARIABLE, choice)
    found = training.train(Trial(recipe, 0))
    return found.status, found.metrics, found.curves


@pytest.mark.parametrize("name", BY_NAME)
def test_a_planted_fault_acts_on_the_compiled_update_as_on_the_readable_one(monkeypatch, name):
    for sample in FAULTY:
        with BY_NAME[name].plant():
            compiled = outcome(monkeypatch, "compiled", sample)
        with BY_NAME[name].plant():
            assert outcome(monkeypatch, "readable", sample) == compiled


@pytest.mark.parametrize(
    "name", ["rin-without-identity", "recurrent-gradient-transposed", "compiled-bias-gradient-dropped", "sgd-for-adam"]
)
def test_a_fault_planted_in_the_middle_of_a_run_acts_at_once(monkeypatch, name):
    faulty, sound = (made(monkeypatch, "compiled", recipe()) for _ in range(2))
    for update in range(1, 4):
        faulty.advance(update)
        sound.advance(update)
    assert_same_bits(faulty, sound)
    sound.advance(4)
    with BY_NAME[name].plant():
        faulty.advance(4)
    assert not torch.equal(faulty.parameters.values, sound.parameters.values)
