"""``rin-claims starts``: how far rounding alone moves the first losses of each training."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from claims.commands import repository
from claims.commands.filters import known, matching
from claims.commands.output import add_json_option, check_table_file, print_json
from claims.commands.rounding import add_what_to_compare
from claims.commands.terminal import remark, say_filled
from claims.text import enumeration, plural
from reproductions.running.process import cores

if TYPE_CHECKING:
    from claims.commands.output import Commands

KEYS = "recipe, label, through, curves, largest, tolerance, paths, seeds, machine, date"
EXAMPLES = (
    "rin-claims starts starts.csv",
    "rin-claims starts starts.csv --path plain torch -n 1",
)


class StartsError(ValueError):
    """Starts that cannot be measured or written, in one line that names the remedy."""


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "starts", help="how far does rounding move the first losses?", description=measure.__doc__, examples=EXAMPLES
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the table that is written, in place of one that is there")
    add_what_to_compare(parser)
    add_json_option(parser, f"a list of trainings, each with {KEYS}")
    parser.set_defaults(command=measure)


def measure(arguments: argparse.Namespace) -> int:
    """Measure how far the kernel paths lie apart in the first losses and the first evaluation of each training.

    Each training of the profile is begun under each path, for all seeds that claims demand, and stopped at its first evaluation.
    The paths compute the same in another order, so whatever moves the first losses further than rounding does is another computation.
    `rin-claims drift` takes its tolerances from this table. Nothing is stored and nothing judged.
    """
    from claims.run import rounding  # here and below, because scipy takes its time
    from claims.run.demands import demanded_trials
    from claims.run.starts import measured_tolerances, starts_under
    from reference_results.start_tolerances import dumps
    from reproductions.store.environment import cpu_model
    from reproductions.store.files import replace_file

    project = repository.here()
    profile = known("profile", arguments.profile, project.profiles) or project.registry.default_profile("smoke")
    trials = demanded_trials(matching(arguments.claim, project.claims), (profile,))
    paths = rounding.chosen_paths(arguments.path, rounding.paths_here())
    if len(paths) < 2:
        raise StartsError(f"{paths[0]} alone has nothing to be compared with; name two paths or more with --path")
    check_table_file(arguments.file, "FILE")
    starts = {}
    for place, path in enumerate(paths, start=1):
        remark(f"kernel path {path}, {place} of {len(paths)}")
        starts[path] = starts_under(rounding.choice(path), trials, arguments.workers or cores())
    rows = sorted(measured_tolerances(starts, str(cpu_model())), key=lambda row: row.recipe)
    if not rows:
        raise StartsError(f"these claims train nothing under {profile}; name others with --claim or --profile")
    try:
        replace_file(arguments.file, dumps(rows).encode())
    except OSError as error:
        raise StartsError(f"{arguments.file} cannot be written ({error.strerror or error}); name another file") from error
    if arguments.json:
        print_json(rows)
    else:
        silent = sum(not (row.through or row.curves) for row in rows)
        told = f"the starts of {plural(len(rows), 'training')} of {profile} under {enumeration(paths)} are in {arguments.file}"
        say_filled(f"{told}; {silent} of them differ too much to be compared" if silent else told)
    return 0
