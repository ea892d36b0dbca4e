"""A run whose recurrences fall back to torch's operations says so at its end and in its report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs.repositories import TESTS, conftest, run_pytest, write


@pytest.mark.parametrize(("compiler", "said"), [("no-such-compiler", True), (None, False)])
def test_a_run_without_a_compiler_says_that_torchs_operations_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str | None, said: bool
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("RIN_CLAIMS_KERNELS", raising=False)
    if compiler is None:
        monkeypatch.setenv("RIN_CLAIMS_KERNELS", "torch")  # asked for, and so no fallback
    else:
        monkeypatch.setenv("CXX", compiler)
    write(tmp_path, {"conftest.py": conftest("rin-2018/formal/eq12-eq13"), "test_claims.py": TESTS})
    done = run_pytest(tmp_path, "-n", "2", "-m", "smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [
        line for line in done.stdout.splitlines() if line.startswith("the recurrences run on torch's operations, several times slower: ")
    ]
    assert len(lines) == said
    provenance = json.loads((tmp_path / "report" / "report.json").read_text())["provenance"]
    assert provenance["recurrence"] == "torch"
    assert [provenance["fallback"]] == lines if said else "fallback" not in provenance
