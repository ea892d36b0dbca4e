"""The report as one HTML file: no network, light and dark, phone and print. The page is ``templates/report.html``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from claims import text
from claims.report import words
from claims.report.content import looks, methods, planted_faults
from claims.report.content.calibration import COLUMNS, SCENARIO_MEANINGS, calibration
from claims.report.content.printed_tables import printed_tables
from claims.report.content.trials import by_recipe, same_facts, seeds, trial_rows, trials_by_seed, trials_show_the_arms
from claims.report.drawings.dot_plots import dot_plot
from claims.report.drawings.drawing import csv_address
from claims.report.drawings.effect_plot import data, effect_svg
from claims.report.drawings.families import OTHER
from claims.report.drawings.figures import curve_drawing
from claims.report.model import Report
from claims.results import VERDICTS
from reference_results.calibration import calibration_table


def dumps(report: Report) -> str:
    """The report as the text of ``index.html``. Everything that is not our own markup is escaped by the template."""
    environment = _environment(report)
    anchors = anchor_names(report)
    return environment.get_template("report.html").render(
        report=report,
        verdicts=VERDICTS,
        symbols=words.SYMBOLS,
        meanings=words.VERDICT_MEANINGS,
        papers=methods.papers(report),
        protocols=methods.protocols(report),
        kinds=methods.kinds(report),
        margins=methods.margins(report),
        families_judged=methods.families(report),
        looks=looks,
        calibration=calibration(calibration_table()),
        calibration_columns=COLUMNS,
        scenarios=SCENARIO_MEANINGS,
        printed=printed_tables(report),
        planted_faults=methods.planted_faults(report),
        fault_columns=planted_faults.COLUMNS,
        missing=methods.missing(report),
        notes=methods.notes(report),
        provenance=methods.provenance(report),
        anchor=lambda entry: anchors[entry.id, entry.profile],
        effect=lambda entry: Markup(effect_svg(entry, environment)),
        draw=lambda picture: curve_drawing(picture, report.styles(picture.paper)),
        dot_plot=lambda table: dot_plot(report, table.data, report.styles(table.paper)),
        seed_data=lambda entry: csv_address(data(entry)),
        csv_address=csv_address,
        other=OTHER,
        trials=trial_rows(report),
        trial_seeds=seeds,
        trials_by_seed=trials_by_seed,
        trials_show_the_arms=trials_show_the_arms,
        same_facts=same_facts,
        by_recipe=by_recipe,
    )


def _environment(report: Report) -> Environment:
    environment = Environment(
        loader=PackageLoader("claims.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": text.number,
        "interval": words.interval,
        "exact": words.exact,
        "entry_line": words.entry_line,
        "confidence": words.confidence,
        "details": words.details,
        "title_of": report.paper_title,
        "plural": text.plural,
    }
    return environment


def anchor_names(report: Report) -> Mapping[tuple[str, str], str]:
    """The anchor of each claim and profile: its id, with ``@profile`` where an earlier entry has taken the id."""
    names: dict[tuple[str, str], str] = {}
    seen: Counter[str] = Counter()
    for entry in report.entries:
        names[entry.id, entry.profile] = f"{entry.id}@{entry.profile}" if seen[entry.id] else entry.id
        seen[entry.id] += 1
    return names
