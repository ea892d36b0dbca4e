"""How numbers, intervals, verdicts and slugs read in every format of the report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from claims.results import Evidence, PathVerdict, VerdictName, rounding_moves
from claims.text import enumeration, number, one_line, plural

if TYPE_CHECKING:
    from claims.report.drift import Drift
    from claims.report.model import Entry

# A verdict is told by its word and its symbol; colour is never alone.
SYMBOLS: Mapping[VerdictName, str] = {"reproduced": "✓", "contradicted": "✗", "inconclusive": "?", "not run": "–"}

BORDERLINE = "borderline: moves with rounding"

VERDICT_MEANINGS: Mapping[VerdictName, str] = {
    "reproduced": "The interval for the effect lies inside the region the prediction names; of an exact claim, the numbers agree.",
    "contradicted": "The interval for the effect lies inside the region that speaks against the prediction; of an exact claim, the numbers "
    "do not agree.",
    "inconclusive": "The interval reaches across both regions: these trials cannot tell. A smaller effect needs more seeds. "
    "So far: seeds that the claim's later looks ask for were not run.",
    "not run": "No trial of this claim was made in this run; the reason says what is missing.",
}


def rounding_note(moves: Sequence[PathVerdict]) -> str:
    """Say of a borderline claim which kernel paths gave which verdict; "" of another one."""
    paths: dict[str, list[str]] = {}
    for one in moves:
        paths.setdefault(one.verdict, []).append(one.path)
    return f"{BORDERLINE}; {enumeration([f'{enumeration(names)} gave {verdict}' for verdict, names in paths.items()])}" if moves else ""


UNKNOWN = "no cause is known"


def cause_of_change(verdict: VerdictName, recorded: VerdictName | None, moves: Sequence[PathVerdict], numbers: Sequence[Drift] = ()) -> str:
    """Say why a verdict is not the recorded one; "" where no cause is known.

    ``numbers`` are the claim's, beside the recorded draws.
    """
    # every cause that is looked for has its line here
    causes = [rounding_note(moves)] if rounding_moves(moves, verdict, recorded) else []
    drifted = [number for number in numbers if number.word == "drifted"]
    causes += [f"{drifted[0]}{f' (and {len(drifted) - 1} more)' if len(drifted) > 1 else ''}"] if drifted else []
    return "; ".join(causes)


def change_note(entry: Entry, numbers: Sequence[Drift] = ()) -> str:
    """Say that a verdict is not the recorded one, and why; "" where it is, or none was given."""
    if not (entry.changed or entry.moved):
        return ""
    cause = cause_of_change(entry.verdict, entry.expected, entry.moves, numbers)
    return f"recorded {entry.expected}, now {entry.verdict}: {cause or UNKNOWN}"


def with_symbol(verdict: VerdictName) -> str:
    """Write a verdict as its symbol and its word: ``✓ reproduced``."""
    return f"{SYMBOLS[verdict]} {verdict}"


def verdict_words(entry: Entry) -> str:
    """Write the verdict of an entry, and whether it is so far: ``? inconclusive so far``."""
    return f"{with_symbol(entry.verdict)}{' so far' if entry.so_far else ''}"


def verdict_of(entry: Entry) -> str:
    """Write the verdict of an entry, whether it is so far, and whether it is exact: ``✓ reproduced (exact)``."""
    return verdict_words(entry) + (" (exact)" if entry.basis == "exact" else "")


def interval(entry: Entry) -> str:
    """Write the two one-sided bounds as ``[lower, upper]``; ``exact`` for an exact claim.

    A missing bound is unbounded at this number of seeds.
    """
    evidence = entry.evidence
    if evidence is not None and entry.basis == "exact":
        return "exact"
    if evidence is None or (evidence.lower is None and evidence.upper is None):
        return "–"
    lower = -math.inf if evidence.lower is None else evidence.lower
    upper = math.inf if evidence.upper is None else evidence.upper
    return f"[{number(lower)}, {number(upper)}]"


def evidence_line(entry: Entry) -> str:
    """Estimate, interval, seeds, diverged runs and looks in one line; "" without evidence, and no part that says nothing."""
    evidence = entry.evidence
    if evidence is None:
        return ""
    parts = [f"{number(evidence.estimate)} {evidence.unit}"]
    parts += [shown] if entry.basis == "measured" and (shown := interval(entry)) != "–" else []
    parts += [f"n = {evidence.n}"] if evidence.n else []
    parts += [f"{evidence.n_diverged} diverged"] if evidence.n_diverged else []
    parts += [f"{evidence.looks} looks"] if evidence.looks > 1 else []
    return one_line(", ".join(parts))


def entry_line(entry: Entry) -> str:
    """Write the evidence line of an entry, its verdict in its family where that differs, and what rounding moves.

    Returns "" without any.
    """
    return "; ".join(filter(None, (evidence_line(entry), entry.family_note, rounding_note(entry.moves))))


def details(evidence: Evidence) -> tuple[str, ...]:
    """Return the lines of an evidence without the last, which say in words what its looks have as numbers."""
    return evidence.details[: max(0, len(evidence.details) - len(evidence.trace))]


def confidence(evidence: Evidence) -> str:
    """Say what the two bounds promise, for example ``one-sided 95 % bounds``."""
    return f"one-sided {100 * evidence.confidence:.4g} % bounds"


def earlier_runs(earlier: int, judged: int) -> tuple[str, ...]:
    """Say in one line, or none, how many verdicts are of claims that the run did not select."""
    said = f"{plural(earlier, 'verdict')} of earlier runs, judged again from the store as it is, beside the {judged} of this run"
    return (said,) if earlier else ()


def not_selected(number: int) -> tuple[str, ...]:
    """Say in one line, or none, that the summary of a run leaves out ``number`` claims."""
    return (f"not listed: {plural(number, 'claim')} that this run did not select; the report has them",) if number else ()
