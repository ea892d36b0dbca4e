"""What a mistyped name may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection

MOST = 3  # names that a question gives
ALIKE = 0.7  # difflib's ratio from which one name may be the other mistyped; "--sectoin" has 0.67 with "--json"


def did_you_mean(name: str, known: Collection[str], otherwise: str) -> str:
    """A question naming up to three of ``known`` that are spelled like ``name`` or contain it; ``otherwise`` where there are none.

    Upper and lower case are the same. Of names with slashes the end alone may be meant: a claim without its paper and section.
    """
    wanted = name.casefold()
    near = _spelled_like(wanted, {other.casefold(): other for other in known})
    near += [other for other in known if wanted and wanted in other.casefold()]
    near = near or _spelled_like(wanted, {other.casefold().split("/", cut)[-1]: other for cut in (1, 2) for other in known})
    return f"did you mean {' or '.join(list(dict.fromkeys(near))[:MOST])}?" if near else otherwise


def _spelled_like(wanted: str, names: dict[str, str]) -> list[str]:
    """The values of ``names`` whose keys are like ``wanted``, the nearest first."""
    return [names[key] for key in difflib.get_close_matches(wanted, names, n=MOST, cutoff=ALIKE)]
