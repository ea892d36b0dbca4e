"""``rin-claims faults``: plant known faults one by one and show what notices them."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import TYPE_CHECKING

from claims.commands.output import add_json_option, how_made, print_json, print_table
from claims.report.words import plural

PLANTING_PACKAGES = ("torch", "numpy", "scipy")  # their versions stand in a kept table
SEED_SETS, QUICK_SEED_SETS = 20, 3  # without a fault; no guard may raise an alarm on one of them

if TYPE_CHECKING:
    from claims.commands.output import Commands


def add(commands: Commands) -> None:
    faults = commands.add_parser("faults", help="does the suite notice planted faults?", description=check_faults.__doc__)
    chosen = faults.add_mutually_exclusive_group()
    chosen.add_argument("--only", metavar="NAME", help="only this fault")
    chosen.add_argument("--quick", action="store_true", help="some faults of every kind, and fewer seed sets without a fault")
    form = faults.add_mutually_exclusive_group()
    add_json_option(form)
    form.add_argument("--csv", action="store_true", help="print CSV, as reference_results/planted_faults.csv keeps it")
    faults.set_defaults(command=check_faults)


def check_faults(arguments: argparse.Namespace) -> int:
    """Plant each fault in turn and show which claims change their verdict and which guards fail.

    Before that every guard looks at the clean code over fresh sets of seeds. Exit code 1 if a fault goes unnoticed, or if a guard fails
    without any. A fault that would change nothing on this machine is named on stderr and left out.
    Nothing is trained for longer than a few updates, and nothing is stored.
    """
    from claims import fault_check  # here, because planting brings in torch
    from reference_results import planted_faults as kept

    if arguments.only is not None:
        chosen, seed_sets = [fault_check.find(arguments.only)], 0
    elif arguments.quick:
        chosen, seed_sets = [*fault_check.quick()], QUICK_SEED_SETS
    else:
        chosen, seed_sets = [*fault_check.all_faults()], SEED_SETS
    alarms = {**fault_check.clean_alarms(), **fault_check.false_alarms(seed_sets)}
    inapplicable = {fault.name: reason for fault in chosen if (reason := fault.inapplicable())}
    reports = [fault_check.check(fault) for fault in chosen if fault.name not in inapplicable]
    missed = [report for report in reports if not report.noticed]
    if arguments.json:
        print_json([dataclasses.asdict(report) for report in reports])
    elif arguments.csv:
        print(kept.dumps(_facts(arguments, seed_sets, len(alarms)), map(dataclasses.asdict, reports)), end="")
    else:
        rows = [(report.fault, "yes" if report.noticed else "NO", "\n".join(report.noticed_by) or "–") for report in reports]
        print_table(("fault", "noticed", "by"), rows)
        if arguments.only is not None or missed:
            print("\n" + "\n".join(report.message for report in (missed or reports)))
        print(f"\n{plural(len(reports), 'fault')}, {len(missed)} unnoticed")
        if seed_sets:
            print(f"{plural(seed_sets, 'fresh seed set')} without a fault: {plural(len(alarms), 'guard')} with an alarm")
    for name, reason in inapplicable.items():
        print(f"rin-claims: {name} does not apply: {reason}", file=sys.stderr)
    for name, alarm in alarms.items():
        print(f"rin-claims: without any fault the guard {name} fails: {alarm}", file=sys.stderr)
    return 1 if missed or alarms else 0


def _facts(arguments: argparse.Namespace, seed_sets: int, alarms: int) -> dict[str, str]:
    """How a table was made, for whoever makes it again."""
    options = " --quick" if arguments.quick else f" --only {arguments.only}" if arguments.only else ""
    clean = {"clean seed sets": str(seed_sets), "clean alarms": str(alarms)}
    return how_made(f"rin-claims faults --csv{options}", PLANTING_PACKAGES) | clean
