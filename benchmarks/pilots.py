"""Pilot runs: a profile's recipes on pilot seeds (>= 10,000), to choose its protocol. They enter no verdict.

    python benchmarks/pilots.py --section pixel-mnist --seeds 3

prints one row a run: final metrics, when it left the baseline, seconds. Nothing is stored.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from tabulate import tabulate

from reproductions import process, profiles
from reproductions.recipes import ORDERS, SIMULATED_BABI_TASKS, Cell, Training
from reproductions.training import train
from reproductions.trials import PILOT_SEEDS_FROM, Trial

CELLS: tuple[Cell, ...] = ("rin", "irnn", "lstm")


def recipes(section: str, profile: str) -> Iterator[Training]:
    """The recipes that the smoke-sized claims of ``section`` rest on, under ``profile``."""
    for cell in CELLS:
        match section:
            case "adding":
                yield profiles.adding(profile, cell, 200)
            case "pixel-mnist":
                yield from (profiles.pixel_mnist(profile, cell, order) for order in ORDERS)
            case "babi":
                yield from (profiles.babi(profile, cell, task) for task in SIMULATED_BABI_TASKS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--section", choices=("adding", "pixel-mnist", "babi"), required=True)
    parser.add_argument("--profile", choices=profiles.PROFILE_NAMES, default="smoke")
    parser.add_argument("--seeds", type=int, default=2, metavar="N")
    arguments = parser.parse_args()
    process.prepare()
    rows = []
    for seed in range(PILOT_SEEDS_FROM, PILOT_SEEDS_FROM + arguments.seeds):
        for recipe in recipes(arguments.section, arguments.profile):
            outcome = train(Trial(recipe, seed))
            suprema = {
                f"max |{name}| / scale": max(map(abs, outcome.curves[f"{name}/layer1"])) / outcome.metrics["activation_scale/layer1"]
                for name in ("eq1", "eq3")
                if f"{name}/layer1" in outcome.curves
            }
            kept = {name: value for name, value in outcome.metrics.items() if not name.startswith("activation_scale")}
            rows.append({"recipe": recipe.label, "seed": seed, "status": outcome.status, **kept, **suprema, "s": outcome.seconds})
            print(tabulate([rows[-1]], headers="keys", floatfmt=".4g"), flush=True)
    print()
    print(tabulate(rows, headers="keys", floatfmt=".4g"))


if __name__ == "__main__":
    main()
