"""How a family of networks is drawn: the paper's colours by family, told apart by line style and marker too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """A family's colour on light and on dark paper, the line style of its medians and the marker of its dots, as matplotlib spells them."""

    slug: str
    light: str
    dark: str
    line: str
    marker: str


# Caption of Fig. 6: blue for RIN, orange for IRNN, purple for LSTM and green for RIN-DT experiments.
# The tones keep a contrast of 4.5 to 1 with the page, and stay apart for colour-blind readers (a test computes both).
FAMILIES = (
    Family("rin", "#023a8c", "#4a90ff", "-", "o"),
    Family("irnn", "#a85000", "#e0a030", "--", "s"),
    Family("lstm", "#ae1bc8", "#dd59c3", "-.", "^"),
    Family("rin-dt", "#037a5a", "#52db9e", ":", "D"),
    Family("tanh", "#6b6100", "#c9bc4a", ":", "v"),
    Family("relu", "#a8174f", "#ff8fb0", "--", "P"),
)
OTHER = Family("other", "#57606a", "#a3adb8", "-", "X")
SEVERAL = ("", "o", "s", "^", "D", "v", "P", "X")  # markers on the medians of several arms of one family


def family(arm: str) -> Family:
    """The family of an arm or a model, by the cell its name starts with: the longest that fits, so that a RIN-DT is no RIN."""
    name = arm.lower()
    return max((one for one in FAMILIES if name.startswith(one.slug)), key=lambda one: len(one.slug), default=OTHER)


def markers(arms: Iterable[str]) -> Mapping[str, str]:
    """A marker for the median of each arm of a picture: none for the first arm of a family, another one for each that follows."""
    seen: dict[Family, int] = {}
    found = {}
    for arm in arms:
        count = seen[family(arm)] = seen.get(family(arm), -1) + 1
        found[arm] = SEVERAL[count % len(SEVERAL)]
    return found
