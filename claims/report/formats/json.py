"""The report as JSON, and back: ``loads(dumps(report)) == report``.

JSON has no infinities, so a bound or a per-seed effect of minus infinity is the string ``"-inf"``; None is ``null``, an
unbounded side or an undefined value.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from claims.kinds.regions import Region
from claims.readings import reading_from_data
from claims.report.guards import guard_results_from_data
from claims.report.model import SCHEMA, Curve, Entry, Picture, Report, ReportError
from claims.report.papers import paper_from_data
from claims.results import VERDICTS, Evidence, Look

READ = (2, SCHEMA)  # schema 2 says nothing of its papers


def dumps(report: Report) -> str:
    """The report as JSON text. ``outcome``, ``counts`` and ``changes`` are derived: written for readers, ignored by ``loads``."""
    data: dict[str, Any] = {"schema": SCHEMA, "project": "rin-claims", "outcome": report.outcome, "counts": report.counts}
    data["changes"] = [
        {"id": entry.id, "profile": entry.profile, "expected": entry.expected, "verdict": entry.verdict} for entry in report.changes
    ]
    fields = {field.name: getattr(report, field.name) for field in dataclasses.fields(report) if field.name != "entries"}
    data |= fields | {"claims": report.entries}
    return json.dumps(encode(data), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def encode(value: Any) -> Any:
    """``value`` as JSON data: dataclasses and mappings to dicts, sequences to lists, infinities to "inf" and "-inf"."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def load_report(path: Path) -> Report:
    """Read a ``report.json``. Raises ReportError where it is absent, of another schema, or not a report."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReportError(f"no report at {path}; run `pytest -m smoke` first, or name one with --from") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ReportError(f"cannot read the report {path}: {problem}; name a readable report.json with --from") from None
    return loads(text, str(path))


def loads(text: str, source: str = "report.json") -> Report:
    """The report that ``dumps`` wrote; ``source`` names it in errors."""
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:  # no JSON, NaN or infinity, a number of thousands of digits, or nested without end
        raise ReportError(f"{source} is not JSON ({problem}); write it anew with `pytest -m smoke`") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema not in READ:
        raise ReportError(
            f"{source} has report schema {schema!r}, this version reads {READ[0]} and {READ[1]}; write it anew with `pytest -m smoke`"
        )
    try:
        return _report(data)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise ReportError(
            f"{source} is not a complete report ({type(problem).__name__}: {problem}); write it anew with `pytest -m smoke`"
        ) from None


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _report(data: Mapping[str, Any]) -> Report:
    return Report(
        created=data["created"],
        profile=data["profile"],
        project_version=data["project_version"],
        provenance=data["provenance"],
        entries=tuple(_entry(entry) for entry in data["claims"]),
        false_verdicts=data["false_verdicts"],
        notes=tuple(data["notes"]),
        addendum=tuple(reading_from_data(item) for item in data["addendum"]),
        pictures=tuple(_picture(item) for item in data["pictures"]),
        guards=guard_results_from_data(data.get("guards")),
        papers=tuple(paper_from_data(item) for item in data["papers"]) if data["schema"] == SCHEMA else (),
    )


def _entry(data: Mapping[str, Any]) -> Entry:
    for name in ("verdict", "expected", "family_verdict"):
        if data[name] not in (*VERDICTS, None):
            raise ValueError(f"{data['id']} has the unknown {name} {data[name]!r}")
    changes = {
        "profiles": tuple(data["profiles"]),
        "measured": tuple(data["measured"]),
        "region": _region(data["region"]),
        "evidence": None if data["evidence"] is None else _evidence(data["evidence"]),
        "trials": tuple(data["trials"]),
    }
    return Entry(**{**data, **changes})


def _region(data: Mapping[str, Any]) -> Region:
    def spans(name: str) -> tuple[tuple[float, float], ...]:
        return tuple((float(lower), float(upper)) for lower, upper in data[name])

    return Region(data["reproduced"], data["contradicted"], spans("inside"), spans("outside"), _number(data["mark"]))


def _evidence(data: Mapping[str, Any]) -> Evidence:
    numbers = ("estimate", "lower", "upper", "p_reproduced", "p_contradicted", "detectable")
    changes: dict[str, Any] = {name: _number(data[name]) for name in numbers}
    changes["values"] = tuple(float(value) for value in data["values"])
    changes["seeds"] = tuple(data["seeds"])
    changes["arms"] = {arm: tuple(_number(value) for value in values) for arm, values in data["arms"].items()}
    changes["details"] = tuple(data["details"])
    changes["trace"] = tuple(
        Look(look["seeds"], float(look["level"]), _number(look["lower"]), _number(look["upper"]), look["verdict"]) for look in data["trace"]
    )
    return Evidence(**{**data, **changes})


def _picture(data: Mapping[str, Any]) -> Picture:
    curves = tuple(
        Curve(item["arm"], item["seed"], tuple(map(float, item["x"])), tuple(map(float, item["y"])), item["diverged"])
        for item in data["curves"]
    )
    return Picture(**{**data, "curves": curves, "baseline": _number(data["baseline"])})


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
