"""The parts of ``benchmarks/suite.py`` that start processes, at sizes that take seconds."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = ["runs", "cpu_s", "median_cpu_s", "wall_s", "median_wall_s"]
TABLES = {
    "commands": {"commands": (["command", *SECONDS], ["list", "store status", "audit of compact"])},
    "growth": {
        "growth with the store, CPU seconds": (["command", "20 outcomes"], ["store status"]),
        "growth with the registry, CPU seconds": (
            ["command", "20 claims"],
            ["collect", "judge and report", "list", "bytes of index.html"],
        ),
    },
    "smoke": {
        "smoke": (["command", *SECONDS], ["cold smoke", "warm smoke"]),
        "cold smoke by section, seconds of two workers": (
            ["section", "claims", "trials", "seconds", "share"],
            ["irnn-2015/formal", "everything else"],
        ),
    },
}


@pytest.mark.parametrize("part", TABLES)
def test_a_part_prints_its_tables(part: str) -> None:
    command = [sys.executable, "benchmarks/suite.py", "--quick", "--json", "--only", part]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"{part}: \d+ s\n", done.stderr)
    tables = json.loads(done.stdout)["tables"]
    found = {name: (list(rows[0]), [next(iter(row.values())) for row in rows]) for name, rows in tables.items()}
    assert found == TABLES[part]
    described = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name, rows in tables.items():
        assert f"**{name}**" in described
        assert all(f"`{column}`" in described for column in rows[0] if not column.startswith("20 "))
