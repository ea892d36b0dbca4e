"""The fingerprint of a recipe changes with what the recipe computes and with nothing else."""

from __future__ import annotations

import functools
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import recipe_samples
from recipe_samples import ADDING, TASKS, samples, training
from test_definitions import forget

import reproductions
from reproductions import data_files
from reproductions.recipes import CELLS, Babi, Probe, Recipe, Training
from reproductions.store import definitions, environment, fingerprint
from reproductions.store.definitions import ProvenanceError, source
from reproductions.store.fingerprint import reached_by, recipe_fingerprint

ROOT = Path(reproductions.__file__).parent
SAMPLES = samples()


# --- Another copy of the code ---


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package that a test may change."""
    return Path(shutil.copytree(ROOT, tmp_path / "reproductions", ignore=shutil.ignore_patterns("__pycache__")))


def in_a_fresh_process(code: str, root: Path) -> str:
    """What ``code`` prints where the package lies in ``root``."""
    path = os.pathsep.join([str(root), str(Path(recipe_samples.__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": path}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=root, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


FINGERPRINTS = """import json
from recipe_samples import samples
from reproductions.store.fingerprint import recipe_fingerprint
print(json.dumps({name: recipe_fingerprint(recipe) for name, recipe in samples().items()}))
"""


@functools.cache
def present() -> dict[str, str]:
    return {name: recipe_fingerprint(recipe) for name, recipe in SAMPLES.items()}


def edit(copy: Path, file: str, *changes: tuple[str, str]) -> None:
    text = (copy / file).read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    (copy / file).write_text(text)


@pytest.fixture
def changed(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], set[str]]]:
    """The samples that have another fingerprint by the code of ``copy``."""
    before = present()

    def found() -> set[str]:
        for reader in (definitions, fingerprint):
            monkeypatch.setattr(reader, "source", lambda name: moved(source(name)))
        forget()
        return {name for name, recipe in SAMPLES.items() if recipe_fingerprint(recipe) != before[name]}

    def moved(path: Path | None) -> Path | None:
        return None if path is None else copy / path.relative_to(ROOT)

    yield found
    forget()


def test_a_new_cell_task_optimiser_and_probe_leave_every_other_recipe_as_it_is(copy: Path) -> None:
    edit(
        copy,
        "cells.py",
        (
            "def standard_rnn(",
            'class Sum(RecurrentCell):\n    """A sum."""\n\n    def step(self, x, state):\n        return state\n\n\ndef standard_rnn(',
        ),
        ('    "rin": RIN,', '    "sum": Sum,\n    "rin": RIN,'),
        ("from reproductions import outside", "from reproductions import kernel_choice, outside"),
    )
    edit(
        copy,
        "optimizers.py",
        ("class RMSprop:", "class Descent(RMSprop):\n    pass\n\n\nclass RMSprop:"),
        ('{"adam": Adam,', '{"descent": Descent, "adam": Adam,'),
    )
    edit(
        copy,
        "probes/__init__.py",
        ('"dt-depth": networks.dt_depth,', '"dt-depth": networks.dt_depth, "new": networks.new,'),
    )
    edit(copy, "probes/networks.py", ("def dt_depth(", 'def new(seed):\n    return {"x": 1.0}\n\n\ndef dt_depth('))
    (copy / "tasks" / "copying.py").write_text((copy / "tasks" / "adding.py").read_text().replace("Adding", "Copying"))
    edit(
        copy,
        "recipes.py",
        ("CELLS: tuple[Cell, ...] = get_args(Cell)", 'CELLS: tuple[Cell, ...] = ("sum", *get_args(Cell))'),
        ("OPTIMIZERS = (", 'OPTIMIZERS = ("descent", '),
        (
            "@dataclass(frozen=True)\nclass PixelMnist(",
            '@dataclass(frozen=True)\nclass Copying(Adding):\n    problem = "reproductions.tasks.copying:CopyingProblem"\n\n\n'
            "@dataclass(frozen=True)\nclass PixelMnist(",
        ),
    )
    after = json.loads(in_a_fresh_process(FINGERPRINTS, copy.parent))
    assert {name: after[name] for name in present()} == present()
    assert set(after) - set(present()) == {"cell sum", "optimizer descent"}  # and these have one of their own
    assert len({after["cell sum"], after["optimizer descent"], *present().values()}) == len(set(present().values())) + 2


def uses(*cells: str) -> Callable[[Recipe], bool]:
    return lambda recipe: isinstance(recipe, Training) and recipe.network.cell in cells


def names(*probes: str) -> Callable[[Recipe], bool]:
    return lambda recipe: isinstance(recipe, Probe) and recipe.name in probes


def trains(recipe: Recipe) -> bool:
    return isinstance(recipe, Training)


def on(kind: str) -> Callable[[Recipe], bool]:
    return lambda recipe: isinstance(recipe, Training) and kind in type(recipe.task).__name__


STEPS_RIN = names("eq12-eq13", "dt-depth", "identity-is-not-trained", "rin-is-shifted-irnn")
BUILDS_LSTM = names("parameter-ratio", "step-cost")
RECURRENT = names("identity-is-not-trained", "rin-is-shifted-irnn", "step-cost")
GATES = names("eq5-closed-form", "eq8-identity", "eq9-regrouping", "eq10-closed-gate", "eq11-void-start")


def uses_rmsprop(recipe: Recipe) -> bool:
    return isinstance(recipe, Training) and recipe.optimizer.name == "rmsprop"


def is_simulated(recipe: Recipe) -> bool:
    return isinstance(recipe, Training) and isinstance(recipe.task, Babi) and recipe.task.source == "simulated"


def speaks_or_reads(*sources: str) -> Callable[[Recipe], bool]:
    return lambda recipe: isinstance(recipe, Training) and getattr(recipe.task, "source", "").startswith(sources)


TELLS = speaks_or_reads("stories", "espeak")


def asks(measure: str) -> Callable[[Recipe], bool]:
    return lambda recipe: isinstance(recipe, Training) and getattr(recipe, measure)


def is_anything(recipe: Recipe) -> bool:
    return True


SCALED = uses("irnn-0.01", "irnn-0.01-glorot")
PLAIN = uses(*(cell for cell in CELLS if cell != "lstm"))
SOME = names("eq12-eq13", "gradient-decay")  # the samples of these build a relu and a tanh network
# A change: file, old text, new text, and which recipes compute something else after it (any of the conditions).
CHANGES: dict[str, tuple[str, str, str, tuple[Callable[[Recipe], bool], ...]]] = {
    "the RIN's matrix": ("cells.py", "return self.U + torch.eye", "return self.U - torch.eye", (uses("rin", "rin-tanh"), STEPS_RIN)),
    "an argument of a table's entry": ("cells.py", "scale=SCALED_IDENTITY", "scale=2 * SCALED_IDENTITY", (uses("irnn-0.01"),)),
    "a constant of two cells": ("cells.py", "SCALED_IDENTITY = 0.01", "SCALED_IDENTITY = 0.1", (SCALED,)),
    "a helper of some cells": ("cells.py", "torch.diagonal(r)", "torch.diagonal(q)", (uses("lstm", "tanh", "relu"), SOME, BUILDS_LSTM)),
    "an optimiser": ("optimizers.py", "RMSPROP_DECAY = 0.9", "RMSPROP_DECAY = 0.99", (uses_rmsprop,)),
    "the step of all optimisers": ("optimizers.py", "value=-rate)", "value=rate)", (trains, names("step-cost"))),
    "the training loop": ("training.py", "self.loss_count += 1", "self.loss_count += 2", (trains,)),
    "the problem of a task": ("tasks/speech.py", "clamp(min=1e-6)", "clamp(min=1e-5)", (on("Speech"),)),
    "one source of a task": ("tasks/babi_simulator/sampling.py", "return ", "return 0 or ", (is_simulated, TELLS)),
    "the text of all bAbI": ("tasks/babi.py", "PADDING = 0", "PADDING = 1", (on("Babi"),)),
    "a network": ("networks.py", "EMBEDDING_BOUND = 0.05", "EMBEDDING_BOUND = 0.06", (on("Babi"), on("Language"), on("Speech"))),
    "what only one measure computes": ("estimation.py", "LATE_SHARE = 200", "LATE_SHARE = 100", (asks("estimation_error"),)),
    "what only the other computes": ("gradient_norms.py", "math.log10(norm)", "math.log(norm)", (asks("gradient_norms"),)),
    "a compiled kernel": ("recurrence/kernels/lstm.cpp", 'extern "C" {', 'extern  "C" {', (uses("lstm"), names("step-cost"))),
    "a header of one kernel": ("recurrence/kernels/product.h", "#include", "//\n#include", (PLAIN, RECURRENT)),
    "a header of both": ("recurrence/kernels/vectors.h", "#", "//\n#", (trains, RECURRENT)),
    "how kernels are compiled": ("recurrence/build.py", '"-O3"', '"-O2"', (trains, RECURRENT)),
    "probes of one module": ("probes/gate_algebra.py", "HIDDEN = 100", "HIDDEN = 99", (GATES,)),
    "every random stream": ("seeding.py", 'b"%s%d:%s"', 'b"%s%d;%s"', (is_anything,)),
    "the kernels of a GPU": ("recurrence_gpu/layout.py", "LARGEST_HIDDEN = ", "LARGEST_HIDDEN = 1 + ", ()),
    "packs": ("packs.py", "PLAIN_CELLS = (", 'PLAIN_CELLS = ("tanh", ', ()),
    "a recipe's words": ("recipes.py", 'f"adding T={self.length}"', 'f"adding {self.length}"', ()),
    "the store": ("store/outcomes.py", "LOCK_SECONDS = 60", "LOCK_SECONDS = 61", ()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_exactly_the_recipes_that_compute_something_else_change(copy: Path, changed: Callable[[], set[str]], change: str) -> None:
    file, old, new, conditions = CHANGES[change]
    edit(copy, file, (old, new))
    assert changed() == {name for name, recipe in SAMPLES.items() if any(condition(recipe) for condition in conditions)}


def test_definitions_that_move_change_nothing(copy: Path) -> None:
    text = (copy / "optimizers.py").read_text()
    start = text.index("def clip_by_norm")
    (copy / "clipping.py").write_text(f'"""Clipping."""\n\nfrom torch import Tensor as T\n\n\n{text[start:].replace("Tensor", "T")}')
    imported = "from reproductions.clipping import clip_by_norm\nfrom torch import"
    (copy / "optimizers.py").write_text(text[:start].replace("from torch import", imported))
    shutil.move(copy / "gradient_norms.py", copy / "recurrence" / "norms.py")
    edit(
        copy,
        "training.py",
        ("import estimation, gradient_norms, ", "import estimation, "),
        ("\nfrom reproductions.seeding", "\nfrom reproductions.recurrence import norms as gradient_norms\nfrom reproductions.seeding"),
    )
    cells = (copy / "cells.py").read_text()
    helper = cells[cells.index("def gaussian(") : cells.index("def glorot_uniform(")]
    (copy / "cells.py").write_text(cells.replace(helper, "") + "\n\n" + helper)
    assert json.loads(in_a_fresh_process(FINGERPRINTS, copy.parent)) == present()


# --- Data, kernels, the rest ---


@pytest.mark.parametrize(
    ("task", "name", "matters"),
    [
        ("digits", "mnist_5k", True),
        ("digits", "train-images", False),
        ("mnist", "train-images", True),
        ("digits", "tasks_1-20_v1-2/en/qa1_x", False),
        ("published babi", "tasks_1-20_v1-2/en/qa1_x", True),
        ("simulated babi", "tasks_1-20_v1-2/en/qa1_x", False),
        ("adding", "mnist_5k", False),
        ("language", "wikitext-2/valid.txt", False),
        ("small text", "wikitext-2/valid.txt", True),
        ("small text", "wikitext-2/train.txt", False),
        ("text", "wikitext-2/train.txt", True),
        ("speech of texts", "wikitext-2/test.txt", True),
        ("timit", "wikitext-2/test.txt", False),
    ],
)
def test_other_data_is_another_fingerprint_where_the_data_is_used(
    monkeypatch: pytest.MonkeyPatch, task: str, name: str, matters: bool
) -> None:
    before = recipe_fingerprint(training(TASKS[task]))
    altered = {**data_files.checksums(), name: "0" * 64}
    monkeypatch.setattr(data_files, "checksums", lambda: altered)
    forget()
    assert (recipe_fingerprint(training(TASKS[task])) != before) == matters
    forget()


def test_a_fingerprint_is_computed_without_loading_torch() -> None:
    code = "import sys; from recipe_samples import samples; from reproductions.store.fingerprint import recipe_fingerprint as f; "
    code += "[f(recipe) for recipe in samples().values()]; sys.exit('torch' in sys.modules)"
    in_a_fresh_process(code, ROOT.parent)


def test_an_unknown_probe_has_a_fingerprint_for_what_refuses_it() -> None:
    assert len(recipe_fingerprint(Probe("smoke", "no such probe"))) == 64


def test_digests_name_every_module_that_is_reached_kernels_and_data_and_two_codes_differ_in_one(copy: Path) -> None:
    recipe = training(TASKS["digits"], "lstm")
    found = fingerprint.code_digests(recipe)
    assert {"cells", "training", "tasks.pixel_mnist", "recurrence.lstm", "recurrence/kernels/lstm.cpp", "data"} <= found.keys()
    assert not {"tasks.adding", "recurrence.plain", "recurrence/kernels/plain.cpp"} & found.keys()
    assert "data" not in fingerprint.code_digests(training(ADDING))
    assert all(len(digest) == 8 for digest in found.values())
    assert json.loads(json.dumps(found)) == found
    edit(copy, "cells.py", ("torch.sigmoid(o) * torch.tanh(c), c", "torch.sigmoid(o) * c, c"))
    code = "import json\nfrom recipe_samples import TASKS, training\nfrom reproductions.store.fingerprint import code_digests as own\n"
    code += "print(json.dumps(own(training(TASKS['digits'], 'lstm'))))"
    after = json.loads(in_a_fresh_process(code, copy.parent))
    assert {name for name in found if found[name] != after[name]} == {"cells"}
    assert found.keys() == after.keys()


def test_work_on_the_gpu_kernels_makes_outcomes_of_the_gpu_stale_and_no_other() -> None:
    gpu_alone = {name for pattern in fingerprint.GPU_NUMERICS for name, _ in fingerprint._contents(pattern)}
    assert any(name.startswith("reproductions.recurrence_gpu") for name in gpu_alone)
    modules = {key.module for recipe in SAMPLES.values() for key in reached_by(recipe)}
    assert not {name for name in modules if name.startswith(("reproductions.recurrence_gpu", "reproductions.packs"))}
    assert environment.environment()["gpu_numerics"] is None  # made on the CPU
    assert len(fingerprint.gpu_fingerprint()) == 64


# --- Whole files ---


@pytest.fixture
def numerics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes files of a package ``whole_files`` and gives the fingerprint of all of it, or of one module."""
    package = tmp_path / "whole_files"
    package.mkdir()
    monkeypatch.syspath_prepend(tmp_path)

    def fingerprint_of(pattern: str = "*", **files: str) -> str:
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            (package / f"{stem}.{suffix}").write_text(text)
        importlib.invalidate_caches()
        return fingerprint.fingerprint(f"whole_files.{pattern}")

    fingerprint_of(**{"__init___py": "", "cells_py": "x = 1"})
    return fingerprint_of


def test_a_package_counts_with_every_source_below_it(numerics: Callable[..., str]) -> None:
    before = numerics()
    added = numerics(new_py="z = 3")
    compiled = numerics(kernel_cpp="int a;")
    edited = numerics(kernel_cpp="int b;")
    assert len({before, added, compiled, edited}) == 4
    assert numerics(new_py='"""Words."""\n\nz = 3  # a comment') == edited


def test_moving_code_between_whole_modules_changes_the_fingerprint(numerics: Callable[..., str]) -> None:
    before = numerics(a_py="x = 1", b_py="y = 2")
    assert numerics(a_py="y = 2", b_py="x = 1") != before


def test_the_fingerprint_of_a_tree_is_pinned_across_python_versions(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("def f(a, *, b=None):\n    return f'{a}' + b[1:]\n")
    assert fingerprint.tree_digest(path) == "b59442be3cd39ca4cdb3616d57f17eab35e79d3ca27620d9fd95ffe1a34b2fc2"


def test_a_module_that_is_not_there_or_does_not_parse_is_named(numerics: Callable[..., str]) -> None:
    with pytest.raises(ProvenanceError, match=r"there is no module reproductions\.no_such_module; correct .*fingerprint\.py"):
        fingerprint.fingerprint("reproductions.no_such_module")
    with pytest.raises(ProvenanceError, match=r"reproductions\.nothing\.below"):
        fingerprint.fingerprint("reproductions.nothing.below")
    with pytest.raises(ProvenanceError, match=r"broken\.py does not parse .*line 1"):
        numerics("broken", broken_py="def (")
    assert source("reproductions.cells") == ROOT / "cells.py"
