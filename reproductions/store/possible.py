"""What an outcome can be: the type and range of every field that code reads from one.

A file may have the right checksum and still hold what no trial measures. The check takes a few microseconds, because a run reads
thousands of outcomes: it looks at the types of many numbers at once.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from types import NoneType
from typing import Any, get_args

from reproductions.trials import Status

STATUSES = get_args(Status)
NUMBERS = frozenset({float, int, NoneType})
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
    for name, losses in outcome.get("first_losses", {}).items():
        if type(losses) is not list or None in losses or not _are_numbers(losses):
            return f"first_losses.{name}"
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
    """Return whether these are numbers that a float can hold, or None."""
    try:
        return set(map(type, values)) <= NUMBERS and all(map(math.isfinite, filter(None, values)))
    except OverflowError:  # a whole number with too many digits
        return False


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_COUNT
