"""Whether trials that train together take less time on the CPU than one after another.

    python benchmarks/packs.py
    python benchmarks/packs.py --trials 12 --updates 400 --json

prints one row a recipe of the smoke profile: CPU seconds of the trials alone and as one pack, the median of the turns, and the median of
the ratios. Both ways take turns within one process. The outcomes are the same to the bit; that is asked too.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
from collections.abc import Sequence
from typing import Any

from timing import ratio, table, take_turns

from claims.papers.rin_2018 import protocol
from reproductions import packs, training
from reproductions.recipes import Cell, Training
from reproductions.running import process
from reproductions.trials import PILOT_SEEDS_FROM, Outcome, Trial

TURNS = 5
CELLS: tuple[Cell, ...] = ("rin", "lstm")


def recipes(updates: int) -> list[Training]:
    """The smoke recipes of the adding problem and of sequential pixel MNIST, cut to ``updates`` and one evaluation."""
    whole = [make(cell) for make in (adding, pixels) for cell in CELLS]
    return [dataclasses.replace(recipe, updates=updates, evaluations=1, early_evaluations=0) for recipe in whole]


def adding(cell: Cell) -> Training:
    return protocol.adding("smoke", cell, 200)


def pixels(cell: Cell) -> Training:
    return protocol.pixel_mnist("smoke", cell, "sequential")


def row(recipe: Training, trials: int) -> dict[str, Any]:
    """Both ways of training ``trials`` seeds of ``recipe``, in turns."""
    seeds = [Trial(recipe, PILOT_SEEDS_FROM + number) for number in range(trials)]
    ways = {"alone": lambda: [training.train(trial) for trial in seeds], "pack": lambda: packs.train_pack(seeds)}
    seconds = take_turns(ways, TURNS)
    alone, pack = seconds["alone"], seconds["pack"]
    return {
        "recipe": recipe.label,
        "trials": trials,
        "alone_s": statistics.median(alone.cpu),
        "pack_s": statistics.median(pack.cpu),
        "ratio": ratio(pack.cpu, alone.cpu),
        "same_bits": said(ways["alone"]()) == said(ways["pack"]()),
    }


def said(outcomes: Sequence[Outcome]) -> list[Any]:
    """What outcomes say of their trials, without the cost."""
    return [(outcome.metrics, outcome.curves, outcome.status) for outcome in outcomes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=6, metavar="K", help="seeds of each recipe (default 6)")
    parser.add_argument("--updates", type=int, default=100, metavar="N", help="of each trial (default 100)")
    parser.add_argument("--json", action="store_true", help="print a list of objects")
    arguments = parser.parse_args()
    if arguments.trials < 1 or arguments.updates < 1:
        parser.error("--trials and --updates take whole numbers from 1")
    process.prepare()
    rows = [row(recipe, arguments.trials) for recipe in recipes(arguments.updates)]
    print(json.dumps(rows, indent=1) if arguments.json else table(rows))


if __name__ == "__main__":
    main()
