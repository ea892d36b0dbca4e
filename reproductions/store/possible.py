"""What an outcome can be: the type and range of every field that code reads from one.

A file may have the right checksum and still hold what no trial measures. The check takes a few microseconds, because a run reads
thousands of outcomes: it looks at the types of many numbers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from types import NoneType
from typing import Any, get_args

from reproductions.trials import Status

STATUSES = get_args(Status)
NUMBERS = frozenset({float, int, NoneType})
LARGEST = sys.float_info.max
LARGEST_COUNT = 2**63 - 1
MAPPINGS = ("packages", "git", "rin_claims_git", "precision", "code", "modules")  # of the provenance, where it has them


def impossible(outcome: Any) -> str:
    """Name the first field of an outcome, as JSON data, that no trial has.

    Returns "" where there is none. Raises KeyError, TypeError or AttributeError for data of another shape.
    """
    provenance, seconds = outcome["provenance"], outcome["seconds"]
    for name, numbers in (("metrics", outcome["metrics"].values()), ("seconds", (seconds,))):
        if not _are_numbers(numbers):
            return name
    for name, curve in outcome["curves"].items():
        if type(curve) is not list or not _are_numbers(curve):
            return f"curves.{name}"
    for name in MAPPINGS:
        if name in provenance and type(provenance[name]) is not dict:
            return f"provenance.{name}"
    if outcome["status"] not in STATUSES:
        return "status"
    if outcome["diverged_at"] is not None and not _is_count(outcome["diverged_at"]):
        return "diverged_at"
    if not _is_count(outcome["updates"]):
        return "updates"
    return "seconds" if seconds is None or seconds < 0 else ""


def _are_numbers(values: Collection[Any]) -> bool:
    """Return whether these are numbers that a float can hold, or None. Floats from JSON are finite."""
    types = set(map(type, values))
    return types <= NUMBERS and (int not in types or max(map(abs, filter(None, values)), default=0) <= LARGEST)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_COUNT
