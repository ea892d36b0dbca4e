"""Phrases that the sentences of several kinds share.

They are a number with its unit, an interval, and the seeds that were won.
"""

from __future__ import annotations

import math

from claims.results import Evidence, VerdictName
from claims.text import rounded


def quantity(value: float | None, unit: str) -> str:
    """Write ``rounded`` with its unit; decimal logarithms also as the factor they stand for."""
    text = rounded(value)
    if value is None or math.isinf(value):
        return text
    if unit == "%":
        return f"{text} %"
    factor = f" (a factor of {rounded(10 ** abs(value))})" if unit.startswith("log10") and value and abs(value) < 300 else ""
    return f"{text} {unit}{factor}".strip()


def interval(evidence: Evidence) -> str:
    """Write both bounds, for example ``between 1 and 2``."""
    if evidence.lower is None and evidence.upper is None:
        return "no bound"
    if evidence.upper is None:
        return f"at least {rounded(evidence.lower)}, unbounded above"
    return f"between {rounded(evidence.lower)} and {rounded(evidence.upper)}"


def bound(evidence: Evidence, name: VerdictName, positive: bool = True) -> str:
    """Write the bound that carries the verdict, or both bounds where it is open.

    With ``positive`` a large effect reproduces the claim.
    """
    if name == "inconclusive":
        return interval(evidence)
    if (name == "reproduced") == positive:
        return f"at least {rounded(evidence.lower)}"
    return f"at most {rounded(evidence.upper)}"


def seeds_won(evidence: Evidence) -> str:
    """Say in how many seeds the effect is positive."""
    won = sum(value > 0 for value in evidence.values)
    if evidence.n == 1:
        return "in the only seed" if won else "in none of 1 seeds"
    return f"in all {evidence.n} seeds" if won == evidence.n else f"in {won or 'none'} of {evidence.n} seeds"
