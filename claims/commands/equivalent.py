"""``rin-claims store equivalent``: rows of the ledger of equivalent code, of either grade, with their evidence.

See reference_results/README.md.
"""

from __future__ import annotations

import argparse
from collections import ChainMap
from pathlib import Path
from typing import TYPE_CHECKING

from claims.commands import repository
from claims.commands.completion import completed_by
from claims.commands.filters import known
from claims.commands.output import add_json_option, print_json
from claims.commands.terminal import remark, say
from claims.protocol import STANDARD
from claims.text import plural
from reference_results.equivalent_code import GRADES, IDENTICAL

if TYPE_CHECKING:
    from claims.commands.output import Commands
    from reference_results.equivalent_code import Equivalence

KEYS = "old, new, grade, what, date, evidence"
EXAMPLES = (
    "rin-claims store equivalent reference_results/recorded/*.jsonl.gz --csv > rows.csv",
    "rin-claims store equivalent reference_results/recorded/*.jsonl.gz --csv --have rows.csv --grade equivalent > more.csv",
)


class EquivalentError(ValueError):
    """A file of draws or of rows that cannot be read; the message names it and the remedy."""


def add(actions: Commands) -> None:
    """Add the parser, below the parser of ``rin-claims store``."""
    parser = actions.add_parser(
        "equivalent",
        help="show that recorded draws of older code stand for the present code",
        description=store_equivalent.__doc__,
        examples=EXAMPLES,
    )
    parser.add_argument("files", type=Path, metavar="FILE", nargs="+", help="recorded draws that `rin-claims store export` wrote")
    parser.add_argument("--grade", choices=GRADES, default=IDENTICAL, help="the weakest grade that makes a row (default: %(default)s)")
    profile = parser.add_argument("--profile", help=f"only recipes of this profile: {', '.join(STANDARD.names)}, or any, the probes")
    completed_by(profile, lambda: (*STANDARD.names, "any"))
    parser.add_argument("--have", type=Path, metavar="ROWS", help="rows made before, which are not made again; --csv writes them too")
    parser.add_argument("--csv", action="store_true", help="print the whole ledger: the project's rows, those of --have, the new ones")
    add_json_option(parser, f"a list of the new rows, each with {KEYS}")
    parser.set_defaults(command=store_equivalent)


def store_equivalent(arguments: argparse.Namespace) -> int:
    """Train a recorded draw anew for each pair of older and present fingerprint and compare it bit by bit.

    Where status, metrics and curves are the same, a row for reference_results/recorded/equivalent_code.csv is printed. With that row,
    outcomes of the older code count as outcomes of the present code. A difference is a line on stderr, no row, and exit code 1. With
    --grade equivalent, 15 trials of such a pair are trained anew, on all cores: a row of that grade says that they are not told apart.
    """
    from claims.run.demands import demands
    from claims.run.equivalence import compare, pairs, proven_by
    from claims.run.retrained import compare_sample, trainers
    from reference_results.equivalent_code import EQUIVALENT, dumps, equivalent_code, older, parse_equivalent_code
    from reference_results.recorded import admitted, text_of_draws
    from reproductions.recipes import Training

    demanded = demands(repository.here().claims)
    profile = known("profile", arguments.profile, sorted({demand.recipe.profile for demand in demanded.values()}))
    rows = list(equivalent_code())
    if arguments.have is not None:
        rows += [row for row in parse_equivalent_code(_text(arguments.have), str(arguments.have)) if row not in rows]
    seeds = {digest: demand.seeds for digest, demand in demanded.items()}
    draws = [draw for file in arguments.files for draw in admitted(text_of_draws(file), str(file), seeds)]
    recipes = {digest: demand.recipe for digest, demand in demanded.items() if profile in (None, demand.recipe.profile)}
    todo = pairs(draws, recipes, older(rows))
    made: list[Equivalence] = []
    if arguments.csv:
        say(dumps(rows), end="", flush=True)
    with trainers() as make:
        for number, pair in enumerate(todo, start=1):
            row, line = compare(pair, set(proven_by(rows + made, (demand.recipe for demand in demanded.values()))))
            if row is None and arguments.grade == EQUIVALENT and isinstance(pair.trial.recipe, Training):
                metrics = dict(ChainMap(*(dict(demanded[draw.digest].metrics) for _, draw in pair.draws)))
                row, line = compare_sample(pair, metrics, make)
            remark(f"{number} of {len(todo)}: {line}")
            if row is not None:
                made.append(row)
                if arguments.csv:
                    say(dumps([row], header=False), end="", flush=True)  # at once, so that an interrupted command keeps what it has
    if arguments.json:
        print_json(made)
    elif not arguments.csv:
        say(f"{plural(len(todo), 'pair')} of fingerprints compared, {len(todo) - len(made)} without a row")
    return 1 if len(made) < len(todo) else 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EquivalentError(f"{path} cannot be read ({error}); name a file of recorded draws, or of rows with --have") from None
