"""What commands take, each run a process of its own. A part of ``suite.py``, and what its other parts time commands with."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from timing import Seconds, of_children, take_turns

ROOT = Path(__file__).parents[1]
RECORDED = sorted((ROOT / "reference_results" / "recorded").glob("compact-*.jsonl.gz"))
CLI = ("-m", "claims.cli")
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--claims-report", "{new}")
IMPORT = (*CLI, "store", "import", *map(str, RECORDED))
STATUS = (*CLI, "store", "status")
LIST = (*CLI, "list")
COMMANDS = {
    "list": LIST,
    "show": (*CLI, "show", "rin-2018/adding/rin-irnn-same-level/T200"),
    "plan": (*CLI, "plan", "--profile", "smoke"),
    "store status": STATUS,
}
# a second's budget, so that nothing is trained that the record lacks
AUDIT = {"audit of compact": (*PYTEST, "-m", "full", "--claims-profile=compact", "--claims-time-budget=1s")}
REPEAT = 5


def call(command: Sequence[str], store: Path, folder: Path = ROOT, codes: Sequence[int] = (0,), cache: Path | None = None) -> None:
    """Runs Python with ``command`` in ``folder`` on ``store``; "{new}" is a folder that is not there yet.

    ``cache`` is a cache folder of its own. SystemExit where the command fails.
    """
    settings = {**os.environ, "RIN_CLAIMS_STORE": str(store), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    settings |= {} if cache is None else {"XDG_CACHE_HOME": str(cache)}
    with tempfile.TemporaryDirectory() as new:
        words = [word.format(new=Path(new) / "new") for word in command]
        done = subprocess.run([sys.executable, *words], cwd=folder, env=settings, capture_output=True, text=True)
    if done.returncode not in codes:
        print((done.stdout + done.stderr)[-4000:], file=sys.stderr)
        raise SystemExit(f"{' '.join(words)} ended with exit code {done.returncode}; mend that first")


def spent(commands: Mapping[str, Sequence[str]], repeat: int, store: Path, **where: Any) -> dict[str, Seconds]:
    """The seconds of each command, which take turns; every run counts."""
    contestants = {name: partial(call, command, store, **where) for name, command in commands.items()}
    return take_turns(contestants, repeat, of_children, uncounted=0)


def rows(quick: bool) -> list[dict[str, Any]]:
    """One row a command on a store of the recorded compact draws; ``quick`` audits two claims, and plans none."""
    audit = {name: (*words, "-k", "irnn-2015 and formal") if quick else words for name, words in AUDIT.items()}
    chosen = {name: words for name, words in (COMMANDS | audit).items() if not (quick and name in ("show", "plan"))}
    repeat = 1 if quick else REPEAT
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        call(IMPORT, store)
        return [{"command": name, "runs": repeat, **seconds.columns()} for name, seconds in spent(chosen, repeat, store).items()]
