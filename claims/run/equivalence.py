"""Evidence that present code makes the numbers of recorded draws: the grade ``identical`` of the ledger.

One of the draws that older code made is trained again for each pair of fingerprints, old and present: the cheapest recorded trial that did
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
from reference_results.equivalent_code import IDENTICAL, Equivalence
from reference_results.recorded import OPTIONAL_FIELDS
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Probe, Recipe, Training
from reproductions.running.executor import default_run
from reproductions.store.definitions import Key, Module, canonical, module, source, table_of
from reproductions.store.fingerprint import reached_by, recipe_fingerprint
from reproductions.store.outcomes import outcome_as_data
from reproductions.trials import Trial

# All of an outcome but what it cost and where it was made.
COMPARED = ("status", "metrics", "curves", "updates", "diverged_at", "first_losses")


@dataclass(frozen=True)
class Pair:
    """The recorded draws of one older and one present fingerprint, the cheapest first and the diverged ones last."""

    old: str
    new: str
    draws: tuple[tuple[Trial, Draw], ...]

    @property
    def trial(self) -> Trial:
        """The trial that stands for all of them."""
        return self.draws[0][0]

    @property
    def draw(self) -> Draw:
        """The recorded draw of ``trial``."""
        return self.draws[0][1]

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
    found: dict[tuple[str, str], dict[Trial, Draw]] = {}
    for draw in sorted(draws, key=lambda draw: (draw.outcome["status"] == "diverged", draw.outcome["seconds"])):
        if (recipe := recipes.get(draw.digest)) is None:
            continue
        new = recipe_fingerprint(recipe)
        if draw.fingerprint not in (new, *have.get(new, ())):
            found.setdefault((draw.fingerprint, new), {}).setdefault(Trial(recipe, draw.seed), draw)  # two files may hold one trial
    pairs = (Pair(*codes, tuple(own.items())) for codes, own in found.items())
    return sorted(pairs, key=lambda pair: (isinstance(pair.trial.recipe, Probe), pair.draw.outcome["seconds"]))


def compare(pair: Pair, proven: Collection[Key]) -> tuple[Equivalence | None, str]:
    """Make the pair's trial again, and return the row of the ledger with a line.

    The row is None where something differs, and the line says what. ``proven`` are the definitions that other recipes reach whose trials
    came out bit-identical.
    """
    outcome = made(pair.trial)
    unlike = differing(outcome, pair.draw.outcome)
    if not unlike:
        work = f"{outcome['updates']:,} updates" if isinstance(pair.trial.recipe, Training) else "measured anew"
        return row(pair, IDENTICAL, f"trial {pair.trial.address}, {work}, bit-identical on {machine(outcome)}")
    if isinstance(pair.trial.recipe, Probe) and _bits(outcome["metrics"]) != _bits(made(pair.trial)["metrics"]):
        return _of_time(pair, proven)
    return None, f"{pair.what}: trial {pair.trial.address} differs from its recorded draw in {', '.join(unlike)}"


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Name the fields in which two outcomes differ by a bit.

    Where one of the two has no first losses, the rest is compared.
    """
    both = [name for name in COMPARED if name not in OPTIONAL_FIELDS or (one.get(name) and other.get(name))]
    return [name for name in both if _bits(one[name]) != _bits(other[name])]


def row(pair: Pair, grade: str, evidence: str) -> tuple[Equivalence, str]:
    """Make the row of the ledger for a pair, with a line."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Equivalence(pair.old, pair.new, grade, pair.what, today, evidence), f"{pair.what}: {evidence}"


def machine(outcome: Mapping[str, Any]) -> str:
    """Say on what an outcome was made: processor, instructions, torch."""
    origin = outcome["provenance"]
    return f"{origin['cpu']}, {origin['recurrence']}, torch {origin['packages']['torch']}"


def made(trial: Trial) -> dict[str, Any]:
    """Make a trial, wherever it may be stored already, and return its outcome as data."""
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
    return row(
        pair,
        IDENTICAL,
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
