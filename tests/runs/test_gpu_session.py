"""``benchmarks/gpu_session.py`` runs from end to end: on the CPU at tiny sizes, its kernels in Triton's interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from claims.cli import main

ROOT = Path(__file__).parents[2]
SCRIPT = str(ROOT / "benchmarks" / "gpu_session.py")


def session(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "error", **environment}
    return subprocess.run([sys.executable, SCRIPT, *words], cwd=folder, env={**os.environ, **own}, capture_output=True, text=True)


def found(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "session.json").read_text())


def test_a_session_leaves_what_it_measured_and_a_campaign_that_the_next_one_goes_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("triton", reason="triton is not installed (pip install -e '.[gpu]')")
    done = session(tmp_path, "one", "--tiny", TRITON_INTERPRET="1")
    assert done.returncode == 0, done.stderr[-4000:]
    first = found(tmp_path / "one")
    assert [(row["cell"], row["kernels"], row["problem"]) for row in first["checks"]] == [
        ("irnn", "triton", ""), ("rin-dt", "triton", ""), ("lstm", "triton", ""),
    ]  # fmt: skip
    assert all(row["fused_error"] < 1e-5 for row in first["checks"])
    assert first["ceilings"].keys() == {"product_gflops", "copy_gb_s"}
    assert [(row["cell"], row["same_bits"]) for row in first["same_bits"]] == [("irnn", True), ("lstm", True)]
    packs = [(cell, trials) for cell in ("irnn", "lstm") for trials in (1, 2)]
    for table in ("updates", "recurrences"):
        assert [(row["cell"], row["trials"]) for row in first[table]] == packs
        assert all(row["ours_ms"] > 0 < row["torch_ms"] for row in first[table])
    assert all(row["gradient_error"] < 1e-5 and row["kernels"] == "triton" for row in first["recurrences"])
    assert "left_out" not in first
    assert (first["training"]["trials"], first["training"]["updates"], first["training"]["reports"]) == (2, 4, [])

    done = session(tmp_path, "two", "--tiny", "--only-train", "--resume", "one/campaign.jsonl")
    assert done.returncode == 0, done.stderr[-4000:]
    second = found(tmp_path / "two")
    assert (second["training"]["updates_before"], second["training"]["updates"]) == (4, 4)
    assert "checks" not in second
    assert main(["store", "import", str(tmp_path / "two" / "campaign.jsonl"), "--claims-store", str(tmp_path / "store"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"new": 0, "kept": 0, "differing": 0, "begun": 2, "begun_kept": 0}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["there", "--tiny"], "gpu_session.py: there exists already; name a new folder\n"),
        (["new"], "gpu_session.py: torch sees no CUDA GPU; --tiny tries every part on the CPU\n"),
        (["new", "--tiny", "--minutes", "nan"], "gpu_session.py: --minutes takes a number from 1 to 10000, not nan\n"),
    ],
)
def test_a_session_that_cannot_begin_says_why_in_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "there").mkdir()
    done = session(tmp_path, *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
    assert not (tmp_path / "new").exists()
