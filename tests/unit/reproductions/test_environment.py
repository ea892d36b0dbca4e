"""An outcome says what it came from: software, machine, and two commits.

They are the commits of the repository that was measured and of this project.
"""

import json
import shutil
import subprocess

import pytest

from reproductions.store import environment


def test_the_environment_names_versions_machine_threads_and_precision_as_json():
    torch = pytest.importorskip("torch")
    found = environment.environment()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["packages"]["torch"] == torch.__version__
    assert found["torch_threads"] == torch.get_num_threads()
    assert found["precision"]["default_dtype"] == "torch.float32"
    assert found["device"] == "cpu"
    assert set(found["git"]) == {"commit", "dirty"}
    assert found["rin_claims_git"] == found["git"]  # nothing but this project was measured


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


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_repository_that_was_measured_is_named_beside_this_project(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    for folder in (tmp_path, tmp_path / "package"):
        found = environment.environment(root=folder)
        assert found["git"] == {"commit": git(tmp_path, "rev-parse", "HEAD"), "dirty": False}
        assert found["rin_claims_git"] == environment.environment()["git"]
