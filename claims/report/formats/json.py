"""The report as JSON, and back: ``loads(dumps(report)) == report``.

JSON has no infinities, so a bound or a per-seed effect of minus infinity is the string ``"-inf"``; None is ``null``, an
unbounded side or an undefined value.
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

from claims.json_data import JsonDataError, decode, encode
from claims.report.model import SCHEMA, Report, ReportError
from claims.text import enumeration
from reference_results.strict_json import shown

# Schema 2 says nothing of its papers; 2 and 3 nothing of what a verdict rests on; 4 nothing of prices, links and how to judge again;
# 5 nothing of verdicts so far.
READ = (2, 3, 4, 5, SCHEMA)
WITH_BASIS = 4
EXACT = ("Identity", "Arithmetic")  # the exact kinds of the older schemas


def dumps(report: Report) -> str:
    """Write the report as JSON text. ``outcome``, ``counts``, ``changes`` and ``moved`` are derived: for readers, ignored by ``loads``."""
    data: dict[str, Any] = {"schema": SCHEMA, "project": "rin-claims", "outcome": report.outcome, "counts": report.counts}
    for name, entries in (("changes", report.changes), ("moved", report.moved)):
        data[name] = [{"id": one.id, "profile": one.profile, "expected": one.expected, "verdict": one.verdict} for one in entries]
    data |= encode(report)
    data["claims"] = data.pop("entries")
    return json.dumps(encode(data), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def load_report(path: Path, option: str = "--from") -> Report:
    """Read a ``report.json``, which ``option`` names. Raises ReportError where it is absent, of another schema, or not a report."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReportError(f"no report at {path}; run `pytest -m smoke` first, or name one with {option}") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ReportError(f"cannot read the report {path}: {problem}; name a readable report.json with {option}") from None
    return loads(text, str(path))


def described(path: Path) -> str:
    """Describe the report in a file by its time and profile; "" where there is no file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return f"the report of {data['created']} ({data['profile']} profile)"
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, RecursionError, LookupError, TypeError):
        return "a report that cannot be read"


def loads(text: str, source: str = "report.json") -> Report:
    """Read the report that ``dumps`` wrote. Raises ReportError, which names ``source`` and the field."""
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:  # no JSON, NaN or infinity, a number of thousands of digits, or nested without end
        raise ReportError(f"{source} is not JSON ({problem}); write it anew with `pytest -m smoke`") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if type(schema) is not int or schema not in READ:
        raise ReportError(
            f"{source} has report schema {shown(schema)}, this version reads {enumeration(list(map(str, READ)))}; use the version that "
            "wrote it, or write it anew with `pytest -m smoke`"
        )
    if schema < WITH_BASIS:
        _tell_basis(data)
    fields = {field.name: data[field.name] for field in dataclasses.fields(Report) if field.name in data}
    try:
        return decode(Report, fields | {"entries": data.get("claims")})
    except JsonDataError as problem:
        said = re.sub("^entries", "claims", str(problem))
        raise ReportError(f"{source} is not a complete report ({said}); write it anew with `pytest -m smoke`") from None


def _tell_basis(data: dict[str, Any]) -> None:
    """Say of each claim of an older schema what its verdict rests on, by its kind."""
    claims = data.get("claims")
    for claim in claims if isinstance(claims, list) else ():
        if isinstance(claim, dict):
            claim["basis"] = "exact" if claim.get("kind") in EXACT else "measured"


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")
