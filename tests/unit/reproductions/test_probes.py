"""Probes measure what they say: checked against hand arithmetic, torch's own derivatives and deliberately broken formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest
import torch

from claims import papers
from claims.kinds import Identity
from reproductions import cells, probes
from reproductions.probes import gate_algebra, gradients, networks, step_cost, training
from reproductions.recipes import Adding, Network, Optimizer, Probe, RecipeError, Training
from reproductions.seeding import torch_generator
from reproductions.trials import Trial

IDENTITIES = [claim for claim in papers.all_claims() if isinstance(claim.prediction, Identity)]


def probe_of(claim_id: str) -> Probe:
    ((arm,), *_) = papers.find(claim_id).arms.values()
    (recipe,) = arm.recipes
    assert isinstance(recipe, Probe)
    return recipe


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As the executor runs probes: 100 x 100 products gain nothing from threads and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# --- The dispatcher ---


def test_a_probe_trial_becomes_an_outcome_of_finite_metrics() -> None:
    outcome = probes.measure(Trial(Probe("any", "eq8-identity"), 3))
    assert outcome.status == "converged"
    assert outcome.updates == 0
    assert outcome.seconds > 0
    assert all(isinstance(value, float) and math.isfinite(value) for value in outcome.metrics.values())


def test_the_same_trial_gives_the_same_numbers_and_another_seed_others() -> None:
    trials = [Trial(Probe("any", "eq12-eq13"), seed) for seed in (3, 3, 4)]
    first, again, other = (probes.measure(trial).metrics for trial in trials)
    assert first == again
    assert first != other


def test_probes_leave_the_global_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    for claim in IDENTITIES:
        probes.measure(Trial(probe_of(claim.id), 0))
    assert torch.equal(before, torch.random.get_rng_state())


def test_an_unknown_probe_is_refused_with_those_there_are() -> None:
    with pytest.raises(RecipeError, match="unknown probe 'eq99'; known: eq5-closed-form"):
        probes.measure(Trial(Probe("any", "eq99"), 0))


def test_wrong_arguments_are_refused_with_those_the_probe_takes() -> None:
    with pytest.raises(RecipeError, match=r"'dt-depth'.*steps"):
        probes.measure(Trial(Probe("any", "dt-depth"), 0))
    with pytest.raises(RecipeError, match="hidden"):
        probes.measure(Trial(Probe("any", "dt-depth", (("steps", 3), ("hidden", 2))), 0))


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "dual-gate", "cell": "rin"},
        {"name": "gradient-decay", "cell": "lstm", "steps": 3, "hidden": 2},
        {"name": "gradient-decay", "cell": "rin-dt", "steps": 3, "hidden": 2, "recurrent": "glorot"},
        {"name": "gradient-decay", "cell": "tanh", "steps": 3, "hidden": 2, "recurrent": "identity"},
        {"name": "gradient-decay", "cell": "gru", "steps": 3, "hidden": 2},
    ],
)
def test_what_a_probe_cannot_measure_is_refused(arguments: dict[str, object]) -> None:
    name = str(arguments.pop("name"))
    with pytest.raises(RecipeError):
        probes.measure(Trial(Probe("any", name, tuple(arguments.items())), 0))


def test_a_training_is_refused() -> None:
    recipe = Training("smoke", Adding(5, 10, 10), Network("rin"), Optimizer("adam", 1e-3), batch_size=2, updates=1, evaluations=1)
    with pytest.raises(RecipeError, match="adding T=5 rin 1-100 is a training"):
        probes.measure(Trial(recipe, 0))


def test_a_number_that_is_not_finite_makes_the_outcome_diverged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PROBES", {"broken": lambda seed: {"max_abs_error": math.nan, "other": 1.0}})
    outcome = probes.measure(Trial(Probe("any", "broken"), 0))
    assert outcome.status == "diverged"
    assert outcome.metrics == {"max_abs_error": None, "other": 1.0}


# --- Every identity holds, on more seeds than the verdict uses ---


@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda claim: claim.id)  # a parameter "claim" would have pytest judge it
def test_every_identity_holds_within_its_tolerance_on_other_seeds(identity: papers.Claim) -> None:
    for seed in (10_000, 10_001):
        assert probes.measure(Trial(probe_of(identity.id), seed)).metrics["max_abs_error"] <= identity.prediction.tolerance


# --- Gate algebra: hand arithmetic, and errors that must show ---


def by_hand() -> gate_algebra.Gates:
    """Two steps, one unit: h_1 = 4 * 0.5 + 2 * 0.25 = 2.5; h_2 = 6 * 0.5 + 2.5 * 0.5 = 4.25."""

    def series(*values: float) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float64).reshape(-1, 1, 1)

    return gate_algebra.Gates("by hand", series(4, 6), series(0.5, 0.5), series(0.25, 0.5), torch.tensor([[2.0]], dtype=torch.float64))


def test_two_steps_by_hand() -> None:
    gates = by_hand()
    states = gate_algebra.recursion(gates)
    assert states.flatten().tolist() == [2.0, 2.5, 4.25]
    assert gate_algebra.carried(gates.C).flatten().tolist() == [0.125, 0.5, 1.0]  # C1 C2 C3, C2 C3, C3 with C3 = 1
    assert gate_algebra.closed_form(gates).item() == 4.25  # 2 * 0.125 + 4 * 0.5 * 0.5 + 6 * 0.5
    residual = gate_algebra.residuals(states)
    assert residual.flatten().tolist() == [0.0, 0.5, 1.75]
    # Eq. 23: ((1 - 0.25) * 0 + 0.5) * 0.5 + ((1 - 0.5) * 0.5 + 1.75) * 1 = 0.25 + 2
    assert gate_algebra.lambda_eq23(residual, gates.C).item() == 2.25
    # Eq. 25: (0.5 * 0.5 - 0 * 0.125) + (2.25 * 1 - 0.5 * 0.5) = 0.25 + 2
    assert gate_algebra.lambda_eq25(residual, gates.C).item() == 2.25


def test_gate_cases_cover_gates_that_are_open_closed_binary_and_coupled() -> None:
    cases = {gates.name: gates for gates in gate_algebra.gate_cases(0)}
    assert set(cases["gates exactly 0 or 1"].C.unique().tolist()) == {0.0, 1.0}
    assert set(cases["all gates open"].C.unique().tolist()) == {1.0}
    assert set(cases["carry gates closed"].C.unique().tolist()) == {0.0}
    coupled = cases["coupled gates, C = 1 - T"]
    assert torch.equal(coupled.C, 1 - coupled.T)
    for gates in cases.values():
        assert float(torch.minimum(gates.T, gates.C).min()) >= 0
        assert float(torch.maximum(gates.T, gates.C).max()) <= 1


@pytest.mark.parametrize("name", ["eq5_closed_form", "eq8_identity", "eq9_regrouping"])
def test_a_product_that_starts_one_step_late_shows_as_a_large_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = gate_algebra.carried
    monkeypatch.setattr(gate_algebra, "carried", lambda C: torch.cat([right(C)[1:], torch.ones_like(C[:1])]))
    assert getattr(gate_algebra, name)(0)["max_abs_error"] > 1e-3


def test_eq9_with_its_second_sum_one_term_longer_shows_as_a_large_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(residual: torch.Tensor, C: torch.Tensor) -> torch.Tensor:
        formed, carry = residual.cumsum(0), gate_algebra.carried(C)
        return (formed[1:] * carry[1:] - formed[1:] * carry[:-1]).sum(0)

    monkeypatch.setattr(gate_algebra, "lambda_eq25", wrong)
    assert gate_algebra.eq9_regrouping(0)["max_abs_error"] > 1e-3
    assert gate_algebra.eq10_closed_gate(0)["max_abs_error"] < 1e-11  # C = 0 hides this one, hence both probes


# --- Networks ---


def test_a_rin_without_its_identity_shows_as_a_large_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells.RIN, "recurrent_matrix", lambda self: self.U)
    assert networks.eq12_eq13(0)["max_abs_error"] > 1e-3
    assert training.identity_is_not_trained(0)["max_abs_error"] == 1.0
    assert training.rin_is_shifted_irnn(0)["max_abs_error"] > 1e-3


def test_swapped_gates_show_as_a_large_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lstm", "gru"):
        right = getattr(networks, f"_{name}_gates")
        monkeypatch.setattr(networks, f"_{name}_gates", lambda *args, right=right: (right(*args)[0], right(*args)[2], right(*args)[1]))
        assert networks.dual_gate(0, name)["max_abs_error"] > 1e-3


def test_parameter_counts_are_those_of_the_paper_and_a_second_bias_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch_generator("test", 0)
    assert networks._count(cells.build("rin", 2, 100, generator)) == 100 * 2 + 100 * 100 + 100
    assert networks._count(cells.build("lstm", 2, 100, generator)) == 4 * (100 * 2 + 100 * 100 + 100)
    right = cells.build
    monkeypatch.setattr(
        networks.cells, "build", lambda name, *rest: torch.nn.LSTM(rest[0], rest[1]) if name == "lstm" else right(name, *rest)
    )
    assert networks.parameter_ratio(0, "rin")["max_abs_error"] > 0  # torch's LSTM has two bias vectors


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_depth_counts_transitions_in_sequence(steps: int) -> None:
    assert networks.dt_depth(0, steps) == {"max_abs_error": 0.0, "rin_dt_transitions": 2.0 * steps, "rin_transitions": float(steps)}


def test_transitions_side_by_side_are_not_counted_as_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    def side_by_side(self: cells.RINDT, x: torch.Tensor, state: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        a = x @ self.W.T + state[0]
        return (torch.relu(a) + torch.relu(a + self.b2),)

    monkeypatch.setattr(cells.RINDT, "step", side_by_side)
    assert networks.dt_depth(0, 5)["rin_dt_transitions"] == 5


# --- Gradients ---


@pytest.mark.parametrize("name", ["tanh", "rin", "irnn", "rin-dt"])
def test_the_product_of_step_jacobians_is_torchs_own_jacobian(name: str) -> None:
    generator = torch_generator("test", name, 1)
    layer = cells.build(name, 1, 6, generator).double()
    inputs = torch.rand(5, 1, generator=generator, dtype=torch.float64)
    start = torch.rand(6, generator=generator, dtype=torch.float64)

    def last(state: torch.Tensor) -> torch.Tensor:
        h = state[None]
        for x in inputs:
            (h,) = layer.step(x[None], (h,))
        return h[0]

    product = torch.eye(6, dtype=torch.float64)
    for jacobian in gradients.step_jacobians(layer, inputs, start):
        product = jacobian @ product
    torch.testing.assert_close(product, torch.autograd.functional.jacobian(last, start), rtol=1e-12, atol=1e-14)


def test_decay_is_the_norm_of_the_derivative_of_the_last_state_by_the_first() -> None:
    hidden, steps = 5, 4
    found = gradients.gradient_decay(2, "tanh", steps, hidden)["log10_ratio"]
    generator = torch_generator("probe", "gradient decay", "tanh", "as built", 2)
    layer = cells.build("tanh", 1, hidden, generator).double()
    inputs = torch.rand(steps, 1, generator=generator, dtype=torch.float64)
    first = layer.step(inputs[:1], (torch.zeros(1, hidden, dtype=torch.float64),))[0][0].detach()

    def last(h1: torch.Tensor) -> torch.Tensor:
        h = h1[None]
        for x in inputs[1:]:
            (h,) = layer.step(x[None], (h,))
        return h[0]

    jacobian = torch.autograd.functional.jacobian(last, first)
    assert found == pytest.approx(math.log10(torch.linalg.norm(jacobian) / math.sqrt(hidden)), abs=1e-12)


def test_one_step_has_no_transition_to_decay_over() -> None:
    assert gradients.gradient_decay(0, "rin", 1, 7) == {"log10_ratio": 0.0, "abs_log10_ratio": 0.0}


def test_a_gradient_that_is_exactly_zero_is_infinitely_many_decades(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "gaussian", lambda rows, columns, generator: -torch.ones(rows, columns))  # every unit is dead
    assert gradients.gradient_decay(0, "rin", 4, 3)["log10_ratio"] == -math.inf
    recipe = Probe("any", "gradient-decay", (("cell", "rin"), ("steps", 4), ("hidden", 3)))
    assert probes.measure(Trial(recipe, 0)).status == "diverged"


def test_a_rin_keeps_what_a_tanh_network_loses() -> None:
    tanh, rin = (gradients.gradient_decay(10_000, cell, 784, 100)["log10_ratio"] for cell in ("tanh", "rin"))
    assert tanh < -6 < -1 < rin < 3


def test_an_identity_off_by_a_millionth_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells.IRNN, "recurrent_matrix", lambda self: self.U * (1 + 1e-6))
    assert gradients.identity_keeps_gradient(0, 784, 10)["max_abs_error"] == pytest.approx((1 + 1e-6) ** 784 - 1, rel=1e-6)
    assert gradients.scaled_identity_forgets(0, 5)["max_abs_error"] == pytest.approx((1 + 1e-6) ** 50 - 1, rel=1e-6)


# --- Small trainings ---


def test_training_moved_the_weights_whose_identity_stayed() -> None:
    metrics = training.identity_is_not_trained(0)
    assert metrics["largest_change_of_U"] > 1e-3
    assert metrics["extra_parameters"] == 0


def test_a_trained_identity_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    build = cells.RIN.__init__

    def with_trained_identity(self: cells.RIN, *args: object) -> None:
        build(self, *args)
        self.I = torch.nn.Parameter(torch.eye(self.hidden))

    monkeypatch.setattr(cells.RIN, "__init__", with_trained_identity)
    monkeypatch.setattr(cells.RIN, "recurrent_matrix", lambda self: self.U + self.I)
    metrics = training.identity_is_not_trained(0)
    assert metrics["extra_parameters"] == training.HIDDEN**2
    assert metrics["max_abs_error"] > training.HIDDEN**2


def test_an_irnn_without_the_noise_follows_another_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.nn.Module, "load_state_dict", lambda self, state: None)  # the IRNN then starts at 2 I, not at I + U0
    metrics = training.rin_is_shifted_irnn(0)
    assert metrics["max_abs_error"] > 1e-3
    assert metrics["fall"] > 0.5


def test_the_baseline_is_one_sixth_and_one_position_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = training.baseline_mse(1, 20, 20_000, 0.167)
    assert metrics["closed_form"] == pytest.approx(1 / 6)
    assert metrics["on_data"] == pytest.approx(1 / 6, abs=4 * 0.1972 / 20_000**0.5)
    right = training.adding.generate

    def same_position(*args: object) -> training.adding.AddingData:
        data = right(*args)
        return training.adding.AddingData(data.values, data.positions[:, [0, 0]])

    monkeypatch.setattr(training.adding, "generate", same_position)  # the sum is then twice one number: variance 1/3
    assert training.baseline_mse(1, 20, 20_000, 0.167)["max_abs_error"] == pytest.approx(1 / 3 - 0.167, abs=0.01)


# --- The cost of a step ---


class FakeClock:
    """A clock that only ``spend`` moves, and what was run in which order."""

    def __init__(self) -> None:
        self.now, self.order = 0.0, ""

    def spends(self, name: str, *seconds: float) -> Callable[[], None]:
        """A step that takes ``seconds`` in turn."""
        left = iter(seconds)

        def step() -> None:
            self.order += name
            self.now += next(left)

        return step

    def __call__(self) -> float:
        return self.now


def test_a_ratio_is_the_first_steps_time_over_the_seconds_and_the_two_take_turns_to_begin() -> None:
    clock = FakeClock()
    ratios = step_cost.time_ratios(clock.spends("a", 6.0, 2.0, 9.0), clock.spends("b", 2.0, 4.0, 3.0), 3, clock)
    assert ratios == [3.0, 0.5, 3.0]
    assert clock.order == "abbaab"


def test_the_step_cost_is_the_median_of_the_ratios_with_their_quartiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_cost, "time_ratios", lambda *args: [5.0, 1.0, 2.0, 100.0, 4.0])
    assert step_cost.step_cost(0) == {"time_ratio": 4.0, "time_ratio_lower": 2.0, "time_ratio_upper": 5.0}


def test_a_timed_step_is_a_training_step_of_the_cell_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adam's first step moves a weight by the learning rate against the sign of its gradient, here taken from the reference forward."""
    data = step_cost.adding.generate(step_cost.STEPS, step_cost.BATCH, step_cost.numpy_generator("test", 0))
    built: list[torch.nn.Module] = []
    right = step_cost.SequenceNetwork
    monkeypatch.setattr(step_cost, "SequenceNetwork", lambda *args: built.append(right(*args)) or built[-1])
    steps = [step_cost._training_step(cell, data, 0) for cell in ("lstm", "irnn")]
    lstm, irnn = (list(network.stack.layers) for network in built)
    assert [type(layer) for layer in (*lstm, *irnn)] == [cells.LSTM, cells.IRNN]
    assert networks._count(lstm[0]) == 4 * networks._count(irnn[0])
    for network, step in zip(built, steps, strict=True):
        before = [parameter.detach().clone() for parameter in network.parameters()]
        outputs = network.readout(network.stack.layers[0](data.inputs())[-1])[:, 0]
        gradients_before = torch.autograd.grad((outputs - data.targets()).square().mean(), list(network.parameters()))
        step()
        for parameter, value, gradient in zip(network.parameters(), before, gradients_before, strict=True):
            large = gradient.abs() > 1e-4  # beside which Adam's epsilon and float32 rounding are nothing
            assert large.any()
            moved = (parameter.detach() - value)[large]
            torch.testing.assert_close(moved, -1e-3 * gradient[large].sign(), rtol=1e-2, atol=1e-7)
