"""How a family of networks is drawn: its paper's colours, told apart by line style and marker too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from claims.paper import NetworkStyle

OTHER = NetworkStyle(slug="other", light="#57606a", dark="#a3adb8", line="-", marker="X")
SEVERAL = ("", "o", "s", "^", "D", "v", "P", "X")  # markers on the medians of several arms of one family


def family(arm: str, styles: Sequence[NetworkStyle]) -> NetworkStyle:
    """Return the family of an arm or a network.

    The family is the longest of ``styles`` that its name starts with; OTHER without one.
    """
    name = arm.lower()
    return max((one for one in styles if name.startswith(one.slug)), key=lambda one: len(one.slug), default=OTHER)


def markers(arms: Iterable[str], styles: Sequence[NetworkStyle]) -> Mapping[str, str]:
    """Return a marker for the median of each arm of a picture.

    The first arm of a family has none, each that follows another one.
    """
    seen: dict[NetworkStyle, int] = {}
    found = {}
    for arm in arms:
        shown = family(arm, styles)
        count = seen[shown] = seen.get(shown, -1) + 1
        found[arm] = SEVERAL[count % len(SEVERAL)]
    return found
