"""How pixel MNIST is to be trained in the smaller profiles: candidates on pilot seeds (>= 10,000), and a rule that cannot see the sign.

    python benchmarks/protocol_pilots.py run --profile smoke
    python benchmarks/protocol_pilots.py table --profile smoke
    python benchmarks/protocol_pilots.py picture
    python benchmarks/protocol_pilots.py recorded reference_results/recorded/*.jsonl.gz

``run`` trains what is not in ``protocol_pilots.csv`` yet and adds a row a run. ``table`` prints the effects and the score of every
candidate from that file, and the one that the rule takes. A run at a constant rate holds the shorter runs at that rate too, so each stop of
a run is a candidate. The rule, written down before the pilots were run:

1. A candidate is the paper's task in kind where the learning rate times the updates lies within a factor of REACH of the paper's, because
   RMSprop moves a weight by about that much, and where the RIN's mean level is at least twice chance in both orders: it has learned.
2. The effect of a pair of networks is |mean| / standard deviation, over seeds, of the difference of their levels (``claims`` reads it so).
3. The score of a candidate is the square of its smallest effect, over three pairs and two orders, by the CPU seconds of one seed of all six
   runs. n seeds show an effect d with d sqrt(n), so the seconds that a decision takes go with 1 / score.
4. The largest score is taken. Of scores within a tenth of it, the smallest rate, which is the nearest to the paper's.

How often a run is evaluated is a part of the candidate: at every EVERY updates, or at each second of these. That was settled after the
pilots of smoke had been seen (``README.md`` says what the rule takes without it). The seconds of what is evaluated half as often are those
of the run with all evaluations, so its score is a little too small.

Nothing enters a verdict. ``recorded`` prints the same levels and effects of the first five real seeds in files of recorded draws, to see
what the protocol that was taken came to.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import datetime
import itertools
import json
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pilots import CELLS, altered
from tabulate import tabulate

from claims.measurements.curve_readings import level
from claims.papers.rin_2018 import protocol
from reference_results.recorded import text_of_draws
from reproductions.recipe_data import as_data
from reproductions.recipes import ORDERS
from reproductions.running import process
from reproductions.training import train
from reproductions.trials import Trial

LOG = Path(__file__).with_suffix(".csv")
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "rate_sweep.svg"
PRODUCTS, SWEPT_BATCH = (0.1, 0.2), 16  # of the picture
SEEDS = range(10_020, 10_024)  # not those of earlier pilots, so that these draws are new
PAIRS = tuple(itertools.combinations(CELLS, 2))
REACH = 3.0
FIRST_SEEDS = 5  # of the real ones, that recorded levels are of
THINNED = (1, 2)  # every evaluation, or each second one, counted from the end
TWICE_CHANCE = 20.0  # percent
PAPER = protocol.pixel_mnist("paper", "rin", "sequential")
STOPS = {"smoke": (250, 400, 500, 800, 1_000, 1_600, 2_000), "compact": (1_000, 2_000, 4_000)}
EVERY = {"smoke": 50, "compact": 100}  # updates between two evaluations


@dataclass(frozen=True)
class Candidate:
    """A batch size, a learning rate, and the most updates that are tried with them."""

    batch: int
    rate: float
    updates: int
    orders: tuple[str, ...] = ORDERS


CANDIDATES = {
    "smoke": (
        Candidate(32, 1e-4, 1_000),
        Candidate(16, 1e-4, 2_000),
        Candidate(16, 2e-4, 1_000),
        Candidate(16, 4e-4, 1_000, ("permuted",)),  # the end of the sweep of the rate; one order is no candidate
        Candidate(16, 5e-5, 2_000),
        Candidate(16, 2e-4, 1_600, ("permuted",)),  # four times the rate taken, after as many updates: a claim of the mechanism
    ),
    "compact": (Candidate(32, 5e-5, 2_000), Candidate(32, 1e-4, 2_000), Candidate(32, 2e-5, 4_000)),
}


@dataclass(frozen=True)
class Row:
    """A run of the log: what was trained, and its test accuracy in percent at every evaluation."""

    profile: str
    order: str
    cell: str
    batch: int
    rate: float
    updates: int
    seed: int
    cpu_seconds: float
    accuracies: tuple[float, ...]
    date: str

    def level(self, stop: int, thinned: int = 1) -> float:
        """Return the level of the run that ends after ``stop`` updates, from every ``thinned``-th evaluation counted from its end."""
        curve = self.accuracies[: stop // EVERY[self.profile]]
        kept = range((len(curve) - 1) % thinned, len(curve), thinned)
        return level([curve[number] for number in kept], [number + 1 for number in kept])


def log() -> list[Row]:
    """Read the log; () where there is none."""
    if not LOG.exists():
        return []
    with LOG.open(newline="") as file:
        return [_row(values) for values in list(csv.reader(file))[1:]]


def _row(values: Sequence[str]) -> Row:
    profile, order, cell, batch, rate, updates, seed, cpu_seconds, accuracies, date = values
    curve = tuple(map(float, accuracies.split()))
    return Row(profile, order, cell, int(batch), float(rate), int(updates), int(seed), float(cpu_seconds), curve, date)


def write(rows: Sequence[Row]) -> None:
    with LOG.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in dataclasses.fields(Row)])
        for row in rows:
            values = dataclasses.asdict(row) | {"rate": f"{row.rate:g}", "accuracies": " ".join(f"{value:g}" for value in row.accuracies)}
            writer.writerow([f"{value:.4g}" if isinstance(value, float) else value for value in values.values()])


def run(profile: str) -> None:
    """Train every candidate of ``profile`` that the log lacks, and add each run to the log as it ends."""
    process.prepare()
    for candidate in CANDIDATES[profile]:
        for seed, order, cell in itertools.product(SEEDS, candidate.orders, CELLS):
            named = (profile, order, cell, candidate.batch, candidate.rate, candidate.updates, seed)
            rows = log()
            if named in {dataclasses.astuple(row)[: len(named)] for row in rows}:
                continue
            chosen = altered(protocol.pixel_mnist(profile, cell, order), candidate.rate, candidate.updates, candidate.batch)
            recipe = dataclasses.replace(chosen, evaluations=candidate.updates // EVERY[profile], early_evaluations=0)
            began = time.process_time()
            outcome = train(Trial(recipe, seed))
            spent = time.process_time() - began
            accuracies = tuple(value for value in outcome.curves["test_accuracy"] if value is not None)
            rows.append(Row(*named, spent, accuracies, datetime.date.today().isoformat()))
            write(rows)
            print(*named, f"{spent:.1f} s", f"level {rows[-1].level(candidate.updates):.1f}", flush=True)


@dataclass(frozen=True)
class Scored:
    """A candidate stopped after ``stop`` updates and evaluated ``every`` so many: levels and effects by order, and what a seed costs."""

    batch: int
    rate: float
    stop: int
    every: int
    levels: dict[str, tuple[float, ...]]  # by order, of RIN, IRNN and LSTM
    effects: dict[str, tuple[float, ...]]  # by order, of PAIRS, with their sign
    seconds: float

    @property
    def smallest(self) -> float:
        return min(abs(effect) for effects in self.effects.values() for effect in effects)

    @property
    def score(self) -> float:
        return self.smallest**2 / self.seconds

    @property
    def in_kind(self) -> bool:
        moved = self.rate * self.stop / (PAPER.optimizer.learning_rate * PAPER.updates)
        return set(self.levels) == set(ORDERS) and 1 / REACH <= moved <= REACH and min(of[0] for of in self.levels.values()) >= TWICE_CHANCE


def scored(profile: str) -> Iterator[Scored]:
    """Score every stop of every candidate of ``profile`` whose runs are all in the log."""
    for candidate, stop, thinned in itertools.product(CANDIDATES[profile], STOPS[profile], THINNED):
        own = [
            row
            for row in log()
            if (row.profile, row.batch, row.rate, row.updates) == (profile, candidate.batch, candidate.rate, candidate.updates)
        ]
        if stop > candidate.updates or len(own) < len(SEEDS) * len(CELLS) * len(candidate.orders):
            continue
        levels, effects, seconds = {}, {}, 0.0
        for order in candidate.orders:
            of = {cell: [row.level(stop, thinned) for row in own if (row.order, row.cell) == (order, cell)] for cell in CELLS}
            levels[order], effects[order] = levels_and_effects(of)
            seconds += sum(row.cpu_seconds for row in own if row.order == order) / len(SEEDS) * stop / candidate.updates
        yield Scored(candidate.batch, candidate.rate, stop, thinned * EVERY[profile], levels, effects, seconds)


def levels_and_effects(of: Mapping[str, Sequence[float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the mean level of each network, and the effect of each pair, from a level a seed by network."""
    gaps = ([a - b for a, b in zip(of[one], of[other], strict=True)] for one, other in PAIRS)
    return tuple(statistics.fmean(of[cell]) for cell in CELLS), tuple(statistics.fmean(gap) / statistics.stdev(gap) for gap in gaps)


def taken(found: Sequence[Scored]) -> Scored | None:
    """Return the candidate that the rule takes, None where none is the paper's task in kind."""
    able = [one for one in found if one.in_kind]
    best = max((one.score for one in able), default=0.0)
    return min((one for one in able if one.score >= 0.9 * best), key=lambda one: (one.rate, -one.score), default=None)


def table(profile: str) -> str:
    found = list(scored(profile))
    chosen = taken(found)
    rows = [
        {
            "rate x updates, batch, every": f"{one.rate:g} x {one.stop:,}, {one.batch}, {one.every}",
            **{name: _slashed(values) for order in ORDERS for name, values in _columns(one, order)},
            "CPU s a seed": f"{one.seconds:.1f}",
            "smallest effect": f"{one.smallest:.2f}",
            "score": f"{one.score:.3f}",
            "taken": "**yes**" if one is chosen else "no" if one.in_kind else "no: not in kind",
        }
        for one in sorted(found, key=lambda one: (not one.in_kind, -one.score))
    ]
    return tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True)


def _slashed(values: Iterable[float]) -> str:
    return " / ".join(f"{value:.1f}" for value in values)


def _columns(one: Scored, order: str) -> Iterator[tuple[str, tuple[float, ...]]]:
    yield f"{order}: RIN / IRNN / LSTM", one.levels.get(order, ())
    yield f"{order}, in sd: RIN - IRNN / RIN - LSTM / IRNN - LSTM", one.effects.get(order, ())


def recorded(files: Iterable[Path]) -> str:
    """Tabulate levels and effects on pixel MNIST of the networks 1-100 in files of recorded draws, first five real seeds.

    A protocol that lacks one of the three networks at one of these seeds is left out.
    """
    found: dict[tuple[str, str, float, int, int], dict[tuple[str, int], float]] = {}
    for payload in (json.loads(line)["payload"] for file in files for line in text_of_draws(file).splitlines()):
        recipe, curves = payload["recipe"], payload["outcome"]["curves"]
        trained = recipe["kind"] == "Training" and recipe["task"]["kind"] == "PixelMnist" and payload["outcome"]["status"] != "diverged"
        if not trained or payload["seed"] >= FIRST_SEEDS:
            continue
        profile, order, cell = recipe["profile"], recipe["task"]["order"], recipe["network"]["cell"]
        rate, updates, batch = recipe["optimizer"]["learning_rate"], recipe["updates"], recipe["batch_size"]
        if cell in CELLS and recipe == as_data(altered(protocol.pixel_mnist(profile, cell, order), rate, updates, batch)):
            named = (profile, order, rate, updates, batch)
            found.setdefault(named, {})[cell, payload["seed"]] = level(curves["test_accuracy"], curves["updates"])
    rows = []
    for (profile, order, rate, updates, batch), of in sorted(found.items()):
        if len(of) == len(CELLS) * FIRST_SEEDS:
            levels, effects = levels_and_effects({cell: [of[cell, seed] for seed in range(FIRST_SEEDS)] for cell in CELLS})
            rows.append(
                {
                    "profile": profile,
                    "order": order,
                    "rate x updates, batch": f"{rate:g} x {updates:,}, {batch}",
                    "RIN / IRNN / LSTM": _slashed(levels),
                    "RIN - IRNN / RIN - LSTM / IRNN - LSTM in sd": _slashed(effects),
                }
            )
    return tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True)


def picture() -> str:
    """Draw the levels on the permuted order against the learning rate, at equal products of rate and updates.

    Returns the numbers of the picture as a table.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    rows = []
    swept = [one for one in scored("smoke") if (one.batch, one.every) == (SWEPT_BATCH, EVERY["smoke"])]
    for axes, product in zip(figure.subplots(1, len(PRODUCTS), sharey=True), PRODUCTS, strict=True):
        at = {one.rate: one for one in swept if abs(one.rate * one.stop / product - 1) < 1e-6}
        found = [at[rate] for rate in sorted(at)]
        for number, cell in enumerate(CELLS):
            axes.plot(
                [one.rate for one in found], [one.levels["permuted"][number] for one in found], marker="osd"[number], label=cell.upper()
            )
        axes.set(xscale="log", xlabel="learning rate", title=f"learning rate x updates = {product:g}")
        axes.set_xticks([one.rate for one in found], [f"{one.rate:g}\nx {one.stop:,}" for one in found])
        axes.xaxis.set_minor_locator(NullLocator())
        rows += [
            {
                "product": f"{product:g}",
                "rate x updates": f"{one.rate:g} x {one.stop:,}",
                **dict(zip(map(str.upper, CELLS), one.levels["permuted"], strict=True)),
            }
            for one in found
        ]
    figure.axes[0].set_ylabel("permuted, level of test accuracy (%)")
    figure.axes[0].legend()
    figure.savefig(PICTURE, metadata={"Date": None})
    return tabulate(rows, headers="keys", tablefmt="github", floatfmt=".1f")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table", "picture", "recorded"))
    parser.add_argument("files", nargs="*", type=Path, help="of recorded draws")
    parser.add_argument("--profile", choices=tuple(CANDIDATES), default="smoke")
    arguments = parser.parse_args()
    if arguments.what == "run":
        run(arguments.profile)
    elif arguments.what == "picture":
        print(picture())
    elif arguments.what == "recorded":
        print(recorded(arguments.files))
    else:
        print(table(arguments.profile))


if __name__ == "__main__":
    main()
