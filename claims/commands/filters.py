"""The filters of ``list``, ``plan`` and ``store export``: a value that nothing has is one line with a near miss."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from claims.model import Claim, ClaimError
from claims.text import did_you_mean


def known(what: str, value: str | None, values: Collection[str]) -> str | None:
    """Return ``value`` if it is None or one of ``values``.

    Raises ClaimError otherwise, with what may have been meant. ``what`` names the filter.
    """
    if value is not None and value not in values:
        raise ClaimError(f"no {what} {value!r}; {did_you_mean(value, values, 'known: ' + ', '.join(values))}")
    return value


def matching(pattern: str | None, claims: Sequence[Claim]) -> Sequence[Claim]:
    """Select the claims whose id matches ``pattern``, in which ``*`` stands for anything (None: all).

    Raises ClaimError if none does.
    """
    if pattern is None:
        return claims
    chosen = [claim for claim in claims if fnmatchcase(claim.id, pattern)]
    if not chosen:
        known = [*section_patterns(claims), *(claim.id for claim in claims)]
        near = did_you_mean(pattern.strip("*"), known, "`rin-claims list` shows every id")
        raise ClaimError(f"no claim matches {pattern!r}; {near}")
    return chosen


def section_patterns(claims: Iterable[Claim]) -> Collection[str]:
    """List, for each section in reading order, the pattern that all of its claims match."""
    return dict.fromkeys(f"{claim.paper}/{claim.section}/*" for claim in claims)


def values_of(field: str, claims: Iterable[Claim]) -> Collection[str]:
    """List the values of ``field`` that occur among ``claims``, in their order."""
    return dict.fromkeys(getattr(claim, field) for claim in claims)
