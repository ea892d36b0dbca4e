"""A run says the same on a terminal that is not UTF-8, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs.repositories import TESTS, conftest, run_pytest, write


@pytest.mark.parametrize(("encoding", "workers"), [("latin-1", "2"), ("cp1252", "0"), ("ascii", "0")])
def test_the_summary_is_lines_and_has_no_escapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, workers: str) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    write(tmp_path, {"conftest.py": conftest("rin-2018/formal/eq12-eq13", "rin-2018/formal/eq8-identity"), "test_claims.py": TESTS})
    done = run_pytest(tmp_path, "-n", workers, "-m", "smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\\" not in done.stdout
    lines = done.stdout.splitlines()
    assert any(line.split()[:2] == ["claim", "verdict"] for line in lines)
    assert any(line.split()[:2] == ["formal:", "2"] and line.split()[-2:] == ["v", "agree"] for line in lines)
