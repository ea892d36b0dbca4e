"""However a run is carried out, it reports the same bytes.

The ways are workers, order, an empty store or a full one, packs or not.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs.repositories import TESTS, run_pytest, write

CONFTEST = """
import os
from reproductions.running import executor, gpu
from tests.unit.claims import look_samples
executor.default_run = look_samples.run  # before the plugin is imported, and in every worker
if "PACKED" in os.environ:
    gpu.PROFILE = "compact"
    gpu.GpuPacks.of_this_process = lambda deadline, noting: look_samples.Packing()
pytest_plugins = ["claims.pytest_plugin"]
CLAIMS = look_samples.CLAIMS
def pytest_claims_registry():
    return CLAIMS
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.name, reverse=os.environ.get("ORDER") == "reversed")
"""


def report_of(folder: Path, workers: int) -> str:
    """What a pytest run with ``workers`` reports of the claims, all of report.json but for when and where it ran."""
    write(folder, {"conftest.py": CONFTEST, "test_claims.py": TESTS})
    done = run_pytest(folder, "-m", "full", "--claims-profile", "compact", "-n", str(workers))
    assert "3 passed, 2 inconclusive" in done.stdout, done.stdout + done.stderr
    report = json.loads((folder / "report" / "report.json").read_text())
    for trial in (trial for claim in report["claims"] for trial in claim["trials"]):
        trial.pop("made", None)  # when and where
    return json.dumps({name: part for name, part in report.items() if name not in ("created", "provenance", "guards")})


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run by one process from an empty store, and what it reports."""
    folder = tmp_path_factory.mktemp("alone")
    return folder, report_of(folder, 0)


@pytest.mark.parametrize(
    ("workers", "order", "packed"),
    [(0, "reversed", False), (2, "sorted", False), (8, "reversed", False), (0, "sorted", True), (8, "reversed", True)],
)
def test_workers_order_and_packs_change_no_byte_of_what_is_reported(
    alone: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, order: str, packed: bool
) -> None:
    monkeypatch.setenv("ORDER", order)
    if packed:
        monkeypatch.setenv("PACKED", "1")
    assert report_of(tmp_path, workers) == alone[1]


def test_a_store_that_is_full_changes_no_byte_either(alone: tuple[Path, str]) -> None:
    folder, reported = alone
    assert report_of(folder, 2) == reported
