"""Three claims, the outcomes of their trials, and the command that carries outcomes between stores."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from report_samples import ADDING_ARMS, BASE, TABLE, claim, training

from claims.cli import main
from claims.kinds import Below, Greater
from claims.model import Arm
from reproductions.trials import Outcome, Trial

PROVENANCE = {
    "packages": {"rin-claims": "0.1.0", "torch": "2.13.0+cpu", "numpy": "2.3.0"},
    "python": "3.12.1",
    "platform": "Linux-6.1-x86_64",
    "cpu": "Some CPU @ 2.0 GHz",
    "device": "cpu",
    "gpu": None,
    "torch_threads": 1,
    "precision": {"default_dtype": "torch.float32"},
    "git": {"commit": "abc123", "dirty": False},
    "started": "2026-01-02T03:04:05+00:00",
    "ended": "2026-01-02T03:05:05+00:00",
}
RIN, IRNN = training("rin"), training("irnn")
BETTER = claim(
    "rin-2018/adding/rin-better/T200",
    Greater(**BASE, better="rin", worse="irnn", smallest_effect=0.1),
    arms=ADDING_ARMS,
    seeds={"smoke": 2},
)
LEVEL = claim(
    "rin-2018/adding/rin-low/T200", Below(**BASE, arm="rin", threshold=0.1), arms={"smoke": (Arm("rin", (RIN,)),)}, seeds={"smoke": 3}
)
CLAIMS = (BETTER, LEVEL, TABLE.claim)
TRIALS = [Trial(RIN, seed) for seed in range(3)] + [Trial(IRNN, seed) for seed in range(2)]


def outcome(trial: Trial, **changes: Any) -> Outcome:
    metrics = {"final_mse": 0.01 * (trial.seed + 1), "updates_to_half_baseline": None}
    return dataclasses.replace(Outcome("budget", metrics, {"updates": (200, 400)}, 400, None, 1.5, PROVENANCE), **changes)


def run(capsys: pytest.CaptureFixture[str], action: str, *argv: str, store: Path) -> tuple[int, str, str]:
    code = main(["store", action, *argv, "--claims-store", str(store)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err
