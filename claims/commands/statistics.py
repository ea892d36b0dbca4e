"""``rin-claims power`` and ``calibrate``: what a number of seeds can decide, and how often a verdict is false."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from claims.commands.output import add_json_option, print_json, print_table
from claims.report.words import number

if TYPE_CHECKING:
    from claims.commands.output import Commands

QUICK, THOROUGH = 100, 1000  # simulated claims a row: a rate of 0.05 is known to 0.022 and 0.007 (standard error)
QUICK_SCENARIOS, QUICK_SEEDS = ("null", "edge", "clear effect"), (5, 8)  # the exact tests' promises; the other shapes take minutes
CHANCE = 1e-5  # a row is reported when its count has less than this chance at the error rate: about 400 rows, one false alarm in 250 runs
COLUMNS = ("seeds", "difference", "similarity", "failing share")


def add(commands: Commands) -> None:
    power = commands.add_parser("power", help="what a number of seeds can decide", description=show_power.__doc__)
    power.add_argument("--seeds", type=_seed_count, default=20, metavar="N", help="up to this many seeds (default: %(default)s)")
    add_json_option(power)
    power.set_defaults(command=show_power)

    calibrate = commands.add_parser(
        "calibrate", help="how often each kind's verdicts are false, by simulation", description=calibrate_kinds.__doc__
    )
    calibrate.add_argument(
        "--quick", action="store_true", help=f"seconds instead of minutes: {QUICK} claims a row, not {THOROUGH}, and no odd distributions"
    )
    calibrate.add_argument("--seed", type=int, default=0, help="of the simulation (default: %(default)s)")
    add_json_option(calibrate)
    calibrate.set_defaults(command=calibrate_kinds)


def show_power(arguments: argparse.Namespace) -> int:
    """For each number of seeds: the smallest effects that are shown with probability 0.8.

    Differences and margins are in standard deviations of the per-seed effect; the share is that of failing runs, shown to exceed one half.
    """
    from claims import power  # here, because it brings in scipy

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


def calibrate_kinds(arguments: argparse.Namespace) -> int:
    """Simulate claims of every kind whose truth is known and show how often each verdict is given.

    Exit code 1 where a false verdict is more frequent than its error rate allows.
    """
    import numpy as np
    from scipy import stats

    from claims import calibration
    from claims.statistics.intervals import ALPHA

    simulations = QUICK if arguments.quick else THOROUGH
    scope: dict[str, Any] = {"scenarios": QUICK_SCENARIOS, "seeds": QUICK_SEEDS} if arguments.quick else {}
    rows: list[dict[str, object]] = []
    exceeded = False
    for row in calibration.operating_characteristics(simulations, np.random.default_rng(arguments.seed), **scope):
        rates = {"reproduced": row["reproduced"], "contradicted": row["contradicted"]}
        false = max(rates[verdict] for verdict in calibration.false_verdicts(row["kind"], row["scenario"]) if verdict in rates)
        too_many = bool(stats.binom.sf(round(false * simulations) - 1, simulations, ALPHA) < CHANCE)
        exceeded |= too_many
        rows.append({**row, "false": false, "exceeded": too_many})
    if arguments.json:
        print_json(rows)
    else:
        columns = ("kind", "scenario", "n", "reproduced", "contradicted", "inconclusive", "false")
        print_table(columns, [[_cell(row[column]) for column in columns] for row in rows])
        many = f"{[row['exceeded'] for row in rows].count(True)} of {len(rows)} rows"
        print(f"\n{many} give false verdicts more often than {ALPHA:g} by more than chance ({simulations} simulated claims each).")
    return 1 if exceeded else 0


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _seed_count(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 1000):
        raise argparse.ArgumentTypeError(f"a whole number of seeds from 1 to 1000, not {text!r}")
    return int(text)
