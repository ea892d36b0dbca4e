"""What part of a difference in Table 3 is test-set noise: trained networks on many simulated test sets (pilot seeds, >= 10,000).

    python benchmarks/babi_test_noise.py --tasks 1 15 --blocks 20
    python benchmarks/babi_test_noise.py --write

Table 3 prints one accuracy a task and network, each on one test set of 1,000 questions. Here the networks train at the compact profile's
bAbI recipes, on simulated questions, and then answer ``--blocks`` test sets, each drawn by itself and of 1,000 questions as the published
files are. The standard deviation over the test sets, of an accuracy and of the difference of two networks on the same test sets, stands
beside what independent questions would give: questions of one story hang together, and what both networks get right cancels.

A network knows the words and answers of its own training and test questions, as every recipe here does (``Vocabulary.of``). A question of a
block with another word or answer counts as wrong for every network; the column ``unknown`` says how many there were.

``--write`` keeps the table after every task and seed, and goes on from what is there: a run that was stopped trains nothing twice. Only one
process may write a file. Nothing is stored; nothing enters a verdict.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from tabulate import tabulate
from torch import Tensor, nn

from claims.commands.output import counting, how_made
from claims.papers.rin_2018 import protocol
from reference_results import ReferenceDataError
from reference_results import babi_test_noise as kept
from reference_results.babi_test_noise import NoiseRow, NoiseTable
from reference_results.texts import text_of
from reproductions.networks import StoryBatch
from reproductions.recipes import BABI_TASKS, Babi, Cell, Training
from reproductions.running import process
from reproductions.seeding import numpy_generator
from reproductions.store import fingerprint
from reproductions.store.files import write_atomically
from reproductions.tasks import Model, babi
from reproductions.tasks.babi_problem import EVALUATION_BATCH
from reproductions.tasks.babi_simulator import simulate
from reproductions.training import Diverged, Run
from reproductions.trials import PILOT_SEEDS_FROM, Trial

CELLS: tuple[Cell, ...] = ("rin", "irnn", "lstm")
PROFILE = "compact"
QUESTIONS = 1_000  # of a test set of Table 3 (section 3.3)
BLOCKS = 100  # the standard deviation of 100 values is known to 7 %: 1 / sqrt(2 x 99)
TABLE = Path(__file__).resolve().parents[1] / kept.FILE


def recipe(task: int, cell: Cell, updates: int | None = None) -> Training:
    """The compact profile's recipe of a bAbI task with simulated questions; it looks at its own test set only once, at the end."""
    chosen = protocol.babi(PROFILE, cell, task)
    assert isinstance(chosen.task, Babi)
    simulated = dataclasses.replace(chosen.task, source="simulated")
    return dataclasses.replace(chosen, task=simulated, updates=updates or chosen.updates, evaluations=1)


def trained(chosen: Training, seed: int) -> nn.Module | None:
    """The trained network; None where the run diverged."""
    run = Run.of(Trial(chosen, seed))
    try:
        for update in run.course():
            run.advance(update)
    except Diverged:
        return None
    return run.model


def vocabulary(task: Babi, seed: int) -> babi.Vocabulary:
    """The words and answers that a network of ``seed`` was sized for: those of the training and test questions of its recipe."""
    questions: list[babi.Question] = []
    for split, size in (("train", task.train_size), ("test", task.test_size)):
        questions += simulated(task.task, size, "babi simulator", task.task, split, size, seed)
    return babi.Vocabulary.of(questions)


def simulated(task: int, questions: int, *key: str | int) -> list[babi.Question]:
    """The questions of a simulated file; ``key`` names its random stream."""
    return babi.parse(simulate(task, questions, numpy_generator(*key)), f"simulated bAbI task {task}")


def correct(models: Sequence[Model], questions: Sequence[babi.Question], known: babi.Vocabulary) -> tuple[np.ndarray, int]:
    """Whether each of the models answers each question correctly, (models, questions), and how many questions are not in ``known``."""
    words, answers = set(known.words), set(known.answers)
    readable = [
        number
        for number, question in enumerate(questions)
        if question.answer in answers and words.issuperset(itertools.chain(*question.story, question.question))
    ]
    found = np.zeros((len(models), len(questions)), dtype=bool)  # whatever cannot be read or said stays wrong
    places = np.array(sorted(readable, key=lambda number: sum(map(len, questions[number].story))), dtype=int)  # alike lengths together
    for rows in np.array_split(places, math.ceil(len(places) / EVALUATION_BATCH) or 1):
        if len(rows):
            batch, targets = _batch(babi.encode([questions[row] for row in rows], known))
            with torch.no_grad():
                found[:, rows] = [(model(batch).argmax(dim=1) == targets).numpy() for model in models]
    return found, len(questions) - len(readable)


def _batch(data: babi.EncodedBabi) -> tuple[StoryBatch, Tensor]:
    parts = (data.story, data.story_length, data.question, data.question_length)
    return StoryBatch(*map(torch.from_numpy, parts)), torch.from_numpy(data.answer)


# --- Estimates ---


def deviation(scores: np.ndarray) -> float:
    """The standard deviation, in points, of the mean score of a block, for scores (blocks, questions) of 0 or 1, or their differences."""
    return float(100 * scores.mean(axis=1).std(ddof=1))


def independent_deviation(scores: np.ndarray) -> float:
    """What ``deviation`` would be about if all questions were independent: sqrt(E[(score - mean)^2] / questions), in points.

    For one network that is the binomial sqrt(p (1 - p) / m); for a difference the variance of McNemar's discordant pairs,
    (p10 + p01 - (p10 - p01)^2) / m.
    """
    return float(100 * scores.std() / math.sqrt(scores.shape[1]))


def rows_of(task: int, seed: int, right: Mapping[str, np.ndarray], unknown: int) -> Iterator[NoiseRow]:
    """A row for every network of ``right``, {name: (blocks, questions) bool}, and for every pair of them."""
    scores = {name: values.astype(float) for name, values in right.items()}
    alone = {name: independent_deviation(values) for name, values in scores.items()}
    for name, values in scores.items():
        yield _noise_row(task, seed, name, "", values, alone[name], unknown)
    for one, other in kept.PAIRS:
        if one in scores and other in scores:
            yield _noise_row(task, seed, one, other, scores[one] - scores[other], math.hypot(alone[one], alone[other]), unknown)


def _noise_row(task: int, seed: int, network: str, minus: str, scores: np.ndarray, binomial_sd: float, unknown: int) -> NoiseRow:
    blocks, questions = scores.shape
    spread = (deviation(scores), independent_deviation(scores), binomial_sd)
    return NoiseRow(task, seed, network, minus, blocks, questions, float(100 * scores.mean()), *spread, unknown)


def measure(task: int, seed: int, blocks: int, questions: int = QUESTIONS, updates: int | None = None) -> tuple[NoiseRow, ...]:
    """Trains the three networks of a task on the same data and has them answer the same ``blocks`` test sets.

    A network that diverged has no weights to test and no row.
    """
    recipes = {cell: recipe(task, cell, updates) for cell in CELLS}
    models = {cell: model for cell, chosen in recipes.items() if (model := trained(chosen, seed)) is not None}
    if not models:
        return ()
    own = recipes[CELLS[0]].task
    assert isinstance(own, Babi)
    known, found, unknown = vocabulary(own, seed), [], 0
    for block in range(blocks):
        asked = simulated(task, questions, "babi test noise", task, block, questions, seed)
        right, missing = correct(list(models.values()), asked, known)
        found.append(right)
        unknown += missing
    every = np.stack(found, axis=1)  # (models, blocks, questions)
    return tuple(rows_of(task, seed, dict(zip(models, every, strict=True)), unknown))


# --- The table ---


def facts(rows: Sequence[NoiseRow], updates: int | None, diverged: Sequence[str]) -> dict[str, str]:
    """What the table of ``rows`` says of its making; by ``training`` it shows whether further rows may join it."""
    code = fingerprint.recipe_fingerprint(recipe(1, "rin"))[:16]
    return {
        **how_made(f"python benchmarks/babi_test_noise.py{_options(rows, updates)} --write", ("torch", "numpy")),
        "training": f"{PROFILE} profile on simulated questions, {updates or recipe(1, 'rin').updates} updates, numerics {code}",
        "diverged": ", ".join(diverged) or "none",
    }


def _options(rows: Sequence[NoiseRow], updates: int | None) -> str:
    """The options that make ``rows`` again."""
    tasks, seeds = sorted({row.task for row in rows}), {row.seed for row in rows}
    chosen = "" if tuple(tasks) == BABI_TASKS else f" --tasks {' '.join(map(str, tasks))}"
    own = f" --updates {updates}" if updates else ""
    return f"{chosen} --seeds {len(seeds)} --blocks {max((row.blocks for row in rows), default=0)}{own}"


def earlier(path: Path, arguments: argparse.Namespace) -> NoiseTable | None:
    """The table that ``path`` holds. Raises ReferenceDataError where other code or other options made it."""
    if not path.exists():
        return None
    table = kept.parse(text_of(path, str(path)), str(path))
    now = facts((), arguments.updates, ())
    for fact in ("versions", "training"):
        if table.facts[fact] != now[fact]:
            raise ReferenceDataError(f"{path} was made with {fact} {table.facts[fact]!r}, now {now[fact]!r}; move it away to begin anew")
    blocks = table.rows[0].blocks
    if (blocks, table.rows[0].questions) != (arguments.blocks, QUESTIONS):
        raise ReferenceDataError(f"{path} has {blocks} test sets a task; give --blocks {blocks}, or move it away to begin anew")
    return table


def shown(rows: Sequence[NoiseRow]) -> str:
    """The rows as a table; a design effect is the variance over test sets against that of independent questions."""
    cells = [
        {
            "task": row.task,
            "seed": row.seed,
            "what": f"{row.network} - {row.minus}" if row.minus else row.network,
            "value": row.value,
            "sd": row.sd,
            "independent": row.independent_sd,
            "binomial": row.binomial_sd,
            "design effect": (row.sd / row.independent_sd) ** 2 if row.independent_sd else math.nan,
            "unknown": row.unknown,
        }
        for row in rows
    ]
    return tabulate(cells, headers="keys", floatfmt=".3f")


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", type=int, choices=BABI_TASKS, default=BABI_TASKS, metavar="N", help="1 to 20 (default: all)")
    parser.add_argument("--seeds", type=counting("seeds", 100), default=1, metavar="N", help="pilot seeds from 10,000 on (default: 1)")
    parser.add_argument(
        "--blocks", type=counting("test sets", 10_000), default=BLOCKS, metavar="N", help="test sets (default: %(default)s)"
    )
    parser.add_argument("--updates", type=counting("updates", 10**6), metavar="N", help="instead of the profile's")
    parser.add_argument("--write", nargs="?", type=Path, const=TABLE, metavar="FILE", help=f"keep the table (without FILE: {kept.FILE})")
    arguments = parser.parse_args(given)
    if arguments.blocks < 2:
        parser.error("--blocks must be at least 2; one test set shows no spread")
    process.prepare()
    try:
        before = earlier(arguments.write, arguments) if arguments.write else None
    except ReferenceDataError as problem:
        parser.error(str(problem))
    rows, diverged = (list(before.rows), _listed(before.facts["diverged"])) if before else ([], [])
    done = {(row.task, row.seed) for row in rows} | {(int(name.split()[2]), int(name.split()[4])) for name in diverged}
    for task, seed in itertools.product(arguments.tasks, range(PILOT_SEEDS_FROM, PILOT_SEEDS_FROM + arguments.seeds)):
        if (task, seed) in done:
            print(f"task {task} seed {seed}: measured before", file=sys.stderr)
            continue
        started = time.perf_counter()
        fresh = measure(task, seed, arguments.blocks, updates=arguments.updates)
        rows += fresh
        diverged += [f"{cell} task {task} seed {seed}" for cell in CELLS if cell not in {row.network for row in fresh}]
        print(f"{shown(fresh)}\n{time.perf_counter() - started:.0f} s\n", flush=True)
        if arguments.write and rows:
            write_atomically(arguments.write, kept.dumps(facts(rows, arguments.updates, diverged), rows).encode())


def _listed(diverged: str) -> list[str]:
    return [] if diverged == "none" else diverged.split(", ")


if __name__ == "__main__":
    main()
