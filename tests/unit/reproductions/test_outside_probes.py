"""A probe of another repository is found by name and measured like one of the project's own.

It is stale when its package changes.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reproductions import probes
from reproductions.recipes import Probe, RecipeError
from reproductions.store import fingerprint
from reproductions.store.outcomes import Store
from reproductions.store.upkeep import OTHER_CODE, removable
from reproductions.trials import Outcome, Trial

SOURCE = '''"""Measurements."""

import math

GAIN = 2.0


def squared(seed: int, offset: float = 0.0) -> dict[str, float]:
    return {"square": GAIN * seed**2 + offset, "root": math.sqrt(seed)}


def endless(seed: int) -> dict[str, float]:
    return {"square": math.inf}


def words(seed: int) -> str:
    return "four"


def text(seed: int) -> dict[str, object]:
    return {"square": "4"}
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
    fingerprint._joined.cache_clear()


def recipe(name: str = "outside_lab.measures:squared", **arguments: float) -> Probe:
    return Probe("smoke", name, tuple(arguments.items()))


def fingerprint_now() -> str:
    fingerprint._joined.cache_clear()  # one process fingerprints a package once
    return fingerprint.recipe_fingerprint(recipe())


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
        ("outside_lab.measures:cubed", {}, "outside_lab.measures has no function 'cubed'; correct the name"),
        ("outside_lab.measures:squared", {"shift": 1}, "got an unexpected keyword argument 'shift'; it takes (seed: int, offset"),
        ("outside_lab.measures:words", {}, "gave 'four'; return numbers by name"),
        ("outside_lab.measures:text", {}, "gave {'square': '4'}; return numbers by name"),
    ],
)
def test_what_cannot_be_measured_is_one_line_that_names_the_probe(package: Path, name: str, arguments: dict[str, int], said: str) -> None:
    with pytest.raises(RecipeError) as refused:
        probes.measure(Trial(recipe(name, **arguments), 1))
    assert said in str(refused.value)
    assert repr(name) in str(refused.value)
    assert "\n" not in str(refused.value)


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


def test_its_provenance_names_the_modules_of_its_package(package: Path) -> None:
    digests = fingerprint.module_digests(recipe())
    assert {"outside_lab/__init__.py", "outside_lab/measures.py"} <= digests.keys()
    assert (
        digests.keys() - {"outside_lab/__init__.py", "outside_lab/measures.py"}
        == fingerprint.module_digests(Probe("any", "dual-gate")).keys()
    )


def test_upkeep_of_the_store_leaves_its_outcomes_whose_code_is_not_known_here(package: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.put(Trial(recipe(), 0), Outcome("converged", {"square": 0.0}))
    Store(tmp_path / "store", lambda recipe: "b" * 64).put(Trial(Probe("any", "dual-gate"), 0), Outcome("converged", {"x": 0.0}))
    gone = [item for item in removable(store, fingerprint.present_fingerprints(), other_code=True) if item.what == OTHER_CODE]
    assert [item.path.stem for item in gone] == [f"{Trial(Probe('any', 'dual-gate'), 0).address}-{'b' * 16}"]


def test_nothing_of_it_needs_torch_until_it_is_measured(package: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(package.parent)!r})\n"
        "from reproductions import outside_probes\nfrom reproductions.store import fingerprint\n"
        "from reproductions.recipes import Probe\n"
        "recipe = Probe('smoke', 'outside_lab.measures:squared')\n"
        "fingerprint.recipe_fingerprint(recipe)\n"
        "assert 'outside_lab' not in sys.modules\n"
        "outside_probes.load(recipe)(2)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
