"""``rin-claims power`` and ``calibrate``: what a number of seeds can decide, and how often a verdict is false."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from tqdm import tqdm

from claims.commands.output import add_json_option, how_made, print_json, print_table
from claims.commands.terminal import say, say_filled
from claims.text import number

if TYPE_CHECKING:
    from claims.commands.output import Commands

QUICK, THOROUGH = 100, 10_000  # simulated claims a row: a rate of 0.05 is known to 0.022 and 0.0022 (standard error)
QUICK_SCENARIOS, QUICK_SEEDS = ("null", "edge", "clear effect"), (5, 8)  # the exact tests' promises; the other shapes take minutes
CHANCE = 1e-5  # a row is reported when its count has less than this chance at the error rate: 550 different rows, a false alarm in 180 runs
SIMULATING_PACKAGES = ("numpy", "scipy")
STARTS = (5, 6, 8)  # the numbers of seeds that claims state
COLUMNS = ("seeds", "difference", "similarity", "failing share")
SAVINGS_KEYS = "looks, spending, error, effects, power, mean_seeds, fixed, mean, ratio"
ROW_KEYS = (
    "kind, scenario, n, design, looks, simulations, reproduced, contradicted, inconclusive, mean_seeds, false_verdicts, false_rate, "
    "false_upper, out_of_reach, exceeded"
)
POWER_EXAMPLES = ("rin-claims power --seeds 12", "rin-claims power --sequential --json")
CALIBRATE_EXAMPLES = ("rin-claims calibrate --quick", "rin-claims calibrate --seed 1 --csv")


def add(commands: Commands) -> None:
    power = commands.add_parser("power", help="what a number of seeds can decide", description=show_power.__doc__, examples=POWER_EXAMPLES)
    power.add_argument("--seeds", type=_seed_count, default=20, metavar="N", help="up to this many seeds (default: %(default)s)")
    power.add_argument("--sequential", action="store_true", help="what looking at compact's and paper's looks saves, instead")
    add_json_option(
        power, f"a list of numbers of seeds, each with {', '.join(COLUMNS)}; of designs with --sequential, each with {SAVINGS_KEYS}"
    )
    power.set_defaults(command=show_power)

    calibrate = commands.add_parser(
        "calibrate",
        help="how often each kind's verdicts are false, by simulation",
        description=calibrate_kinds.__doc__,
        examples=CALIBRATE_EXAMPLES,
    )
    calibrate.add_argument(
        "--quick", action="store_true", help=f"seconds instead of minutes: {QUICK} claims a row, not {THOROUGH}, and no odd distributions"
    )
    calibrate.add_argument("--seed", type=_seed, default=0, metavar="N", help="of the simulation (default: %(default)s)")
    form = calibrate.add_mutually_exclusive_group()
    add_json_option(form, f"a list of rows, each with {ROW_KEYS}")
    form.add_argument("--csv", action="store_true", help="print CSV, as reference_results/calibration.csv keeps it")
    calibrate.set_defaults(command=calibrate_kinds)


def show_power(arguments: argparse.Namespace) -> int:
    """Show, for each number of seeds, the smallest effects that are shown with probability 0.8.

    Differences and margins are in standard deviations of the per-seed effect; the share is the share of failing runs, shown to exceed one
    half.
    """
    if arguments.sequential:
        return _show_savings(arguments.json)
    from claims.statistics import power  # here, because it brings in scipy

    rows = [
        {
            "seeds": n,
            "difference": power.minimum_detectable_effect(n),
            "similarity": power.minimum_margin(n),
            "failing share": power.minimum_detectable_share(n, 0.5),
        }
        for n in range(1, arguments.seeds + 1)
    ]
    if arguments.json:
        print_json(rows)
    else:
        print_table(COLUMNS, [[number(row[column]) for column in COLUMNS] for row in rows])
    return 0


def _show_savings(as_json: bool) -> int:
    """Show what looking saves against the fixed design of at least the same power everywhere.

    There is one row for each number of seeds that a claim may start with.
    """
    from claims.judging.looks import SPENDING  # here, because it brings in scipy
    from claims.protocol import LOOKS
    from claims.statistics.sequential import SequentialDesign, savings

    cap = LOOKS
    found = [savings(SequentialDesign((first, *(look for look in cap if look > first)), spending=SPENDING)) for first in STARTS]
    if as_json:
        print_json([{**dataclasses.asdict(one), "mean": one.mean, "ratio": one.ratio} for one in found])
        return 0
    rows = [(" ".join(map(str, s.looks)), number(s.error), number(s.mean), s.fixed, f"{100 * s.ratio:.0f} %") for s in found]
    print_table(("looks after seeds", "error of all", "mean seeds", "fixed design", "share"), rows)
    say()
    say_filled(f"Exact; mean over per-seed effects of {', '.join(f'{effect:g}' for effect in found[0].effects)} standard deviations.")
    return 0


def calibrate_kinds(arguments: argparse.Namespace) -> int:
    """Simulate claims of every kind whose truth is known and show how often each verdict is given.

    The numbers of seeds are three, five and eight, fixed and bought look by look. The exit code is 1 where a false verdict is more frequent
    than its error rate allows.
    """
    from scipy import stats  # here, because it takes a second

    from claims.calibration import rates
    from claims.statistics.intervals import ALPHA
    from reference_results import calibration as kept

    simulations = QUICK if arguments.quick else THOROUGH
    cells = rates.cells(scenarios=QUICK_SCENARIOS, seeds=QUICK_SEEDS) if arguments.quick else rates.cells()
    made = rates.operating_characteristics(simulations, arguments.seed, cells)
    rows: list[dict[str, object]] = []
    for row in tqdm(made, total=len(cells) * len(rates.DESIGNS), unit="row", disable=None, leave=False):  # None: on a terminal only
        chance = stats.binom.sf(round(row["false_rate"] * simulations) - 1, simulations, ALPHA)
        rows.append({**row, "exceeded": bool(chance < CHANCE)})
    exceeded = [row["exceeded"] for row in rows].count(True)
    if arguments.json:
        print_json(rows)
    elif arguments.csv:
        say(kept.dumps(_facts(arguments), rows), end="")
    else:
        columns = ("kind", "scenario", "n", "design", "reproduced", "contradicted", "inconclusive", "false_rate", "mean_seeds")
        print_table(
            [column.replace("_", " ") for column in columns],
            [[_cell(row[column]) for column in columns] for row in rows],
            wrap=("scenario", "kind"),
        )
        many = f"{exceeded} of {len(rows)} rows"
        say()
        say_filled(f"{many} give false verdicts more often than {ALPHA:g} by more than chance ({simulations} simulated claims each).")
    return 1 if exceeded else 0


def _facts(arguments: argparse.Namespace) -> dict[str, str]:
    """Return how a table was made, so that it can be made again."""
    options = "".join(f" {option}" for option in (arguments.quick and "--quick", arguments.seed and f"--seed {arguments.seed}") if option)
    return how_made(f"rin-claims calibrate --csv{options}", SIMULATING_PACKAGES) | {"seed": str(arguments.seed)}


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _seed_count(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 1000):
        raise argparse.ArgumentTypeError(f"a whole number of seeds from 1 to 1000, not {text!r}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number of at least 0, not {text!r}")
    return int(text)
