"""What runs for a recipe is what its fingerprint hashes: every function, of every sample."""

from __future__ import annotations

import ast
import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from recipe_samples import NEED_FILES, samples
from speech_files import miniature_timit

import reproductions
from reproductions import data_files, datasets, probes, tasks
from reproductions.recipes import Recipe, Training
from reproductions.store.definitions import Key, module, table_of
from reproductions.store.fingerprint import reached_by
from reproductions.trials import Trial

ROOT = Path(reproductions.__file__).parent
SAMPLES = samples()

# What moves and describes results without computing them.
COMPUTE_NOTHING = {
    "reproductions.recipes",  # a recipe enters by its digest
    "reproductions.trials",  # a trial and its outcome, as data
    "reproductions.outside",  # imports what a name says
    "reproductions.datasets",  # data is checked by content, and its checksums enter
    "reproductions.data_files",  # finds the data
    "reproductions.wrappings",  # reads the same content in another wrapping
    "reproductions.user_folders",  # where the data and the compiled kernels are kept
    "reproductions.kernel_choice",  # reads which kernels the environment asks for; the outcome says which ran
}


def keys_of(name: str) -> list[tuple[int, int, Key]]:
    """The lines of every definition of a module, the entries of its tables one by one."""
    found = []
    for own, statements in module(name).statements.items():
        for statement in statements:
            first = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", []))])
            found.append((first, statement.end_lineno or first, Key(name, own)))
            if table_of(Key(name, own)) is not None:
                assert isinstance(statement, ast.AnnAssign)
                assert isinstance(statement.value, ast.Dict)
                pairs = zip(statement.value.keys, statement.value.values, strict=True)
                found += [
                    (value.lineno, value.end_lineno or 0, Key(name, own, ast.unparse(key))) for key, value in pairs if key is not None
                ]
    return found


def executed(run: Callable[[], Any]) -> set[tuple[str, int]]:
    """(file, first line) of every function of this package that ``run`` executes."""
    seen: set[tuple[str, int]] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_name != "<module>" and code.co_filename.startswith(str(ROOT)):
            seen.add((code.co_filename, code.co_firstlineno))

    gc.collect()  # a generator that another test left would run to its end
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return seen


def unhashed(recipe: Recipe, seen: set[tuple[str, int]]) -> Iterator[str]:
    reached = reached_by(recipe)
    for file, line in seen:
        path = Path(file).relative_to(ROOT.parent)
        name = ".".join(path.parent.parts if path.name == "__init__.py" else path.with_suffix("").parts)
        if name not in COMPUTE_NOTHING:
            covering = [key for first, last, key in keys_of(name) if first <= line <= last]
            if not covering or not set(covering) <= reached:
                yield f"{name} line {line} {covering}"


def run(recipe: Recipe) -> object:
    from reproductions import training

    return training.train(Trial(recipe, 3)) if isinstance(recipe, Training) else probes.measure(Trial(recipe, 3))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_function_that_runs_for_a_recipe_is_among_its_hashed_definitions(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recipe = SAMPLES[name]
    needed = NEED_FILES.get(name.removeprefix("task "))
    if needed == "timit":
        miniature_timit(tmp_path)
        monkeypatch.setenv("RIN_CLAIMS_DATA", str(tmp_path))
    elif needed and not at_hand(recipe, needed):
        pytest.skip("its data is not here")
    if isinstance(recipe, Training):
        tasks.problem_of(recipe.task)  # imported before, so that no body of a class runs under the profile
        importlib.import_module("reproductions.training")
    seen = executed(lambda: run(recipe))
    assert len(seen) > 2
    assert list(unhashed(recipe, seen)) == []


def at_hand(recipe: Recipe, dataset: str) -> bool:
    """Whether a problem of the recipe's data can be built; of a data set with many files, whether all are here."""
    assert isinstance(recipe, Training)
    if dataset in ("mnist", "babi"):
        return all(row["state"] == "ok" for row in datasets.status() if row["dataset"] == dataset)
    monkeypatch = pytest.MonkeyPatch()
    with monkeypatch.context() as patch:
        patch.setenv("RIN_CLAIMS_OFFLINE", "1")
        try:
            tasks.build(recipe.task, 3)
        except data_files.DataError:
            return False
    return True


def test_the_samples_have_every_entry_of_every_table() -> None:
    entries = {key for recipe in SAMPLES.values() for key in reached_by(recipe) if key.entry}
    tables = [("cells", "CONSTRUCTORS"), ("optimizers", "STEPPERS"), ("training", "INNER_MEASURES"), ("probes", "PROBES")]
    tables += [("compiled_update", name) for name in ("LAYERS", "GRADIENTS", "STEPS")]
    tables += [("recurrence", "KERNELS"), ("tasks.pixel_mnist", "SOURCES"), ("tasks.babi_problem", "SOURCES")]
    tables += [("tasks.language", "SOURCES"), ("tasks.speech", "SOURCES")]
    for name, table in tables:
        own = Key(f"reproductions.{name}", table)
        assert {key for key in entries if key[:2] == own[:2]} == {own._replace(entry=entry) for entry in table_of(own) or ()}


def test_a_training_reaches_its_own_cell_and_optimiser_and_no_other() -> None:
    for recipe in SAMPLES.values():
        if isinstance(recipe, Training):
            entries = {(key.name, key.entry) for key in reached_by(recipe) if key.name in ("CONSTRUCTORS", "STEPPERS") and key.entry}
            assert entries == {("CONSTRUCTORS", repr(recipe.network.cell)), ("STEPPERS", repr(recipe.optimizer.name))}
