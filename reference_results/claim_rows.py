"""What the tables about verdicts share: the names that a row may use, and its date."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Collection, Iterable, Mapping

from reference_results.errors import ReferenceDataError

PROFILES = ("smoke", "compact", "opening", "paper")  # of this project, in full because this package imports nothing of the others
VERDICTS = ("reproduced", "contradicted", "inconclusive")  # "not run" is no result, so it is never recorded
FEW = 8  # names that an error lists
Known = Mapping[str, Collection[str]]  # the profiles of each claim there is, by its id


def profiles_of(claim: str, where: str, known: Known | None) -> Collection[str]:
    """Return the profiles that a row about ``claim`` may name.

    None for ``known`` takes every claim, with the profiles of this project. Raises ReferenceDataError for an unknown claim.
    """
    if not claim:
        raise ReferenceDataError(f"{where}: the claim is empty; write its id")
    if known is None:
        return PROFILES
    if claim not in known:
        raise ReferenceDataError(f"{where}: there is no claim {claim!r}; {_near(claim, known)}")
    return known[claim]


def check_profile(profile: str, claim: str, profiles: Collection[str], where: str) -> None:
    """Raise ReferenceDataError for a profile that is none of ``profiles``."""
    if profile not in profiles:
        raise ReferenceDataError(f"{where}: unknown profile {profile!r} of {claim}; {_near(profile, profiles)}")


def check_verdict(verdict: str, where: str) -> None:
    """Raise ReferenceDataError for what is none of VERDICTS."""
    if verdict not in VERDICTS:
        raise ReferenceDataError(f"{where}: unknown verdict {verdict!r}; known: {', '.join(VERDICTS)}")


def check_date(date: str, where: str) -> None:
    """Raise ReferenceDataError for a text that is no day of ISO 8601."""
    try:
        datetime.date.fromisoformat(date)
    except ValueError:
        raise ReferenceDataError(f"{where}: {date!r} is no date; write it as 2026-01-31") from None


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}" if len(names) <= FEW else "remove the row"
