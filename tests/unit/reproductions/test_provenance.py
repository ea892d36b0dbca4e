"""A fingerprint changes with what is computed and with nothing else."""

import ast
import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import reproductions
from reproductions import datasets
from reproductions.recipes import Adding, Babi, Network, Optimizer, PixelMnist, Probe, Training
from reproductions.store import environment, fingerprint
from reproductions.store.fingerprint import ProvenanceError

ROOT = Path(reproductions.__file__).parents[1]
SOURCE = '''"""A module."""

GAIN = 0.5


class Cell:
    """A cell."""

    def step(self, x):
        """One step."""
        return self.scale * (x - GAIN) if x > 0 else None
'''


@pytest.fixture
def numerics(tmp_path, monkeypatch):
    """Writes files of a package ``numerics_under_test`` and gives the fingerprint of modules in it."""
    package = tmp_path / "numerics_under_test"
    package.mkdir()
    monkeypatch.syspath_prepend(tmp_path)

    def fingerprint_of(*modules, **files):
        for name, text in files.items():
            suffix = name.rpartition("_")[2]
            path = package / f"{name.rpartition('_')[0]}.{suffix}"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        importlib.invalidate_caches()
        return fingerprint.fingerprint(
            *(f"numerics_under_test.{module}" if module != "*" else "numerics_under_test.*" for module in modules)
        )

    fingerprint_of(**{"__init___py": "", "cells_py": SOURCE})
    return fingerprint_of


SAME = {
    "a comment": SOURCE.replace("GAIN = 0.5", "GAIN = 0.5  # why"),
    "the module's docstring": SOURCE.replace('"""A module."""', '"""Another word."""'),
    "no docstrings": SOURCE.replace('"""A module."""', "").replace('    """A cell."""\n', "").replace('        """One step."""\n', ""),
    "layout": SOURCE.replace("self.scale * (x - GAIN)", "(self.scale\n            * (x - GAIN))").replace("\n\n\n", "\n"),
}
OTHER = {
    "a constant": SOURCE.replace("0.5", "0.25"),
    "its type": SOURCE.replace("0.5", "1").replace("GAIN = 1", "GAIN = 1.0"),
    "an operator": SOURCE.replace("x - GAIN", "x + GAIN"),
    "a comparison": SOURCE.replace("x > 0", "x >= 0"),
    "grouping": SOURCE.replace("self.scale * (x - GAIN)", "self.scale * x - GAIN"),
    "a name": SOURCE.replace("self.scale", "self.shift"),
    "a branch": SOURCE.replace("else None", "else 0"),
    "a string that is no docstring": SOURCE + '\n"x"\n',
}


@pytest.mark.parametrize("source", SAME.values(), ids=SAME.keys())
def test_a_change_of_words_keeps_the_fingerprint(numerics, source):
    assert source != SOURCE
    before = numerics("cells")
    assert numerics("cells", cells_py=source) == before


@pytest.mark.parametrize("source", OTHER.values(), ids=OTHER.keys())
def test_a_change_of_what_is_computed_changes_the_fingerprint(numerics, source):
    assert source != SOURCE
    before = numerics("cells")
    assert numerics("cells", cells_py=source) != before


def test_an_integer_is_not_a_float(numerics):
    assert numerics("cells", cells_py="GAIN = 1") != numerics("cells", cells_py="GAIN = 1.0")


def test_moving_code_between_modules_changes_the_fingerprint_and_their_order_does_not(numerics):
    numerics(a_py="x = 1", b_py="y = 2")
    before = numerics("a", "b")
    assert numerics("b", "a") == before
    assert numerics("a", "b", a_py="y = 2", b_py="x = 1") != before


def test_a_package_counts_with_every_source_below_it(numerics):
    before = numerics("*")
    added = numerics("*", new_py="z = 3")
    compiled = numerics("*", kernel_cpp="int a;")
    edited = numerics("*", kernel_cpp="int b;")
    assert len({before, added, compiled, edited}) == 4


def test_the_fingerprint_of_a_tree_is_pinned_across_python_versions(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("def f(a, *, b=None):\n    return f'{a}' + b[1:]\n")
    assert fingerprint.tree_digest(path) == "b59442be3cd39ca4cdb3616d57f17eab35e79d3ca27620d9fd95ffe1a34b2fc2"


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(ProvenanceError, match=r"reproductions\.no_such_module .*NUMERICS"):
        fingerprint.fingerprint("reproductions.no_such_module")
    with pytest.raises(ProvenanceError, match=r"reproductions\.nothing\.below"):
        fingerprint.fingerprint("reproductions.nothing.below")


def test_a_module_that_does_not_parse_is_named(numerics):
    with pytest.raises(ProvenanceError, match=r"broken\.py does not parse .*line 1"):
        numerics("broken", broken_py="def (")


# --- The table ---


def training(task):
    return Training("smoke", task, Network("rin"), Optimizer("adam", 1e-3), 32, 10, 2)


RECIPES = {
    "adding": training(Adding(50, 100, 10)),
    "pixel": training(PixelMnist("permuted", 2, "embedded", 4000, 1000)),
    "babi": training(Babi(1, "files", 1000, 1000)),
    "simulated babi": training(Babi(1, "simulated", 1000, 1000)),
    "probe": Probe("smoke", "identity"),
}


@pytest.mark.parametrize("kind", RECIPES)
def test_every_kind_of_recipe_has_its_row_and_its_fingerprint(kind):
    assert fingerprint.kind_of(RECIPES[kind]) == kind
    assert len(fingerprint.recipe_fingerprint(RECIPES[kind])) == 64


def test_the_kinds_have_different_fingerprints():
    assert len({fingerprint.kind_fingerprint(kind) for kind in fingerprint.NUMERICS}) == len(fingerprint.NUMERICS)


def test_a_fingerprint_is_computed_without_loading_torch():
    code = "import sys; from reproductions.store.fingerprint import kind_fingerprint as f; "
    code += "f('adding'); f('probe'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("kind", "name", "matters"), [("pixel", "mnist_5k", True), ("pixel", "tasks_1-20_v1-2/en/qa1_x", False), ("adding", "mnist_5k", False)]
)
def test_other_data_is_another_fingerprint_where_the_data_is_used(monkeypatch, kind, name, matters):
    before = fingerprint.kind_fingerprint.__wrapped__(kind)
    changed = {**datasets.checksums(), name: "0" * 64}
    monkeypatch.setattr(datasets, "checksums", lambda: changed)
    assert (fingerprint.kind_fingerprint.__wrapped__(kind) != before) == matters


def imports_of(path):
    """The modules of this project that a source file imports, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("reproductions.") and exists(name)}


def exists(name):
    path = ROOT.joinpath(*name.split("."))
    return (path / "__init__.py").is_file() or path.with_name(path.name + ".py").is_file()


@pytest.mark.parametrize("kind", RECIPES)
def test_every_module_that_a_kind_s_numerics_import_is_in_its_row(kind):
    row = fingerprint.NUMERICS[kind]
    whole = [name.removesuffix(".*") for name in row if name.endswith(".*")]
    task_modules = {name for other in fingerprint.NUMERICS.values() for name in other if name.startswith("reproductions.tasks.")}
    for name in row:
        place = ROOT.joinpath(*name.removesuffix(".*").split("."))
        source = place / "__init__.py" if place.is_dir() else place.with_name(place.name + ".py")
        for path in place.rglob("*.py") if name.endswith(".*") else [source]:
            for imported in imports_of(path):
                covered = imported in row or any(imported == package or imported.startswith(package + ".") for package in whole)
                dispatched = name == "reproductions.tasks" and imported in task_modules  # tasks.build names the problem of every kind
                dispatched |= kind == "babi" and imported.startswith("reproductions.tasks.babi_simulator")  # for the other source alone
                dispatched |= imported.startswith("reproductions.recurrence_gpu")  # for inputs on a GPU alone; see the test below
                assert covered or dispatched or imported in fingerprint.NOT_NUMERICS, (
                    f"{path.name} imports {imported}, not in NUMERICS[{kind!r}]"
                )


def test_work_on_the_gpu_kernels_leaves_outcomes_of_the_cpu_fresh_and_makes_those_of_the_gpu_stale():
    gpu_alone = {name for pattern in fingerprint.GPU_NUMERICS for name, _ in fingerprint._contents(pattern)}
    assert any(name.startswith("reproductions.recurrence_gpu") for name in gpu_alone)
    for row in fingerprint.NUMERICS.values():
        assert not gpu_alone & {name for pattern in row for name, _ in fingerprint._contents(pattern)}
    assert environment.environment()["gpu_numerics"] is None  # made on the CPU
    assert len(fingerprint.gpu_fingerprint()) == 64


@pytest.mark.parametrize("kind", RECIPES)
def test_module_digests_name_every_module_of_the_row_and_its_data(kind):
    found = fingerprint.module_digests(RECIPES[kind])
    for name in fingerprint.NUMERICS[kind]:
        short = name.removesuffix(".*").removeprefix("reproductions.")
        assert any(key == short or key.startswith(short + "/") for key in found), name
    assert ("data" in found) == (kind in fingerprint.DATA)
    assert all(len(digest) == 8 for digest in found.values())
    assert json.loads(json.dumps(found)) == found


def test_a_changed_module_changes_its_own_digest_alone(monkeypatch):
    before = dict(fingerprint._kind_digests.__wrapped__("adding"))
    real = fingerprint.tree_digest
    monkeypatch.setattr(fingerprint, "tree_digest", lambda path: "f" * 64 if path.name == "cells.py" else real(path))
    after = dict(fingerprint._kind_digests.__wrapped__("adding"))
    assert {name for name in before if before[name] != after[name]} == {"cells"}
    assert set(before) == set(after)


def test_the_present_fingerprints_are_those_of_every_kind():
    assert {fingerprint.recipe_fingerprint(recipe) for recipe in RECIPES.values()} <= fingerprint.present_fingerprints()


# --- The environment ---


def test_the_environment_names_versions_machine_threads_and_precision_as_json():
    torch = pytest.importorskip("torch")
    found = environment.environment()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["packages"]["torch"] == torch.__version__
    assert found["torch_threads"] == torch.get_num_threads()
    assert found["precision"]["default_dtype"] == "torch.float32"
    assert found["device"] == "cpu"
    assert set(found["git"]) == {"commit", "dirty"}


def git(folder, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_git_state_is_that_of_the_checkout_itself(tmp_path):
    assert environment._git_state(tmp_path) == {"commit": None, "dirty": None}
    git(tmp_path, "init", "--quiet")
    (tmp_path / "inner").mkdir()
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert environment._git_state(tmp_path) == {"commit": commit, "dirty": False}
    (tmp_path / "file").write_text("2")
    assert environment._git_state(tmp_path) == {"commit": commit, "dirty": True}
    assert environment._git_state(tmp_path / "inner") == {"commit": None, "dirty": None}  # a package installed inside a checkout


def test_without_git_the_state_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment._git_state(tmp_path) == {"commit": None, "dirty": None}
