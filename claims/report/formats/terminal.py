"""The summary at the end of a pytest run: one row a claim that says something, counts for the rest."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from claims.judging.result import Result
from claims.report.build import entries_of
from claims.report.model import Entry, count, outcome
from claims.report.words import SYMBOLS, exact, interval, rounding_note, with_symbol
from claims.results import VERDICTS
from claims.text import number, one_line, plural, shorten

UNIT_WIDTH = 12  # a longer unit stands in the report only
CLAIM_WIDTH = 46  # leaves room for the other columns in 120 characters
STAR = "*"
FAMILY_NOTE = f"{STAR} by itself; inconclusive after Holm over the claims of its family, which the report names"
HEADER = ("claim", "verdict", "estimate", "interval", "n", "diverged", "recorded")


def summary_table(results: Sequence[Result]) -> str:
    """Write the results as text of at most 120 columns.

    The text has a block a paper, a row a claim, then counts and one sentence. Claims that were not run, and reproduced ones that needed no
    sampling, are folded to one count a section: a row each would bury the measured ones. A contradicted, inconclusive, changed or moved
    claim always has its own row.
    """
    entries = entries_of(results)
    if not entries:
        return outcome(entries)
    rows: list[Sequence[str]] = []
    papers: dict[str, dict[str, list[Entry]]] = {}
    for entry in entries:
        papers.setdefault(entry.paper, {}).setdefault(entry.section, []).append(entry)
    for paper, sections in papers.items():
        rows += [(f"[{paper}]",)]
        for section, of_section in sections.items():
            rows += _section_rows(section, of_section)
    counts = ", ".join(f"{SYMBOLS[verdict]} {n} {verdict}" for verdict, n in count(entry.verdict for entry in entries).items())
    table = tabulate(rows, headers=HEADER, tablefmt="simple", disable_numparse=True, missingval="")
    starred = [FAMILY_NOTE] if any(entry.family_note for entry in entries) else []
    moved = [f"{entry.id}: {rounding_note(entry.moves)}" for entry in entries if entry.moved]
    return "\n".join([table, *starred, *moved, "", counts, outcome(entries)])


def _section_rows(section: str, entries: Sequence[Entry]) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = []
    folded: list[Entry] = []
    for entry in entries:
        expected = entry.verdict == "reproduced" and not (entry.changed or entry.moved or entry.family_note)
        if entry.verdict == "not run" or (expected and entry.evidence is not None and exact(entry.evidence)):
            folded.append(entry)
        else:
            rows.append(_row(entry))
    counts = count(entry.verdict for entry in folded)
    for verdict in VERDICTS:
        if counts[verdict]:
            rows.append((f"{section}: {plural(counts[verdict], 'claim')}", with_symbol(verdict)))
    return rows


def _row(entry: Entry) -> Sequence[str]:
    evidence = entry.evidence
    shown = ("", "", "", "")
    if evidence is not None:
        unit = one_line(evidence.unit)
        estimate = number(evidence.estimate) + (f" {unit}" if len(unit) <= UNIT_WIDTH else "")
        shown = (estimate, interval(evidence), str(evidence.n), str(evidence.n_diverged))
    recorded = (entry.expected or "") + (" (changed)" if entry.changed else " (borderline)" if entry.moved else "")
    verdict = f"{with_symbol(entry.verdict)}{STAR if entry.family_note else ''}"
    return (shorten(entry.id.partition("/")[2], CLAIM_WIDTH), verdict, *shown, recorded)
