"""Each alternative of the addendum's benchmark does what its name says and leaves no trace.

Two equal runs would show nothing.
"""

from __future__ import annotations

import dataclasses
from importlib.resources import files

import pytest
import torch

from benchmarks import addendum
from claims.papers.rin_2018 import protocol
from claims.papers.rin_2018.open_questions import MEASURED
from claims.readings import Comparison, Option, comparisons
from reproductions import cells, optimizers, tasks
from reproductions.recipes import Adding, Babi, Training
from reproductions.running import process
from reproductions.trials import Outcome

QUESTIONS = addendum.questions()


def option(name: str, number: int, question: int = 0) -> addendum.Alternative:
    return QUESTIONS[name][question].options[number]


def lstm() -> cells.LSTM:
    return cells.LSTM(1, 8, torch.Generator().manual_seed(1))


def gates(matrix: torch.Tensor) -> list[torch.Tensor]:
    return list(matrix.detach().chunk(4))


def step_of_rmsprop(gradient: float) -> float:
    values = torch.zeros(1, dtype=torch.float64)
    optimizers.RMSprop(values, learning_rate=1.0).step(values, torch.tensor([gradient], dtype=torch.float64), 1)
    return -float(values)


def test_the_chosen_option_comes_first_and_patches_nothing() -> None:
    for questions in QUESTIONS.values():
        for question in questions:
            chosen, *others = question.options
            assert not chosen.patches
            assert all(chosen.recipe(recipe) == recipe for recipe in question.recipes)
            assert others
            for other in others:
                assert other.patches or all(other.recipe(recipe) != recipe for recipe in question.recipes), other.name


def test_a_variance_of_a_thousandth_is_a_deviation_of_0_0316() -> None:
    recipe = QUESTIONS["initial-spread"][0].recipes[0]
    spread = {}
    for number in (0, 1):
        with option("initial-spread", number).in_force():
            spread[number] = float(tasks.build(recipe.task, 10_000).network(recipe, 10_000).stack.layers[0].U.detach().std())
    assert spread[0] == pytest.approx(1e-3, rel=0.05)
    assert spread[1] == pytest.approx(1e-3**0.5, rel=0.05)


def test_a_standard_rnn_with_small_weights_starts_as_a_rin_without_its_identity() -> None:
    recipe = QUESTIONS["standard-rnn-start"][0].recipes[0]
    with option("standard-rnn-start", 1).in_force():
        layer = tasks.build(recipe.task, 10_000).network(recipe, 10_000).stack.layers[0]
    assert float(layer.U.detach().std()) == pytest.approx(1e-3, rel=0.05)
    assert float(layer.recurrent_matrix().detach().abs().max()) < 0.01


def test_clipping_by_entry_bounds_each_entry_and_leaves_the_others() -> None:
    for number, expected in ((0, (80.0, 60.0)), (1, (100.0, 100.0))):  # (160, 120) has norm 200
        gradient = torch.tensor([160.0, 120.0])
        with option("clip", number).in_force():
            optimizers.clip_by_norm(gradient, gradient.norm(), 100.0)
        assert gradient.tolist() == pytest.approx(expected)


def test_rmsprop_s_alternatives_change_its_first_step_as_their_rules_say() -> None:
    # v = (1 - decay) g^2 after one step, so for a large gradient the step is 1 / sqrt(1 - decay)
    for number, expected in ((0, 0.1**-0.5), (1, 0.01**-0.5), (2, 0.1**-0.5)):
        with option("rmsprop", number).in_force():
            assert step_of_rmsprop(1.0) == pytest.approx(expected, rel=1e-6)
    # for g = 1e-6, v = 1e-13: epsilon 1e-8 outside is small beside sqrt(v) = 3.2e-7, inside it dwarfs v
    with option("rmsprop", 0).in_force():
        assert step_of_rmsprop(1e-6) == pytest.approx(1e-6 / (1e-13**0.5 + 1e-8))
    with option("rmsprop", 2).in_force():
        assert step_of_rmsprop(1e-6) == pytest.approx(1e-6 / (1e-13 + 1e-8) ** 0.5)


def test_the_open_forget_gate_has_bias_1_and_the_other_gates_0() -> None:
    with option("forget-bias", 1).in_force():
        open_gate = lstm()
    assert [gate.unique().tolist() for gate in open_gate.b.detach().chunk(4)] == [[0.0], [1.0], [0.0], [0.0]]
    assert torch.equal(open_gate.U, lstm().U)
    assert float(lstm().b.detach().abs().max()) == 0.0


def test_gates_drawn_one_by_one_are_orthogonal_each_and_those_drawn_together_are_not() -> None:
    with option("lstm-draw", 1).in_force():
        apart = lstm()
    for gate in gates(apart.U):
        assert torch.allclose(gate @ gate.T, torch.eye(8), atol=1e-6)
    assert float(apart.W.detach().abs().max()) <= (6 / (8 + 1)) ** 0.5
    assert float(apart.W.detach().abs().max()) > (6 / (32 + 1)) ** 0.5  # the bound of the four gates together
    together = lstm().U.detach()
    assert torch.allclose(together.T @ together, torch.eye(8), atol=1e-6)
    assert not any(torch.allclose(gate @ gate.T, torch.eye(8), atol=0.1) for gate in gates(together))


def test_settings_that_a_recipe_has_are_changed_in_the_recipe_alone() -> None:
    recipe = QUESTIONS["concatenated"][0].recipes[0]
    altered = option("concatenated", 1).recipe(recipe)
    assert isinstance(altered.task, Babi)
    assert altered == dataclasses.replace(recipe, task=dataclasses.replace(altered.task, combine="time"))
    for name in ("mnist-clip", "babi-clip"):
        assert option(name, 1).recipe(QUESTIONS[name][0].recipes[0]).optimizer.clip == 100.0
    assert option("babi-rate", 1).recipe(QUESTIONS["babi-rate"][0].recipes[0]).optimizer.learning_rate == 1e-4


def test_every_patch_is_gone_after_its_block() -> None:
    def now() -> tuple[object, ...]:
        return tuple(
            getattr(owner, attribute)
            for questions in QUESTIONS.values()
            for question in questions
            for one in question.options
            for owner, attribute, _ in one.patches
        )

    before = now()
    for questions in QUESTIONS.values():
        for one in questions[0].options:
            with pytest.raises(ZeroDivisionError), one.in_force():
                raise ZeroDivisionError
    assert now() == before


def test_a_comparison_trains_every_option_on_the_same_pilot_seeds() -> None:
    process.prepare()
    tiny = dataclasses.replace(
        protocol.adding("smoke", "rin", 200), task=Adding(5, 64, 32), updates=4, evaluations=2, estimation_error=False, batch_size=8
    )
    spread = QUESTIONS["initial-spread"][0].options
    found = addendum.compare(
        "initial-spread", addendum.Question("tiny adding", (tiny,), "test_mse", "MSE", (*spread, spread[0])), [10_000, 10_001]
    )
    first, second, again = (one.values for one in found.options)
    assert first == again
    assert first != second
    assert found.seeds == (10_000, 10_001)
    assert found.command == "python benchmarks/addendum.py --only initial-spread --seeds 2"
    assert "tiny adding" in addendum.table([found])


def test_the_file_that_is_printed_holds_what_was_measured() -> None:
    hard = 'a "quoted" \\ name, é'
    one = Comparison("adding", "test_mse", "MSE", (10_000,), (Option(hard, (0.5,)), Option("b", (None,))), "python x", "2026-01-02")
    assert comparisons(addendum.toml({"clip": [one], "rmsprop": [one, one]}), "x.toml") == {"clip": (one,), "rmsprop": (one, one)}


def test_the_file_that_is_kept_is_as_it_would_be_printed() -> None:
    kept = files("reference_results") / "rin_2018" / "compared_readings.toml"
    assert addendum.toml(MEASURED) == kept.read_text(encoding="utf-8")


def test_a_seed_diverges_with_any_of_its_runs() -> None:
    fine, lost = Outcome("budget", {"test_mse": 0.5}), Outcome("diverged", {})
    assert addendum.value([fine, Outcome("budget", {"test_mse": 0.25})], "test_mse") == 0.375
    assert addendum.value([fine, lost], "test_mse") is None


def test_every_name_stands_for_comparisons_of_smoke_recipes_but_for_the_tasks_that_smoke_has_not() -> None:
    for name, asked in QUESTIONS.items():
        profile = "paper" if name == "babi-clip" else "smoke"
        assert all(isinstance(recipe, Training) and recipe.profile == profile for question in asked for recipe in question.recipes)


def test_without_the_published_files_the_comparison_of_long_tasks_says_what_is_missing(tmp_path, monkeypatch, capsys) -> None:
    for name, setting in {"RIN_CLAIMS_DATA": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "RIN_CLAIMS_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, setting)
    monkeypatch.setattr("sys.argv", ["addendum.py"])
    monkeypatch.setattr(addendum, "compare", lambda *given: pytest.fail("trained before it was known that files are missing"))
    with pytest.raises(SystemExit, match="2"):
        addendum.main()
    assert "babi-clip: " in (said := capsys.readouterr().err)
    assert "rin-claims data fetch babi" in said


def test_what_the_addendum_holds_are_results_of_this_benchmark() -> None:
    for name, measured in MEASURED.items():
        assert [one.recipe for one in measured] == [question.what for question in QUESTIONS[name]]
        for one, question in zip(measured, QUESTIONS[name], strict=True):
            assert [option.name for option in one.options] == [option.name for option in question.options]
            assert one.command.startswith(f"python benchmarks/addendum.py --only {name} ")
