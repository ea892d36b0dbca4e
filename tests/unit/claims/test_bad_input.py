"""Bad input of every kind is one line that names the thing and the remedy.

The exit code is 2, and nothing on the disk changes.
"""

from __future__ import annotations

import hashlib
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import bad_inputs
import pytest
from bad_inputs import BadInput
from report_samples import DIVERGED, SAME_LEVEL, TABLE, report

from claims import papers
from claims.cli import main
from claims.paper import Paper, Registry, Section
from claims.papers.rin_2018 import protocol
from claims.report.formats.json import dumps
from claims.run.kept_verdicts import keep
from reference_results import Draw
from reproductions import data_files
from reproductions.recipe_data import as_data
from reproductions.store.outcomes import Store, outcome_from_data
from reproductions.trials import Trial

PROVENANCE: dict[str, Any] = {
    "packages": {"rin-claims": "0.1.0", "torch": "2.13.0+cpu", "numpy": "2.3.0"},
    "python": "3.12.1",
    "platform": "Linux-6.1-x86_64",
    "cpu": "Some CPU @ 2.0 GHz",
    "device": "cpu",
    "torch_threads": 1,
    "precision": {"default_dtype": "torch.float32"},
    "git": {"commit": "abc123", "dirty": False},
    "started": "2026-01-02T03:04:05+00:00",
    "ended": "2026-01-02T03:05:05+00:00",
}
OUTCOME: dict[str, Any] = {
    "status": "budget",
    "metrics": {"final_mse": 0.01},
    "curves": {"updates": [200, 400]},
    "updates": 400,
    "diverged_at": None,
    "seconds": 1.5,
    "provenance": PROVENANCE,
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a store, a report and an empty cache; no network, and the reference results that a case has changed."""
    papers.all_claims()  # read with the genuine reference results, as in any process that has begun
    monkeypatch.chdir(tmp_path)
    for name in ("RIN_CLAIMS_DATA", "RIN_CLAIMS_KERNELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RIN_CLAIMS_STORE", "store")
    monkeypatch.setenv("RIN_CLAIMS_OFFLINE", "1")
    monkeypatch.setattr(data_files, "cache_folder", lambda: tmp_path / "cache")
    store = Store("store")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.json").write_text(dumps(report([SAME_LEVEL, DIVERGED, TABLE])), encoding="utf-8")
    recipe = protocol.adding("smoke", "rin", 200)
    store.put(Trial(recipe, 0), outcome_from_data(OUTCOME))
    keep(report([SAME_LEVEL, DIVERGED, TABLE]), store.folder, papers.all_claims())  # as after a run, so that nothing is judged again
    bad_inputs.DRAWS[:] = [Draw(as_data(recipe), 0, store.fingerprint(recipe), OUTCOME)]
    genuine = resources.files

    def files(package: Any) -> Any:
        copy = tmp_path / "references"
        return copy if package == "reference_results" and copy.is_dir() else genuine(package)

    monkeypatch.setattr(resources, "files", files)
    return tmp_path


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file below ``folder`` with the SHA-256 of its content, and every folder."""
    paths = sorted(folder.rglob("*"))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder" for path in paths}


@pytest.mark.parametrize("bad", bad_inputs.CASES, ids=lambda bad: bad.name)
def test_bad_input_is_one_line_and_exit_code_2_and_changes_nothing(
    bad: BadInput, world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad.prepare(world)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    if (world / "bad_section.py").exists():
        monkeypatch.syspath_prepend(world)
        broken = Paper(id="rin-2018", title="RIN", citation="", sections=(Section(name="adding", title="Adding", claims="bad_section"),))
        monkeypatch.setattr(papers, "registry", lambda: Registry((broken,)))
        monkeypatch.delitem(sys.modules, "bad_section", raising=False)
    for name, value in bad.environment:
        monkeypatch.setenv(name, value)
    before = fingerprint(world)
    code = main(bad.argv)
    said = capsys.readouterr()
    assert (code, said.out, said.err.count("\n")) == (2, "", 1), said.err[-2000:]
    assert said.err.startswith("rin-claims")
    assert ": error: " in said.err
    assert len(said.err) < 1500
    for part in bad.said:
        assert part in said.err
    assert fingerprint(world) == before


def test_more_than_sixty_kinds_of_bad_input_are_tried() -> None:
    names = {bad.name for bad in bad_inputs.CASES}
    assert len(names) == len(bad_inputs.CASES)
    assert len(names) >= 60
