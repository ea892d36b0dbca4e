"""Planted faults of the paper's printed numbers: a cell of a table that was typed wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference_results import tables
from reproductions.faults import Fault


def _mistype(table: str, row: dict[str, str], printed: str) -> Callable[[Any], Any]:
    """Return ``tables.parse_table`` with one cell of one table printed otherwise."""

    def replacement(parse: Any) -> Any:
        def parse_mistyped(text: str, file: str, schema: Any) -> Any:
            found = parse(text, file, schema)
            if not file.endswith(f"{table}.csv"):
                return found
            typed = {"value": float(printed), "printed": printed}
            return tuple({**read, **typed} if row.items() <= read.items() else read for read in found)

        return parse_mistyped

    return replacement


TABLE_1 = Fault(
    "table-1-mistyped",
    "the RIN's 91.64 in Table 1 (sequential, 1-100) is typed as 81.64",
    ((tables, "parse_table", _mistype("table1", {"task": "sequential", "network": "1-100", "model": "RIN"}, "81.64")),),
)
TABLE_3 = Fault(
    "table-3-mistyped",
    "the RIN's 51.9 on bAbI task 1 in Table 3 is typed as 61.9",
    ((tables, "parse_table", _mistype("table3", {"task": "1", "model": "RIN"}, "61.9")),),
)
