"""The report as one HTML file: no network, light and dark, phone and print. The page is ``templates/report.html``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from markupsafe import Markup

from claims.report.drawings.dot_plots import dot_plot
from claims.report.drawings.drawing import csv_address
from claims.report.drawings.effect_plot import data, effect_svg
from claims.report.drawings.families import OTHER
from claims.report.drawings.figures import curve_drawing
from claims.report.formats.templating import environment
from claims.report.model import Report


def dumps(report: Report) -> str:
    """Write the report as the text of ``index.html``. Everything that is not our own markup is escaped by the template."""
    anchors = anchor_names(report)
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            anchor=lambda entry: anchors[entry.id, entry.profile],
            effect=lambda entry: Markup(effect_svg(entry, environment())),
            draw=lambda picture: curve_drawing(picture, report.styles(picture.paper)),
            dot_plot=lambda table: dot_plot(report, table.data, report.styles(table.paper)),
            seed_data=lambda entry: csv_address(data(entry)),
            csv_address=csv_address,
            other=OTHER,
        )
    )


def anchor_names(report: Report) -> Mapping[tuple[str, str], str]:
    """Name the anchor of each claim and profile: its id, with ``@profile`` where an earlier entry has the id."""
    names: dict[tuple[str, str], str] = {}
    seen: Counter[str] = Counter()
    for entry in report.entries:
        names[entry.id, entry.profile] = f"{entry.id}@{entry.profile}" if seen[entry.id] else entry.id
        seen[entry.id] += 1
    return names
