"""``rin-claims faults``: plant known faults one by one and show what notices them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from claims.commands import completion
from claims.commands.completion import completed_by
from claims.commands.output import add_json_option, how_made, print_json, print_table
from claims.commands.repository import Repository, here
from claims.commands.stores import folder
from claims.commands.terminal import remark, say, say_filled
from claims.paper import FaultClaims
from claims.text import plural
from reference_results.planted_faults_trained import WAYS, TrainedVerdict

PLANTING_PACKAGES = ("torch", "numpy", "scipy")  # their versions stand in a kept table
SEED_SETS, QUICK_SEED_SETS = 20, 3  # without a fault; no guard may raise an alarm on one of them
KEYS = "fault, description, named_claims, noticed, noticed_by, guards, message"
UNTRAINED_KEYS, TRAINED_KEYS = "bits, start", "claims, kept_because"
EXAMPLES = (
    "rin-claims faults --quick",
    "rin-claims faults --only rin-without-identity --json",
    "rin-claims faults --trained --csv",
)

if TYPE_CHECKING:
    from claims.commands.output import Commands
    from claims.faults.drifted import Healthy
    from claims.faults.known_faults import WatchedFault
    from claims.faults.with_training import TrainedReport
    from claims.model import Claim
    from reproductions.trials import Outcome, Trial


def add(commands: Commands) -> None:
    faults = commands.add_parser(
        "faults", help="does the suite notice planted faults?", description=check_faults.__doc__, examples=EXAMPLES
    )
    chosen = faults.add_mutually_exclusive_group()
    completed_by(chosen.add_argument("--only", metavar="NAME", help="only this fault"), completion.planted_faults)
    chosen.add_argument("--quick", action="store_true", help="some faults of every kind, and fewer seed sets without a fault")
    faults.add_argument("--trained", action="store_true", help="train claims with the faults that name some; takes some ten minutes")
    faults.add_argument(
        "--claims-store", type=folder, metavar="DIR", help="with --trained: where outcomes made without a fault may be found (only read)"
    )
    form = faults.add_mutually_exclusive_group()
    add_json_option(form, f"a list of faults, each with {KEYS}, {UNTRAINED_KEYS}; with --trained each has {KEYS}, {TRAINED_KEYS}")
    form.add_argument("--csv", action="store_true", help="print CSV, as the tables planted_faults*.csv of reference_results keep it")
    faults.set_defaults(command=lambda arguments: (check_trained_faults if arguments.trained else check_faults)(arguments))


def faults_here() -> tuple[WatchedFault, ...]:
    """Return the faults that the papers of this repository name.

    In this project they are followed by the faults that no paper names.
    """
    from claims.faults.known_faults import own_faults, watched  # here, because planting brings in torch

    repository = here()
    named = watched(named_in(repository), repository.claims)
    if not repository.is_own:
        return named
    there = {fault.name for fault in named}
    return (*named, *(fault for fault in own_faults() if fault.name not in there))


def named_in(repository: Repository) -> Sequence[FaultClaims]:
    """Return what the papers of the repository say of planted faults, in reading order."""
    return tuple(entry for paper in repository.registry.papers for entry in paper.faults)


def check_faults(arguments: argparse.Namespace) -> int:
    """Plant each fault in turn and show which claims change their verdict and which guards fail.

    Before that every guard looks at the clean code over fresh sets of seeds. The exit code is 1 if a fault goes unnoticed, or if a guard
    fails without any fault. A fault that would change nothing on this machine is named on stderr and left out. Nothing is trained for
    longer than a few updates, and nothing is stored. Beside verdicts and guards stands what drift says of these tiny runs: how many have
    other bits than healthy ones, and how far the farthest start lies off, in units of the largest tolerance that there is.
    """
    from claims.faults import without_training  # here, because planting brings in torch
    from claims.faults.known_faults import FaultError, find
    from reference_results import planted_faults as kept

    if arguments.claims_store is not None:
        raise FaultError("--claims-store serves --trained alone; without it nothing is trained that a store could have")
    every, seed_sets = faults_here(), SEED_SETS
    if arguments.only is not None:
        every, seed_sets = (find(arguments.only, every),), 0
    elif arguments.quick:
        every, seed_sets = without_training.quick(every), QUICK_SEED_SETS
    if not every:
        raise FaultError("no paper of this repository names a planted fault; give it FaultClaims, or plant one by --only NAME")
    chosen = _applicable(every)
    alarms = {**without_training.clean_alarms(), **without_training.false_alarms(seed_sets)}
    before = without_training.verdicts(claim for fault in chosen for claim in fault.claims)
    reports = [without_training.check(fault, before) for fault in chosen]
    missed = [report for report in reports if not report.noticed]
    if arguments.json:
        print_json(reports)
    elif arguments.csv:
        rows = [
            kept.FaultRow(report.fault, report.description, report.verdicts, report.guards, report.bits, report.start) for report in reports
        ]
        say(kept.dumps(_facts(arguments, seed_sets, len(alarms)), rows), end="")
    else:
        shown = [
            (report.fault, "yes" if report.noticed else "NO", "\n".join(report.noticed_by) or "–", report.bits, report.start)
            for report in reports
        ]
        print_table(("fault", "noticed", "by", "other bits", "start"), shown, wrap=("by", "fault"))
        if arguments.only is not None or missed:
            _print_messages(report.message for report in (missed or reports))
        say(f"\n{plural(len(reports), 'fault')}, {len(missed)} unnoticed")
        if seed_sets:
            say(f"{plural(seed_sets, 'fresh seed set')} without a fault: {plural(len(alarms), 'guard')} with an alarm")
    for name, alarm in alarms.items():
        remark(f"without any fault the guard {name} fails: {alarm}")
    return 1 if missed or alarms else 0


def check_trained_faults(arguments: argparse.Namespace) -> int:
    """Train the claims that faults name, without any fault and with each in turn, and show what notices the fault.

    It may be a verdict that changes, a guard that fails, or drift: runs with other bits than healthy ones or, as on another processor, with
    another start or another cloud of seeds. The exit code is 1 if a fault goes unnoticed, or if a claim does not give its recorded verdict
    without a fault. A fault that would change nothing on this machine is named on stderr and left out. Nothing is stored.
    """
    from claims.faults import with_training  # here, because planting brings in torch
    from claims.faults.known_faults import FaultError, find
    from reference_results import expected_verdicts
    from reference_results import planted_faults_trained as kept

    if arguments.quick:
        raise FaultError("--quick trains nothing; leave it out, or train one fault with --trained --only NAME")
    every = faults_here()
    chosen = [fault for fault in every if fault.trained]
    if arguments.only is not None:
        chosen = [fault for fault in (find(arguments.only, every),) if fault.trained]
    if not chosen:
        known = ", ".join(fault.name for fault in every if fault.trained) or "none: no paper of this repository names a claim to train"
        raise FaultError(f"no claim is trained with {arguments.only or 'a planted fault'}; with --trained choose one of {known}")
    faults = _applicable(chosen)
    found: list[Trial] = []
    expected = expected_verdicts(here().recorded)
    stored, claims = _stored(arguments.claims_store, found), with_training.claims_of(faults)
    healthy = _healthy(claims)
    controlled = len(with_training.trials(claims))
    runs = controlled + sum(len(with_training.trials(fault.trained)) for fault in faults)
    with tqdm(total=runs, unit="run", disable=None, leave=False) as bar:  # None: on a terminal only
        control, healthy = with_training.control(claims, expected, healthy, stored, bar.update)
        reports = [control]
        _say(control)
        for fault in faults:
            reports.append(with_training.check(fault, expected, healthy, control.noticed_by, bar.update))
            _say(reports[-1])
    if arguments.json:
        print_json(reports)
    elif arguments.csv:
        facts = {
            "control": f"{plural(len(control.claims), 'claim')}, {plural(controlled, 'run')}, {len(found)} of them from a store",
            "numbers": f"a p value is adjusted over the {plural(healthy.numbers, 'number')} of a whole run",
        }
        say(kept.dumps(_made(arguments, " --trained") | facts, [report.row for report in reports]), end="")
    else:
        _print_ways(reports)
    return 0 if all(report.passed for report in reports) else 1


def _healthy(claims: Sequence[Claim]) -> Healthy:
    """Make the record of further seeds of the networks of ``claims``."""
    from claims.faults.drifted import Healthy
    from claims.faults.known_faults import smallest_profile
    from claims.run.demands import demands
    from claims.run.drift_sources import recorded_runs
    from reference_results.start_tolerances import start_tolerances
    from reproductions.recipes import Training

    repository = here()
    demanded = demands(repository.claims)
    profiles = {smallest_profile(claim) for claim in claims}
    own = [demand for demand in demanded.values() if isinstance(demand.recipe, Training) and demand.recipe.profile in profiles]
    numbers = sum(len(demand.metrics) for demand in own)
    recorded = recorded_runs(demanded) if repository.is_own else {}
    return Healthy({}, recorded, start_tolerances(), max(1, numbers))


def _stored(path: Path | None, found: list[Trial]) -> Callable[[Trial], Outcome | None]:
    """Make a function that looks outcomes up in the store ``path``, and notes the trials it has in ``found``.

    With None there is no store. Raises FaultError for a folder that does not exist.
    """
    from claims.faults.known_faults import FaultError
    from reproductions.store.outcomes import Store

    if path is None:
        return lambda trial: None
    if not path.is_dir():
        raise FaultError(f"there is no store {path}; name the folder that a run had as --claims-store, or leave it out")
    store = Store(path)

    def get(trial: Trial) -> Outcome | None:
        entry = store.readable_entry(trial)
        if entry is not None:
            found.append(trial)
        while store.reports:  # a damaged file was set aside or one cannot be read, and its trial is trained
            remark(store.reports.pop(0))
        return entry.outcome if entry else None

    return get


def _print_ways(reports: Sequence[TrainedReport]) -> None:
    """Print what noticed each fault in each claim, and count the ways."""
    control, *faults = reports
    rows = [_row(report.fault, one) for report in reports for one in report.claims]
    header = ("fault", "claim", "recorded -> verdict", "verdict", "guard", "drift: bits", "drift: start or cloud")
    print_table(header, rows, wrap=("claim", "fault", "guard"))
    missed = [report for report in faults if not report.noticed]
    _print_messages(report.message for report in (control, *missed))
    ways = [f"{sum(way in report.row.ways for report in faults)} by {way}" for way in WAYS]
    say()
    say_filled(f"{plural(len(faults), 'fault')}, {len(missed)} unnoticed; {', '.join(ways)}")


def _print_messages(messages: Iterable[str]) -> None:
    say()
    for message in messages:
        say_filled(message)


def _row(fault: str, one: TrainedVerdict) -> tuple[str, ...]:
    parts = ", ".join(f"{name} {value}" for name, value in (("start", one.start), ("p", one.cloud)) if value)
    elsewhere = _yes(one.elsewhere) + (f" ({parts})" if parts else "")
    return fault, one.claim, f"{one.expected} -> {one.got}", _yes(one.noticed), "\n".join(one.guards) or "no", one.bits, elsewhere


def _yes(noticed: bool) -> str:
    return "yes" if noticed else "no"


def _say(report: TrainedReport) -> None:
    """Say in a line on stderr that a fault is done."""
    # at once, because the next fault takes a minute
    remark(report.message)


def _applicable(faults: Sequence[WatchedFault]) -> list[WatchedFault]:
    """Select the faults that change something on this machine; the others are named on stderr."""
    reasons = {fault.name: fault.fault.inapplicable() for fault in faults}
    for name, reason in reasons.items():
        if reason:
            remark(f"{name} does not apply: {reason}")
    return [fault for fault in faults if not reasons[fault.name]]


def _facts(arguments: argparse.Namespace, seed_sets: int, alarms: int) -> dict[str, str]:
    """Describe how a table was made, so that it can be made again."""
    clean = {"clean seed sets": str(seed_sets), "clean alarms": str(alarms)}
    return _made(arguments, " --quick" if arguments.quick else "") | clean


def _made(arguments: argparse.Namespace, options: str) -> dict[str, str]:
    only = f" --only {arguments.only}" if arguments.only else ""
    store = " --claims-store=DIR" if arguments.claims_store else ""  # whose folder it was is nobody's business
    return how_made(f"rin-claims faults{options} --csv{only}{store}", PLANTING_PACKAGES)
