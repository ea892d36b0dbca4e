"""The report of a run, built from its Results.

Each Result is flattened into an entry, so that a report read back from JSON is complete without the registry.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from claims.judging.families import expected_false_verdicts, holm_verdicts
from claims.judging.how_to_run import rerun
from claims.judging.result import Result
from claims.paper import Paper
from claims.report.content.measured import measured_on
from claims.report.drift import NOT_COMPARED, DriftResults
from claims.report.guards import NOT_GUARDED, GuardResults
from claims.report.model import Entry, Picture, Price, Report, ReportError, project_version
from claims.report.resolve import reported
from claims.results import VerdictName
from reproductions.recipes import Training


def build_report(
    results: Iterable[Result],
    provenance: Mapping[str, Any],
    created: str,
    *,
    profile: str,
    papers: Sequence[Paper] = (),
    order: Sequence[str] = (),
    notes: Sequence[str] = (),
    pictures: Sequence[Picture] = (),
    guards: GuardResults = NOT_GUARDED,
    drift: DriftResults = NOT_COMPARED,
    prices: Sequence[Price] = (),
    seconds: Mapping[str, float] | None = None,
) -> Report:
    """Build the report of ``results``, with the open questions of ``papers`` that touch them and what their papers bring.

    ``order`` lists claim ids in reading order (the registry's); ids it does not name follow in the order of ``results``. Claims that were
    not run must be among ``results``, with the verdict "not run" and a reason; ``prices`` and, by id, ``seconds`` say what those that were
    not run to their end would take. Raises ReportError where a claim appears twice under one profile.
    """
    position = {claim_id: index for index, claim_id in enumerate(order)}
    results = sorted(results, key=lambda result: position.get(result.claim.id, len(position)))
    seconds = seconds or {}
    entries = tuple(replace(entry, seconds=seconds.get(entry.id, 0.0)) for entry in entries_of(results))
    twice = [key for key, times in Counter((entry.id, entry.profile) for entry in entries).items() if times > 1]
    if twice:
        claim_id, under = twice[0]
        raise ReportError(f"claim {claim_id!r} has two results under profile {under!r}; pass one result a claim and profile")
    by_id = {result.claim.id: result for result in results}
    of_entries = {entry.paper for entry in entries}
    return Report(
        created=created,
        profile=profile,
        project_version=project_version(),
        provenance=plain(provenance),
        entries=entries,
        false_verdicts=expected_false_verdicts(result.verdict for result in results),
        notes=tuple(notes),
        addendum=tuple(
            reading for paper in papers for reading in paper.open_questions if any(reading.touches(entry.id) for entry in entries)
        ),
        pictures=tuple(pictures),
        guards=guards,
        drift=drift,
        papers=tuple(reported(paper, by_id, profile) for paper in papers if paper.id in of_entries),
        prices=tuple(prices),
        data=_data(results),
    )


def _data(results: Iterable[Result]) -> tuple[str, ...]:
    """Say what the judged claims were measured on, in the order of the claims."""
    judged = (result for result in results if result.verdict.evidence is not None)
    recipes = (recipe for result in judged for arm in result.claim.arms.get(result.profile, ()) for recipe in arm.recipes)
    return tuple(dict.fromkeys(recipe.task.needs for recipe in recipes if isinstance(recipe, Training)))


def family_verdicts(results: Sequence[Result]) -> tuple[VerdictName | None, ...]:
    """Return the Holm-adjusted verdict of each claim of a family, (n,), None for the others.

    A family is of one paper under one profile.
    """
    adjusted: list[VerdictName | None] = [None] * len(results)
    families: dict[tuple[str, str, str], list[int]] = {}
    for index, result in enumerate(results):
        if result.claim.family:
            families.setdefault((result.claim.paper, result.claim.family, result.profile), []).append(index)
    for members in families.values():
        for index, family in zip(members, holm_verdicts([results[index].verdict for index in members]), strict=True):
            adjusted[index] = family.verdict
    return tuple(adjusted)


def entries_of(results: Sequence[Result]) -> tuple[Entry, ...]:
    """Return the entry of each result, with the verdict it has in its family among these."""
    return tuple(replace(entry_of(result), family_verdict=family) for result, family in zip(results, family_verdicts(results), strict=True))


def entry_of(result: Result) -> Entry:
    """Resolve a Result into an Entry, so that nothing in it refers to the registry."""
    claim = result.claim
    return Entry(
        id=claim.id,
        paper=claim.paper,
        section=claim.section,
        locator=str(claim.locator),
        quote=claim.quote,
        statement=claim.statement,
        kind=claim.prediction.kind,
        basis=claim.prediction.basis,
        metric=claim.prediction.metric,
        why=claim.prediction.why,
        region=claim.prediction.region(),
        profiles=claim.profiles,
        profile=result.profile,
        verdict=result.verdict.verdict,
        reason=result.verdict.reason,
        measured=measured_on(claim, result.profile) if result.verdict.evidence is not None else (),
        headline=claim.headline,
        counterparts=claim.counterparts,
        family=claim.family,
        note=claim.note,
        expected=result.expected,
        expected_reason=result.expected_reason,
        evidence=result.verdict.evidence,
        trials=tuple(plain(trial) for trial in result.trials),
        moves=result.moves,
        reading=claim.prediction.reading,
        reading_note=claim.prediction.reading_note,
        metric_as_read=claim.prediction.metric_as_read,
        rerun=rerun(claim, result.profile),
        so_far=result.so_far,
        earlier=result.earlier,
    )


def plain(value: Any) -> Any:
    """Turn ``value`` into JSON data.

    Mappings become dicts, sequences lists, numbers that JSON lacks and all other objects text.
    """
    text = json.dumps(value, default=lambda other: dict(other) if isinstance(other, Mapping) else str(other))
    return json.loads(text, parse_constant=lambda name: str(float(name)))
