"""A checkout with other line ends or byte-order marks holds the same numbers and has the same fingerprints."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MARKED = (".csv", ".toml", "SHA256SUMS")  # what an editor or a spreadsheet may save with a byte-order mark
READ = """
import hashlib, json
import pathlib
import reference_results
from claims.papers import all_claims
from claims.papers.rin_2018 import open_questions
from reference_results import babi_test_noise, calibration, planted_faults, planted_faults_trained, recorded
from reproductions import data_files, datasets
from reproductions.store import fingerprint
from reproductions.tasks import pixel_mnist

recipes = [recipe for claim in all_claims() for arms in claim.arms.values() for arm in arms for recipe in arm.recipes]
folder = pathlib.Path(reference_results.__file__).parent
found = {
    "fingerprints": sorted({fingerprint.recipe_fingerprint(recipe) for recipe in recipes}) + [fingerprint.gpu_fingerprint()],
    "checksums": data_files.checksums(),
    "permutations": [pixel_mnist.permutation(steps).tolist() for steps in pixel_mnist.PERMUTATION_SHA256],
    "tables": [
        str(reference_results.load_table(paper, name))
        for paper in ("rin_2018", "irnn_2015")
        for name in reference_results.table_names(paper)
    ],
    "settings": str(reference_results.hyperparameters("rin_2018")),
    "expected": str(reference_results.expected_verdicts()),
    "made": [str(read()) for read in (
        babi_test_noise.babi_test_noise, calibration.calibration_table, planted_faults.planted_faults,
        planted_faults_trained.planted_faults_trained,
    )],
    "compared": str(open_questions.MEASURED),
    "draws": {},
}
for path in sorted((folder / "recorded").glob("*.jsonl.gz")):
    text, none = recorded.text_of_draws(path), lambda *_: False
    draws, refusals = recorded._lines(text, path.name, none, none)  # read as `rin-claims store import` reads it
    found["draws"][path.name] = [len(draws), refusals, hashlib.sha256(recorded.dumps(draws).encode()).hexdigest()]
print(folder)
print(json.dumps(found, sort_keys=True))
"""


def what_is_read(checkout: Path) -> tuple[str, dict[str, object]]:
    """Return the folder of the reference results that were read, and everything that was read."""
    process = subprocess.run(
        [sys.executable, "-c", READ], cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)}, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr[-2000:]
    folder, found = process.stdout.splitlines()
    return folder, json.loads(found)


def rewrap(path: Path) -> bool:
    """Write a text file as git with core.autocrlf=true and an editor of that platform do. Returns whether it is one."""
    content = path.read_bytes()
    if b"\0" in content:
        return False
    mark = BYTE_ORDER_MARK if path.name.endswith(MARKED) else b""
    path.write_bytes(mark + content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    return True


def test_a_checkout_with_other_line_ends_and_byte_order_marks_reads_the_same(tmp_path: Path) -> None:
    for package in ("claims", "reproductions", "reference_results"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    rewrapped = [path for path in tmp_path.rglob("*") if path.is_file() and rewrap(path)]
    kinds = {path.suffix or path.name for path in rewrapped}
    assert {".py", ".cpp", ".h", ".csv", ".toml", ".txt", "SHA256SUMS"} <= kinds
    (here, expected), (there, found) = what_is_read(ROOT), what_is_read(tmp_path)
    assert (here, there) == (str(ROOT / "reference_results"), str(tmp_path / "reference_results"))
    for what in expected:
        assert found[what] == expected[what], what


def test_a_clone_has_the_same_bytes_whatever_git_is_told_of_line_ends(tmp_path: Path) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a checkout")
    clone = tmp_path / "clone"
    options = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *options, "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)]
    cloned = subprocess.run(command, env=environment, capture_output=True, text=True)
    if cloned.returncode != 0:
        pytest.skip(f"git does not clone this checkout: {cloned.stderr.strip()}")
    listed = subprocess.run(["git", "ls-files", "--eol"], cwd=clone, env=environment, check=True, capture_output=True, text=True).stdout
    assert [line for line in listed.splitlines() if "w/crlf" in line or "w/mixed" in line] == []
