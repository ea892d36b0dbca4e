"""The summary at the end of a pytest run: one row a claim that says something, counts for the rest."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from tabulate import tabulate

from claims.judging.result import Result
from claims.report.build import entries_of
from claims.report.counting import JUDGED, by_basis, called, tallies
from claims.report.drift import NOT_COMPARED, DriftResults, Word
from claims.report.model import BESIDE, Entry, counts_of, headlines, outcome, remainder
from claims.report.words import SYMBOLS, change_note, interval, verdict_words, with_symbol
from claims.results import VERDICTS, VerdictName
from claims.text import number, one_line

UNIT_WIDTH = 12  # a longer unit stands in the report only
STAR = "*"
FAMILY_NOTE = f"{STAR} by itself; inconclusive after Holm over the claims of its family, which the report names"
HEADER = ("claim", "verdict", "estimate", "interval", "n", "diverged", "recorded", "compared")
INDENT = "    "  # of what is said of a claim below its id
COLOURS: Mapping[VerdictName, str] = {"reproduced": "green", "contradicted": "red", "inconclusive": "yellow"}
_VERDICT = re.compile("|".join(re.escape(with_symbol(verdict)) for verdict in COLOURS))


def summary_table(results: Sequence[Result], columns: int | None = None, drift: DriftResults = NOT_COMPARED) -> str:
    """Write the results as text: a table where ``columns`` have room for it, else two lines a claim.

    None for ``columns`` has room for everything. The text has a block a paper, a row a claim with its whole id, then what was found on
    measured and on exact claims, a line each, and what else there is to say. Claims that were not run, and exact ones whose numbers agree,
    are folded to one count a section where it has several: a row each would bury the measured ones. A contradicted, inconclusive, changed
    or moved claim always has its own row, and so has an exact headline with a counterpart beside it. The last column has the worst word
    that the numbers of a claim got beside the recorded draws. It is left out where it does not fit, and two lines a claim have room for
    `drifted` alone.
    """
    entries = entries_of(results)
    words = {entry.id: numbers[0].word for entry in entries if (numbers := drift.on(entry.id))}
    tallied = tallies(counts_of(entries), JUDGED)
    rows: list[Sequence[str]] = []
    for paper in dict.fromkeys(entry.paper for entry in entries):
        rows += _paper_rows(paper, [entry for entry in entries if entry.paper == paper], words)
    starred = [FAMILY_NOTE] if any(entry.family_note for entry in entries) else []
    rest = remainder(entries)
    said = [*tallied, *([f"{rest[0].upper()}{rest[1:]}."] if rest else [])] if tallied else [outcome(entries)]
    changed = [f"{entry.id}: {note}" for entry in entries if (note := change_note(entry, drift.on(entry.id)))]
    below = [line for text in (*starred, *changed, "", *said) for line in _filled(text, columns)]
    return "\n".join([*_table(rows, columns), *(below if rows else below[1:])])


def _table(rows: Sequence[Sequence[str]], columns: int | None) -> list[str]:
    if not rows:
        return []
    compared = any(row[-1] for row in rows if len(row) == len(HEADER))
    for header in (HEADER, HEADER[:-1]) if compared else (HEADER[:-1],):
        shown = [row[: len(header)] for row in rows]
        lines = tabulate(shown, headers=header, tablefmt="simple", disable_numparse=True, missingval="").splitlines()
        if columns is None or max(map(len, lines)) <= columns:
            return lines
    return [line for row in rows for line in _lines(row, columns)]


def _lines(row: Sequence[str], columns: int | None) -> list[str]:
    """Write a row in lines of at most ``columns``, its claim alone in the first."""
    claim, verdict, estimate, interval, n, diverged, recorded, compared = (*row, *[""] * (len(HEADER) - len(row)))
    if not interval:
        return _filled(" ".join(filter(None, (claim, verdict))), columns)
    bounds = "" if interval in ("–", "exact") else f" {interval}"
    parts = (f"{estimate}{bounds}", "exact" if interval == "exact" else f"n = {n}", diverged != "0" and f"{diverged} diverged")
    told = f"{verdict}: {', '.join(part for part in parts if part)}"
    word = verdict.removesuffix(STAR).partition(" ")[2]
    told += "" if recorded in ("", word) else f"; recorded {recorded}"
    return [claim, *_filled(f"{told}{'; drifted' if compared == 'drifted' else ''}", columns, INDENT)]


def _filled(text: str, columns: int | None, indent: str = "") -> list[str]:
    if columns is None or not text:
        return [indent + text]
    return textwrap.wrap(
        text, max(columns, 40), initial_indent=indent, subsequent_indent=indent or "  ", break_long_words=False, break_on_hyphens=False
    )


def coloured(line: str, colour: Callable[..., str]) -> str:
    """Give the verdicts of a line their colours by ``colour``, pytest's, which knows what the terminal can show."""
    return _VERDICT.sub(lambda match: colour(match[0], **{COLOURS[cast(VerdictName, match[0].partition(" ")[2])]: True}), line)


def _paper_rows(paper: str, entries: Sequence[Entry], words: Mapping[str, Word]) -> list[Sequence[str]]:
    pairs = [(headline.entry, judged) for headline in headlines(entries) if (judged := list(filter(_judged, headline.counterparts)))]
    rows: list[Sequence[str]] = [(f"[{paper}, headlines beside what was measured]",)] if pairs else []
    for exact, measured in pairs:
        rows += [_row(exact, words), *(_row(entry, words, BESIDE) for entry in measured)]
    shown = {id(entry) for exact, measured in pairs for entry in (exact, *measured)}
    rows.append((f"[{paper}]",))
    for section in dict.fromkeys(entry.section for entry in entries):
        rows += _section_rows(section, [entry for entry in entries if entry.section == section and id(entry) not in shown], words)
    return rows


def _judged(entry: Entry) -> bool:
    return entry.verdict != "not run"


def _section_rows(section: str, entries: Iterable[Entry], words: Mapping[str, Word]) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = []
    folded: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        expected = entry.verdict == "reproduced" and not (entry.changed or entry.moved or entry.family_note)
        if entry.verdict == "not run" or (expected and entry.basis == "exact"):
            folded.setdefault((entry.basis, entry.verdict), []).append(entry)
        else:
            rows.append(_row(entry, words))
    for of_one in sorted(folded.values(), key=lambda group: VERDICTS.index(group[0].verdict)):
        first, verdict = of_one[0], of_one[0].verdict
        if len(of_one) == 1:
            rows.append(_row(first, words))
            continue
        counted = f"{section}: {by_basis(entry.basis for entry in of_one)}"
        rows.append((counted, f"{SYMBOLS[verdict]} {called(first.basis, verdict, len(of_one))}"))
    return rows


def _row(entry: Entry, words: Mapping[str, Word], before: str = "") -> Sequence[str]:
    evidence = entry.evidence
    shown = ("", "", "", "")
    if evidence is not None:
        unit = one_line(evidence.unit)
        estimate = number(evidence.estimate) + (f" {unit}" if len(unit) <= UNIT_WIDTH else "")
        shown = (estimate, interval(entry), str(evidence.n), str(evidence.n_diverged))
    verdict = f"{verdict_words(entry)}{STAR if entry.family_note else ''}"
    return (before + entry.id, verdict, *shown, entry.expected or "", words.get(entry.id, ""))
