"""``rin-claims list`` and ``show``: what is claimed, what is expected and what the last runs found.

No torch is imported.
"""

from __future__ import annotations

import argparse
import contextlib
import os.path
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tabulate import tabulate

from claims.commands import completion, repository, terminal
from claims.commands.completion import completed_by
from claims.commands.filters import known, values_of
from claims.commands.output import add_json_option, print_json
from claims.commands.stores import add_store_option, tell
from claims.commands.terminal import say
from claims.kinds import KINDS
from claims.report.counting import by_basis
from claims.results import BASES, VERDICTS

if TYPE_CHECKING:
    from claims.commands.output import Commands
    from claims.commands.repository import Repository
    from claims.commands.standings import Standing
    from claims.report.model import Report

HEADER = ("claim", "paper", "section", "kind", "profiles", "expected", "last verdict")
SAID_ALREADY = ("paper", "section")  # on a terminal: an id begins with both
DISPENSABLE = (*SAID_ALREADY, "profiles", "kind", "expected")  # in the order in which they give way to a narrow terminal
CLAIM_KEYS = "id, paper, section, locator, quote, kind, basis, counterparts, profiles, profile, expected, verdict, so_far, reason"
PAGE_KEYS = (
    "statement, headline, note, not_run, region, why, reading, reading_note, printed, expected_reason, expected_by_profile, evidence, "
    "readings, looks, arms"
)
LIST_EXAMPLES = (
    "rin-claims list --section {section} --profile smoke",
    "rin-claims list --basis measured --verdict contradicted --json",
)
SHOW_EXAMPLES = (
    "rin-claims show {claim}",
    "rin-claims show {claim} --profile smoke --json",
)


def add(commands: Commands) -> None:
    listing = commands.add_parser(
        "list", help="every claim with its expected and last verdict", description=list_claims.__doc__, examples=LIST_EXAMPLES
    )
    for name in ("paper", "section"):
        completed_by(listing.add_argument(f"--{name}", help=f"only this {name}"), completion.values(name))
    kinds = listing.add_argument("--kind", help=f"only this kind of prediction: {', '.join(KINDS)}")
    basis = listing.add_argument("--basis", help=f"only claims whose verdict is of this sort: {' or '.join(BASES)}")
    verdict = listing.add_argument("--verdict", help=f"only claims whose last verdict is this: {', '.join(VERDICTS)}")
    profiles = listing.add_argument("--profile", help="only claims that this profile runs")
    show = commands.add_parser("show", help="one claim in full", description=show_claim.__doc__, examples=SHOW_EXAMPLES)
    completed_by(show.add_argument("id", help="a claim, by the id that list prints"), completion.claim_ids)
    profile = show.add_argument("--profile", help="the profile whose verdict to show (default: the last one run)")
    completed_by(kinds, lambda: list(KINDS))
    completed_by(basis, lambda: BASES)
    completed_by(verdict, lambda: VERDICTS)
    for action in (profiles, profile):
        completed_by(action, completion.profiles)
    for parser, command, printed in (
        (listing, list_claims, f"a list of claims, each with {CLAIM_KEYS}"),
        (show, show_claim, f"an object with {CLAIM_KEYS}, {PAGE_KEYS}"),
    ):
        parser.add_argument(
            "--report",
            type=Path,
            metavar="DIR",
            help="the one report to take verdicts from (default: report, and what the store holds of each profile)",
        )
        add_store_option(parser)
        add_json_option(parser, printed)
        parser.set_defaults(command=command)


def list_claims(arguments: argparse.Namespace) -> int:
    """List the claims of the registry in reading order.

    The claims are this project's. In the root of a repository whose conftest.py names claims of its own, they are that repository's. The
    same holds for show, plan, store export and store import.

    A narrow terminal gets fewer columns, and always the whole id.
    """
    from claims.commands.standings import standings  # here and below, because completion does without

    project = repository.here()
    claims = project.claims
    paper, section = (known(name, getattr(arguments, name), values_of(name, claims)) for name in ("paper", "section"))
    wanted_kind, verdict = known("kind", arguments.kind, KINDS), known("verdict", arguments.verdict, VERDICTS)
    basis = known("basis", arguments.basis, BASES)
    profile = known("profile", arguments.profile, project.profiles)
    chosen = [
        standing
        for standing in standings(claims, reports(arguments, project), profile, project.expected)
        if paper in (None, standing.claim.paper)
        and section in (None, standing.claim.section)
        and wanted_kind in (None, standing.judged.prediction.kind)
        and basis in (None, standing.judged.prediction.basis)
        and verdict in (None, standing.verdict)
        and (profile is None or profile in standing.claim.profiles)
    ]
    if arguments.json:
        print_json([standing.as_data() for standing in chosen])
        return 0
    say(_table(chosen, terminal.width()))
    say(f"\n{by_basis(standing.judged.prediction.basis for standing in chosen)}")
    return 0


def show_claim(arguments: argparse.Namespace) -> int:
    """Show one claim in full.

    The page has quote, prediction, region and its reason, numbers, recipes, recorded verdicts, evidence so far and open readings.
    """
    from claims.commands import claim_page
    from claims.commands.standings import standings

    project = repository.here()
    profile, claim = known("profile", arguments.profile, project.profiles), project.find(arguments.id)
    (standing,) = standings([claim], reports(arguments, project), profile, project.expected)
    if arguments.json:
        print_json(claim_page.page_data(standing, project.registry))
    else:
        say(claim_page.page(standing, project.registry, terminal.width()))
    return 0


def reports(arguments: argparse.Namespace, project: Repository) -> tuple[Report, ...]:
    """Return the reports that verdicts are taken from, the latest first.

    Without --report they are the one in the folder "report" and, of each profile, the verdicts by what the store holds. Raises ReportError.
    """
    from claims.report.formats.json import load_report
    from claims.run.kept_verdicts import known as known_verdicts
    from reproductions.store.files import StoreError
    from reproductions.store.outcomes import Store

    file = (arguments.report or Path("report")) / "report.json"
    found = [load_report(file)] if os.path.exists(file) else []  # pathlib raises for a name that is too long
    if arguments.report is None:
        with contextlib.suppress(StoreError):  # no store and no home folder: nothing is kept
            folder = arguments.claims_store or Store.default_folder()
            found += known_verdicts(project.registry, folder, lambda profile: _judged(profile, folder, project))
    return tuple(sorted(found, key=lambda report: report.created, reverse=True))


def _judged(profile: str, folder: Path, project: Repository) -> Report | None:
    """Judge the claims from a store that holds other outcomes than when its verdicts were kept.

    Returns None where the store cannot be opened.
    """
    from claims.run.session import ClaimsRun  # here, because it is seldom needed and brings in much
    from claims.run.stored import open_store
    from reproductions.store.files import StoreError

    with contextlib.suppress(StoreError):
        run = ClaimsRun(profile, open_store(folder), expected=project.expected)
        found = run.as_stored(project.registry)
        tell(run.store)
        return found
    return None


def _table(chosen: Sequence[Standing], columns: int | None) -> str:
    """Write a row a claim, with its whole id.

    With ``columns``, what the id or the verdict says too is left out, and then other columns until the rest fits. None leaves all.
    """
    rows = [_row(standing, columns is not None) for standing in chosen]
    names = list(HEADER)
    for name in () if columns is None else DISPENSABLE:
        if name in SAID_ALREADY or (columns is not None and max(map(len, _aligned(names, rows).splitlines())) > columns):
            place = names.index(name)
            names, rows = names[:place] + names[place + 1 :], [(*row[:place], *row[place + 1 :]) for row in rows]
    return _aligned(names, rows)


def _aligned(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return tabulate(rows, headers=names, tablefmt="simple", disable_numparse=True)


def _row(standing: Standing, on_terminal: bool) -> tuple[str, ...]:
    claim = standing.claim
    lacking = [name for name in claim.protocol.names if name not in claim.profiles]
    short = {0: "all", 1: f"all but {''.join(lacking)}"}.get(len(lacking), "") if on_terminal and len(claim.profiles) > 1 else ""
    return (
        claim.id,
        claim.paper,
        claim.section,
        standing.judged.prediction.kind,
        short or " ".join(claim.profiles) or "–",
        standing.expected.expected if standing.expected else "–",
        standing.verdict_words,
    )
