"""Evidence that the present code makes the numbers of recorded draws that older code made.

Some of the draws are trained again. One trial stands for each pair of fingerprints, old and present: the cheapest recorded trial that did
not diverge. A probe that measures time gives other numbers in every run. For such a probe the definitions that it reaches are compared with
the definitions at the commit that made the draw.
"""

from __future__ import annotations

import ast
import datetime
import functools
import json
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reference_results import Draw
from reference_results.equivalent_code import Equivalence
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Probe, Recipe, Training
from reproductions.running.executor import default_run
from reproductions.store.definitions import Key, Module, canonical, module, source, table_of
from reproductions.store.fingerprint import reached_by, recipe_fingerprint
from reproductions.store.outcomes import outcome_as_data
from reproductions.trials import Trial

COMPARED = ("status", "metrics", "curves", "updates", "diverged_at")  # all of an outcome but what it cost and where it was made


@dataclass(frozen=True)
class Pair:
    """A recorded draw that stands for the outcomes of one older and one present fingerprint."""

    old: str
    new: str
    trial: Trial
    draw: Draw

    @property
    def what(self) -> str:
        """Task, cell and optimiser in words, or the probe."""
        recipe = self.trial.recipe
        if isinstance(recipe, Probe):
            return recipe.label
        return f"{recipe.task.label}, {recipe.network.cell}, {recipe.optimizer.name}"


def pairs(draws: Iterable[Draw], recipes: Mapping[str, Recipe], have: Mapping[str, Collection[str]]) -> list[Pair]:
    """Return the pairs that are not in ``have`` yet, trainings first, the cheapest before the others.

    ``recipes`` are the present recipes by digest; draws of other recipes are left out. ``have`` gives the older fingerprints by the present
    one.
    """
    found: dict[tuple[str, str], Pair] = {}
    for draw in sorted(draws, key=lambda draw: (draw.outcome["status"] == "diverged", draw.outcome["seconds"])):
        if (recipe := recipes.get(draw.digest)) is None:
            continue
        new = recipe_fingerprint(recipe)
        if draw.fingerprint not in (new, *have.get(new, ())):
            found.setdefault((draw.fingerprint, new), Pair(draw.fingerprint, new, Trial(recipe, draw.seed), draw))
    return sorted(found.values(), key=lambda pair: (isinstance(pair.trial.recipe, Probe), pair.draw.outcome["seconds"]))


def compare(pair: Pair, proven: Collection[Key]) -> tuple[Equivalence | None, str]:
    """Make the pair's trial again, and return the row of the ledger with a line.

    The row is None where something differs, and the line says what. ``proven`` are the definitions that other recipes reach whose trials
    came out bit-identical.
    """
    made = _made(pair.trial)
    differing = [name for name in COMPARED if _bits(made[name]) != _bits(pair.draw.outcome[name])]
    if not differing:
        origin = made["provenance"]
        where = f"{origin['cpu']}, {origin['recurrence']}, torch {origin['packages']['torch']}"
        work = f"{made['updates']:,} updates" if isinstance(pair.trial.recipe, Training) else "measured anew"
        return _row(pair, f"trial {pair.trial.address}, {work}, bit-identical on {where}")
    if isinstance(pair.trial.recipe, Probe) and _bits(made["metrics"]) != _bits(_made(pair.trial)["metrics"]):
        return _of_time(pair, proven)
    return None, f"{pair.what}: trial {pair.trial.address} differs from its recorded draw in {', '.join(differing)}"


def _row(pair: Pair, evidence: str) -> tuple[Equivalence, str]:
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Equivalence(pair.old, pair.new, pair.what, today, evidence), f"{pair.what}: {evidence}"


def _made(trial: Trial) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return outcome_as_data(default_run(trial, CheckpointFile(Path(folder) / "checkpoint.pt")), trial.label)


def _bits(value: Any) -> str:
    """Write plain data as text in which no two different numbers are the same."""
    return json.dumps(value, sort_keys=True)


def _of_time(pair: Pair, proven: Collection[Key]) -> tuple[Equivalence | None, str]:
    commit = pair.draw.outcome["provenance"]["git"]["commit"]
    reached = {key for key in reached_by(pair.trial.recipe) if key.entry or table_of(key) is None}
    same = {key for key in reached if _text(key, module(key.module)) == _text(key, _at(commit, key.module))}
    if open_to_doubt := sorted({key.entry or key.name for key in reached - same - set(proven)}):
        return None, f"{pair.what}: measures time, and {', '.join(open_to_doubt)} read otherwise at commit {commit}"
    return _row(
        pair,
        f"trial {pair.trial.address} measures time, which no two runs share; of the {len(reached)} definitions that it reaches {len(same)} "
        f"read as at commit {commit[:12]}, and trials that came out bit-identical reach the others",
    )


def _text(key: Key, own: Module) -> str:
    """Write what counts of a definition, or of an entry of a table, in a module.

    Returns "" where it is not there.
    """
    statements = own.statements.get(key.name, [])
    if not key.entry:
        return canonical(statements)
    tables = (statement.value for statement in statements if isinstance(statement, ast.AnnAssign))
    pairs = (zip(table.keys, table.values, strict=True) for table in tables if isinstance(table, ast.Dict))
    return canonical([[name, value] for table in pairs for name, value in table if name is not None and ast.unparse(name) == key.entry])


@functools.cache
def _at(commit: str, name: str) -> Module:
    """Read a module as it was at a commit of this project; an empty module where it was not there."""
    path = source(name)
    assert path is not None
    shown = subprocess.run(["git", "-C", str(path.parent), "show", f"{commit}:./{path.name}"], capture_output=True, check=False)
    return Module(name, ast.parse(shown.stdout), path.name == "__init__.py")


def proven_by(rows: Iterable[Equivalence], recipes: Iterable[Recipe]) -> Iterator[Key]:
    """Yield every definition that is reached by a recipe whose present fingerprint is new in ``rows``."""
    new = {row.new for row in rows}
    for recipe in recipes:
        if recipe_fingerprint(recipe) in new:
            yield from reached_by(recipe)
