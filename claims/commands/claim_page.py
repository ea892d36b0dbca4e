"""The page of one claim that ``rin-claims show`` prints: as lines to read, or as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from claims.commands.standings import Standing
from claims.commands.terminal import wrapped
from claims.judging.how_to_run import rerun
from claims.judging.judge import moves_of
from claims.judging.looks import design_of
from claims.model import Claim
from claims.paper import Registry
from claims.readings import Reading
from claims.report.content.measured import measured_on
from claims.report.content.printed_numbers import PrintedNumber, printed_numbers
from claims.report.content.trials import admitted
from claims.report.metric_words import worded
from claims.report.model import Entry
from claims.report.words import confidence, interval, rounding_note
from claims.text import enumeration, number, plural
from reproductions.recipe_data import as_data

LABEL = 14  # columns of the labels at the left
FEW_NUMBERS = 12  # printed numbers that a page lists; a whole table is only counted


def readings_of(claim: Claim, registry: Registry) -> tuple[Reading, ...]:
    """Find the open questions of any paper that touch ``claim``."""
    return tuple(reading for paper in registry.papers for reading in paper.open_questions if reading.touches(claim.id))


def page(standing: Standing, registry: Registry, columns: int | None) -> str:
    """Write the page of a claim.

    The page has quote, prediction, region with its reason, numbers, verdicts, evidence, readings and recipes. Lines are wrapped at
    ``columns``; None leaves them whole.
    """
    claim = standing.claim
    title = claim.id + (" (headline)" if claim.headline else "")
    lines = [title, str(claim.locator), "", wrapped(f"  “{' '.join(claim.quote.split())}”", columns, "  "), ""]
    last = ""
    for label, told in _facts(standing, registry):
        text = told if label == "run again" else worded(told)
        lines.append(wrapped(f"{'' if label == last else label:<{LABEL}}{text}", columns, " " * LABEL))
        last = label
    for profile in claim.arms:
        lines += ["", f"{profile}: {_seeds(design_of(claim, profile).looks)}"]
        lines += [wrapped(f"  {line}", columns, "    ") for line in measured_on(claim, profile)]
    return "\n".join(lines)


def _seeds(looks: Sequence[int]) -> str:
    first, *later = looks
    return plural(first, "seed") + (f"; {' and then '.join(map(str, later))} while undecided" if later else "")


def page_data(standing: Standing, registry: Registry) -> dict[str, Any]:
    """Build the object that ``show --json`` prints of the claim."""
    claim, judged = standing.claim, standing.judged
    return standing.as_data() | {
        "statement": judged.statement,
        "headline": claim.headline,
        "note": claim.note,
        "not_run": claim.not_run,
        "region": judged.prediction.region(),
        "why": judged.prediction.why,
        "reading": judged.prediction.reading,
        "reading_note": judged.prediction.reading_note,
        "printed": printed_numbers(claim, registry.paper_of(claim)),
        "expected_reason": standing.expected.reason if standing.expected else "",
        "expected_by_profile": standing.recorded,
        "evidence": standing.entry.evidence if standing.entry else None,
        "readings": readings_of(claim, registry),
        "looks": {profile: list(design_of(claim, profile).looks) for profile in claim.arms},
        "arms": {
            profile: [{"name": arm.name, "recipes": [as_data(recipe) for recipe in arm.recipes]} for arm in arms]
            for profile, arms in claim.arms.items()
        },
    }


def _facts(standing: Standing, registry: Registry) -> Iterator[tuple[str, str]]:
    """Yield (label, text) in the order of the page.

    The page prints a label that comes several times once.
    """
    claim, prediction = standing.claim, standing.judged.prediction
    where = prediction.region()
    yield "prediction", standing.judged.statement
    yield "kind", f"{prediction.kind}, {prediction.basis}"
    yield "reproduced", f"when {where.reproduced}"
    yield "contradicted", f"when {where.contradicted}"
    yield "why", prediction.why
    if prediction.reading_note:
        yield "read as", prediction.reading_note
    others = {judged.statement: (profile, judged.prediction.kind) for profile in claim.profiles for judged in [claim.at(profile)]}
    others.pop(standing.judged.statement, None)
    yield from (("elsewhere", f"under {profile} it is a {kind}: {text}") for text, (profile, kind) in others.items())
    if claim.note:
        yield "note", claim.note
    yield from (("printed", text) for text in _printed(printed_numbers(claim, registry.paper_of(claim))))
    yield from (("expected", text) for text in _expected(standing))
    yield from (("rounding", text) for text in _rounding(standing))
    yield "verdict", f"{standing.verdict_words}: {standing.reason}"
    if command := rerun(claim, standing.profile):
        yield "run again", command
    yield from (("measured", f"{name.partition('/')[2]}: {verdict}") for name, verdict in standing.beside.items())
    if standing.entry and standing.entry.family_note:
        yield "in its family", standing.entry.family_note
    yield from (("evidence", text) for text in _evidence(standing.entry))
    if standing.compared:
        yield "compared", f"with recorded draws: {standing.compared}"
    if standing.entry and (by_other_code := admitted(standing.entry)):
        yield "trials", by_other_code
    if standing.entry:
        yield "reported", f"under {standing.profile}, {standing.found_in}"
    if claim.profiles and claim.not_run:
        yield "not run", claim.not_run
    for reading in readings_of(claim, registry):
        yield "reading", f"{reading.question} {reading.choice}."


def _printed(numbers: tuple[PrintedNumber, ...]) -> list[str]:
    if len(numbers) <= FEW_NUMBERS:
        return [str(cell) for cell in numbers]
    cells = [cell for cell in numbers if cell.locator.startswith("Table")]
    return [*(str(cell) for cell in numbers if cell not in cells), f"{len(cells)} cells, from {cells[0]} to {cells[-1]}"]


def _expected(standing: Standing) -> Iterator[str]:
    """Yield one line for each recorded verdict, with the profiles it is recorded for."""
    profiles: dict[tuple[str, str], list[str]] = {}
    for profile in sorted(standing.recorded, key=standing.claim.protocol.names.index):
        recorded = standing.recorded[profile]
        profiles.setdefault((recorded.expected, f"({recorded.date}): {recorded.reason}"), []).append(profile)
    for (verdict, text), names in profiles.items():
        yield f"{verdict} under {enumeration(names)} {text}"
    without = [profile for profile in standing.claim.profiles if profile not in standing.recorded]
    if without:
        yield f"nothing recorded under {', '.join(without)}"


def _rounding(standing: Standing) -> Iterator[str]:
    """Yield one line for each profile under which the claim is borderline."""
    for profile, recorded in standing.recorded.items():
        if recorded.moves:
            yield f"under {profile} {rounding_note(moves_of(recorded))}"


def _evidence(entry: Entry | None) -> Iterator[str]:
    if entry is None or entry.evidence is None:
        return
    evidence = entry.evidence
    if entry.basis == "exact":
        yield f"{number(evidence.estimate)} {evidence.unit} (exact: no sampling); {evidence.method}"
        return
    yield (
        f"{number(evidence.estimate)} {evidence.unit}, interval {interval(entry)} ({confidence(evidence)}), n = {evidence.n}, "
        f"{evidence.n_diverged} diverged, {plural(evidence.looks, 'look')}; {evidence.method}"
    )
    for arm, values in evidence.arms.items():
        yield f"{arm} by seed: {', '.join('diverged' if value is None else number(value) for value in values)}"
