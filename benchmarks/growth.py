"""How commands grow with the store, and a run with the registry: the CPU seconds of each, at three sizes.

    python benchmarks/growth.py
    python benchmarks/growth.py --outcomes 100000 --claims 5000 --json

fills stores with a hundredth, a tenth and the whole of ``--outcomes`` made-up outcomes (``made_up_store``), takes the recorded draws of
the compact profile into each, and runs the commands that a large store might slow down. Then it makes a repository with a hundredth, a
tenth and the whole of ``--claims`` made-up claims (``made_up_paper``) whose outcomes are all stored, and collects and judges them. Seconds
are of user CPU, the least of ``--repeat`` runs, each a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import made_up_paper
import made_up_store
from tabulate import tabulate

from claims import papers

ROOT = Path(__file__).parents[1]
RECORDED = next((ROOT / "reference_results" / "recorded").glob("compact-*.jsonl"))
COMMANDS = {
    "store status": ("store", "status", "--claims-store", "{store}"),
    "store verify": ("store", "verify", "--claims-store", "{store}"),
    "store export": ("store", "export", "{new}", "--claims-store", "{store}"),
    "plan": ("plan", "--profile", "smoke", "--claims-store", "{store}"),
    "list": ("list",),
    "show": ("show", "rin-2018/adding/rin-irnn-same-level/T200"),
}
WARM = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", "--claims-profile", "compact", "--claims-store", "{store}")
COLLECT = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "smoke", "--collect-only")
JUDGE = (*COLLECT[:-1], "-n", "0", "--claims-store", "{store}", "--claims-report", "{new}")


def seconds(command: Sequence[str], folder: Path, repeat: int, store: Path, codes: Sequence[int] = (0,)) -> float:
    """The least user CPU seconds of ``repeat`` runs of Python with ``command`` in ``folder``. SystemExit where one fails."""
    found = []
    environment = {**os.environ, "RIN_CLAIMS_STORE": str(store), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as new:
            words = [word.format(store=store, new=Path(new) / "new") for word in command]
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
            found.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
            if done.returncode not in codes:
                print((done.stdout + done.stderr)[-2000:], file=sys.stderr)
                raise SystemExit(f"{' '.join(words)} ended with exit code {done.returncode}; mend that first")
    return min(found)


def of_stores(sizes: Sequence[int], repeat: int) -> Iterator[dict[str, Any]]:
    """A row for each command: its seconds at each number of outcomes."""
    recipes = made_up_store.recipes_of(papers.all_claims())
    rows: dict[str, dict[str, Any]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "store"
            made_up_store.fill(store, recipes, size)
            seconds(("-m", "claims.cli", "store", "import", str(RECORDED), "--claims-store", str(store)), ROOT, 1, store)
            for name, words in COMMANDS.items():
                row = rows.setdefault(name, {"command": name})
                row[str(size)] = seconds(("-m", "claims.cli", *words), ROOT, repeat, store)
            warm = (*WARM, "--claims-report", str(Path(folder) / "report"), "tests/claims")
            rows.setdefault("warm compact run", {"command": "warm compact run"})[str(size)] = seconds(warm, ROOT, repeat, store)
    yield from rows.values()


def of_registries(sizes: Sequence[int], repeat: int) -> Iterator[dict[str, Any]]:
    """A row for each of collecting, judging with the report, and the page's bytes, at each number of claims."""
    rows: dict[str, dict[str, Any]] = {name: {"command": name} for name in ("collect", "judge and report", "list", "bytes of index.html")}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            root, store = Path(folder), Path(folder) / "store"
            made_up_paper.write(root, size)
            rows["collect"][str(size)] = seconds(COLLECT, root, repeat, store)
            report = root / "report"
            judge = [str(report) if word == "{new}" else word for word in JUDGE]
            # 1: made-up numbers contradict some of the claims
            rows["judge and report"][str(size)] = seconds(judge, root, repeat, store, (0, 1))
            rows["list"][str(size)] = seconds(("-m", "claims.cli", "list"), root, repeat, store)
            rows["bytes of index.html"][str(size)] = (report / "index.html").stat().st_size
    yield from rows.values()


def sizes_of(whole: int) -> list[int]:
    """A hundredth, a tenth and the whole, each at least 1 and once."""
    return sorted({max(1, whole // 100), max(1, whole // 10), whole} if whole else set())


def _shown(value: str | int | float) -> str:
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", type=int, default=100_000, metavar="N", help="of the largest store (default 100000, 0: no store)")
    parser.add_argument("--claims", type=int, default=5_000, metavar="N", help="of the largest registry (default 5000, 0: no registry)")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="runs of each command, of which the fastest counts (default 3)")
    parser.add_argument("--json", action="store_true", help="print an object with stores and registries, a list of rows each")
    arguments = parser.parse_args()
    if min(arguments.outcomes, arguments.claims) < 0 or arguments.repeat < 1:
        parser.error("--outcomes and --claims take a number from 0, --repeat one from 1")
    stores = list(of_stores(sizes_of(arguments.outcomes), arguments.repeat))
    registries = list(of_registries(sizes_of(arguments.claims), arguments.repeat))
    if arguments.json:
        print(json.dumps({"stores": stores, "registries": registries}, indent=1))
        return
    for rows, what in ((stores, "outcomes"), (registries, "claims")):
        if rows:
            header = ["command", *(f"{int(size):,} {what}" for size in rows[0] if size != "command")]
            cells = [
                [value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:.2f}" for value in row.values()]
                for row in rows
            ]
            print(tabulate(cells, headers=header, tablefmt="github", disable_numparse=True), end="\n\n")


if __name__ == "__main__":
    main()
