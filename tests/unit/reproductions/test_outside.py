"""What another repository brings is found by name, works like the project's own, and is stale when its package changes."""

from __future__ import annotations

import dataclasses
import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from test_definitions import forget

from reproductions import cells, probes
from reproductions.checkpoint import CheckpointFile
from reproductions.recipe_data import as_data
from reproductions.recipes import Adding, Network, Optimizer, Probe, Recipe, RecipeError, Task, Training
from reproductions.recurrence import unroll
from reproductions.running.cost import shape
from reproductions.running.executor import default_run
from reproductions.store import fingerprint
from reproductions.store.environment import environment
from reproductions.store.outcomes import Store
from reproductions.store.upkeep import OTHER_CODE, removable
from reproductions.training import train
from reproductions.trials import Outcome, Trial

SOURCE = '''"""Measurements."""

import math

import numpy as np

from reproductions.trials import Outcome

GAIN = 2.0


def squared(seed: int, offset: float = 0.0) -> dict[str, float]:
    return {"square": GAIN * seed**2 + offset, "root": math.sqrt(seed)}


def endless(seed: int) -> dict[str, float]:
    return {"square": math.inf}


def words(seed: int) -> str:
    return "four"


def text(seed: int) -> dict[str, object]:
    return {"root": 2.0, "square": "4"}


def list_of_text(seed: int) -> dict[str, object]:
    return {"root": 2.0, "curve": [0.5] * 1000 + ["4"]}


def curves(seed: int) -> dict[str, object]:
    return {"level": None, "error": [0.5, None, seed], "tuple": (1.0, 2.0), "array": np.array([0.25, 0.5]), "scalar": np.float32(0.5)}


def half(seed: int) -> dict[str, object]:
    return {"error": [0.5, math.inf], "level": 1.0}


def whole(seed: int) -> Outcome:
    return Outcome("budget", {"level": None}, {"updates": (1, 2), "loss": (0.5, 0.25)}, updates=2)
'''
MODEL = '''"""A cell and a task."""

from dataclasses import dataclass

import torch
from torch import nn

from reproductions.cells import RIN, RecurrentCell, gaussian
from reproductions.networks import SequenceNetwork, initial_streams
from reproductions.recipes import Task
from reproductions.tasks import Problem


class Leaky(RecurrentCell):
    def __init__(self, inputs, hidden, generator):
        super().__init__(inputs, hidden)
        self.W = nn.Parameter(gaussian(hidden, inputs, generator))

    def step(self, x, state):
        return (0.5 * state[0] + x @ self.W.T,)


class Better(RIN):
    pass


def no_cell(inputs, hidden, generator):
    return nn.Linear(inputs, hidden)


@dataclass(frozen=True)
class Last(Task):
    """Say the last number of a sequence."""

    problem = "outside_lab.model:LastProblem"
    reads_last_state = True
    length: int
    train_size: int
    test_size: int

    @property
    def label(self):
        return f"last of {self.length}"

    @property
    def steps(self):
        return self.length


class LastProblem(Problem):
    loss_name = "test_error"
    milestones = {"updates_to_a_tenth": ("test_error", lambda error: error < 0.1)}

    def __init__(self, task, seed):
        self.train_size = task.train_size
        self._numbers = torch.rand(task.length, task.train_size + task.test_size, 1, generator=torch.Generator().manual_seed(seed))

    def network(self, recipe, seed):
        own = recipe.network
        return SequenceNetwork(own.cell, 1, own.hidden, own.layers, 1, initial_streams(own, seed))

    def batch(self, rows):
        return self._numbers[:, rows], self._numbers[-1, rows, 0]

    def loss(self, scores, targets):
        return nn.functional.mse_loss(scores[:, 0], targets)

    def evaluate(self, model):
        test = self._numbers[:, self.train_size :]
        return {"test_error": float(self.loss(model(test), test[-1, :, 0]))}

    def samples(self, count):
        return self._numbers[:, self.train_size :][:, :count]

    def targets(self, count):
        return self._numbers[-1, self.train_size :, 0][:count]
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a package ``outside_lab`` that can be imported."""
    folder = tmp_path / "outside_lab"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "measures.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "outside_lab"]:
        del sys.modules[name]
    forget()


def recipe(name: str = "outside_lab.measures:squared", **arguments: float) -> Probe:
    return Probe("smoke", name, tuple(arguments.items()))


def fingerprint_now(own: Recipe | None = None) -> str:
    forget()  # one process fingerprints a package once
    return fingerprint.recipe_fingerprint(own or recipe())


def test_it_is_measured_with_the_seed_and_the_arguments(package: Path) -> None:
    outcome = probes.measure(Trial(recipe(offset=0.5), 3))
    assert (outcome.status, dict(outcome.metrics)) == ("converged", {"square": 18.5, "root": 3**0.5})
    assert probes.measure(Trial(recipe("outside_lab.measures:endless"), 0)).diverged


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("outside_lab:squared", {}, "write the name as package.module:function"),
        ("outside_lab.measures.squared:", {}, "write the name as package.module:function"),
        ("no_such_lab.measures:squared", {}, "there is no package 'no_such_lab' here"),
        ("outside_lab.nothing:squared", {}, "there is no module 'outside_lab.nothing'; correct the name"),
        ("outside_lab.measures:cubed", {}, "outside_lab.measures has no function or class 'cubed'; correct the name"),
        ("outside_lab.measures:squared", {"shift": 1}, "got an unexpected keyword argument 'shift'; it takes (seed: int, offset"),
        ("outside_lab.measures:words", {}, "gave a str; return numbers by name"),
        ("outside_lab.measures:text", {}, "gave a str as 'square'; return a number, None or a sequence of numbers"),
        ("outside_lab.measures:list_of_text", {}, "gave a list with a str as 'curve'; return a number, None or a sequence of numbers"),
    ],
)
def test_what_cannot_be_measured_is_one_line_that_names_the_probe(package: Path, name: str, arguments: dict[str, int], said: str) -> None:
    with pytest.raises(RecipeError) as refused:
        probes.measure(Trial(recipe(name, **arguments), 1))
    assert said in str(refused.value)
    assert repr(name) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250


def test_it_may_measure_curves_and_leave_a_number_undefined(package: Path) -> None:
    outcome = probes.measure(Trial(recipe("outside_lab.measures:curves"), 3))
    assert (outcome.status, outcome.metrics) == ("converged", {"level": None, "scalar": 0.5})
    assert outcome.curves == {"error": (0.5, None, 3.0), "tuple": (1.0, 2.0), "array": (0.25, 0.5)}
    assert all(type(value) is float for curve in outcome.curves.values() for value in curve if value is not None)
    diverged = probes.measure(Trial(recipe("outside_lab.measures:half"), 3))
    assert (diverged.status, diverged.metrics, diverged.curves) == ("diverged", {"level": 1.0}, {"error": (0.5, None)})


def test_it_may_return_a_whole_outcome(package: Path) -> None:
    outcome = probes.measure(Trial(recipe("outside_lab.measures:whole"), 3))
    assert (outcome.status, outcome.metrics, outcome.updates) == ("budget", {"level": None}, 2)
    assert outcome.curves == {"updates": (1, 2), "loss": (0.5, 0.25)}
    assert outcome.seconds > 0


def test_a_fault_of_the_module_s_own_is_not_taken_for_a_wrong_name(package: Path) -> None:
    (package / "measures.py").write_text("import no_such_library\n")
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        probes.measure(Trial(recipe(), 1))


def test_its_outcome_rests_on_the_whole_package_and_on_no_comment(package: Path) -> None:
    fresh = fingerprint_now()
    assert fresh != fingerprint.recipe_fingerprint(Probe("smoke", "dual-gate"))
    (package / "measures.py").write_text("# a comment\n" + SOURCE)
    assert fingerprint_now() == fresh
    (package / "model.py").write_text("SIZE = 3\n")
    with_model = fingerprint_now()
    (package / "model.py").write_text("SIZE = 4\n")
    assert len({fresh, with_model, fingerprint_now()}) == 3


def test_its_provenance_names_the_files_of_its_package_and_what_they_reach(package: Path) -> None:
    digests = fingerprint.code_digests(recipe())
    assert {"outside_lab/__init__.py", "outside_lab/measures.py", "probes"} == digests.keys()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_its_outcome_names_the_commit_of_its_own_repository(package: Path, tmp_path: Path) -> None:
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "first")):
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, "-C", str(tmp_path), *arguments], check=True)
    head = subprocess.run(["git", "-C", str(tmp_path), "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    found = default_run(Trial(recipe(), 2), CheckpointFile(tmp_path / "checkpoint.pt")).provenance
    assert found["git"]["commit"] == head
    assert found["rin_claims_git"] == environment()["git"]
    assert found["code"] == fingerprint.code_digests(recipe())


def test_upkeep_of_the_store_leaves_its_outcomes_whose_code_is_not_known_here(package: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.put(Trial(recipe(), 0), Outcome("converged", {"square": 0.0}))
    Store(tmp_path / "store", lambda recipe: "b" * 64).put(Trial(Probe("any", "dual-gate"), 0), Outcome("converged", {"x": 0.0}))
    gone = [item for item in removable(store, [], other_code=True) if item.what == OTHER_CODE]
    assert [item.path.stem for item in gone] == [f"{Trial(Probe('any', 'dual-gate'), 0).address}-{'b' * 16}"]


def test_nothing_of_it_needs_torch_until_it_is_measured(package: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(package.parent)!r})\n"
        "from reproductions import outside\nfrom reproductions.store import fingerprint\n"
        "from reproductions.recipes import Probe\n"
        "recipe = Probe('smoke', 'outside_lab.measures:squared')\n"
        "fingerprint.recipe_fingerprint(recipe)\n"
        "assert 'outside_lab' not in sys.modules\n"
        "outside.load('probe', recipe.name)(2)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- Cells and tasks ---


def training(package: Path, cell: str = "outside_lab.model:Leaky", **changes: object) -> Training:
    (package / "model.py").write_text(MODEL)
    importlib.invalidate_caches()
    own = Training("smoke", Adding(6, 64, 20), Network(cell, 1, 8), Optimizer("adam", 1e-2), 16, 8, 2)
    return dataclasses.replace(own, **changes)


def test_a_cell_of_another_repository_is_trained_and_measured_as_the_project_s_own_are(package: Path) -> None:
    own = training(package, estimation_error=True, gradient_norms=True)
    outcome = train(Trial(own, 3))
    assert {"test_mse", "updates_to_half_baseline", "activation_scale/layer1", "first_gradient_decades/layer1"} <= outcome.metrics.keys()
    assert own.label == "adding T=6 Leaky 1-8"
    layer = cells.build(own.network.cell, 2, 3, torch.Generator().manual_seed(0))
    inputs = torch.rand(4, 5, 2)
    expected = torch.zeros(5, 3)
    for x in inputs:
        expected = 0.5 * expected + x @ layer.W.T
    assert torch.allclose(unroll(layer, inputs, last_only=True), expected)


def test_a_cell_that_derives_from_one_of_the_project_runs_on_its_kernels(package: Path) -> None:
    derived, rin = (train(Trial(training(package, cell), 3)) for cell in ("outside_lab.model:Better", "rin"))
    assert (derived.metrics, derived.curves) == (rin.metrics, rin.curves)
    reached = {key.name for key in fingerprint.reached_by(training(package, "outside_lab.model:Better"))}
    assert {"RIN", "PlainRNN", "plain_recurrence"} <= reached


def test_a_task_of_another_repository_is_trained_with_its_own_loss_and_milestones(package: Path) -> None:
    training(package)
    from outside_lab.model import Last  # type: ignore[import-not-found]

    own = training(package, "rin", task=Last(5, 64, 20), updates=400, evaluations=20, patience=5, estimation_error=True)
    outcome = train(Trial(own, 1))
    first = next(update for update, error in zip(outcome.curves["updates"], outcome.curves["test_error"], strict=True) if error < 0.1)
    assert outcome.metrics["updates_to_a_tenth"] == first
    assert outcome.metrics["test_error"] == outcome.curves["test_error"][-1]
    assert (own.label, own.task.needs, own.task.describe([own.task])) == ("last of 5 rin 1-8", "generated data", "last of 5")
    assert as_data(own.task) == {"kind": "Last", "length": 5, "train_size": 64, "test_size": 20}
    assert shape(own).task == Last(5, 32, 16)


def test_what_is_trained_from_outside_rests_on_its_whole_package_and_on_what_that_reaches(package: Path) -> None:
    for own in (training(package), training(package, "rin", task=last(package))):
        fresh = fingerprint_now(own)
        (package / "measures.py").write_text(SOURCE + "\n# a comment\n")
        assert fingerprint_now(own) == fresh
        (package / "measures.py").write_text(SOURCE.replace("GAIN = 2.0", "GAIN = 3.0"))
        assert fingerprint_now(own) != fresh
        (package / "measures.py").write_text(SOURCE)
    names = {key.name for key in fingerprint.reached_by(training(package))}
    assert {"RecurrentCell", "gaussian", "AddingProblem", "train"} <= names
    assert "outside_lab/model.py" in fingerprint.code_digests(training(package))


def last(package: Path) -> Task:
    training(package)
    from outside_lab.model import Last

    return Last(5, 64, 20)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("outside_lab:Leaky", "cell 'outside_lab:Leaky': write the name as package.module:Class"),
        ("no_such_lab.model:Leaky", "cell 'no_such_lab.model:Leaky': there is no package 'no_such_lab' here"),
        ("outside_lab.model:Lost", "has no function or class 'Lost'; correct the name"),
        ("outside_lab.model:no_cell", "is no reproductions.cells.RecurrentCell; derive it from that class"),
    ],
)
def test_a_cell_that_cannot_be_built_is_one_line_that_names_it(package: Path, cell: str, said: str) -> None:
    with pytest.raises(RecipeError) as refused:
        train(Trial(training(package, cell), 0))
    assert said in str(refused.value)
    assert repr(cell) in str(refused.value)


def test_upkeep_leaves_outcomes_of_outside_cells_and_tasks(package: Path, tmp_path: Path) -> None:
    for own in (training(package), training(package, "rin", task=last(package))):
        Store(tmp_path / "store", lambda recipe: "b" * 64).put(Trial(own, 0), Outcome("budget", {"x": 0.0}))
    assert [item for item in removable(Store(tmp_path / "store"), [], other_code=True) if item.what == OTHER_CODE] == []
