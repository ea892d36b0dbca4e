"""``rin-claims faults``: plant known faults one by one and show what notices them."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import TYPE_CHECKING

from claims.commands.output import add_json_option, print_json, print_table
from claims.report.words import plural

if TYPE_CHECKING:
    from claims.commands.output import Commands


def add(commands: Commands) -> None:
    faults = commands.add_parser("faults", help="does the suite notice planted faults?", description=check_faults.__doc__)
    faults.add_argument("--only", metavar="NAME", help="only this fault")
    add_json_option(faults)
    faults.set_defaults(command=check_faults)


def check_faults(arguments: argparse.Namespace) -> int:
    """Plant each fault in turn and show which claims change their verdict and which guards fail.

    Exit code 1 if a fault goes unnoticed, or if a guard fails without any. A fault that would change nothing on this machine is named
    on stderr and left out.
    Nothing is trained for longer than a few updates, and nothing is stored.
    """
    from claims import fault_check  # here, because planting brings in torch
    from reproductions.faults import FAULTS

    chosen = FAULTS if arguments.only is None else (fault_check.find(arguments.only),)
    inapplicable = {fault.name: reason for fault in chosen if (reason := fault.inapplicable())}
    reports = [fault_check.check(fault) for fault in chosen if fault.name not in inapplicable]
    missed = [report for report in reports if not report.noticed]
    if arguments.json:
        print_json([dataclasses.asdict(report) for report in reports])
    else:
        rows = [(report.fault, "yes" if report.noticed else "NO", "\n".join(report.noticed_by) or "–") for report in reports]
        print_table(("fault", "noticed", "by"), rows)
        if arguments.only is not None or missed:
            print("\n" + "\n".join(report.message for report in (missed or reports)))
        print(f"\n{plural(len(reports), 'fault')}, {len(missed)} unnoticed")
    for name, reason in inapplicable.items():
        print(f"rin-claims: {name} does not apply: {reason}", file=sys.stderr)
    alarms = fault_check.clean_alarms()
    for name, alarm in alarms.items():
        print(f"rin-claims: without any fault the guard {name} fails: {alarm}", file=sys.stderr)
    return 1 if missed or alarms else 0
