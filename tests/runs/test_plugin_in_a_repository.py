"""In another repository the plugin judges, reports and refuses bad usage in one line, with any number of workers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs.repositories import TESTS, conftest, run_module, run_pytest, write

IDS = ("rin-2018/formal/dt-depth", "rin-2018/tables/headline-12-67", "rin-2018/adding/below-baseline/rin/T300")


ORDINARY = """
import pytest
from conftest import CLAIMS

@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_quote(claim):
    assert claim.quote
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Another repository that uses the plugin: three claims, one of them beyond the smoke profile."""
    return write(tmp_path, {"conftest.py": conftest(*IDS), "test_claims.py": TESTS})


def test_two_workers_judge_the_claims_and_the_controller_writes_one_report(repository: Path) -> None:
    done = run_pytest(repository, "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 skipped, 1 xfailed" in done.stdout
    report = json.loads((repository / "report" / "report.json").read_text())
    assert [(entry["id"], entry["verdict"]) for entry in report["claims"]] == [
        ("rin-2018/formal/dt-depth", "reproduced"),
        ("rin-2018/tables/headline-12-67", "contradicted"),
        ("rin-2018/adding/below-baseline/rin/T300", "not run"),
    ]
    assert {path.name for path in (repository / "report").iterdir()} >= {"index.html", "report.md", "report.json", "claims.csv"}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_ordinary_test_about_a_claim_judges_nothing_and_needs_no_store(repository: Path, workers: str) -> None:
    write(repository, {"test_quotes.py": ORDINARY})
    done = run_pytest(repository, "-n", workers, "--claims-store", "/dev/null/store", "test_quotes.py")  # which nobody can make
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    assert not (repository / "report").exists()


def test_bad_usage_is_one_line_and_exit_code_2_and_writes_nothing(repository: Path) -> None:
    done = run_pytest(repository, "-n", "0", "--claims-profile", "huge")
    assert done.returncode == 2
    assert "unknown profile 'huge' for --claims-profile; choose smoke, compact, paper" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (repository / "report").exists()


@pytest.mark.parametrize(
    ("kernels", "compiler", "said"),
    [
        ("nonsense", None, "RIN_CLAIMS_KERNELS is one of native, avx512, avx2, plain, torch, not 'nonsense'"),
        ("plain", "no-such-compiler", "RIN_CLAIMS_KERNELS=plain, but there is no C++ compiler (no-such-compiler)"),
    ],
)
def test_kernels_that_are_not_to_be_had_end_the_run_with_one_line_before_any_worker_starts(
    repository: Path, monkeypatch: pytest.MonkeyPatch, kernels: str, compiler: str | None, said: str
) -> None:
    monkeypatch.setenv("RIN_CLAIMS_KERNELS", kernels)
    if compiler:
        monkeypatch.setenv("CXX", compiler)
    done = run_pytest(repository, "-m", "smoke", "-n", "2")
    assert done.returncode == 2
    assert [line for line in done.stdout.splitlines() if line] == [line for line in done.stdout.splitlines() if said in line]
    assert done.stderr.startswith(f"Exit: {said}")
    assert done.stderr.count("\n") == 1
    assert not (repository / "report").exists()


def test_the_run_command_says_the_same_with_the_same_exit_code(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIN_CLAIMS_KERNELS", "nonsense")
    done = run_module(repository, "claims.cli", "run")
    assert done.returncode == 2
    assert done.stderr == "Exit: RIN_CLAIMS_KERNELS is one of native, avx512, avx2, plain, torch, not 'nonsense'\n"


def test_a_malformed_reference_table_ends_the_run_with_its_one_line_before_any_worker_starts(repository: Path) -> None:
    broken = """
import reference_results
def broken(*given):
    raise reference_results.ReferenceDataError("expected_verdicts.csv line 7: 6 values for 5 columns; quote a reason that holds a comma")
reference_results.expected_verdicts = broken  # before the plugin is imported
"""
    (repository / "conftest.py").write_text(broken + conftest(*IDS))
    done = run_pytest(repository, "-n", "2")
    assert done.returncode == 2
    assert "line 7: 6 values for 5 columns; quote a reason that holds a comma" in done.stdout + done.stderr
    assert "node down" not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (
            "dataclasses.replace(CLAIMS[0], quote='')",
            "claim 'rin-2018/formal/dt-depth': the quote is missing; copy the sentence from the paper",
        ),
        ("Above('m', 'u', arm='a', threshold=1.0)", "Above lacks `why`; fill it in"),
        ("dataclasses.replace(CLAIMS[0], arms={'smokey': CLAIMS[0].arms['smoke']}, seeds={'smokey': 1})", "did you mean smoke?"),
    ],
)
def test_a_mistake_in_the_claims_ends_the_run_with_its_one_line_said_once(repository: Path, mistake: str, said: str, workers: str) -> None:
    text = conftest(*IDS).replace("def pytest_claims_registry():\n", "def pytest_claims_registry():\n    from broken import CLAIMS\n")
    (repository / "conftest.py").write_text(text)
    (repository / "broken.py").write_text(
        f"import dataclasses\nfrom claims import Above\nfrom conftest import CLAIMS\nCLAIMS = [{mistake}]\n"
    )
    done = run_pytest(repository, "-n", workers)
    assert done.returncode == 2
    assert done.stderr.startswith("Exit: broken.py, line 4")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stdout
    assert "The above exception" not in done.stdout
    assert not (repository / "report").exists()
