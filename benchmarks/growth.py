"""How commands grow with the store, and a run with the registry: the CPU seconds of each, at three sizes. A part of ``suite.py``.

It fills stores with made-up outcomes (``made_up_store``), takes the recorded draws of the compact profile into each, and runs the commands
that a large store might slow down. Then it makes a repository of made-up claims (``made_up_paper``) whose outcomes are all stored, and
collects and judges them. A number is of one run, a process of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import made_up_paper
import made_up_store
from command_times import AUDIT, CLI, COMMANDS, IMPORT, LIST, PYTEST, STATUS, call, spent

from claims import papers

OUTCOMES, CLAIMS = (1_000, 10_000, 100_000), (50, 500, 5_000)
QUICK = (20,)
OF_A_STORE = {**COMMANDS, "store verify": (*CLI, "store", "verify"), "store export": (*CLI, "store", "export", "{new}"), **AUDIT}
COLLECT = (*PYTEST[:5], "-m", "smoke", "--collect-only")


def of_stores(sizes: Sequence[int] = OUTCOMES) -> list[dict[str, Any]]:
    """A row for each command: its CPU seconds at each number of outcomes."""
    recipes = made_up_store.recipes_of(papers.all_claims())
    chosen = OF_A_STORE if sizes != QUICK else {"store status": STATUS}
    rows: dict[str, dict[str, Any]] = {name: {"command": name} for name in chosen}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "store"
            made_up_store.fill(store, recipes, size)
            if sizes != QUICK:
                call(IMPORT, store)
            for name, seconds in spent(chosen, 1, store).items():
                rows[name][f"{size:,} outcomes"] = min(seconds.cpu)
    return list(rows.values())


def of_registries(sizes: Sequence[int] = CLAIMS) -> list[dict[str, Any]]:
    """A row for each of collecting, judging with the report, listing, and the page's bytes, at each number of claims."""
    rows: dict[str, dict[str, Any]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            made_up_paper.write(root, size)
            report = root / "report"
            judge = [*COLLECT[:-1], "-n", "0", "--claims-report", str(report)]
            commands = {"collect": COLLECT, "judge and report": judge, "list": LIST}
            # 1: made-up numbers contradict some of the claims
            found = {name: min(s.cpu) for name, s in spent(commands, 1, root / "store", folder=root, codes=(0, 1)).items()}
            found["bytes of index.html"] = (report / "index.html").stat().st_size
            for name, value in found.items():
                rows.setdefault(name, {"command": name})[f"{size:,} claims"] = value
    return list(rows.values())


def tables(quick: bool) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Both tables, each with its name."""
    yield "growth with the store, CPU seconds", of_stores(QUICK) if quick else of_stores()
    yield "growth with the registry, CPU seconds", of_registries(QUICK) if quick else of_registries()
