"""The report as a table with one row a claim, for a spreadsheet or pandas."""

from __future__ import annotations

import pandas as pd

from claims.report.model import Entry, Report
from claims.report.words import rounding_note

COLUMNS = (
    *("id", "paper", "section", "locator", "kind", "basis", "headline", "profile", "verdict", "expected", "rounding", "reason"),
    *("estimate", "lower", "upper", "confidence", "unit", "n", "n_diverged", "looks", "method", "p_reproduced", "p_contradicted"),
    *("metric_as_read", "reading", "reproduced_when", "contradicted_when", "family", "family_verdict"),
    *("statement", "measured", "counterparts", "quote"),
)


def frame(report: Report) -> pd.DataFrame:
    """Return one row a claim (and profile), the columns of COLUMNS.

    Infinities stay infinities, what is undefined is missing.
    """
    return pd.DataFrame([_row(entry) for entry in report.entries], columns=list(COLUMNS))


def dumps(report: Report) -> str:
    """Write the frame as comma-separated text: ``inf`` and ``-inf`` for infinities, empty fields where something is undefined."""
    return frame(report).to_csv(index=False, lineterminator="\n")


def _row(entry: Entry) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(entry, name) for name in COLUMNS if hasattr(entry, name)}
    if entry.evidence is not None:
        row |= {name: getattr(entry.evidence, name) for name in COLUMNS if hasattr(entry.evidence, name)}
    return row | {
        "rounding": rounding_note(entry.moves) or None,
        "measured": "; ".join(entry.measured),
        "counterparts": "; ".join(entry.counterparts),
        "reproduced_when": entry.region.reproduced,
        "contradicted_when": entry.region.contradicted,
    }
