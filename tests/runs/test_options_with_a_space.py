"""An option of rin-claims takes its value after a space too, whatever the value is, with and without workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from rin_claims_plugin import joined
from tests.runs.repositories import TESTS, conftest, run_pytest, write

IDS = ("rin-2018/formal/dt-depth", "rin-2018/tables/headline-12-67")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_folder_that_exists_is_taken_for_the_store_and_not_for_the_tests(tmp_path: Path, workers: str) -> None:
    repository = write(tmp_path / "repository", {"conftest.py": conftest(*IDS), "test_claims.py": TESTS})
    store, report = tmp_path / "a store", tmp_path / "a report"
    for folder in (store, report):
        folder.mkdir()
    done = run_pytest(repository, "-n", workers, "--claims-store", str(store), "--claims-report", str(report), "-k", "dt-depth")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert f"rootdir: {repository}\n" in done.stdout
    assert list((store / "outcomes").glob("*.json"))
    assert (report / "index.html").exists()


def test_an_option_without_its_value_is_one_line(tmp_path: Path) -> None:
    repository = write(tmp_path, {"conftest.py": conftest(*IDS), "test_claims.py": TESTS})
    done = run_pytest(repository, "--claims-store")
    assert done.returncode == 4
    assert "argument --claims-store: expected one argument" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (["--claims-store", "a b", "-k", "x"], ["--claims-store=a b", "-k", "x"]),
        (["--claims-store=a", "tests"], ["--claims-store=a", "tests"]),
        (["--claims-store", "-k", "x"], ["--claims-store", "-k", "x"]),
        (["--claims-store", "a", "b"], ["--claims-store=a", "b"]),
        (["-k", "x", "--", "--claims-store", "a"], ["-k", "x", "--", "--claims-store", "a"]),
        ([], []),
    ],
)
def test_only_the_word_after_an_option_is_its_value(given: list[str], written: list[str]) -> None:
    assert joined(given) == written
    assert joined(written) == written
