"""The report as one HTML file: no network, light and dark, phone and print. The page is ``templates/report.html``."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from claims.report.content import methods
from claims.report.drawings.agreement import agreement_drawing
from claims.report.drawings.dot_plots import dot_plot
from claims.report.drawings.drawing import csv_address, gzip_address
from claims.report.drawings.drift_strip import strip
from claims.report.drawings.effect_plot import data, effect_svg
from claims.report.drawings.families import OTHER
from claims.report.drawings.figures import curve_drawing
from claims.report.drawings.lean_svg import shared_styles
from claims.report.formats.templating import environment
from claims.report.model import Entry, Picture, Report
from claims.results import Evidence


def dumps(report: Report) -> str:
    """Write the report as the text of ``index.html``. Everything that is not our own markup is escaped by the template."""
    anchors = anchor_names(report)
    reasons = {
        (margin.kind, margin.why): f"why-{number}"
        for number, margin in enumerate(methods.margins(report), start=1)
        if len(margin.claims) > 1
    }
    on_runs: dict[tuple[str, str, tuple[str, ...]], str] = {}  # the anchor of the list of claims that pictures of a section share
    drawn: dict[str, list[Picture]] = {}
    for picture in report.pictures:
        on_runs.setdefault((picture.paper, picture.section, picture.claims), f"on-{figure_name(picture)}" if picture.claims else "")
        for claim_id in picture.claims:
            drawn.setdefault(claim_id, []).append(picture)
    page = (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            anchor=lambda entry: anchors[entry.id, entry.profile],
            effect=lambda entry: Markup(effect_svg(entry, environment())),
            draw=lambda picture: curve_drawing(picture, report.styles(picture.paper)),
            figures_of=lambda entry: figures_of(entry, drawn),
            figure_name=figure_name,
            on_runs=on_runs,
            sureness=sureness,
            shared=lambda entry: reasons.get((entry.kind, entry.why), ""),
            dot_plot=lambda table: dot_plot(report, table.data, report.styles(table.paper)),
            agreement=lambda table, part: agreement_drawing(table.data, part, report.styles(table.paper), environment()),
            strip=strip,
            seed_data=lambda entry: csv_address(data(entry)),
            csv_address=csv_address,
            gzip_address=gzip_address,
            other=OTHER,
        )
    )
    # every attribute stands in double quotes, within which an apostrophe needs no escape
    return shared_styles(page).replace("&#39;", "'")


def anchor_names(report: Report) -> Mapping[tuple[str, str], str]:
    """Name the anchor of each claim and profile: its id, with ``@profile`` where an earlier entry has the id."""
    names: dict[tuple[str, str], str] = {}
    seen: Counter[str] = Counter()
    for entry in report.entries:
        names[entry.id, entry.profile] = f"{entry.id}@{entry.profile}" if seen[entry.id] else entry.id
        seen[entry.id] += 1
    return names


def figures_of(entry: Entry, drawn: Mapping[str, Sequence[Picture]]) -> Sequence[Picture]:
    """Return the pictures, of ``drawn`` by claim, that have runs of a judged claim."""
    return drawn.get(entry.id, ()) if entry.evidence is not None else ()


def figure_name(picture: Picture) -> str:
    """Name the anchor of a picture."""
    return (
        f"figure-{hashlib.sha256(f'{picture.paper}/{picture.section}/{picture.title}'.encode(errors='backslashreplace')).hexdigest()[:8]}"
    )


def sureness(evidence: Evidence) -> float | None:
    """Return the smaller of both p values, by which rows are sorted; None without any."""
    return min((p for p in (evidence.p_reproduced, evidence.p_contradicted) if p is not None), default=None)
