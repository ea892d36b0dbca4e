"""Pilot runs: a profile's recipes on pilot seeds (>= 10,000), to choose its protocol. They enter no verdict.

    python benchmarks/pilots.py --section pixel-mnist --seeds 3
    python benchmarks/pilots.py --section pixel-mnist --learning-rate 3.3e-4 --updates 600 --batch-size 32

prints one row a run: final metrics, when it left the baseline, seconds. The second form tries an alternative to the profile's protocol;
``benchmarks/README.md`` lists those that were tried. Nothing is stored.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from collections.abc import Iterator

from tabulate import tabulate

from claims.papers.irnn_2015 import protocol as irnn_protocol
from claims.papers.rin_2018 import protocol
from claims.papers.rin_2018.protocol import PROFILE_NAMES
from reproductions.recipes import ORDERS, Cell, Training
from reproductions.running import process
from reproductions.training import train
from reproductions.trials import PILOT_SEEDS_FROM, Trial

CELLS: tuple[Cell, ...] = ("rin", "irnn", "lstm")
SECTIONS = ("adding", "pixel-mnist", "babi", "robustness", "mechanism", "irnn-2015", "language-model", "speech")


def recipes(section: str, profile: str) -> Iterator[Training]:
    """The recipes that the smoke-sized claims of ``section`` rest on, under ``profile``.

    "mechanism" has the LSTM at every rate of its grid, for the choice of ``TUNED_LSTM_RATE``. "language-model" and "speech" have compact's
    networks at every rate of their grids, whatever the profile, on validation data.
    """
    match section:
        case "adding":
            yield from (protocol.adding(profile, cell, 200) for cell in CELLS)
            yield protocol.adding(profile, "irnn", 200, optimizer="rmsprop")
        case "pixel-mnist":
            yield from (protocol.pixel_mnist(profile, cell, order) for cell in CELLS for order in ORDERS)
        case "babi":
            yield from (protocol.babi(profile, cell, task) for cell in CELLS for task in protocol.SMOKE_BABI_TASKS)
        case "robustness":
            for cell in ("rin", "irnn"):
                grids = [protocol.sensitivity_grid(profile, cell, dimension) for dimension in protocol.DIMENSIONS]
                yield from dict.fromkeys(itertools.chain(*grids))  # the profile's own setting is on all three
            yield protocol.pixel_mnist(profile, "rin-tanh", "sequential")
        case "mechanism":
            yield protocol.pixel_mnist(profile, "irnn-noise", "sequential")
            yield from protocol.sensitivity_grid(profile, "lstm", "learning-rate")
        case "irnn-2015":
            yield from (protocol.adding(profile, cell, length) for cell in ("irnn", "lstm") for length in protocol.IRNN_ADDING_LENGTHS)
            yield from (protocol.pixel_mnist(profile, cell, "sequential") for cell in ("irnn", "lstm", "tanh", "relu"))
        case "language-model":
            yield from (recipe for cell in ("tanh", "irnn-glorot", "irnn", "lstm") for recipe in irnn_protocol.language_grid(cell))
            yield from irnn_protocol.language_grid("lstm", equal_parameters=True)
        case "speech":
            for layers in irnn_protocol.SPEECH_LAYERS:
                cells: tuple[Cell, ...] = ("tanh", "irnn-0.01-glorot", "irnn-glorot", "lstm")
                yield from (recipe for cell in cells for recipe in irnn_protocol.speech_grid(cell, layers))


def altered(recipe: Training, learning_rate: float | None, updates: int | None, batch_size: int | None) -> Training:
    """``recipe`` with the given settings in place of its own; None keeps one."""
    rate = recipe.optimizer.learning_rate if learning_rate is None else learning_rate
    return dataclasses.replace(
        recipe,
        optimizer=dataclasses.replace(recipe.optimizer, learning_rate=rate),
        updates=updates or recipe.updates,
        batch_size=batch_size or recipe.batch_size,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--section", choices=SECTIONS, required=True)
    parser.add_argument("--profile", choices=PROFILE_NAMES, default="smoke")
    parser.add_argument("--seeds", type=int, default=2, metavar="N")
    parser.add_argument("--learning-rate", type=float, metavar="RATE", help="instead of the profile's")
    parser.add_argument("--updates", type=int, metavar="N", help="instead of the profile's")
    parser.add_argument("--batch-size", type=int, metavar="N", help="instead of the profile's")
    arguments = parser.parse_args()
    process.prepare()
    rows = []
    for seed in range(PILOT_SEEDS_FROM, PILOT_SEEDS_FROM + arguments.seeds):
        for chosen in recipes(arguments.section, arguments.profile):
            recipe = altered(chosen, arguments.learning_rate, arguments.updates, arguments.batch_size)
            outcome = train(Trial(recipe, seed))
            suprema = {
                f"max |{name}| / scale": max(map(abs, outcome.curves[f"{name}/layer1"])) / scale
                for name in ("eq1", "eq3")
                if (scale := outcome.metrics.get("activation_scale/layer1")) and None not in outcome.curves[f"{name}/layer1"]
            }
            settings = {"lr": recipe.optimizer.learning_rate, "by": recipe.optimizer.name, "batch": recipe.batch_size}
            kept = {name: value for name, value in outcome.metrics.items() if "/" not in name}  # what is left out is of single layers
            named = {"recipe": recipe.label, **settings, "seed": seed, "status": outcome.status}
            rows.append({**named, **kept, **suprema, "s": outcome.seconds})
            print(tabulate([rows[-1]], headers="keys", floatfmt=".4g"), flush=True)
    print()
    print(tabulate(rows, headers="keys", floatfmt=".4g"))


if __name__ == "__main__":
    main()
