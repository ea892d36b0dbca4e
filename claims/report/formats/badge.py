"""The report as a badge: JSON as https://shields.io/badges/endpoint-badge takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from claims.report.model import Report
from claims.report.words import SYMBOLS
from claims.results import VerdictName

SHOWN: tuple[VerdictName, ...] = ("reproduced", "contradicted", "inconclusive")
COLOURS: Mapping[bool, str] = {True: "orange", False: "blue"}  # whether a verdict or a guard needs a look


def dumps(report: Report) -> str:
    """Write how many measured claims have which verdict, in orange where something differs or a guard failed."""
    found = [entry.verdict for entry in report.entries if entry.basis == "measured"]
    message = ", ".join(f"{SYMBOLS[verdict]} {found.count(verdict)}" for verdict in SHOWN)
    colour = COLOURS[bool(report.changes or report.guards.alarms)]
    return json.dumps({"schemaVersion": 1, "label": "claims", "message": message, "color": colour}, ensure_ascii=False) + "\n"
