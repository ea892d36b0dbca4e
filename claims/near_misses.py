"""What a mistyped name may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def did_you_mean(name: str, known: Collection[str], otherwise: str) -> str:
    """A question naming up to three of ``known`` that are spelled like ``name`` or contain it; ``otherwise`` where there are none."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    near += [other for other in known if name and name in other and other not in near][: 3 - len(near)]
    return f"did you mean {' or '.join(near)}?" if near else otherwise
